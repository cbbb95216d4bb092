"""The lab's site in two languages: its posts translated, and what MariaDB says each language has."""

from lab_site import Lab
from public_content import COLLECTIONS

__all__ = ["FRENCH", "speak", "translate", "wanted"]

# Two in three articles, a third of the pages and books, and four categories exist in French too; some only in French.
_TRANSLATE = """
foreach ([['post', 3], ['page', -3], ['book', -3]] as [$type, $every]) {
    $ids = get_posts(['post_type' => $type, 'post_status' => 'publish', 'numberposts' => -1, 'fields' => 'ids', 'orderby' => 'ID',
        'order' => 'ASC', 'suppress_filters' => true]);
    foreach ($ids as $n => $id) {
        if ($every > 0 ? $n % $every === 0 : $n % -$every !== 0) continue;
        $post = get_post($id);
        $new = wp_insert_post(['post_type' => $type, 'post_status' => 'publish', 'post_title' => "FR $post->post_title",
            'post_content' => "<p>En fran\\u{e7}ais: $n.</p>", 'post_author' => $post->post_author,
            'post_date' => $post->post_date, 'post_name' => "fr-$post->post_name"]);
        update_post_meta($new, 'lab_lang', 'fr');
        foreach ([$id, $new] as $one) update_post_meta($one, 'lab_group', "$type-$id");
        if ($type === 'post' && $n % 5 === 1) wp_insert_comment(['comment_post_ID' => $new, 'comment_author' => 'Zo\\u{e9}',
            'comment_content' => "Bien dit, $n.", 'comment_approved' => 1]);
    }
}
foreach (range(1, 70) as $n) {
    $new = wp_insert_post(['post_type' => 'post', 'post_status' => 'publish', 'post_title' => "Seulement $n", 'post_author' => 1,
        'post_content' => "<p>Article numéro $n.</p>", 'post_date' => sprintf('2024-03-%02d 10:%02d:00', 1 + $n % 28, $n % 60)]);
    update_post_meta($new, 'lab_lang', 'fr');
}
$categories = get_terms(['taxonomy' => 'category', 'hide_empty' => false, 'fields' => 'ids', 'orderby' => 'id']);
foreach (array_slice($categories, 1, 4) as $id) {
    $made = wp_insert_term("Rubrique $id", 'category', ['slug' => "rubrique-$id"]);
    update_term_meta($made['term_id'], 'lab_lang', 'fr');
    foreach ([$id, $made['term_id']] as $one) update_term_meta($one, 'lab_group', "category-$id");
}
"""

_OF_POST = (
    "EXISTS (SELECT 1 FROM wp_postmeta m WHERE m.post_id = {0} AND m.meta_key = 'lab_lang' AND m.meta_value = 'fr')"
)
_OF_TERM = "EXISTS (SELECT 1 FROM wp_termmeta m WHERE m.term_id = wp_term_taxonomy.term_id AND m.meta_key = 'lab_lang')"
# Route -> the condition on MariaDB's rows that a French list shows them.
FRENCH = {
    **dict.fromkeys(("/wp/v2/posts", "/wp/v2/pages", "/wp/v2/books"), _OF_POST.format("wp_posts.ID")),
    "/wp/v2/categories": _OF_TERM,
    "/wp/v2/comments": _OF_POST.format("c.comment_post_ID"),
}


def translate(lab: Lab) -> None:
    """Give the site, just seeded, French posts, pages, books, categories and comments."""
    lab.php(_TRANSLATE)


def speak(lab: Lab, how: str) -> None:
    """Let the site show its languages as `how`: polylang, wpml, ignored; "" switches them off."""
    lab.php(f"update_option('lab_languages', '{how}');")


def wanted(lab: Lab, route: str, language: str) -> set[int]:
    """The ids that MariaDB says are public in a language (`en`, `fr`), of a collection in FRENCH."""
    query = next(one.public for one in COLLECTIONS if one.route == route)
    return lab.ids(f"{query} AND {'' if language == 'fr' else 'NOT '}{FRENCH[route]}")
