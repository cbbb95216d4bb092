"""Resource types: which collections a site has, how each is walked, and which are skipped and why.

A new resource type is one entry: in `_TYPES` (by post type), in `_FIXED` (a collection that no document lists) or in
`_SKIPPED`. Sources: core's `WP_REST_Post_Types_Controller`, `WP_REST_Taxonomies_Controller` and the controllers of the
items.
"""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.php_urls import is_template
from wparchive.wordpress.relations import denied
from wparchive.wordpress.routes import Root, Route
from wparchive.wordpress.type_names import qualified
from wparchive.wordpress.values import clean, href_of, members, string

__all__ = [
    "KINDS",
    "PLUG_IN_TABLES",
    "TAXONOMIES_ROUTE",
    "TYPES_ROUTE",
    "Collection",
    "Kind",
    "can_be_asked",
    "collection_of",
    "collections",
    "is_unread",
]

TYPES_ROUTE = "/wp/v2/types"
TAXONOMIES_ROUTE = "/wp/v2/taxonomies"

_MOST = 1000  # most collections of a site that are walked
_BY_ID = (("orderby", "id"), ("order", "asc"))
PLUG_IN_TABLES = ("events", "products", "reviews", "entries")
"""The tables of plug-ins' items; those without a table of their own are `entries`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How the items of a collection look and how it is walked.

    `table` is where they are indexed. `paged` collections take `params` (the only safe order) with `per_page` and
    `page` or `offset`; the others are complete in one response. `ends_empty`: past the last page comes an empty list,
    else an error such as rest_post_invalid_page_number. `since` are the parameters that an incremental run may use
    where the index lists them. `alike`: if one item that a complete listing omits is refused, the same is taken to hold
    for all such items, as for users without published posts. A `plain` collection is a plug-in's: it takes neither
    `_fields` nor `include`, is always read in full, and is ordered only where the index declares `orderby=id`. `paging`
    names its parameters for a page (or `offset`) and for the `per_page` rows on it.
    """

    name: str
    table: str
    paged: bool = True
    params: tuple[tuple[str, str], ...] = _BY_ID
    ends_empty: bool = True
    since: tuple[str, ...] = ()
    alike: bool = False
    plain: bool = False
    per_page: int = 100
    paging: tuple[str, str] = ("page", "per_page")


