"""Where an import run has to end, so that no change of an item hides inside it.

What becomes of an item is told at the end of each run: its row is compared with the one before. So an item that comes again
modified begins a new run, over whatever route it comes; one that is shown after WordPress said that it isn't there does
too, and the other way round. An older state that comes again (a cache has it) or noise begins none: else each answer of a
site with two caches would be a run.
"""

import json
import re
from collections.abc import Mapping

from wparchive.intake.history.item_states import states_of
from wparchive.intake.shelf import Row, Shelf

__all__ = ["Dividing"]

_REFUSING = frozenset((401, 403, 404, 410))
_ONE = re.compile(r"/(\d{1,18})(?:\?|$)")
_STATES = "SELECT states FROM answers WHERE n = ?"
_ASKED = (
    "SELECT DISTINCT route FROM answers WHERE site = ? AND private = ? AND skipped IS NULL AND kind = '' "
    "AND status IN (401, 403, 404, 410)"
)
_DAY = 1_000_000  # in a number such as YYYYMMDDHHMMSS; at the end of a month it may be several
# For each item the newest modification of all; the last run that showed it; the run that first showed that modification
# of one seen before.
_KNOWN = "SELECT id, most, run, raised FROM states WHERE id IN (SELECT value FROM json_each(?))"
_LEARN = "INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?)"


class Dividing:
    """What the captures of one site, taken in the order of time, have shown up to now."""

    def __init__(self, shelf: Shelf, site: str, *, private: bool) -> None:
        shelf.do("DELETE FROM states")
        self._shelf, self._run = shelf, 0
        # Of items without a time of modification only these matter, so that memory stays flat.
        self._asked = {one for (route,) in shelf.rows(_ASKED, site, int(private)) if (one := _one(route)) is not None}
        self._shown: set[int] = set()
        self._gone: set[int] = set()
        self._lists: dict[str, int] = {}

    def begin(self) -> None:
        """Begin a new run."""
        self._run += 1
        self._shown.clear()
        self._gone.clear()
        self._lists.clear()

    def divides(self, row: Row) -> bool:
        """Take the next capture, and return whether it has to begin a new run."""
        if row["kind"]:
            return False  # pages are never the same, and each is a row of its own
        one = _one(row["route"])
        if row["status"] in _REFUSING:
            return one is not None and self._refuse(one)
        if row["status"] != 200:
            return False
        states = states_of(self._shelf.one(_STATES, row["target"] or row["n"]))
        if one is not None:
            states.setdefault(one, 0)
        return self._show(row, states, one)

    def _refuse(self, one: int) -> bool:
        divides = one in self._shown
        if divides:
            self.begin()
        self._gone.add(one)
        return divides

    def _show(self, row: Row, states: Mapping[int, int], one: int | None) -> bool:
        tomorrow = _number(row["at"]) + _DAY
        dated = {wp_id: when for wp_id, when in states.items() if 0 < when < tomorrow}  # else its clock was wrong
        known = (
            {found[0]: tuple(found[1:]) for found in self._shelf.rows(_KNOWN, json.dumps([*dated]))} if dated else {}
        )
        members = hash((row["stated"], *sorted(dated or states)))
        divides = (
            not self._gone.isdisjoint(states)
            or (one is None and self._lists.get(row["route"], members) != members)
            or any(self._is_moved(dated[wp_id], *found) for wp_id, found in known.items())
        )
        if divides:
            self.begin()
        if one is None:
            self._lists[row["route"]] = members
        self._shown |= self._asked & states.keys()
        self._shelf.do_many(_LEARN, [self._learnt(wp_id, when, known.get(wp_id)) for wp_id, when in dated.items()])
        return divides

    def _is_moved(self, when: int, most: int, run: int, raised: int) -> bool:
        """Return whether an item that this run showed comes in another state, so that one of them would hide the other."""
        return run == self._run and (when > most or (when < most and raised == run))

    def _learnt(self, wp_id: int, when: int, known: tuple[int, ...] | None) -> tuple[int, ...]:
        if known is None:
            return wp_id, when, self._run, 0
        return (wp_id, when, self._run, self._run) if when > known[0] else (wp_id, known[0], self._run, known[2])


def _number(at: str) -> int:
    return int("".join(one for one in at[:19] if one.isdecimal()))


def _one(route: str) -> int | None:
    """Return the id of the item that a route names."""
    found = _ONE.search(route.partition("?")[0])
    return int(found[1]) if found else None
