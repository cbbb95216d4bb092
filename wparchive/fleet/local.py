"""Crawl and index many sites on one machine, one after another; no site stops the others."""

import threading
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from wparchive.config import SiteConfig
from wparchive.crawl.identity import check_names
from wparchive.crawl.report import RunReport
from wparchive.crawl.run import Options, crawl_site
from wparchive.crawl.seams import MACHINE, Seams
from wparchive.errors import ExitCode, Interrupted, LockedError, WparchiveError, scarcity
from wparchive.events import Emit
from wparchive.naming import site_name
from wparchive.store import Archive
from wparchive.wordpress.changes.noise import Noise
from wparchive.wordpress.discovery.site_state import SiteState
from wparchive.wordpress.listing import ListingOutcome

if TYPE_CHECKING:
    from wparchive.index.damage import DamageRow
    from wparchive.index.runs.holds import Unheld

__all__ = ["SKIPPED", "Limits", "SiteResult", "crawl_all", "crawl_one"]


@dataclass(frozen=True, slots=True)
class SiteResult:
    """One site's run, and how many items of each type the archive holds of it afterwards."""

    report: RunReport
    held: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        report = self.report
        return {
            "site": report.site,
            "run": report.run,
            "mode": report.mode,
            "state": str(report.state) if report.run or report.exit_code is ExitCode.INCOMPLETE else None,
            "outcome": report.outcome,
            "exit_code": int(report.exit_code),
            "reason": report.reason,
            **asdict(report.tally),
            "seconds": round(report.seconds, 3),
            "held": self.held,
            "links": dict(report.links),
            "files": dict(report.files),
            "listings": [proof.as_dict() for proof in report.proofs],
            "failures": list(report.failures),
            "damage": list(report.damage),
        }


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on all sites together: requests and seconds; None means only each site's own limit."""

    requests: int | None = None
    seconds: float | None = None

    def less(self, requests: int, seconds: float) -> "Limits":
        """Return what is left after so many requests and seconds."""
        return Limits(
            None if self.requests is None else self.requests - requests,
            None if self.seconds is None else self.seconds - seconds,
        )

    @property
    def used_up(self) -> str:
        """The option whose limit is used up; "" when none is."""
        if self.requests is not None and self.requests <= 0:
            return "--max-requests"
        return "--max-time" if self.seconds is not None and self.seconds <= 0 else ""

    def of(self, site: SiteConfig) -> SiteConfig:
        """Return `site` with its own limits lowered to these."""
        own = site.settings
        most = self.requests or own.max_requests, own.max_time if self.seconds is None else self.seconds
        return replace(site, settings=replace(own, max_requests=most[0], max_time=most[1]))


_UNLIMITED = Limits()


def crawl_all(
    archive: Archive,
    sites: Sequence[SiteConfig],
    options: Options,
    *,
    index: bool,
    stop: threading.Event,
    emit: Emit,
    limits: Limits = _UNLIMITED,
    seams: Seams = MACHINE,
) -> list[SiteResult]:
    """Crawl and index each of `sites` in turn; a failure is reported and the next site begins, until `stop` is set.

    Raises UsageError, before anything is requested, when two of them, or one and a site of the archive, share a name,
    or when an entry of `noise` is invalid.
    """
    check_names(archive, sites)
    for site in sites:
        # Parsed only to fail before anything is requested.
        Noise.of(site.settings.noise)
    results: list[SiteResult] = []
    began = seams.clock()
    for site in sites:
        # The limits are for all sites together.
        left = limits.less(sum(one.report.tally.requests for one in results), seams.clock() - began)
        # The first site is always begun: its own run reports the stop.
        if stop.is_set() and results:
            late = Interrupted("not begun: stopped by a signal; run the same command again to resume")
            results.append(SiteResult(_failed(site, late), {}))
        elif results and left.used_up:
            report = _failed(
                site, Interrupted(f"not begun: {left.used_up} was used up; run the same command again to resume")
            )
            results.append(SiteResult(replace(report, exit_code=ExitCode.INCOMPLETE, state=SiteState.PARTIAL), {}))
        else:
            one = crawl_one(archive, left.of(site), options, index=index, stop=stop, emit=emit, seams=seams)
            results.append(one)
    # A locked site that the options skip isn't part of the report.
    return [result for result in results if result.report.run != SKIPPED]


SKIPPED = "skipped"


def crawl_one(
    archive: Archive,
    site: SiteConfig,
    options: Options,
    *,
    index: bool,
    stop: threading.Event,
    emit: Emit,
    seams: Seams = MACHINE,
) -> SiteResult:
    """Crawl and index one site; a failure becomes part of its report, so that a caller can continue with other sites.

    The report's `run` is SKIPPED where another run holds the site and `options` leave such sites out. Raises only for
    a fault of ours, and with `options.debug`.
    """
    indexer = _Indexer(archive, emit, options.debug)
    try:
        after = indexer if index else _nothing
        report = crawl_site(archive, site, options, stop=stop, emit=emit, after=after, seams=seams)
    except LockedError as error:
        report = _failed(site, error)
        if options.skip_locked:
            emit("skipped", {"site": site.url, "reason": str(error)})
            report = replace(report, run=SKIPPED, exit_code=ExitCode.COMPLETE)
    except Exception as error:
        # One site's failure must not cost the other sites of a cron run.
        if options.debug and not isinstance(error, WparchiveError | OSError):
            raise
        emit("fault", {"site": site.url, "traceback": traceback.format_exc()})
        report = _failed(site, error)
    if indexer.error and report.run:  # the captures are safe, but not in the database
        report = replace(report, exit_code=_code(indexer.error), reason=f"not indexed: {_reason(indexer.error)}")
    if indexer.unheld:
        report = _less(report, indexer.unheld)
    report = _damaged(report, indexer.damage)
    counts = _held(archive, report.site) if index and report.run and not indexer.error else {}
    return SiteResult(report, counts)


def _held(archive: Archive, site: str) -> dict[str, int]:
    from wparchive.ask import held  # not imported when nothing is indexed

    return held(archive.database, site)


def _nothing(site: str) -> None:
    del site


class _Indexer:
    """Indexes one site while its lock is still held; an exception is kept in `error`."""

    def __init__(self, archive: Archive, emit: Emit, debug: bool) -> None:
        self.error: Exception | None = None
        self.unheld: list[Unheld] = []
        self.damage: list[DamageRow] = []
        self._archive = archive
        self._emit = emit
        self._debug = debug

    def __call__(self, site: str) -> None:
        from wparchive.index import index  # not imported when nothing is indexed

        self._emit("indexing", {"site": site})
        try:
            report = index(self._archive, [site], mend=True, notice=lambda text: self._emit("notice", {"text": text}))
            self.unheld = report.unheld.get(site, [])
            self.damage = [row for row in report.damaged if row.site == site]
        except Exception as error:
            if self._debug:
                raise
            self._emit("fault", {"site": site, "traceback": traceback.format_exc()})
            self.error = error


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


def _code(error: Exception) -> ExitCode:
    if isinstance(error, WparchiveError):
        return error.exit_code
    return ExitCode.STORAGE if scarcity(error) else ExitCode.ERROR


def _reason(error: Exception) -> str:
    return str(error if isinstance(error, WparchiveError) else scarcity(error) or f"{type(error).__name__}: {error}")


def _failed(site: SiteConfig, error: Exception) -> RunReport:
    name = site.name or site_name(site.url)
    return RunReport(
        site=name, run="", mode="full", state=SiteState.BROKEN, exit_code=_code(error), reason=_reason(error)
    )
