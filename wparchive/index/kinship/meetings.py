"""When two items came to have kin texts: which version of the one met which version of the other.

`kinship` has the two versions that are nearest, which may be later ones; what was noticed once must not move to these.
"""

import json
import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from wparchive.index.kinship.repeated import Repeated, Sketched
from wparchive.index.kinship.sketches import VERSION
from wparchive.index.kinship.tellings import Dated, Reader, Telling, tellings
from wparchive.kinship.sketch import numbers
from wparchive.kinship.texts import compared

__all__ = ["Meeting", "Meetings"]

_VERSIONS = f"""
    SELECT v.item, {VERSION} AS version, v.first_seen, v.last_seen, v.capture FROM versions v
    JOIN _wparchive_sketches s ON s.item = v.item AND s.version = {VERSION}
    WHERE v.item = ? AND v.privilege = 'anonymous' ORDER BY v.first_seen, version"""  # noqa: S608 - constants
_TEXT = f"""
    SELECT v.content, v.excerpt, s.sketch FROM versions v JOIN _wparchive_sketches s ON s.item = v.item AND s.version = {VERSION}
    WHERE v.item = ? AND s.version = ? AND v.privilege = 'anonymous'"""  # noqa: S608 - constants
_SKETCH = "SELECT sketch FROM _wparchive_sketches WHERE item = ? AND version = ?"
_COLUMNS = "item, other, versions, told"
_PUT = f"INSERT OR REPLACE INTO _wparchive_meetings ({_COLUMNS}) VALUES (?, ?, ?, ?)"  # noqa: S608 - constants
_NEARLY_ALL = 0.75  # of the phrases
_KEPT = 100  # texts in memory
_KEPT_SKETCHES = 1_000

_Pair = tuple[str, str, str, str, str, int, int]


class Meeting(NamedTuple):
    """Two versions of which something is `told`: of the pair's first item, which is the later one if it isn't `turned`."""

    later: Dated
    earlier: Dated
    turned: bool
    told: Telling

    def share(self, item: str) -> int:
        """How many percent of an item of the pair stood in the other."""
        is_first = (item == self.later.item) != self.turned
        return self.told.share if is_first else self.told.other_share


class Meetings:
    """Finds the meetings of pairs, and notes those that took comparisons, until one of the two has another version."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        noted = conn.execute(f"SELECT {_COLUMNS} FROM _wparchive_meetings").fetchall()  # noqa: S608 - constants
        self._stood: dict[tuple[str, str], tuple[str, str, str, str]] = {row[:2]: row for row in noted}
        self._noted: dict[tuple[str, str], tuple[str, str, str, str]] = {}
        self._versions = lru_cache(_KEPT)(self._read_versions)
        sketch = lru_cache(_KEPT_SKETCHES)(self._read_sketch)
        self._reader = Reader(sketch, lru_cache(_KEPT)(self._read_text))
        self._repeated: Repeated | None = None

    def of(self, pair: _Pair) -> list[Meeting]:
        """Return the meetings of a row of `kinship`, the first in front; none if both came at one moment."""
        item, other = pair[:2]
        own, others = self._versions(item), self._versions(other)
        alone = len(own) == len(others) == 1
        return _meetings(own, others, [Telling(*pair[2:])] if alone else self._found(own, others))

    def of_common(self, item: str, other: str) -> list[Meeting]:
        """Return the meetings of two items of which phrases stand everywhere by now, as if they didn't."""
        own, others = self._versions(item), self._versions(other)
        return _meetings(own, others, self._found(own, others, "common")) if own and others else []

    def side_by_side(self, pair: _Pair) -> str:
        """Return since when the two versions that a row of `kinship` names are held side by side."""
        sides = ((pair[0], pair[2]), (pair[1], pair[3]))
        return max(one.first_seen for item, version in sides for one in self._versions(item) if one.version == version)

    def has(self, one: Dated, met: Meeting) -> bool:
        """Return whether a version of another item has nearly all that the two share which met."""
        texts = [
            self._reader.text(each.item, each.version).text.phrased.phrases for each in (met.later, met.earlier, one)
        ]
        shared = set(texts[0]).intersection(texts[1])
        return len(shared.intersection(texts[2])) >= _NEARLY_ALL * len(shared)

    def keep(self) -> None:
        """Note what was found, and forget pairs that weren't asked for."""
        gone = self._stood.keys() - self._noted.keys()
        self._conn.executemany("DELETE FROM _wparchive_meetings WHERE item = ? AND other = ?", sorted(gone))
        self._conn.executemany(_PUT, [row for key, row in self._noted.items() if self._stood.get(key) != row])

    def _read_versions(self, item: str) -> tuple[Dated, ...]:
        return tuple(Dated(*row) for row in self._conn.execute(_VERSIONS, (item,)))

    def _read_text(self, item: str, version: str) -> Sketched:
        content, excerpt, sketch = self._conn.execute(_TEXT, (item, version)).fetchone()
        return Sketched(item.partition("/")[0], compared(content, excerpt), frozenset(numbers(sketch).tolist()))

    def _read_sketch(self, item: str, version: str) -> frozenset[int]:
        return frozenset(numbers(self._conn.execute(_SKETCH, (item, version)).fetchone()[0]).tolist())

    def _found(self, own: Sequence[Dated], others: Sequence[Dated], how: str = "") -> list[Telling]:
        """Return what was noted, or what comparisons find; `how` is part of that for which it was noted."""
        item, other = own[0].item, others[0].item
        names = "\n".join(f"{one.item} {one.version}" for one in sorted((*own, *others), key=_moment))
        versions = sha256(f"{names}\n{how}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
        stood = self._stood.get((item, other))
        if stood and stood[2] == versions:
            self._noted[item, other] = stood
            return [Telling(*one) for one in json.loads(stood[3])]
        found = tellings(own, others, self._reader, self._noise(bool(how)))
        self._noted[item, other] = (item, other, versions, json.dumps(found))
        return found

    def _noise(self, none_is_frequent: bool) -> Repeated:
        if none_is_frequent:
            return Repeated(self._conn)
        if self._repeated is None:
            frequent = self._conn.execute("SELECT phrase FROM _wparchive_frequent")
            self._repeated = Repeated(self._conn, {phrase for (phrase,) in frequent})
        return self._repeated


def _moment(one: Dated) -> tuple[str, str, str]:
    return one.first_seen, one.item, one.version


def _meetings(own: Sequence[Dated], others: Sequence[Dated], found: Sequence[Telling]) -> list[Meeting]:
    meetings = []
    for told in found:
        one = next((each for each in own if each.version == told.version), None)
        other = next((each for each in others if each.version == told.other_version), None)
        if one and other and one.first_seen != other.first_seen:
            turned = one.first_seen < other.first_seen
            later, earlier = (other, one) if turned else (one, other)
            meetings.append(Meeting(later, earlier, turned, told))
    return meetings
