"""Where an import run has to end, so that no change of an item hides inside it.

What becomes of an item is told at the end of each run: its row is compared with the one before. So an item that comes again
modified begins a new run, over whatever route it comes; one that is shown after WordPress said that it isn't there does
too, and the other way round. An older state that comes again (a cache has it) or noise begins none: else each answer of a
site with two caches would be a run.
"""

import re
from collections.abc import Mapping
from datetime import timedelta

from wparchive.intake.history.item_states import states_of
from wparchive.intake.history.seen_items import Seen, SeenItems
from wparchive.intake.shelf import Row, Shelf

__all__ = ["PAUSE", "REFUSING", "Dividing"]

PAUSE = timedelta(hours=24)
"""After so long without a capture an import run ends."""
REFUSING = frozenset((401, 403, 404, 410))
"""The HTTP status of answers that may say that an item isn't there, or not for strangers."""

_ONE = re.compile(r"/(\d{1,18})(?:\?|$)")
_STATES = "SELECT states FROM answers WHERE n = ?"
_ASKED = (
    "SELECT DISTINCT route FROM answers WHERE site = ? AND private = ? AND skipped IS NULL AND kind = '' "
    "AND status IN (401, 403, 404, 410)"
)
_NO_SIGNS = str.maketrans("", "", "-T:")
_DAY = 1_000_000  # in a number such as YYYYMMDDHHMMSS; at the end of a month it may be several


class Dividing:
    """What the captures of one site, taken in the order of time, have shown up to now."""

    def __init__(self, shelf: Shelf, site: str, *, private: bool) -> None:
        self._shelf, self._run = shelf, 0
        self._seen = SeenItems(shelf)
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
        if row["status"] in REFUSING:
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
        known = self._seen.of(dated)
        members = hash((row["stated"], *sorted(dated or states)))
        divides = (
            not self._gone.isdisjoint(states)
            or (one is None and self._lists.get(row["route"], members) != members)
            or any(self._is_moved(dated[wp_id], before) for wp_id, before in known.items())
        )
        if divides:
            self.begin()
        if one is None:
            self._lists[row["route"]] = members
        self._shown |= self._asked & states.keys()
        self._seen.learn({wp_id: self._learnt(when, known.get(wp_id)) for wp_id, when in dated.items()})
        return divides

    def _is_moved(self, when: int, before: Seen) -> bool:
        """Return whether an item that this run showed comes in another state, so that one of them would hide the other."""
        return before.run == self._run and (when > before.most or (when < before.most and before.raised == self._run))

    def _learnt(self, when: int, before: Seen | None) -> Seen:
        if before is None:
            return Seen(when, self._run, 0)
        return Seen(when, self._run, self._run) if when > before.most else before._replace(run=self._run)


def _number(at: str) -> int:
    return int(at[:19].translate(_NO_SIGNS))


def _one(route: str) -> int | None:
    """Return the id of the item that a route names."""
    found = _ONE.search(route.partition("?")[0])
    return int(found[1]) if found else None
