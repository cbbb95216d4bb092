"""What sets two states of an item apart: whether anybody changed it, and how openly.

Both are taken without noise. Only WordPress's own content fields make an edit; what plug-ins say beside them is theirs. A
field that only one of the states has is a plug-in, a taxonomy or a newer WordPress coming or going, on every item alike; it
is nobody's edit. Sources: map sections 9.3 and 13.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from wparchive.wordpress.changes.noise import CUT_FROM, Noise
from wparchive.wordpress.characters import untypeset
from wparchive.wordpress.reading import unread
from wparchive.wordpress.text import plain
from wparchive.wordpress.values import text_of

__all__ = ["REGISTERED", "TAXONOMIES", "TEXTS", "Change", "Difference", "compare", "is_own"]

Fields = Mapping[str, Any]


class Change(StrEnum):
    """What we noticed of an item between two runs; the later in this list, the stronger."""

    FIELDS_CHANGED = "fields_changed"
    MARKUP_CHANGED = "markup_changed"
    SITE_CHANGED = "site_changed"  # the same text came into most items at once, or went: nobody edited this one
    EDITED = "edited"
    SILENTLY_EDITED = "silently_edited"
    APPEARED = "appeared"
    RESTORED = "restored"
    UNPUBLISHED = "unpublished"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Difference:
    """The change that leads from one state to another, None when there is none to speak of, and the fields that differ.

    `dated` says that the item's own time of modification moved: it tells of the change itself.
    """

    change: Change | None
    fields: tuple[str, ...] = ()
    dated: bool = False


class _Weight(IntEnum):
    """How much the change of a field says."""

    NONE = 0
    PLUGIN = 1  # a field that isn't WordPress's own
    MARKUP = 2  # a reader sees the same
    TEXT = 3
    CONTENT = 4  # terms, author, status, a password: set by somebody
    MOVED = 5


class _OfTable(dict[str, frozenset[str]]):
    """Fields by the table that an item is in; a post type with a table of its own has those of posts."""

    def __missing__(self, table: str) -> frozenset[str]:
        return self["posts"]


# WordPress's own fields of text, and those that somebody sets.
TEXTS: Mapping[str, frozenset[str]] = _OfTable(
    posts=frozenset(("title", "content", "excerpt")),
    media=frozenset(("title", "caption", "description", "alt_text")),
    comments=frozenset(("content", "author_name")),
    terms=frozenset(("name", "description")),
    users=frozenset(("name", "description")),
)
_DATED = frozenset(
    [
        "status",
        "slug",
        "author",
        "date",
        "date_gmt",
        "type",
        "parent",
        "featured_media",
        "comment_status",
        "ping_status",
        "template",
    ]
)
_SET: Mapping[str, frozenset[str]] = _OfTable(
    posts=_DATED | frozenset(["format", "password", "sticky", "menu_order"]),
    media=_DATED | frozenset(["source_url", "media_details", "mime_type", "media_type", "post"]),
    comments=frozenset(["status", "author", "author_url", "date", "date_gmt", "parent", "post", "type"]),
    terms=frozenset(("slug", "parent", "taxonomy")),
    users=frozenset(("slug", "url")),
)
_MOVES = frozenset(("modified_gmt", "modified"))
# Follow from the settings of the site, or from another item.
_DERIVED = frozenset(("link", "guid", "permalink_template", "generated_slug"))
# Maps whose keys plug-ins register for all items at once.
REGISTERED = frozenset(("meta", "acf"))
# The taxonomies of every WordPress, by the field of an item that names its terms.
TAXONOMIES = frozenset(("categories", "tags"))


def compare(
    before: Fields, after: Fields, noise: Noise, table: str = "posts", taxonomies: Collection[str] = TAXONOMIES
) -> Difference:
    """How `after` differs from `before`, two states of one item as WordPress sent them, beyond `noise`.

    `table` is the one that it is in (posts, media, comments, terms, users); `taxonomies` are the fields that name an
    item's terms: the bases of the site's taxonomies.
    """
    old, new = noise.without(before), noise.without(after)
    for name in CUT_FROM:
        # Left out where it only repeats another field; if it does in one state only, it is that field that has changed.
        if name in before and name in after and bool(text_of(old.get(name))) != bool(text_of(new.get(name))):
            old[name], new[name] = noise.field(before, name), noise.field(after, name)
    differing = [name for name in old.keys() & new.keys() if old[name] != new[name]]
    weights = {name: _weight(name, old[name], new[name], table, taxonomies) for name in differing}
    fields = tuple(sorted(name for name, weight in weights.items() if weight))
    found = set(weights.values())
    return Difference(_change(found, dated="modified" in new), fields, dated=not _MOVES.isdisjoint(differing))


def is_own(name: str, table: str, taxonomies: Collection[str] = TAXONOMIES) -> bool:
    """Whether WordPress itself gives the items of `table` the field `name`."""
    named = name in TEXTS[table] or name in _SET[table] or name in _MOVES or name in _DERIVED
    return named or name in taxonomies or name == "id"


def _change(weights: set[_Weight], *, dated: bool) -> Change | None:
    if _Weight.MOVED in weights:
        return Change.EDITED
    if _Weight.TEXT in weights:
        # Comments, terms and users have no `modified` that could have told of it.
        return Change.SILENTLY_EDITED if dated else Change.EDITED
    if _Weight.CONTENT in weights:
        return Change.EDITED
    if _Weight.MARKUP in weights:
        return Change.MARKUP_CHANGED
    return Change.FIELDS_CHANGED if _Weight.PLUGIN in weights else None


def _weight(name: str, old: Any, new: Any, table: str, taxonomies: Collection[str]) -> _Weight:
    if name in _MOVES:
        return _Weight.MOVED
    if name in TEXTS[table]:
        return _weight_of_text(old, new)
    if not old and not new and isinstance(old, list | dict) and isinstance(new, list | dict):
        return _Weight.NONE  # PHP prints an empty map as [] or {}
    if name in _DERIVED:
        return _Weight.MARKUP
    if name == "media_details":
        return _weight_of_file(old, new)
    if name in _SET[table] or (name in taxonomies and table in ("posts", "media")):
        return _Weight.CONTENT
    return _Weight.NONE if name in REGISTERED and not _common(old, new) else _Weight.PLUGIN


def _weight_of_file(old: Any, new: Any) -> _Weight:
    """The file itself is content; its sizes are made from it, and plug-ins add to what is said of it."""
    files = [value.get("file") if isinstance(value, Mapping) else None for value in (old, new)]
    return _Weight.CONTENT if all(files) and files[0] != files[1] else _Weight.PLUGIN


def _weight_of_text(old: Any, new: Any) -> _Weight:
    if _hidden(old) != _hidden(new):
        return _Weight.MOVED  # a password was set or taken away, which hides the text without editing it
    if unread(text_of(old)) != unread(text_of(new)):
        return _Weight.TEXT  # nobody looked at what it is
    before, after = (untypeset(plain(text_of(value))) for value in (old, new))
    return _Weight.MARKUP if before == after else _Weight.TEXT


def _hidden(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value.get("protected"))


def _common(old: Any, new: Any) -> bool:
    """Whether a key that both maps have differs."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return bool(old) and bool(new)
    return any(old[name] != new[name] for name in old.keys() & new.keys())
