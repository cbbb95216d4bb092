"""The collections of plug-ins that are known: how each is listed, what its items are called, and where they are indexed.

A new one is one entry in `_KNOWN`; a namespace that only shows something to who is logged in is one in `CLOSED`. Items
of an unknown plug-in have a type made from their route. Such types contain a dot, which no post type or taxonomy does.

Sources: the documentation of The Events Calendar's REST API and of WooCommerce's Store API, the REST handbook of
BuddyPress, and the parameters that these plug-ins declare in a site's index.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.kinds import KINDS, Collection

__all__ = [
    "ASIDE",
    "CLOSED",
    "SEARCH",
    "Known",
    "after_version",
    "full_type",
    "known_at",
    "pages",
    "plug_in_collection",
    "probed_at",
    "tells_why",
    "twin_of",
    "unversioned",
    "version",
]

SEARCH = "/wp/v2/search"
_POSTS, _TERMS = "posts", "terms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A known collection: the type and table of its items, and how it is asked for, where that isn't plain.

    `params` are sent with each page. `twin`: each item is also a post, or a term, with this type and the same id (its
    table, its slug); the fields in `shared` say of it what the twin says. `probe` is the route that shows a single item,
    where the collection has none for that. `tells`: its API tells an item that is deleted from one that isn't public;
    many answer 404 for both.
    """

    type: str
    title: str
    table: str = "entries"
    params: tuple[tuple[str, str], ...] = ()
    per_page: int = 100
    twin: tuple[str, str] | None = None
    shared: frozenset[str] = frozenset()
    probe: str = ""
    tells: bool = False


# Without a start, only what is still to come is listed; without an end, only two years of it.
_EVER = (("start_date", "1000-01-02"), ("end_date", "9999-01-01"))
_SHARED = (
    "title name slug status author description excerpt short_description date date_gmt date_utc modified modified_gmt "
    "modified_utc image images categories tags url link permalink sticky venue organizer"
)
_OF_POSTS = frozenset(_SHARED.split())
_TRIBE, _STORE = "/tribe/events/v1", "/wc/store/v1"

_KNOWN: Mapping[str, Known] = {
    f"{_TRIBE}/events": Known(
        type="tribe.events",
        title="Events",
        table="events",
        params=_EVER,
        per_page=50,
        twin=(_POSTS, "tribe_events"),
        shared=_OF_POSTS - {"venue", "organizer"},
        tells=True,  # 403 event-not-accessible, or 404 event-not-found
    ),
    f"{_TRIBE}/venues": Known(
        type="tribe.venues", title="Venues", per_page=50, twin=(_POSTS, "tribe_venue"), shared=_OF_POSTS, tells=True
    ),
    f"{_TRIBE}/organizers": Known(
        type="tribe.organizers",
        title="Organizers",
        per_page=50,
        twin=(_POSTS, "tribe_organizer"),
        shared=_OF_POSTS,
        tells=True,
    ),
    f"{_TRIBE}/categories": Known(
        type="tribe.categories", title="Event categories", per_page=50, twin=(_TERMS, "tribe_events_cat"), tells=True
    ),
    f"{_TRIBE}/tags": Known(type="tribe.tags", title="Event tags", per_page=50, twin=(_TERMS, "post_tag"), tells=True),
    f"{_STORE}/products": Known(
        type="wc.products",
        title="Products",
        table="products",
        twin=(_POSTS, "product"),
        shared=_OF_POSTS,
    ),
    f"{_STORE}/products/reviews": Known(
        type="wc.reviews", title="Product reviews", table="reviews", probe="/wp/v2/comments", tells=True
    ),
    f"{_STORE}/products/categories": Known(
        type="wc.categories", title="Product categories", twin=(_TERMS, "product_cat"), tells=True
    ),
    f"{_STORE}/products/tags": Known(type="wc.tags", title="Product tags", twin=(_TERMS, "product_tag"), tells=True),
    f"{_STORE}/products/brands": Known(
        type="wc.brands", title="Product brands", twin=(_TERMS, "product_brand"), tells=True
    ),
    f"{_STORE}/products/attributes": Known(type="wc.attributes", title="Product attributes", tells=True),
    "/buddypress/v1/activity": Known(type="bp.activity", title="Activity"),
    "/buddypress/v1/groups": Known(type="bp.groups", title="Groups", tells=True),
    "/buddypress/v1/members": Known(
        type="bp.members",
        title="Members",
        twin=("users", "user"),
        shared=frozenset(("name", "link", "user_login", "mention_name")),
    ),
    "/bbp-api/v1/forums": Known(type="bbp.forums", title="Forums", twin=(_POSTS, "forum"), shared=_OF_POSTS),
    "/bbp-api/v1/topics": Known(type="bbp.topics", title="Topics", twin=(_POSTS, "topic"), shared=_OF_POSTS),
    "/bbp-api/v1/replies": Known(type="bbp.replies", title="Replies", twin=(_POSTS, "reply"), shared=_OF_POSTS),
    SEARCH: Known(type="wp.search", title="Found by search only"),
}
_VERSION = re.compile(r"v[0-9]+(?:\.[0-9]+)*")
_UNSPEAKABLE = re.compile(r"[^a-z0-9_.-]+")

