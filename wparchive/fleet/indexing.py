"""Indexing at the end of a site's run: one site after the other, since `archive.db` has one writer."""

import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from wparchive.crawl.report import RunReport
from wparchive.errors import ExitCode
from wparchive.events import Emit
from wparchive.store import Archive
from wparchive.wordpress.discovery.site_state import SiteState
from wparchive.wordpress.listing import ListingOutcome

if TYPE_CHECKING:
    from wparchive.index import Progress
    from wparchive.index.damage import DamageRow
    from wparchive.index.runs.holds import Unheld

__all__ = ["Indexer", "corrected"]

_TOLD_EVERY = 0.5  # seconds


class Indexer:
    """Indexes one site while its lock is still held; an exception is kept in `error`.

    Indexers with the same `turn` work one after the other. Afterwards `held` is the number of items of each type that
    the archive holds, `observed` that of each kind of change that the run saw.
    """

    def __init__(
        self,
        archive: Archive,
        emit: Emit,
        turn: threading.Lock,
        *,
        debug: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.error: Exception | None = None
        self.unheld: list[Unheld] = []
        self.damage: list[DamageRow] = []
        self.held: dict[str, int] = {}
        self.observed: dict[str, int] = {}
        self._archive, self._emit, self._turn = archive, emit, turn
        self._debug, self._clock = debug, clock
        self._told = 0.0

    def __call__(self, site: str) -> None:
        if not self._turn.acquire(blocking=False):
            self._emit("index-queued", {"site": site})
            self._turn.acquire()
        try:
            self._emit("indexing", {"site": site})
            self._index(site)
        except Exception as error:
            if self._debug:
                raise
            self._emit("fault", {"site": site, "traceback": traceback.format_exc()})
            self.error = error
        finally:
            self._turn.release()

    def _index(self, site: str) -> None:
        from wparchive.ask import held, observed  # not imported when nothing is indexed
        from wparchive.index import index

        def notice(text: str) -> None:
            self._emit("notice", {"text": text})

        report = index(self._archive, [site], mend=True, progress=self._progress, notice=notice)
        self.unheld = report.unheld.get(site, [])
        self.damage = [row for row in report.damaged if row.site == site]
        self.held = held(self._archive.database, site)
        self.observed = observed(self._archive.database, site)

    def _progress(self, how_far: "Progress") -> None:
        now = self._clock()
        if now - self._told >= _TOLD_EVERY:
            self._told = now
            fields = {"site": how_far.site, "read": how_far.read, "total": how_far.total, "items": how_far.items}
            self._emit("index-progress", fields)


def corrected(report: RunReport, indexer: Indexer) -> RunReport:
    """Return `report` with what indexing found out about the run: listings that hold less than they counted, damage."""
    if indexer.unheld:
        report = _less(report, indexer.unheld)
    return _damaged(report, indexer.damage)


def _damaged(report: RunReport, rows: Sequence["DamageRow"]) -> RunReport:
    """Return `report` with the damage that the index found and that wasn't captured again before this run."""
    lost = [row for row in rows if row.lost and row.held_again in (None, report.run)]
    if not lost:
        return report
    lines = [f"{row.warc}: {row.length:,} bytes from offset {row.offset} on: {row.reason}" for row in lost]
    complete = report.exit_code is ExitCode.COMPLETE
    return replace(report, damage=lines, exit_code=ExitCode.INCOMPLETE if complete else report.exit_code)


def _less(report: RunReport, unheld: Sequence["Unheld"]) -> RunReport:
    """Return `report` corrected for listings of which the index holds less than they counted."""
    routes = {one.route for one in unheld}
    proofs = [
        replace(proof, outcome=ListingOutcome.SHORT, verified=False)
        if proof.route in routes and proof.outcome is ListingOutcome.COMPLETE
        else proof
        for proof in report.proofs
    ]
    complete = report.exit_code is ExitCode.COMPLETE
    return replace(
        report,
        proofs=proofs,
        exit_code=ExitCode.INCOMPLETE if complete else report.exit_code,
        state=SiteState.PARTIAL if report.state is SiteState.OK else report.state,
        failures=(*report.failures, *(f"{one.route}: {one.reason}" for one in unheld if one.run == report.run)),
    )
