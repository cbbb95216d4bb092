"""The content types and taxonomies that core registers itself, and whom it lets read them."""

from fakewp.simulator.model import PostType, Taxonomy

__all__ = ["CLOSED", "TAXONOMIES", "TYPES"]

_POST = frozenset(
    {
        "title",
        "editor",
        "author",
        "thumbnail",
        "excerpt",
        "trackbacks",
        "custom-fields",
        "comments",
        "revisions",
        "post-formats",
    }
)
_PAGE = frozenset(
    {"title", "editor", "author", "excerpt", "thumbnail", "page-attributes", "custom-fields", "comments", "revisions"}
)
_ATTACHMENT = frozenset({"title", "author", "comments"})
_BLOCK = frozenset({"title", "editor", "revisions"})

TYPES = (
    PostType(
        slug="post",
        base="posts",
        name="Posts",
        icon="dashicons-admin-post",
        supports=_POST,
        taxonomies=("category", "post_tag"),
    ),
    PostType(slug="page", base="pages", name="Pages", icon="dashicons-admin-page", supports=_PAGE, hierarchical=True),
    PostType(slug="attachment", base="media", name="Media", icon="dashicons-admin-media", supports=_ATTACHMENT),
    PostType(
        slug="nav_menu_item",
        base="menu-items",
        name="Navigation Menu Items",
        taxonomies=("nav_menu",),
        viewable=False,
        closed="rest_cannot_view",
        since=(5, 9),
    ),
    PostType(slug="wp_block", base="blocks", name="Patterns", supports=_BLOCK, viewable=False),
    PostType(
        slug="wp_template",
        base="templates",
        name="Templates",
        viewable=False,
        closed="rest_cannot_manage_templates",
        since=(5, 8),
    ),
    PostType(
        slug="wp_template_part",
        base="template-parts",
        name="Template Parts",
        viewable=False,
        closed="rest_cannot_manage_templates",
        since=(5, 8),
    ),
    PostType(
        slug="wp_global_styles", base="global-styles", name="Global Styles", viewable=False, routed=False, since=(6, 5)
    ),
    PostType(
        slug="wp_navigation", base="navigation", name="Navigation Menus", supports=_BLOCK, viewable=False, since=(5, 9)
    ),
    PostType(
        slug="wp_font_family",
        base="font-families",
        name="Font Families",
        viewable=False,
        closed="rest_cannot_read",
        since=(6, 5),
    ),
    PostType(
        slug="wp_font_face",
        base=r"font-families/(?P<font_family_id>[\d]+)/font-faces",
        name="Font Faces",
        viewable=False,
        routed=False,
        since=(6, 5),
    ),
)
TAXONOMIES = (
    Taxonomy(slug="category", base="categories", name="Categories", types=("post",), hierarchical=True),
    Taxonomy(slug="post_tag", base="tags", name="Tags", types=("post",)),
    Taxonomy(
        slug="nav_menu", base="menus", name="Navigation Menus", types=("nav_menu_item",), closed="rest_cannot_view"
    ),
)

# Routes beside those of types and taxonomies that answer strangers with 401: route -> (code, message).
CLOSED = {
    "/wp/v2/settings": ("rest_forbidden", "Sorry, you are not allowed to do that."),
    "/wp/v2/menu-locations": ("rest_cannot_view", "Sorry, you are not allowed to view menu locations."),
    "/wp/v2/block-types": ("rest_block_type_cannot_view", "Sorry, you are not allowed to manage block types."),
    "/wp/v2/plugins": ("rest_cannot_view_plugins", "Sorry, you are not allowed to manage plugins for this site."),
    "/wp/v2/themes": ("rest_cannot_view_themes", "Sorry, you are not allowed to view themes."),
    "/wp/v2/widgets": ("rest_cannot_manage_widgets", "Sorry, you are not allowed to manage widgets on this site."),
    "/wp/v2/sidebars": ("rest_cannot_manage_widgets", "Sorry, you are not allowed to manage widgets on this site."),
}
