"""What MariaDB says a stranger may read over REST, collection by collection, and what reading it must cost.

The rules are WordPress's own (the `check_read_permission` methods of its REST controllers); `test_lab.py` holds each
against the answers of the real site.
"""

from dataclasses import dataclass

PER_PAGE = 100

# What mu-lab.php and WordPress itself register with `show_in_rest`; an author of any of these is a public user.
REST_TYPES = (
    *("post", "page", "attachment", "nav_menu_item", "wp_block", "wp_template", "wp_template_part", "wp_navigation"),
    *("book", "event"),
)
_TYPES = ", ".join(f"'{name}'" for name in REST_TYPES)

# A post that strangers may read: what hangs on it (files, comments) may be read too.
_READABLE = f"({{0}}.post_status = 'publish' AND {{0}}.post_type IN ({_TYPES}))"
_FILE_READABLE = f"(parent.ID IS NULL OR {_READABLE.format('parent')})"
_PARENT = "LEFT JOIN wp_posts parent ON parent.ID = file.post_parent"

# Files are read with their parent, except that a parent which isn't there does not hide them.
MEDIA = f"""FROM wp_posts file {_PARENT}
    WHERE file.post_type = 'attachment' AND file.post_status = 'inherit' AND {_FILE_READABLE}"""

_COUNTED_COMMENTS = "FROM wp_comments c WHERE c.comment_approved = '1' AND c.comment_type IN ('comment', '')"
COMMENTS = f"""{_COUNTED_COMMENTS} AND EXISTS (
    SELECT 1 FROM wp_posts p WHERE p.ID = c.comment_post_ID AND p.post_password = '' AND (
        {_READABLE.format("p")}
        OR p.post_type = 'attachment' AND p.post_status = 'inherit' AND EXISTS (
            SELECT 1 FROM wp_posts file {_PARENT} WHERE file.ID = p.ID AND {_FILE_READABLE})))"""

USERS = f"""FROM wp_users u WHERE EXISTS (
    SELECT 1 FROM wp_posts p WHERE p.post_author = u.ID AND {_READABLE.format("p")})"""


@dataclass(frozen=True)
class Collection:
    """One REST collection: its route, the `type` of its items in our tables, how MariaDB selects them.

    `table` is ours; `counted` selects the items that WordPress counts in X-WP-Total, with those that it withholds.
    """

    route: str
    type: str
    table: str
    public: str
    counted: str


def _posts(route: str, kind: str) -> Collection:
    query = f"SELECT ID FROM wp_posts WHERE post_type = '{kind}' AND post_status = 'publish'"
    return Collection(route, kind, "posts", query, query)


def _terms(route: str, taxonomy: str) -> Collection:
    query = f"SELECT term_id FROM wp_term_taxonomy WHERE taxonomy = '{taxonomy}'"
    return Collection(route, taxonomy, "terms", query, query)


COLLECTIONS = (
    _posts("/wp/v2/posts", "post"),
    _posts("/wp/v2/pages", "page"),
    _posts("/wp/v2/books", "book"),
    _posts("/lab/v1/events", "event"),
    _posts("/wp/v2/navigation", "wp_navigation"),
    Collection(
        "/wp/v2/media",
        "attachment",
        "media",
        f"SELECT file.ID {MEDIA}",
        "SELECT ID FROM wp_posts WHERE post_type = 'attachment' AND post_status = 'inherit'",
    ),
    Collection(
        "/wp/v2/comments",
        "comment",
        "comments",
        f"SELECT c.comment_ID {COMMENTS}",
        f"SELECT c.comment_ID {_COUNTED_COMMENTS}",
    ),
    Collection("/wp/v2/users", "user", "users", f"SELECT u.ID {USERS}", f"SELECT u.ID {USERS}"),
    _terms("/wp/v2/categories", "category"),
    _terms("/wp/v2/tags", "post_tag"),
    _terms("/wp/v2/genres", "genre"),
    _terms("/wp/v2/mood", "mood"),
)

# Refused to strangers: one probe each tells.
REFUSED = ("/wp/v2/menu-items", "/wp/v2/menus", "/wp/v2/menu-locations")

# What themes and pages are built of, not content: never asked for. Blocks are counted, and each of them withheld.
NOT_CONTENT = ("/wp/v2/blocks", "/wp/v2/templates", "/wp/v2/template-parts")

# Post types whose items link to a `version-history`, which strangers are refused: one probe each.
WITH_HISTORY = ("post", "page", "book", "event", "wp_navigation")

_LINKED_FILES = f"""SELECT DISTINCT file.ID FROM wp_postmeta m JOIN wp_posts p ON p.ID = m.post_id
    JOIN wp_posts file ON file.ID = m.meta_value
    WHERE m.meta_key = '_thumbnail_id' AND p.post_status = 'publish' AND p.post_type IN ('post', 'page', 'book')
    AND file.ID NOT IN (SELECT file.ID {MEDIA})"""
_LINKED_USERS = f"""SELECT DISTINCT author FROM (
        SELECT c.user_id AS author {COMMENTS}
        UNION SELECT file.post_author {MEDIA}
        UNION SELECT post_author FROM wp_posts WHERE post_status = 'publish' AND post_type IN ('post', 'page', 'book')
    ) authors WHERE author <> 0 AND author NOT IN (SELECT u.ID {USERS})"""
_LINKED_COMMENTS = f"""SELECT DISTINCT c.comment_parent {COMMENTS} AND c.comment_parent <> 0
    AND c.comment_parent NOT IN (SELECT c.comment_ID {COMMENTS})"""
_LINKED_PARENTS = """SELECT DISTINCT p.post_parent FROM wp_posts p JOIN wp_posts up ON up.ID = p.post_parent
    WHERE p.post_status = 'publish' AND p.post_type IN ('page', 'event') AND up.post_status <> 'publish'"""

# Targets of links that stand in no listing, so that each has to be asked for by itself.
UNCOVERED = (_LINKED_FILES, _LINKED_USERS, _LINKED_COMMENTS, _LINKED_PARENTS)
