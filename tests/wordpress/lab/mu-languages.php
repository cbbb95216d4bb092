<?php
/*
 * Languages, as plug-ins for several languages show them over REST. Off unless the option `lab_languages` is set to
 *
 *   polylang   a list holds every language; `lang` is declared with the languages, and chooses one; items have `lang` and
 *              `translations`; `pll/v1/languages` lists them
 *   wpml       a list holds the default language; `lang` isn't declared, and chooses one or `all`; items have
 *              `wpml_current_locale` and `wpml_translations`; namespace `wpml/v1`
 *   ignored    the home page names languages, but no parameter makes a difference
 *
 * An item's language is the meta value `lab_lang` (`en` without one), its translations share `lab_group`. Posts, pages,
 * books and categories have languages, and comments that of their post; media, users and other terms have none.
 */

const LAB_LANGUAGES = ['en' => 'en_US', 'fr' => 'fr_FR'];

function lab_languages() {
    return (string) get_option('lab_languages', '');
}

function lab_lang_asked() {
    $asked = isset($_GET['lang']) ? sanitize_key($_GET['lang']) : '';
    if (lab_languages() === 'polylang') {
        return isset(LAB_LANGUAGES[$asked]) ? $asked : '';
    }
    return isset(LAB_LANGUAGES[$asked]) ? $asked : ($asked === 'all' ? '' : 'en');
}

/* The condition that a row's language is `lang`; `key` is the SQL of its id, `meta` the table of its meta values. */
function lab_lang_where($lang, $key, $meta, $column) {
    global $wpdb;
    $own = $wpdb->prepare("SELECT 1 FROM $meta m WHERE m.$column = $key AND m.meta_key = 'lab_lang' AND m.meta_value <> %s", 'en');
    $is = $wpdb->prepare("SELECT 1 FROM $meta m WHERE m.$column = $key AND m.meta_key = 'lab_lang' AND m.meta_value = %s", $lang);
    return $lang === 'en' ? " AND NOT EXISTS ($own)" : " AND EXISTS ($is)";
}

function lab_lang_of($kind, $id) {
    return get_metadata($kind, $id, 'lab_lang', true) ?: 'en';
}

/* Language to id of the items that are translations of each other, itself included. */
function lab_translations($kind, $id) {
    global $wpdb;
    $group = get_metadata($kind, $id, 'lab_group', true);
    $found = [lab_lang_of($kind, $id) => (int) $id];
    $table = $kind === 'term' ? $wpdb->termmeta : $wpdb->postmeta;
    foreach ($group ? $wpdb->get_col($wpdb->prepare(
        "SELECT {$kind}_id FROM $table WHERE meta_key = 'lab_group' AND meta_value = %s", $group)) : [] as $other) {
        $shown = $kind === 'term' || get_post_status($other) === 'publish';
        $found += $shown ? [lab_lang_of($kind, $other) => (int) $other] : [];
    }
    ksort($found);
    return $found;
}

add_action('init', function () {
    if (!in_array(lab_languages(), ['polylang', 'wpml'], true) || !str_contains($_SERVER['REQUEST_URI'] ?? '', 'wp/v2/')) {
        return;
    }
    global $wpdb;
    $lang = lab_lang_asked();
    if ($lang === '') {
        return;
    }
    add_filter('posts_where', function ($where, $query) use ($wpdb, $lang) {
        return array_intersect((array) $query->get('post_type'), ['post', 'page', 'book'])
            ? $where . lab_lang_where($lang, "$wpdb->posts.ID", $wpdb->postmeta, 'post_id') : $where;
    }, 10, 2);
    add_filter('terms_clauses', function ($clauses, $taxonomies) use ($wpdb, $lang) {
        if ((array) $taxonomies === ['category']) {
            $clauses['where'] .= lab_lang_where($lang, 't.term_id', $wpdb->termmeta, 'term_id');
        }
        return $clauses;
    }, 10, 2);
    add_filter('comments_clauses', function ($clauses) use ($wpdb, $lang) {
        $clauses['where'] .= lab_lang_where($lang, "$wpdb->comments.comment_post_ID", $wpdb->postmeta, 'post_id');
        return $clauses;
    });
});

add_action('rest_api_init', function () {
    $how = lab_languages();
    if ($how === 'polylang') {
        register_rest_route('pll/v1', '/languages', ['methods' => 'GET', 'permission_callback' => '__return_true',
            'callback' => fn() => array_map(fn($code, $locale) => ['slug' => $code, 'locale' => $locale, 'name' => $code,
                'is_default' => $code === 'en', 'home_url' => home_url($code === 'en' ? '/' : "/$code/")],
                array_keys(LAB_LANGUAGES), LAB_LANGUAGES)]);
        $declare = fn($params) => $params + ['lang' => ['type' => 'string', 'enum' => array_keys(LAB_LANGUAGES)]];
        foreach (['post', 'page', 'book', 'category'] as $name) {
            add_filter("rest_{$name}_collection_params", $declare);
        }
    }
    if ($how === 'wpml') {
        register_rest_route('wpml/v1', '/ping', ['methods' => 'POST', 'permission_callback' => '__return_false',
            'callback' => fn() => null]);
    }
    if ($how !== 'polylang' && $how !== 'wpml') {
        return;
    }
    foreach (['post' => 'post', 'page' => 'post', 'book' => 'post', 'category' => 'term'] as $name => $kind) {
        if ($how === 'polylang') {
            register_rest_field($name, 'lang', ['get_callback' => fn($item) => lab_lang_of($kind, $item['id'])]);
            register_rest_field($name, 'translations', ['get_callback' => fn($item) => lab_translations($kind, $item['id'])]);
            continue;
        }
        register_rest_field($name, 'wpml_current_locale', ['get_callback' => fn($item) => LAB_LANGUAGES[lab_lang_of($kind, $item['id'])]]);
        register_rest_field($name, 'wpml_translations', ['get_callback' => fn($item) => array_values(array_filter(array_map(
            fn($lang, $id) => $id === $item['id'] ? null : ['locale' => LAB_LANGUAGES[$lang], 'id' => $id,
                'href' => $kind === 'term' ? get_term_link($id) : get_permalink($id)],
            array_keys(lab_translations($kind, $item['id'])), lab_translations($kind, $item['id']))))]);
    }
}, 99);

add_action('wp_head', function () {
    foreach (lab_languages() ? array_keys(LAB_LANGUAGES) : [] as $code) {
        $home = home_url($code === 'en' ? '/' : "/$code/");
        echo "<link rel=\"alternate\" hreflang=\"$code\" href=\"$home\" />\n";
    }
});
