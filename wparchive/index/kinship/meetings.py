"""When two items first had kin texts: which version of the one met which version of the other.

`kinship` has the two versions that are nearest, which may be later ones; what was noticed once must not move to these.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from wparchive.index.kinship.repeated import Repeated, Sketched
from wparchive.index.kinship.sketches import VERSION
from wparchive.kinship.comparison import Kind
from wparchive.kinship.sketch import numbers
from wparchive.kinship.texts import compared

__all__ = ["Dated", "Meeting", "Meetings"]

_VERSIONS = f"""
    SELECT v.item, {VERSION} AS version, v.first_seen, v.last_seen, v.capture FROM versions v
    JOIN _wparchive_sketches s ON s.item = v.item AND s.version = {VERSION}
    WHERE v.item = ? AND v.privilege = 'anonymous' ORDER BY v.first_seen, version"""  # noqa: S608 - constants
_TEXT = f"""
    SELECT v.content, v.excerpt, s.sketch FROM versions v JOIN _wparchive_sketches s ON s.item = v.item AND s.version = {VERSION}
    WHERE v.item = ? AND s.version = ? AND v.privilege = 'anonymous'"""  # noqa: S608 - constants
_COLUMNS = "item, other, versions, version, other_version, kind, share, other_share"
_PUT = f"INSERT OR REPLACE INTO _wparchive_meetings ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
_MOST = 60  # comparisons of one pair
_KEPT = 100  # texts in memory

_Pair = tuple[str, str, str, str, str, int, int]
_Noted = tuple[str | None, str | None, str | None, int | None, int | None]


class Dated(NamedTuple):
    """A version of an item, when it was first and last held, and the capture that showed it first."""

    item: str
    version: str
    first_seen: str
    last_seen: str
    capture: str


class Meeting(NamedTuple):
    """The two first versions that are kin; `kind` and shares are of the pair's first item, which is the later if not `turned`."""

    later: Dated
    earlier: Dated
    turned: bool
    kind: Kind
    share: int
    other_share: int


class Meetings:
    """Finds the meetings of pairs, and notes those that took comparisons, until one of the two has another version."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        noted = conn.execute(f"SELECT {_COLUMNS} FROM _wparchive_meetings").fetchall()  # noqa: S608 - constants
        self._stood = {row[:2]: row for row in noted}
        self._noted: dict[tuple[str, str], tuple[object, ...]] = {}
        self._versions = lru_cache(_KEPT)(self._read_versions)
        self._text = lru_cache(_KEPT)(self._read_text)
        self._repeated: Repeated | None = None

    def of(self, pair: _Pair) -> Meeting | None:
        """Return the meeting of a row of `kinship`; None if both came at one moment, or too many versions came before."""
        item, other, *as_it_is = pair
        own, others = self._versions(item), self._versions(other)
        alone = len(own) == len(others) == 1
        return _meeting(own, others, as_it_is if alone else self._found(own, others))

    def of_common(self, item: str, other: str) -> Meeting | None:
        """Return the meeting of two items of which phrases stand everywhere by now, as if they didn't."""
        own, others = self._versions(item), self._versions(other)
        return _meeting(own, others, self._found(own, others, "common")) if own and others else None

    def side_by_side(self, pair: _Pair) -> str:
        """Return since when the two versions that a row of `kinship` names are held side by side."""
        sides = ((pair[0], pair[2]), (pair[1], pair[3]))
        return max(one.first_seen for item, version in sides for one in self._versions(item) if one.version == version)

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

    def _found(self, own: Sequence[Dated], others: Sequence[Dated], how: str = "") -> Sequence[object]:
        """Return what was noted, or what comparisons find; `how` is part of that for which it was noted."""
        item, other = own[0].item, others[0].item
        names = "\n".join(f"{one.item} {one.version}" for one in sorted((*own, *others), key=_moment))
        versions = sha256(f"{names}\n{how}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
        stood = self._stood.get((item, other))
        found = stood[3:] if stood and stood[2] == versions else self._compared(own, others, self._noise(bool(how)))
        self._noted[item, other] = (item, other, versions, *found)
        return found

    def _noise(self, none_is_frequent: bool) -> Repeated:
        if none_is_frequent:
            return Repeated(self._conn, frozenset())
        if self._repeated is None:
            frequent = self._conn.execute("SELECT phrase FROM _wparchive_frequent")
            self._repeated = Repeated(self._conn, {phrase for (phrase,) in frequent})
        return self._repeated

    def _compared(self, own: Sequence[Dated], others: Sequence[Dated], noise: Repeated) -> _Noted:
        for count, (one, other) in enumerate(_in_time(own, others)):
            if count == _MOST:
                break
            kin = noise.kin(self._text(*one[:2]), self._text(*other[:2]))
            if kin and kin.kind != Kind.QUOTATION:
                return one.version, other.version, str(kin.kind), kin.share, kin.other_share
        return None, None, None, None, None


def _moment(one: Dated) -> tuple[str, str, str]:
    return one.first_seen, one.item, one.version


def _in_time(own: Sequence[Dated], others: Sequence[Dated]) -> Iterator[tuple[Dated, Dated]]:
    """Yield each version of the one with each of the other, as they came to stand side by side."""
    pairs = [(one, other) for one in own for other in others]
    yield from sorted(pairs, key=lambda two: (*sorted(map(_moment, two), reverse=True), two))


def _meeting(own: Sequence[Dated], others: Sequence[Dated], found: Sequence[object]) -> Meeting | None:
    version, other_version, kind, share, other_share = found
    one = next((each for each in own if each.version == version), None)
    other = next((each for each in others if each.version == other_version), None)
    if one is None or other is None or one.first_seen == other.first_seen:
        return None
    turned = one.first_seen < other.first_seen
    later, earlier = (other, one) if turned else (one, other)
    return Meeting(later, earlier, turned, Kind(str(kind)), int(str(share)), int(str(other_share)))
