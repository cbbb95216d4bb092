"""What sets two states of an item apart: whether anybody changed it, and how openly.

Both are taken without noise. A field that only one of them has is a plug-in, a taxonomy or a newer WordPress coming or
going, on every item alike; it is nobody's edit. Sources: map sections 9.3 and 13.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from wparchive.wordpress.noise import CUT_FROM, Noise
from wparchive.wordpress.text import plain
from wparchive.wordpress.values import text_of

__all__ = ["Change", "Difference", "compare"]

Fields = Mapping[str, Any]


class Change(StrEnum):
    """What we noticed of an item between two runs; the later in this list, the stronger."""

    MARKUP_CHANGED = "markup_changed"
    EDITED = "edited"
    SILENTLY_EDITED = "silently_edited"
    APPEARED = "appeared"
    RESTORED = "restored"
    UNPUBLISHED = "unpublished"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Difference:
    """The change that leads from one state to another, None when there is none to speak of, and the fields that differ."""

    change: Change | None
    fields: tuple[str, ...] = ()


class _Weight(IntEnum):
    """How much the change of a field says."""

    NONE = 0
    MARKUP = 1  # a reader sees the same
    TEXT = 2
    CONTENT = 3  # terms, author, status, a password: set by somebody
    MOVED = 4


_TEXTS = frozenset(("title", "name", "content", "excerpt", "caption", "description", "alt_text", "author_name"))
_MOVES = ("modified_gmt", "modified")
# Follow from the settings of the site, or from another item.
_DERIVED = frozenset(("link", "guid", "permalink_template", "generated_slug"))
# Maps whose keys plug-ins register for all items at once.
_REGISTERED = frozenset(("meta", "acf"))


def compare(before: Fields, after: Fields, noise: Noise) -> Difference:
    """How `after` differs from `before`, two states of one item as WordPress sent them, beyond `noise`."""
    old, new = noise.without(before), noise.without(after)
    for name in CUT_FROM:
        # Left out where it only repeats another field; if it does in one state only, it is that field that has changed.
        if name in before and name in after and (old.get(name) == "") != (new.get(name) == ""):
            old[name], new[name] = _settled(before[name], noise), _settled(after[name], noise)
    weights = {name: _weight(name, old[name], new[name]) for name in old.keys() & new.keys() if old[name] != new[name]}
    fields = tuple(sorted(name for name, weight in weights.items() if weight))
    return Difference(_change(set(weights.values()), dated="modified" in new), fields)


def _settled(value: Any, noise: Noise) -> Any:
    return {**value, "rendered": noise.settled(text_of(value))} if isinstance(value, Mapping) else value


def _change(weights: set[_Weight], *, dated: bool) -> Change | None:
    if _Weight.MOVED in weights:
        return Change.EDITED
    if _Weight.TEXT in weights:
        # Comments, terms and users have no `modified` that could have told of it.
        return Change.SILENTLY_EDITED if dated else Change.EDITED
    if _Weight.CONTENT in weights:
        return Change.EDITED
    return Change.MARKUP_CHANGED if _Weight.MARKUP in weights else None


def _weight(name: str, old: Any, new: Any) -> _Weight:
    if name in _MOVES:
        return _Weight.MOVED
    if name in _TEXTS:
        return _weight_of_text(old, new)
    if name in _REGISTERED:
        return _Weight.CONTENT if _common(old, new) else _Weight.NONE
    if not old and not new and isinstance(old, list | dict) and isinstance(new, list | dict):
        return _Weight.NONE  # PHP prints an empty map as [] or {}
    return _Weight.MARKUP if name in _DERIVED else _Weight.CONTENT


def _weight_of_text(old: Any, new: Any) -> _Weight:
    if _hidden(old) != _hidden(new):
        return _Weight.MOVED  # a password was set or taken away, which hides the text without editing it
    return _Weight.MARKUP if plain(text_of(old)) == plain(text_of(new)) else _Weight.TEXT


def _hidden(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value.get("protected"))


def _common(old: Any, new: Any) -> bool:
    """Whether a key that both maps have differs."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return bool(old) and bool(new)
    return any(old[name] != new[name] for name in old.keys() & new.keys())
