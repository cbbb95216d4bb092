"""Phrases that a site repeats: those that five of its articles have, in the table `_wparchive_repeated`.

They are its notices, or the wording of its weather. What two sites both repeat was taken by neither from the other, however
few other sites have it.
"""

import sqlite3
from collections.abc import Iterable, Set
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from wparchive.index.kinship.clusters import NEARLY
from wparchive.index.kinship.register import Register
from wparchive.kinship.comparison import Kin, Noise, Text, compare
from wparchive.kinship.phrases import Numbers
from wparchive.kinship.sketch import numbers

__all__ = ["Repeated", "Sketched", "bring_repeated"]

_OFTEN = 5  # articles of one site
_STANDS = "SELECT phrases FROM _wparchive_repeated WHERE item_site = ?"
_PUT = "INSERT OR REPLACE INTO _wparchive_repeated VALUES (?, ?)"
_DROP = "DELETE FROM _wparchive_repeated WHERE item_site = ?"
_HAS_KIN = "SELECT 1 FROM kinship WHERE item = :item UNION ALL SELECT 1 FROM kinship WHERE other = :item LIMIT 1"
_KEPT = 200  # sites in memory


def bring_repeated(conn: sqlite3.Connection, register: Register, items: Iterable[str]) -> set[int]:
    """Note what the sites of these items repeat now; return the items whose kin may be others because of it.

    A phrase that comes to be repeated can only end a kinship.
    """
    touched: set[int] = set()
    for site in sorted({item.partition("/")[0] for item in items}):
        row = conn.execute(_STANDS, (site,)).fetchone()
        before, now = numbers(row[0] if row else b""), _repeated(register, site)
        if np.array_equal(before, now):
            continue
        conn.execute(*((_PUT, (site, now.astype("<u4").tobytes())) if len(now) else (_DROP, (site,))))
        ended = np.setdiff1d(before, now, assume_unique=True)
        touched |= register.items_with(site, ended)
        begun = register.items_with(site, np.setdiff1d(now, before, assume_unique=True))
        touched |= {at for at in begun if conn.execute(_HAS_KIN, {"item": register.names[at]}).fetchone()}
    return touched


def _repeated(register: Register, site: str) -> Numbers:
    """The phrases that so many of a site's items have, in order."""
    texts = register.texts_of_site(site)
    if len(texts) < _OFTEN:
        return np.zeros(0, np.uint32)
    phrases, owners = register.sketches.of_all(np.arange(texts.start, texts.stop))
    keys = phrases.astype(np.uint64) << np.uint64(32) | register.sketches.items[owners].astype(np.uint64)
    keys.sort()
    found = (keys[np.diff(keys, prepend=~keys[:1]) != 0] >> np.uint64(32)).astype(np.uint32)
    repeated: Numbers = found[: max(len(found) - _OFTEN + 1, 0)]
    repeated = repeated[repeated == found[_OFTEN - 1 :]]
    return _distinct(repeated)


def _distinct(ordered: Numbers) -> Numbers:
    found: Numbers = ordered[np.diff(ordered, prepend=~ordered[:1]) != 0]
    return found


class Sketched(NamedTuple):
    """A text, its sketch, and its site."""

    site: str
    text: Text
    sketch: frozenset[int]


class Repeated:
    """Compares texts without what is noise: phrases of all the archive, and those that the sites of both repeat."""

    def __init__(self, conn: sqlite3.Connection, frequent: Set[int]) -> None:
        self._conn, self._frequent = conn, frequent
        self._of = lru_cache(_KEPT)(self._read)

    def kin(self, one: Sketched, other: Sketched) -> Kin | None:
        """Return how two texts are kin; two of one site also if they are of its series: half of one is what it repeats."""
        both = one.sketch & other.sketch
        common = both & self._frequent
        noise = Noise(common | (both & self._of(one.site) & self._of(other.site)), both)
        found = compare(one.text, other.text, noise)
        if one.site == other.site and noise.common != common:
            whole = compare(one.text, other.text, Noise(common, both))
            return whole if whole and max(whole.share, whole.other_share) >= NEARLY else found
        return found

    def _read(self, site: str) -> frozenset[int]:
        row = self._conn.execute(_STANDS, (site,)).fetchone()
        return frozenset(numbers(row[0]).tolist()) if row else frozenset()
