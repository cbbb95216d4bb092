"""The texts that have a sketch, numbered in the order of their keys."""

import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wparchive.index.kinship.sketches import VERSION, texts
from wparchive.kinship.candidates import Sketches
from wparchive.kinship.comparison import Text
from wparchive.kinship.phrases import Numbers
from wparchive.kinship.sketch import numbers
from wparchive.kinship.texts import compared

__all__ = ["Held", "Register"]

_HELD = f"""
    SELECT s.version, v.content, v.excerpt, v.capture, v.site FROM _wparchive_sketches s
    JOIN versions v ON v.item = s.item AND {VERSION} = s.version WHERE s.item = ? ORDER BY s.version LIMIT 1 OFFSET ?"""  # noqa: S608
_KEPT = 200  # texts in memory


class Held(NamedTuple):
    """A text with what names it."""

    item: str
    version: str
    site: str
    capture: str
    text: Text
    sketch: frozenset[int]


class Register:
    """Items and their texts by number, with the sketches of all in memory; made when all are there."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self.names: list[str] = []
        self._firsts = array("q")  # of each item its first text
        owners, sizes, data, last = array("q"), array("q"), bytearray(), None
        for item, _, sketch in texts(conn):
            if item != last:
                self.names.append(item)
                self._firsts.append(len(owners))
                last = item
            owners.append(len(self.names) - 1)
            sizes.append(len(sketch) // 4)
            data += sketch
        self.sketches = Sketches(numbers(data), np.array(sizes, np.int64), np.array(owners, np.int64))
        self.held = lru_cache(_KEPT)(self._held)

    def numbers(self, items: Iterable[str]) -> set[int]:
        """Return the numbers of those items that have texts."""
        found = ((item, bisect_left(self.names, item)) for item in items)
        return {at for item, at in found if at < len(self.names) and self.names[at] == item}

    def texts_of(self, item: int) -> range:
        """Return the numbers of the texts of an item."""
        ends = self._firsts[item + 1] if item + 1 < len(self._firsts) else len(self.sketches.items)
        return range(self._firsts[item], ends)

    def items_of_site(self, site: str) -> range:
        """Return the numbers of the items of a site."""
        return range(*(bisect_left(self.names, site + sign) for sign in "/0"))  # "0" follows "/"

    @cached_property
    def sites(self) -> list[str]:
        """The sites, in the order of their items."""
        found: list[str] = []
        at = 0
        while at < len(self.names):
            found.append(self.names[at].partition("/")[0])
            at = self.items_of_site(found[-1]).stop
        return found

    @cached_property
    def site_numbers(self) -> NDArray[np.int64]:
        """Of each item the number of its site."""
        return np.repeat(np.arange(len(self.sites)), [len(self.items_of_site(site)) for site in self.sites])

    def phrases_of(self, items: Iterable[int], more: Iterable[int] = ()) -> Numbers:
        """Return all numbers in the sketches of these items, and some more, in order."""
        at = [text for item in items for text in self.texts_of(item)]
        found = np.concatenate((self.sketches.of_all(np.array(at, np.int64))[0], np.array([*more], np.uint32)))
        found.sort()
        return found

    def _held(self, text: int) -> Held:
        item = int(self.sketches.items[text])
        name = self.names[item]
        found = self._conn.execute(_HELD, (name, text - self._firsts[item])).fetchone()
        version, content, excerpt, capture, site = found
        sketch = frozenset(self.sketches.of(text).tolist())
        return Held(name, version, site, capture, compared(content, excerpt), sketch)