# Namespaces whose lists need credentials, by the plug-ins' documentation.
CLOSED = (
    *("/wc/v1/", "/wc/v2/", "/wc/v3/", "/wc/v4/", "/wc-admin/", "/wc-analytics/", "/wc/private/", "/wc-telemetry/"),
    *(
        "/jetpack/v4/",
        "/wpcom/v2/",
        "/yoast/v1/",
        "/rankmath/v1/",
        "/aioseo/v1/",
        "/redirection/v1/",
        "/wp-site-health/",
    ),
    *("/contact-form-7/v1/", "/gf/v2/", "/wpforms/", "/elementor/v1/", "/elementor-pro/", "/wordfence/", "/mailpoet/"),
    *("/buddypress/v1/messages", "/buddypress/v1/notifications", "/buddypress/v1/signup", "/buddypress/v1/friends"),
)
# Routes of core that page and aren't content of their own.
ASIDE: Mapping[str, str] = {
    SEARCH: "it finds what other lists hold",
    "/wp/v2/pattern-directory/patterns": "it makes the site ask wordpress.org",
    "/wp/v2/block-directory/search": "it makes the site ask wordpress.org",
    "/wp/v2/font-collections": "part of the theme, not content",
    "/wp/v2/icons": "part of WordPress, not content",
}


def unversioned(route: str) -> str:
    """Return a route without the version of its namespace: `/wc/store/v1/products` and `/wc/store/products` are one."""
    segments = route.split("/")
    return "/".join(one for place, one in enumerate(segments) if place > 3 or not _VERSION.fullmatch(one))


def version(route: str) -> tuple[int, ...]:
    """Return the version in the route's namespace, such that a newer one is greater; a route without one is oldest."""
    versions = [one[1:] for one in route.split("/")[:4] if _VERSION.fullmatch(one)]
    return tuple(int(number) for one in versions for number in one.split(".") if len(number) < 10)


def after_version(route: str) -> str:
    """Return what follows the version of a route's namespace; the whole route, where there is none."""
    segments = route.split("/")
    at = next((place for place, one in enumerate(segments[:4]) if _VERSION.fullmatch(one)), 0)
    return "/".join(segments[at + 1 :])


_BY_PLACE: Mapping[str, Known] = {unversioned(route): known for route, known in _KNOWN.items()}


def known_at(route: str) -> Known | None:
    """Return what is known of the collection at `route`, in any version of its namespace."""
    return _BY_PLACE.get(unversioned(route))


def twin_of(kind: str) -> Known | None:
    """Return the known collection whose items are of type `kind` and also stand elsewhere; None if there is none."""
    return _TWINS.get(kind)


def tells_why(kind: str) -> bool:
    """Return whether an answer for one item of type `kind` shows why it isn't there: WordPress's do, few plug-ins' do."""
    return "." not in kind or kind in _TELLING


_TELLING = frozenset(known.type for known in _KNOWN.values() if known.tells)
_TWINS: Mapping[str, Known] = {known.type: known for known in _KNOWN.values() if known.twin}


def probed_at(route: str) -> tuple[str, ...]:
    """Return the types whose items are asked for by themselves at `route`, which is another collection's."""
    return tuple(known.type for known in _KNOWN.values() if known.probe == route)


def plug_in_collection(route: str, index: RestIndex) -> Collection:
    """Return the collection of a plug-in's items at `route`, to be walked as far as `index` describes it."""
    known = known_at(route) or Known(type=full_type(unversioned(route)), title=route)
    kind = KINDS[known.table]
    declared = tuple((name, value) for name, value in known.params if index.supports(route, name))
    paging = _paging(route, index)
    per_page = min(known.per_page, index.most(route, paging[1]) or known.per_page)
    params = (*declared, *(kind.params if _is_ordered(route, index) else ()))
    paged = not index.has(route) or pages(index.methods(route).get("GET", {}))
    how = replace(kind, params=params, per_page=per_page, paging=paging, paged=paged)
    return Collection(route, known.type, how, known.title)


def _is_ordered(route: str, index: RestIndex) -> bool:
    return "id" in index.choices(route, "orderby") and index.supports(route, "order")


_SIZES = ("per_page", "limit", "page_size", "posts_per_page", "number")
_NUMBERS = ("page", "paged", "offset")


def _paging(route: str, index: RestIndex) -> tuple[str, str]:
    """Return the parameters by which the route's pages are asked for; core's, where it declares no others."""
    page = next((name for name in _NUMBERS if index.supports(route, name)), "page")
    return page, next((name for name in _SIZES if index.supports(route, name)), "per_page")


def pages(declared: Mapping[str, object], *, surely: bool = False) -> bool:
    """Return whether these parameters ask for one page of many; `surely`, if they name both page and size."""
    found = [any(name in declared for name in names) for names in (_SIZES, _NUMBERS)]
    return all(found) if surely else any(found)


def full_type(route: str) -> str:
    """Return the type of the items of a list at this very version of a route."""
    return ".".join(_UNSPEAKABLE.sub("-", one) for one in route.strip("/").split("/"))[:100]
