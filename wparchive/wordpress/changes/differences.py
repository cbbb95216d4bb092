"""Compares two states of an item: whether somebody edited it, and whether the edit is declared.

Noise is removed from both states first. Only WordPress's own content fields make an edit; other fields belong to
plug-ins. A field that only one state has means that a plug-in, a taxonomy or a newer WordPress came or went, on every
item alike; that is no edit. Sources: the `prepare_item_for_response` methods of core's controllers.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from wparchive.wordpress.changes.noise import CUT_FROM, Noise
from wparchive.wordpress.characters import untypeset
from wparchive.wordpress.reading import unread
from wparchive.wordpress.text import plain
from wparchive.wordpress.values import mapping, text_of

__all__ = ["KINDS", "REGISTERED", "TAXONOMIES", "TEXTS", "ChangeKind", "Difference", "compare", "is_own"]

Fields = Mapping[str, Any]


class ChangeKind(StrEnum):
    """A change of an item observed between two runs, weakest first."""

    FIELDS_CHANGED = "fields_changed"
    MARKUP_CHANGED = "markup_changed"
    SITE_CHANGED = "site_changed"  # the same text was added to most items at once, or removed: nobody edited this one
    EDITED = "edited"
    COPIED = "copied"  # its text stands in an item of another site that was held before; not who took it from whom
    PAGE_DIFFERS = "page_differs"  # its page shows something else than the API says, on two looks
    SILENTLY_EDITED = "silently_edited"
    APPEARED = "appeared"
    RESTORED = "restored"
    UNPUBLISHED = "unpublished"
    DELETED = "deleted"


KINDS = tuple(str(kind) for kind in reversed(ChangeKind))
"""The kinds of changes, as `observations.change` spells them, the strongest first."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The change between two states (None without a relevant one), and the fields that differ.

    `dated` means that the item's own modification time moved, so it declares the change itself.
    """

    change: ChangeKind | None
    fields: tuple[str, ...] = ()
    dated: bool = False


class _Weight(IntEnum):
    """How significant the change of a field is."""

    NONE = 0
    PLUGIN = 1  # a field that is not WordPress's own
    MARKUP = 2  # a reader sees the same
    TEXT = 3
    CONTENT = 4  # terms, author, status, a password: set by a person
    MOVED = 5


class _OfTable(dict[str, frozenset[str]]):
    """Fields by the table of an item; a post type with a table of its own has the fields of posts."""

    def __missing__(self, table: str) -> frozenset[str]:
        return self["posts"]


# WordPress's own text fields, and those that a person sets.
TEXTS: Mapping[str, frozenset[str]] = _OfTable(
    posts=frozenset(("title", "content", "excerpt")),
    media=frozenset(("title", "caption", "description", "alt_text")),
    comments=frozenset(("content", "author_name")),
    terms=frozenset(("name", "description")),
    users=frozenset(("name", "description")),
    events=frozenset(("title", "description", "excerpt")),
    products=frozenset(("name", "description", "short_description")),
    reviews=frozenset(("review", "reviewer")),
    entries=frozenset(("title", "name", "content", "description", "excerpt", "summary", "text", "message")),
)
_OF_POSTS = "status slug author date date_gmt type parent featured_media comment_status ping_status template"
_DATED = frozenset(_OF_POSTS.split())
_OF_EVENTS = (
    "start_date end_date utc_start_date utc_end_date timezone all_day cost website venue organizer status slug author "
    "date date_utc image categories tags featured"
)
_OF_PRODUCTS = (
    "prices sku slug type parent images categories tags brands attributes variations grouped_products on_sale"
)
_SET: Mapping[str, frozenset[str]] = _OfTable(
    posts=_DATED | frozenset(["format", "password", "sticky", "menu_order"]),
    media=_DATED | frozenset(["source_url", "media_details", "mime_type", "media_type", "post"]),
    comments=frozenset(["status", "author", "author_url", "date", "date_gmt", "parent", "post", "type"]),
    terms=frozenset(("slug", "parent", "taxonomy")),
    users=frozenset(("slug", "url")),
    events=frozenset(_OF_EVENTS.split()),
    products=frozenset(_OF_PRODUCTS.split()),
    reviews=frozenset(("rating", "product_id", "verified", "date_created", "date_created_gmt")),
)
_MOVES = frozenset(("modified_gmt", "modified", "modified_utc"))
# These follow from the site's settings, or from another item.
_DERIVED = frozenset(("link", "guid", "permalink_template", "generated_slug"))
# Maps with keys that plug-ins register for all items at once.
REGISTERED = frozenset(("meta", "acf"))
# The taxonomies of every WordPress, by the item's field that lists its terms.
TAXONOMIES = frozenset(("categories", "tags"))


def compare(
    before: Fields, after: Fields, noise: Noise, table: str = "posts", taxonomies: Collection[str] = TAXONOMIES
) -> Difference:
    """Compare two states of one item, as WordPress sent them, without `noise`.

    `table` is the item's table: posts, media, comments, terms, users, or one of plug-ins' items. `taxonomies` are the
    fields that list an item's terms: the REST bases of the site's taxonomies.
    """
    old, new = noise.without(before), noise.without(after)
    for name in CUT_FROM:
        # The field is omitted where it only repeats another. If that holds for one state only, the field itself
        # changed.
        if name in before and name in after and bool(text_of(old.get(name))) != bool(text_of(new.get(name))):
            old[name], new[name] = noise.field(before, name), noise.field(after, name)
    differing = [name for name in old.keys() & new.keys() if old[name] != new[name]]
    weights = {name: _weight(name, old[name], new[name], table, taxonomies) for name in differing}
    fields = tuple(sorted(name for name, weight in weights.items() if weight))
    found = set(weights.values())
    return Difference(_change(found, dated="modified" in new), fields, dated=not _MOVES.isdisjoint(differing))


def is_own(name: str, table: str, taxonomies: Collection[str] = TAXONOMIES) -> bool:
    """Return whether the field `name` of items in `table` is WordPress's own."""
    named = name in TEXTS[table] or name in _SET[table] or name in _MOVES or name in _DERIVED
    return named or name in taxonomies or name == "id"


