"""The links of an item, and where each of them points.

Only relations in `RELATIONS` are followed, and of these only hrefs to a content route of the same root.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from wparchive.wordpress.php_urls import is_template
from wparchive.wordpress.relations import LinkOutcome, Policy, denied, rule_of
from wparchive.wordpress.routes import Root, Route

__all__ = ["Aim", "Link", "aim", "aim_at", "links_of"]

_LONGEST_HREF = 4096
_LONGEST_ID = 18  # digits; any such number fits 64 bits
_DOCUMENTS = frozenset({"/wp/v2/types", "/wp/v2/taxonomies", "/wp/v2/statuses", "/wp/v2/menu-locations"})


class Link(NamedTuple):
    """One entry of `_links`; `href` is empty if it is not a string."""

    relation: str
    href: str
    attributes: Mapping[str, object]


class Aim(NamedTuple):
    """Where a link points, derived from the link and the root alone.

    `route` is canonical text, `collection` the route of the list that the target would be in; both are empty where the
    link doesn't lead to content. `item_id` is a number, or a slug for documents; for a revision it is the parent's id, and
    `collection` the parent's collection. `inherent` is the outcome of a link that is never fetched, whatever is held.
    """

    policy: Policy
    route: str
    collection: str
    item_id: int | str | None
    inherent: LinkOutcome | None
    fetch: bool


_TEMPLATED = Aim(Policy.TEMPLATE, "", "", None, LinkOutcome.TEMPLATE, False)


def links_of(item: Mapping[str, object]) -> Iterator[Link]:
    """Yield every entry of the item's `_links`, with relations as spelled; a missing or non-text href is empty."""
    links = item.get("_links")
    if not isinstance(links, dict):
        return
    for relation, entries in links.items():
        for entry in entries if isinstance(entries, list) else (entries,):
            if isinstance(entry, dict):
                href = entry.get("href")
                yield Link(relation, href if isinstance(href, str) else "", entry)
            elif entry is not None:
                yield Link(relation, entry if isinstance(entry, str) else "", {})


def aim(link: Link, root: Root, base: str = "") -> Aim:
    """Return where `link` points in a response from `base`.

    `LinkShapes.aim` returns the same, but parses each shape once.
    """
    relation, href, attributes = link
    if attributes.get("templated"):
        return _TEMPLATED
    rule = rule_of(relation)
    if rule.policy is Policy.TEMPLATE or is_template(href):
        return _TEMPLATED
    route = root.route_to(href, base) if len(href) <= _LONGEST_HREF else None
    if route is None:
        return Aim(rule.policy, "", "", None, LinkOutcome.OUTSIDE, False)
    place = None if denied(route) else _PLACES[rule.policy](route)
    if place is None:
        return Aim(rule.policy, str(route), "", None, LinkOutcome.SKIPPED, False)
    policy = Policy.COLLECTION if rule.policy is Policy.VIEW and not route.params else rule.policy
    return Aim(policy, str(route), *place, None, rule.fetch)


def aim_at(policy: object, route: object) -> Aim | None:
    """Return the aim of a link to be fetched by itself, from its recorded policy and route; None if it may not be."""
    try:
        known, parsed = Policy(str(policy)), Route.parse(route) if isinstance(route, str) else None
    except ValueError:
        return None
    find = _PLACES.get(known)
    place = find(parsed) if find and parsed and not denied(parsed) else None
    return Aim(known, str(route), place[0], place[1], None, True) if place else None


_Place = tuple[str, int | str | None]


def _object_place(route: Route) -> _Place | None:
    collection, _, last = route.path.rpartition("/")
    if collection in _DOCUMENTS:
        return collection, last
    is_id = last.isascii() and last.isdigit() and len(last) <= _LONGEST_ID
    return (collection, int(last)) if is_id and len(route.segments) > 2 else None


def _collection_place(route: Route) -> _Place | None:
    last = route.segments[-1] if len(route.segments) > 1 else ""
    return (route.path, None) if last and not last.isdigit() else None


def _history_place(route: Route) -> _Place | None:
    parent, _, last = route.path.rpartition("/")
    return _object_place(Route(parent)) if last == "revisions" else None


def _revision_place(route: Route) -> _Place | None:
    return _history_place(Route(route.path.rpartition("/")[0]))


_PLACES: Mapping[Policy, Callable[[Route], _Place | None]] = {
    Policy.SELF: _object_place,
    Policy.ITEM: _object_place,
    Policy.ABOUT: _object_place,
    Policy.COLLECTION: _collection_place,
    Policy.VIEW: _collection_place,
    Policy.HISTORY: _history_place,
    Policy.REVISION: _revision_place,
    Policy.SKIP: lambda _: None,
}
