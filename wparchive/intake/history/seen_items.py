"""What was seen of each item of a site up to now: in memory while there is little of it, else on the shelf.

Few imports have so many items, and a database takes twenty times as long for each.
"""

import json
from collections.abc import Collection, Mapping
from typing import NamedTuple

from wparchive.intake.shelf import Shelf

__all__ = ["Seen", "SeenItems"]

_MOST = 100_000  # items in memory: some 20 MB
_KNOWN = "SELECT id, most, run, raised FROM states WHERE id IN (SELECT value FROM json_each(?))"
_LEARN = "INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?)"


class Seen(NamedTuple):
    """The newest modification of all; the last run that showed it; the run that first showed that of one seen before."""

    most: int
    run: int
    raised: int


class SeenItems:
    """The items that one site showed, by id."""

    def __init__(self, shelf: Shelf, most: int = _MOST) -> None:
        shelf.do("DELETE FROM states")
        self._shelf, self._most = shelf, most
        self._near: dict[int, Seen] = {}
        self._far = False

    def of(self, ids: Collection[int]) -> dict[int, Seen]:
        """Return what was seen of these items."""
        found = {wp_id: self._near[wp_id] for wp_id in ids if wp_id in self._near}
        if self._far and (rest := [wp_id for wp_id in ids if wp_id not in found]):
            found |= {row[0]: Seen(*row[1:]) for row in map(tuple, self._shelf.rows(_KNOWN, json.dumps(rest)))}
        return found

    def learn(self, seen: Mapping[int, Seen]) -> None:
        """Note what was seen of these items."""
        self._near |= seen
        if len(self._near) > self._most:
            self._shelf.do_many(_LEARN, [(wp_id, *one) for wp_id, one in self._near.items()])
            self._near.clear()
            self._far = True
