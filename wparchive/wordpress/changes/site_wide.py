"""Recognises one change of the whole site among many edits: the same text was added to most items, or removed.

A notice, a consent wall, "log in to read", or a plug-in that was switched on or off appears in every item, though
nobody edited any. Texts are compared as a reader sees them, in pieces of at most a sentence. Text of an item itself
that disappears behind a wall, or comes back, counts with the wall only if that happened to most items with the wall.
Any other change in addition remains an edit.

The same correction in two articles is two edits, as it is in any number that isn't most of what the run saw of the list:
nobody corrects most articles of a site in the same words, and what a plug-in adds is in all that have its kind.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from wparchive.wordpress.characters import untypeset
from wparchive.wordpress.text import visible_text
from wparchive.wordpress.values import text_of

__all__ = ["SiteWide"]

Fields = Mapping[str, Any]

_LEAST = 3  # items; fewer may well have been edited in the same way
_PAIRS = 40_000  # most pairs of pieces compared in one text
_BETWEEN = re.compile(r"\n|(?<=[.!?…])\s++")
_CUT = re.compile(r"\[?(?:…|\.\.\.)\]?\Z")  # searched for in the last characters only
_LONGEST_CUT = len("[...]")


@dataclass(frozen=True, slots=True)
class _Moved:
    """The hashes of text pieces added to an item (`came`) and removed from it (`went`); `group` names similar items."""

    group: Hashable
    came: frozenset[int]
    went: frozenset[int]

    def apart(self, wall: "_Moved") -> "_Parts":
        """Return whether text of `wall` came or went, and whether other text came or went besides."""
        came, went = self.came & wall.came, self.went & wall.went
        return _Parts(bool(came), bool(went), len(came) < len(self.came), len(went) < len(self.went))


class _Parts(NamedTuple):
    """Whether pieces of a wall were added to an item or removed from it, and pieces of the item's own."""

    came: bool
    went: bool
    own_came: bool
    own_went: bool

    def explained(self, *, taken: bool, given: bool) -> bool:
        """Return whether the wall explains the change; it may take the items' own texts away, or give them back."""
        if self.own_came and not (given and self.went):
            return False
        return not self.own_went or (taken and self.came)


@dataclass(slots=True)
class SiteWide:
    """The changes of one run, each with a key and a group: `add` them all, then ask which are `shared`."""

    _moved: dict[Hashable, _Moved] = field(default_factory=dict)

    def add(self, key: Hashable, group: Hashable, before: Fields, after: Fields, names: Iterable[str]) -> None:
        """Add the change of the text fields `names` from one state of an item to another."""
        came: set[int] = set()
        went: set[int] = set()
        for name in names:
            old, new = (list(_pieces(text_of(state.get(name)))) for state in (before, after))
            more, less = _apart(old, new)
            came |= more
            went |= less
        self._moved[key] = _Moved(group, frozenset(came), frozenset(went))

    def shared(self, seen: Mapping[Hashable, int]) -> set[Hashable]:
        """Return the keys of changes that are the same in more than half of the items of a group.

        `seen` is the number of items seen in each group. A change of another group may match a shared one, but makes
        none.
        """
        wall = self._wall(seen)
        parts = {key: one.apart(wall) for key, one in self._moved.items()}
        touched = {key: one for key, one in parts.items() if one.came or one.went}
        # Whether the wall replaced the items' own texts, or restored them, in most of the items.
        taken = sum(one.came and one.own_went for one in touched.values()) * 2 > len(touched)
        given = sum(one.went and one.own_came for one in touched.values()) * 2 > len(touched)
        return {key for key, one in touched.items() if one.explained(taken=taken, given=given)}

    def _wall(self, seen: Mapping[Hashable, int]) -> _Moved:
        """Return the pieces added to, and removed from, most items of a group."""
        came: set[int] = set()
        went: set[int] = set()
        for group, items in seen.items():
            moved = [one for one in self._moved.values() if one.group == group]
            enough = max(_LEAST, items // 2 + 1)
            came |= _in_many((one.came for one in moved), enough)
            went |= _in_many((one.went for one in moved), enough)
        return _Moved(None, frozenset(came), frozenset(went))


def _in_many(sets: Iterable[frozenset[int]], enough: int) -> set[int]:
    counts = Counter(piece for pieces in sets for piece in pieces)
    return {piece for piece, count in counts.items() if count >= enough}


def _pieces(html: str) -> Iterator[str]:
    for text in _BETWEEN.split(untypeset(visible_text(html))):
        if text.strip():
            yield text.strip()


def _apart(old: list[str], new: list[str]) -> tuple[set[int], set[int]]:
    """Return the pieces added to and removed from a text; for a piece that was extended or shortened, the difference."""
    before, after = set(old), set(new)
    came = {piece: piece for piece in new if piece not in before}
    went = {piece: piece for piece in old if piece not in after}
    for one in came if len(came) * len(went) < _PAIRS else ():
        for other in went:
            if rest := _rest(one, other):
                came[one], went[other] = rest, ""
            elif rest := _rest(other, one):
                came[one], went[other] = "", rest
    return _hashes(came), _hashes(went)


def _rest(whole: str, part: str) -> str:
    """Return what `whole` has beyond `part`, if it begins or ends with it; else empty."""
    cut = _CUT.search(part, max(0, len(part) - _LONGEST_CUT))
    start = part[: cut.start()].rstrip() if cut else part
    if start and whole.startswith(start):
        return whole.removeprefix(start).strip()
    return whole.removesuffix(part).strip() if whole.endswith(part) else ""


def _hashes(pieces: Mapping[str, str]) -> set[int]:
    return {hash(rest) for rest in pieces.values() if rest}
