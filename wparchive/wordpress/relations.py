"""What each relation in `_links` means, and which routes are never requested.

A new relation is one row; a relation without a row is never followed. Source: the `prepare_links` methods of core's
controllers, versions 4.7 to 7.1.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from wparchive.wordpress.routes import Route

__all__ = ["RELATIONS", "LinkOutcome", "Policy", "Rule", "denied", "rule_of"]


class LinkOutcome(StrEnum):
    """What became of a link; the values of `links.outcome`."""

    __hash__ = str.__hash__  # Enum's own is a Python call, and this runs once per link

    CAPTURED = "captured"  # its own route was requested and answered
    COVERED = "covered"  # its target is contained in another capture
    REFUSED = "refused"
    MISSING = "missing"
    OUTSIDE = "outside"  # not a resource of this API, or not safe to treat as one
    TEMPLATE = "template"
    SKIPPED = "skipped"  # by policy
    FAILED = "failed"


class Policy(StrEnum):
    """What kind of resource a relation points to."""

    __hash__ = str.__hash__

    SELF = "self"
    ITEM = "item"  # one object of a collection
    COLLECTION = "collection"
    ABOUT = "about"  # an entry of the types or taxonomies document
    VIEW = "view"  # a collection filtered by a parameter; contains nothing that the full listing lacks
    HISTORY = "history"  # WordPress's own revisions of the item
    REVISION = "revision"  # one such revision
    TEMPLATE = "template"
    SKIP = "skip"


class Rule(NamedTuple):
    """A relation's policy, and whether its link may be fetched by itself when nothing else covers it."""

    policy: Policy
    fetch: bool = True


_SKIP = Rule(Policy.SKIP, False)

RELATIONS: Mapping[str, Rule] = {
    "self": Rule(Policy.SELF),
    "collection": Rule(Policy.COLLECTION),
    "about": Rule(Policy.ABOUT),
    "author": Rule(Policy.ITEM),
    "up": Rule(Policy.ITEM),
    "parent": Rule(Policy.ITEM),
    "in-reply-to": Rule(Policy.ITEM),
    "replies": Rule(Policy.VIEW),
    "children": Rule(Policy.VIEW),
    "version-history": Rule(Policy.HISTORY),
    "predecessor-version": Rule(Policy.REVISION),
    "curies": Rule(Policy.TEMPLATE, False),
    "wp:featuredmedia": Rule(Policy.ITEM),
    "wp:attached-to": Rule(Policy.ITEM),
    "wp:attachment": Rule(Policy.VIEW),
    "wp:term": Rule(Policy.VIEW),
    "wp:items": Rule(Policy.COLLECTION),
    "wp:post_type": Rule(Policy.VIEW, False),  # one per term and type, so far too many
    "wp:menu": Rule(Policy.ITEM),
    "wp:menu-item-object": Rule(Policy.ITEM),
    "wp:menu-location": Rule(Policy.ABOUT),
    "archives": Rule(Policy.VIEW, False),
    # These have effects, belong to the theme, or require an administrator.
    "help": _SKIP,
    "wp:action-run": _SKIP,
    "wp:export-theme": _SKIP,
    "wp:render-block": _SKIP,
    "wp:active-theme": _SKIP,
    "wp:user-global-styles": _SKIP,
    "wp:sidebar": _SKIP,
    "wp:widget": _SKIP,
}

_CURIE = "https://api.w.org/"

# Parts of routes that have effects, make the site send requests, or expose data meant for its owner only.
_DENIED_NAMESPACES = ("/batch/", "/wp-abilities/", "/wp-block-editor/", "/wp-site-health/", "/oembed/1.0/proxy")
_DENIED_SEGMENTS = frozenset(
    {"application-passwords", "block-renderer", "url-details", "batch", "wp-site-health", "block-directory"}
)
_DENIED_ROUTES = frozenset({"/wp/v2/settings", "/wp/v2/users/me", "/oembed/1.0/embed"})
_DENIED_ENDS = frozenset({"run", "export", "render", "encode", "edit", "post-process", "autosaves"})
_DENIED_PARAMS = frozenset({"_method", "_envelope", "_jsonp", "id"})


def denied(route: Route) -> bool:
    """Return whether `route` is never fetched, whatever names it."""
    segments = route.segments
    return (
        f"{route.path}/".startswith(_DENIED_NAMESPACES)
        or any(route.path == path or route.path.startswith(f"{path}/") for path in _DENIED_ROUTES)
        or not _DENIED_SEGMENTS.isdisjoint(segments)
        or (len(segments) > 3 and segments[-1] in _DENIED_ENDS)
        or any(name.partition("[")[0].lower() in _DENIED_PARAMS for name, _ in route.params)
    )


def rule_of(relation: str) -> Rule:
    """Return the rule for `relation`, in its compact form (`wp:term`) or in full (`https://api.w.org/term`)."""
    return RELATIONS.get(f"wp:{relation[len(_CURIE) :]}" if relation.startswith(_CURIE) else relation, _SKIP)