def _change(weights: set[_Weight], *, dated: bool) -> ChangeKind | None:
    if _Weight.MOVED in weights:
        return ChangeKind.EDITED
    if _Weight.TEXT in weights:
        # Comments, terms and users have no `modified` that could declare an edit.
        return ChangeKind.SILENTLY_EDITED if dated else ChangeKind.EDITED
    if _Weight.CONTENT in weights:
        return ChangeKind.EDITED
    if _Weight.MARKUP in weights:
        return ChangeKind.MARKUP_CHANGED
    return ChangeKind.FIELDS_CHANGED if _Weight.PLUGIN in weights else None


def _weight(name: str, old: Any, new: Any, table: str, taxonomies: Collection[str]) -> _Weight:
    if name in _MOVES:
        return _Weight.MOVED
    if name in TEXTS[table]:
        return _weight_of_text(old, new)
    if _is_empty(old) and _is_empty(new):
        return _Weight.NONE  # PHP encodes an empty map as [] or {}
    if name in _DERIVED:
        return _Weight.MARKUP
    if name == "media_details":
        return _weight_of_file(old, new)
    if name in _SET[table] or (name in taxonomies and table in ("posts", "media")):
        return _Weight.CONTENT
    return _Weight.NONE if name in REGISTERED and not _common(old, new) else _Weight.PLUGIN


def _is_empty(value: Any) -> bool:
    return not value and isinstance(value, list | dict)


def _weight_of_file(old: Any, new: Any) -> _Weight:
    """Return the weight of a changed `media_details`: the file is content; sizes are derived, and plug-ins add data."""
    files = [mapping(value).get("file") for value in (old, new)]
    return _Weight.CONTENT if all(files) and files[0] != files[1] else _Weight.PLUGIN


def _weight_of_text(old: Any, new: Any) -> _Weight:
    if _hidden(old) != _hidden(new):
        return _Weight.MOVED  # a password was set or removed, which hides the text without editing it
    if unread(text_of(old)) != unread(text_of(new)):
        return _Weight.TEXT  # the unread part differs, so its kind of change is unknown
    before, after = (untypeset(plain(text_of(value))) for value in (old, new))
    return _Weight.MARKUP if before == after else _Weight.TEXT


def _hidden(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value.get("protected"))


def _common(old: Any, new: Any) -> bool:
    """Return whether a key that both maps have differs."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return bool(old) and bool(new)
    return any(old[name] != new[name] for name in old.keys() & new.keys())
