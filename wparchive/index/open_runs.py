"""The runs of a site whose records are being read, and what is concluded when they end.

Of a crawl that is one run. Import runs that overlap in time are read together (`ReadingOrder`) and end together; before a
capture would hide what became of an item (`items.hiding`), what was read up to there is settled.
"""

import sqlite3
from typing import Protocol

from wparchive.index.entries.captured import Read
from wparchive.index.entries.new_records import NewRecords
from wparchive.index.entries.unread import OutOfOrderError
from wparchive.index.inventory.matching import match_inventory
from wparchive.index.items.hiding import Hiding
from wparchive.index.items.hosts import Hosts
from wparchive.index.items.links import decide_links
from wparchive.index.runs.doubtful import name_doubts
from wparchive.index.runs.facts import ensure_run, finish_run
from wparchive.index.runs.holds import Unheld, hold_to_rows
from wparchive.index.runs.learning import Learning
from wparchive.index.runs.noticing import Ended, notice
from wparchive.index.search.words import Words
from wparchive.store import Archive

__all__ = ["Counts", "OpenRuns"]

_FOREIGN = "import:"  # what other tools' files in the archive are called, which have no run

_UNFINISHED = "SELECT run, settled FROM _wparchive_runs WHERE site = ? AND NOT finished ORDER BY run"
_LAST = "SELECT capture FROM captures WHERE rowid = (SELECT max(rowid) FROM captures)"


class Counts(Protocol):
    """What is counted while indexing."""

    records: int
    captures: int
    items: int
    written: int
    links: int
    runs: int
    unheld: dict[str, list[Unheld]]


class OpenRuns:
    """The open runs of one site; `current` is that of the last record."""

    def __init__(
        self,
        conn: sqlite3.Connection,
        archive: Archive,
        site: str,
        counts: Counts,
        waiting: NewRecords,
        words: Words,
        hosts: Hosts,
        learning: Learning,
        *,
        afresh: bool,
    ) -> None:
        self._conn, self._archive, self._site, self._counts = conn, archive, site, counts
        self._waiting, self._words, self._hosts, self._learning = waiting, words, hosts, learning
        self._afresh = afresh
        self._stretch: int | None = None
        self._hiding = Hiding(conn, site, learning.catalogue, learning.noise)
        self.current: str | None = None
        self.all: list[str] = []
        self._doubts: list[str] = []  # what couldn't be processed since the runs began

    def resume(self) -> None:
        """Continue within the runs that an interrupted indexing left unfinished."""
        found = self._conn.execute(_UNFINISHED, (self._site,)).fetchall()
        if found:
            self.all = [run for run, _ in found]
            self.current, self._stretch = self.all[-1], 0
            self._hiding.resume(self.all, found[-1][1])
            self._learning.begin(self.current)

    def enter(self, given: Read) -> None:
        """Begin the run of the next record, if it isn't open; those before it are concluded, unless it is read beside them."""
        run = given.run or f"{_FOREIGN}{self._site}"
        if run == self.current:
            return
        if given.stretch is None or given.stretch != self._stretch:
            self.leave()
        if run not in self.all:
            self._begin(run, given.date)
        self.current, self._stretch = run, given.stretch
        self._learning.begin(run)

    def _begin(self, run: str, date: str) -> None:
        state = self._conn.execute("SELECT finished FROM _wparchive_runs WHERE run = ?", (run,)).fetchone()
        if state and state[0] and not run.startswith(_FOREIGN) and not self._afresh:
            raise OutOfOrderError(run)
        settled = self._conn.execute(
            "SELECT max(settled) FROM _wparchive_runs WHERE site = ? AND NOT finished", (self._site,)
        )
        values = (run, self._site, *settled.fetchone())
        self._conn.execute("INSERT OR REPLACE INTO _wparchive_runs VALUES (?, ?, 0, ?)", values)
        if not run.startswith(_FOREIGN):
            ensure_run(self._conn, self._site, run, date)
        if not self.all:
            self._waiting.write()
            self._hiding.begin()
        self.all.append(run)

    def meet(self, given: Read) -> None:
        """Settle what was read before an imported capture that would hide some of it."""
        if given.stretch is not None and given.capture and self._hiding.hides(given):
            self._waiting.write()
            self._settle(self.current or "")
            row = self._conn.execute(_LAST).fetchone()
            query = "UPDATE _wparchive_runs SET settled = ? WHERE site = ? AND NOT finished"
            self._conn.execute(query, (row and row[0], self._site))
            self._hiding.begin()
        if given.stretch is not None:
            self._hiding.take(given)

    def leave(self) -> None:
        """Conclude the open runs, whose last records were read."""
        if self.current is None:
            return
        self._waiting.write()
        self._hosts.save()
        runs = [run for run in self.all if not run.startswith(_FOREIGN)]
        unheld: list[Unheld] = []
        for run in runs:
            finish_run(self._conn, self._site, run)
            # First, because covered links and missing items depend on it.
            unheld += hold_to_rows(self._conn, self._site, run, self._learning.catalogue)
        self._settle(self.current)
        for run in runs:
            doubts = self._doubts if run == runs[-1] else []
            unheld += name_doubts(self._conn, self._site, run, doubts)
        if runs:
            self._counts.unheld[self._site] = unheld
        self._doubts.clear()
        for run in self.all:
            self._conn.execute("UPDATE _wparchive_runs SET finished = 1, settled = NULL WHERE run = ?", (run,))
        self._counts.runs += len(self.all)
        self.current, self.all = None, []

    def _settle(self, run: str) -> None:
        """Tell what became of the items that were read since the last time."""
        self._hosts.save()
        first, since, doubt = self._is_first(), self._hiding.since, self._doubts.append
        self._counts.links += decide_links(self._conn, self._site, self._learning.catalogue, doubt, first=first)
        notice(self._conn, self._archive, Ended(self._site, run, self._learning.noise, since), doubt)
        match_inventory(self._conn, self._site, since, self._words)
        self._words.settle(self._site)
        for table in ("_wparchive_pending", "_wparchive_confirmed"):
            self._conn.execute(f"DELETE FROM {table} WHERE site = ?", (self._site,))  # noqa: S608 - our own names

    def _is_first(self) -> bool:
        """Return whether nothing of the site was settled before."""
        query = "SELECT 1 FROM _wparchive_runs WHERE site = ? AND (finished OR settled IS NOT NULL) LIMIT 1"
        return self._conn.execute(query, (self._site,)).fetchone() is None
