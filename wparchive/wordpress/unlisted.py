"""Collections of a site that hides its list of types or taxonomies, found through the index's routes and their items."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from wparchive.wordpress.collections.acting import acting_word
from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.kinds import KINDS, PLUG_IN_TABLES, Collection, can_be_asked, collection_of

__all__ = ["candidates", "needs_a_look", "recognised", "remembered"]

# Types and tables of core's own collections, so that their listings need not be inspected.
_CORE: Mapping[str, tuple[str, str]] = {
    "/wp/v2/posts": ("post", "posts"),
    "/wp/v2/pages": ("page", "posts"),
    "/wp/v2/media": ("attachment", "media"),
    "/wp/v2/categories": ("category", "terms"),
    "/wp/v2/tags": ("post_tag", "terms"),
    "/wp/v2/blocks": ("wp_block", "posts"),
    "/wp/v2/navigation": ("wp_navigation", "posts"),
    "/wp/v2/menu-items": ("nav_menu_item", "posts"),
    "/wp/v2/templates": ("wp_template", "posts"),
    "/wp/v2/template-parts": ("wp_template_part", "posts"),
    "/wp/v2/global-styles": ("wp_global_styles", "posts"),
    "/wp/v2/font-families": ("wp_font_family", "posts"),
    "/wp/v2/menus": ("nav_menu", "terms"),
    "/wp/v2/wp_pattern_category": ("wp_pattern_category", "terms"),
}
_MOST = 60  # an index with more routes than this is not genuine
_OWN = "/wp/v2/"


def candidates(index: RestIndex, known: Iterable[str]) -> Iterator[str]:
    """Return routes of `index` that list items with ids and are not `known`, up to the number that a real site has."""
    taken = set(known)
    return islice((route for route in index.listings() if route not in taken and _is_safe(index, route)), _MOST)


def _is_safe(index: RestIndex, route: str) -> bool:
    """Return whether a route may be asked for; in core's own namespace, lists of items with ids are content types."""
    return can_be_asked(route) and (route.startswith(_OWN) or not acting_word(index.spelled(route)))


def recognised(index: RestIndex, route: str, shown: Iterable[Mapping[str, object]]) -> Collection | None:
    """Return the collection at `route`, judged by items that its listing has `shown`; None if WordPress has no such kind.

    A collection in core's own namespace without items is judged by its parameters.
    """
    for kind, table in filter(None, map(_kind_of, shown)):
        return collection_of(route, kind, table)
    if not route.startswith(_OWN):
        return None
    base = route.rpartition("/")[2]
    kind, table = _CORE.get(route, (base, "terms" if index.supports(route, "hide_empty") else "posts"))
    return collection_of(route, kind, table)


def _kind_of(item: Mapping[str, object]) -> tuple[str, str] | None:
    """Return the type of a term or post, and the table of such items; None for anything else."""
    taxonomy, kind = item.get("taxonomy"), item.get("type")
    if isinstance(taxonomy, str) and taxonomy and "slug" in item:
        return taxonomy, "terms"
    if isinstance(kind, str) and kind and not {"slug", "title"}.isdisjoint(item) and "link" in item:
        return kind, "media" if kind == "attachment" else "posts"
    return None


def needs_a_look(route: str) -> bool:
    """Return whether only an item of the collection at `route` shows what it contains."""
    return route not in _CORE


def remembered(rows: Iterable[Mapping[str, object]]) -> Iterator[Collection]:
    """Yield the collections of WordPress's own kinds of items that an earlier run recorded."""
    for row in rows:
        route, kind, table = (row.get(name) for name in ("route", "type", "table"))
        listed = isinstance(table, str) and table in KINDS and table not in ("users", "comments", *PLUG_IN_TABLES)
        if listed and isinstance(route, str) and isinstance(kind, str) and can_be_asked(route):
            yield collection_of(route, kind, str(table))