_POST_SINCE = ("after", "modified_after")

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(name="posts", table="posts", ends_empty=False, since=_POST_SINCE),
        Kind(name="media", table="media", ends_empty=False, since=_POST_SINCE),
        Kind(name="comments", table="comments", since=("after",)),
        Kind(name="terms", table="terms"),
        Kind(name="users", table="users", alike=True),
        Kind(name="revisions", table="revisions", ends_empty=False, params=()),
        Kind(name="documents", table="other", paged=False, params=()),
        Kind(name="locations", table="other", paged=False, params=()),
        *(Kind(name=name, table=name, plain=True, ends_empty=False) for name in PLUG_IN_TABLES),
    )
}


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection of a site: its canonical route, its items' type (as in `type_names`), and why it is skipped, if it is.

    With `params` it is a list of its own at the same route, such as the items in one language.
    """

    route: str
    type: str
    kind: Kind
    title: str = ""
    skipped: str | None = None
    params: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """The canonical route with its parameters: what the list is called in proofs and in the capture log."""
        return str(Route.of(self.route, self.params)) if self.params else self.route


# Post types that are not walked like posts.
_TYPES: Mapping[str, str] = {"attachment": "media"}

_LOGIN = "readable only with a login"
_THEME = "part of the theme, not content"
_SKIPPED: Mapping[str, str] = {
    "wp_block": _LOGIN,
    "wp_template": _THEME,
    "wp_template_part": _THEME,
    "wp_global_styles": _THEME,
    "wp_font_family": _THEME,
    "wp_font_face": _THEME,
}

_FIXED = (
    Collection("/wp/v2/users", "user", KINDS["users"], "Users"),
    Collection("/wp/v2/comments", "comment", KINDS["comments"], "Comments"),
)
_DOCUMENTS = (
    Collection(TYPES_ROUTE, "type", KINDS["documents"], "Types"),
    Collection(TAXONOMIES_ROUTE, "taxonomy", KINDS["documents"], "Taxonomies"),
    Collection("/wp/v2/statuses", "status", KINDS["documents"], "Statuses"),
)
# Walked only where the index lists them.
_OPTIONAL = (Collection("/wp/v2/menu-locations", "menu_location", KINDS["locations"], "Menu locations"),)

_NAMELESS = "it names no collection that may be read"
# In a route's path, these characters cannot be distinguished from their meaning in a URL.
_UNSPEAKABLE = re.compile(r"[%?#\x00-\x1f\x7f]")
# A map without any of these keys is something else, such as the `data` of an error.
_ENTRY = frozenset({"slug", "name", "rest_base", "_links"})

# What every core since 4.7 has; used when the document that should list it cannot be read.
_CORE_TYPES: Mapping[str, object] = {
    "post": {"rest_base": "posts", "name": "Posts"},
    "page": {"rest_base": "pages", "name": "Pages"},
    "attachment": {"rest_base": "media", "name": "Media"},
}
_CORE_TAXONOMIES: Mapping[str, object] = {
    "category": {"rest_base": "categories", "name": "Categories"},
    "post_tag": {"rest_base": "tags", "name": "Tags"},
}


def is_unread(types_doc: object, taxonomies_doc: object, listed: Iterable[Collection]) -> bool:
    """Return whether a document that should list the site's collections is missing or only partly understood.

    A site may truly have no taxonomies. `listed` are the collections read from the documents.
    """
    whole = _is_whole(types_doc) and (taxonomies_doc in ([], {}) or _is_whole(taxonomies_doc))
    return not whole or any(one.skipped == _NAMELESS for one in listed)


def _is_whole(document: object) -> bool:
    return isinstance(document, Mapping) and 0 < len(_entries(document)) == len(document)


def can_be_asked(path: str) -> bool:
    """Return whether a decoded path is a route of at least two segments that may be read and that means the same in a URL."""
    try:
        route = Route.of(path)
    except ValueError:
        return False
    return len(route.segments) > 1 and not _UNSPEAKABLE.search(path) and not denied(route)


def collection_of(route: str, slug: str, kind: str) -> Collection:
    """Return the collection at `route` with items of type `slug`; it is skipped if its type is never read."""
    slug = clean(slug)
    return Collection(route, slug, KINDS[kind], slug, _SKIPPED.get(slug))


def collections(
    index: RestIndex, types_doc: object, taxonomies_doc: object, root: Root, unlisted: Iterable[Collection] = ()
) -> list[Collection]:
    """Return every collection of the site in the order to walk them; skipped ones state their reason.

    `types_doc` and `taxonomies_doc` are the values of `TYPES_ROUTE` and `TAXONOMIES_ROUTE`, or None if unreadable. In
    that case, what every core has is used, plus the `unlisted` collections found otherwise. Each route occurs once.
    """
    types = _entries(types_doc) or _entries(_CORE_TYPES)
    taxonomies = _entries(taxonomies_doc) or _entries(_CORE_TAXONOMIES)
    listed = [
        *(_collection(slug, entry, _TYPES.get(slug, "posts"), root, index) for slug, entry in types),
        *(_collection(slug, entry, "terms", root, index) for slug, entry in taxonomies),
        *unlisted,
    ]
    optional = [extra for extra in _OPTIONAL if index.has(extra.route)]
    found = _unique(listed, {fixed.route for fixed in (*_DOCUMENTS, *_FIXED, *optional)})
    posts = {one.type for one in found if one.kind.table == "posts"}
    named = (replace(one, type=qualified(one.type, one.kind.table, posts)) for one in found)
    return [*_DOCUMENTS, *named, *_FIXED, *optional]


def _unique(listed: Iterable[Collection], ours: Container[str]) -> list[Collection]:
    """Return the first collection at each route that is not in `ours`; those beyond the most that are walked are skipped."""
    unique: dict[str, Collection] = {}
    for one in listed:
        if one.route not in ours:
            unique.setdefault(one.route, one)
    # A site may name any number of collections, and a run must end.
    for one in [*islice((one for one in unique.values() if not one.skipped), _MOST, None)]:
        unique[one.route] = replace(one, skipped=f"the site names more than {_MOST:,} collections")
    return list(unique.values())


def _entries(document: object) -> list[tuple[str, Mapping[str, object]]]:
    """Return the slug and entry of each type or taxonomy.

    PHP encodes an empty map as a list, and plug-ins return anything.
    """
    listed = ((entry.get("slug"), entry) for entry in members(document, dict))
    pairs: Iterable[tuple[object, object]] = document.items() if isinstance(document, Mapping) else listed
    return [
        (clean(slug), entry)
        for slug, entry in pairs
        if isinstance(slug, str) and slug and isinstance(entry, Mapping) and not _ENTRY.isdisjoint(entry)
    ]


def _collection(slug: str, entry: Mapping[str, object], kind: str, root: Root, index: RestIndex) -> Collection:
    title = entry.get("name")
    title = title if isinstance(title, str) else slug
    route = _items_link(entry, root, index) or _from_base(slug, entry)
    if route is None or not can_be_asked(route):
        return Collection(f"/wp/v2/{slug}", slug, KINDS[kind], title, _NAMELESS)
    return Collection(route, slug, KINDS[kind], title, _SKIPPED.get(slug))


def _items_link(entry: Mapping[str, object], root: Root, index: RestIndex) -> str | None:
    """Return the collection that the entry links to. Before 5.9 nothing else names it, and it works in any namespace."""
    href = href_of(entry, "wp:items") or href_of(entry, "https://api.w.org/items")
    route = root.route_to(href, root.url_for(TYPES_ROUTE)) if href else None
    if route is None or len(route.segments) < 2 or route.params or denied(route):
        return None
    return None if route.path[1:] in index.namespaces else route.path


def _from_base(slug: str, entry: Mapping[str, object]) -> str | None:
    base, namespace = string(entry.get("rest_base")) or slug, string(entry.get("rest_namespace")) or "wp/v2"
    path = f"/{namespace.strip('/')}/{base.strip('/')}"
    try:
        route = Route.of(path)
        return None if is_template(path) or denied(route) else route.path
    except ValueError:
        return None
