"""Phrases that a site repeats: those that five of its articles have, in the table `_wparchive_repeated`.

They are its notices, or the wording of its weather. What two sites both repeat was taken by neither from the other, however
few other sites have it.
"""

import sqlite3
from collections.abc import Iterator, Set
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from wparchive.index.kinship.clusters import NEARLY
from wparchive.index.kinship.register import Register
from wparchive.kinship.candidates import Postings, is_in
from wparchive.kinship.comparison import Kin, Noise, Text, compare
from wparchive.kinship.phrases import Numbers
from wparchive.kinship.sketch import numbers

__all__ = ["Repeated", "Sketched", "bring_repeated"]

_OFTEN = 5  # articles of one site
_STANDS = "SELECT phrases FROM _wparchive_repeated WHERE item_site = ?"
_ALL = "SELECT item_site, phrases FROM _wparchive_repeated"
_PUT = "INSERT OR REPLACE INTO _wparchive_repeated VALUES (?, ?)"
_DROP = "DELETE FROM _wparchive_repeated WHERE item_site = ?"
_HAS_KIN = "SELECT 1 FROM kinship WHERE item = :item UNION ALL SELECT 1 FROM kinship WHERE other = :item LIMIT 1"
_KEPT = 200  # sites in memory
_NONE = np.zeros(0, np.uint32)


def bring_repeated(conn: sqlite3.Connection, register: Register, held: Postings, wanted: Numbers | None) -> set[int]:
    """Note which of the `wanted` phrases, None for all, a site repeats now; return the items whose kin that may change.

    A phrase that comes to be repeated can only end a kinship.
    """
    stands = {site: numbers(data) for site, data in conn.execute(_ALL).fetchall()}
    found = dict(_by_site(register, held, wanted))
    may_end = conn.execute("SELECT 1 FROM kinship LIMIT 1").fetchone() is not None
    touched: set[int] = set()
    for site in sorted(stands.keys() | found.keys()):
        stood, now = stands.get(site, _NONE), found.get(site, _NONE)
        known = np.ones(len(stood), bool) if wanted is None else is_in(stood, wanted)
        before = stood[known]
        if np.array_equal(before, now):
            continue
        data = np.sort(np.concatenate((stood[~known], now))).astype("<u4").tobytes()
        conn.execute(*((_PUT, (site, data)) if data else (_DROP, (site,))))
        ended, begun = before[~is_in(before, now)], now[~is_in(now, before)]
        touched |= _items_with(register, held, site, ended)
        more = _items_with(register, held, site, begun) if may_end else ()
        touched |= {at for at in more if conn.execute(_HAS_KIN, {"item": register.names[at]}).fetchone()}
    return touched


def _by_site(register: Register, held: Postings, wanted: Numbers | None) -> Iterator[tuple[str, Numbers]]:
    """Each site with the phrases that so many of its items have, in order."""
    sites, phrases = held.repeated(register.site_numbers, _OFTEN)
    if wanted is not None:
        kept = is_in(phrases, wanted)
        sites, phrases = sites[kept], phrases[kept]
    for site in np.unique(sites).tolist():
        yield register.sites[site], phrases[sites == site]


def _items_with(register: Register, held: Postings, site: str, phrases: Numbers) -> set[int]:
    """The items of a site that have one of these phrases."""
    items = register.items_of_site(site)
    found = (item for phrase in phrases.tolist() for item in register.sketches.items[held.of(phrase)].tolist())
    return {item for item in found if item in items}


class Sketched(NamedTuple):
    """A text, its sketch, and its site."""

    site: str
    text: Text
    sketch: frozenset[int]


class Repeated:
    """Compares texts without what is noise: the `frequent` phrases, and those that the sites of both repeat; or with all."""

    def __init__(self, conn: sqlite3.Connection, frequent: Set[int] | None = None) -> None:
        self._conn, self._frequent, self._is_all = conn, frequent or frozenset(), frequent is None
        self._of = lru_cache(_KEPT)(self._read)

    def kin(self, one: Sketched, other: Sketched) -> Kin | None:
        """Return how two texts are kin; two of one site also if they are of its series: half of one is what it repeats."""
        noise = self.noise(one, other)
        if one.site == other.site:
            common = noise.common & self._frequent
            if noise.common != common:
                whole = compare(one.text, other.text, Noise(common, noise.sketched))
                if whole is None or max(whole.share, whole.other_share) >= NEARLY:
                    return whole
        return compare(one.text, other.text, noise)

    def noise(self, one: Sketched, other: Sketched) -> Noise:
        """Return what of the sketches of two texts is noise."""
        both = one.sketch & other.sketch
        return Noise((both & self._frequent) | (both & self._of(one.site) & self._of(other.site)), both)

    def _read(self, site: str) -> frozenset[int]:
        row = None if self._is_all else self._conn.execute(_STANDS, (site,)).fetchone()
        return frozenset(numbers(row[0]).tolist()) if row else frozenset()
