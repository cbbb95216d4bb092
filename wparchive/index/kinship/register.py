"""The texts that have a sketch, numbered in the order of their keys."""

import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from wparchive.index.kinship.sketches import VERSION, texts
from wparchive.kinship.comparison import Text
from wparchive.kinship.texts import article_text

__all__ = ["Held", "Register"]

_HELD = f"SELECT content, excerpt, capture, site FROM versions v WHERE v.item = ? AND {VERSION} = ?"  # noqa: S608 - constants
_SKETCH = "SELECT version, sketch FROM _wparchive_sketches WHERE item = ? ORDER BY version"
_KEPT = 200  # texts in memory


class Held(NamedTuple):
    """A text with what names it."""

    item: str
    version: str
    site: str
    capture: str
    text: Text
    sketch: bytes


class Register:
    """Items and their texts by number; made when all sketches are there."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self.names: list[str] = []
        self.owners = array("I")  # of each text its item
        self._firsts = array("I")  # of each item its first text
        for item, _, _ in texts(conn):
            if not self.names or self.names[-1] != item:
                self.names.append(item)
                self._firsts.append(len(self.owners))
            self.owners.append(len(self.names) - 1)
        self.held = lru_cache(_KEPT)(self._held)

    def numbers(self, items: Iterable[str]) -> set[int]:
        """Return the numbers of those items that have texts."""
        found = ((item, bisect_left(self.names, item)) for item in items)
        return {at for item, at in found if at < len(self.names) and self.names[at] == item}

    def sketches(self) -> Iterator[tuple[int, bytes]]:
        """Yield every text's number and sketch."""
        return enumerate(data for _, _, data in texts(self._conn))

    def sketches_of(self, item: int) -> Iterator[tuple[int, bytes]]:
        """Yield number and sketch of the texts of an item."""
        rows = self._conn.execute(_SKETCH, (self.names[item],)).fetchall()
        yield from ((self._firsts[item] + at, data) for at, (_, data) in enumerate(rows))

    def _held(self, text: int) -> Held:
        item = self.owners[text]
        rows = self._conn.execute(_SKETCH, (self.names[item],)).fetchall()
        version, data = rows[text - self._firsts[item]]
        content, excerpt, capture, site = self._conn.execute(_HELD, (self.names[item], version)).fetchone()
        return Held(self.names[item], version, site, capture, Text(article_text(content, excerpt)), data)
