"""Crawl and index many sites on one machine, several at the same time; no site stops the others."""

import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from wparchive.config import SiteConfig
from wparchive.crawl.engine.stop import Budget
from wparchive.crawl.languages.account import sites_beside
from wparchive.crawl.report import RunReport
from wparchive.crawl.run import Invocation, Options, crawl_site
from wparchive.crawl.seams import MACHINE, Seams
from wparchive.errors import ExitCode, Interrupted, LockedError, WparchiveError
from wparchive.events import Emit
from wparchive.fleet.beforehand import distinct, doubles_in, refuse_faults
from wparchive.fleet.indexing import Indexer, corrected
from wparchive.fleet.jobs import in_turn
from wparchive.fleet.left_out import LeftOut
from wparchive.fleet.results import SKIPPED, SiteResult, exit_code, failed, folder_name, reason
from wparchive.store import Archive
from wparchive.urls import Place, parse
from wparchive.wordpress.discovery.site_state import SiteState

__all__ = ["SKIPPED", "Limits", "SiteResult", "Together", "crawl_all", "crawl_one"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on all sites together: requests and seconds; None means only each site's own limit."""

    requests: int | None = None
    seconds: float | None = None


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
    jobs: int = 1,
    each: Callable[[SiteResult, int, int], None] = lambda _result, _ended, _of: None,
    seams: Seams = MACHINE,
) -> list[SiteResult]:
    """Crawl and index `sites`, those of different hosts `jobs` at a time; a failure is reported and the next site begins.

    Sites that the last invocation left out begin first. `each` is called with every result as its site ends, with how
    many have ended, and of how many; the results are returned in the order of `sites`, without those that are named
    twice. `emit` is called from several threads. Raises what `refuse_faults` raises, before anything is requested.
    """
    refuse_faults(archive, sites, options.secrets)
    for line in doubles_in(sites):
        emit("notice", {"site": "", "run": "", "text": line})
    crawling = _Crawling(
        archive, distinct(sites), options, index=index, stop=stop, emit=emit, limits=limits, each=each, seams=seams
    )
    return crawling.run(jobs)


class _Crawling:
    """One invocation over many sites."""

    def __init__(
        self,
        archive: Archive,
        sites: Sequence[SiteConfig],
        options: Options,
        *,
        index: bool,
        stop: threading.Event,
        emit: Emit,
        limits: Limits,
        each: Callable[[SiteResult, int, int], None],
        seams: Seams,
    ) -> None:
        self._archive, self._sites, self._options, self._index = archive, sites, options, index
        self._stop, self._emit, self._each, self._seams = stop, emit, each, seams
        self._budget = Budget(limits.requests)
        self._together = Together(Invocation(budget=self._budget))
        self._deadline = None if limits.seconds is None else seams.clock() + limits.seconds
        self._before = _states(archive)
        self._any = False  # whether a site was begun
        self._results: dict[int, SiteResult] = {}
        self._put_off: list[int] = []
        self._changing = threading.Lock()

    def run(self, jobs: int) -> list[SiteResult]:
        """Crawl all sites and return their results, but for locked sites that the options skip."""
        left_out = LeftOut(self._archive.root)
        order = left_out.first(self._sites)
        self._in_turn(order, jobs)
        if beside := self._beside():
            more = range(len(self._sites), len(self._sites) + len(beside))
            self._sites = [*self._sites, *beside]
            order = [*order, *more]
            self._in_turn(more, jobs)
        late = [number for number in order if self._results[number].left_out]
        left_out.keep(self._sites, [self._sites[number] for number in late])
        results = [self._results[number] for number in range(len(self._sites))]
        return [result for result in results if result.report.run != SKIPPED]

    def _in_turn(self, order: Sequence[int], jobs: int) -> None:
        in_turn(order, self._host, lambda number: self._crawl(number, put_off=jobs > 1), jobs)
        # Two targets may turn out to be one site, which the other one's job held.
        while self._put_off:
            self._crawl(self._put_off.pop(0))

    def _beside(self) -> list[SiteConfig]:
        """Return the sites that were found to hold another language of one that was named, and weren't named themselves.

        What they name themselves is not followed. They get no credentials, and their results come last.
        """
        found: list[SiteConfig] = []
        for number, result in sorted(self._results.items()):
            named = self._sites[number]
            if self._options.scope == "post":
                continue
            settings = replace(named.settings, user=None, password_env=None, password_file=None, password_keyring=None)
            found += [SiteConfig(url=url, settings=settings) for url in sites_beside(result.report.languages)]
        return distinct([*self._sites, *found])[len(self._sites) :]

    def _host(self, number: int) -> str:
        place = parse(self._sites[number].url)
        return place.host.removeprefix("www.") if isinstance(place, Place) else ""

    def _crawl(self, number: int, *, put_off: bool = False) -> None:
        site = self._sites[number]
        result = self._not_begun(site)
        if result is None:
            self._emit("site-begun", {"site": folder_name(site), "run": "", "url": site.url, "of": len(self._sites)})
            result = crawl_one(
                self._archive,
                self._in_time(site),
                self._options,
                index=self._index,
                stop=self._stop,
                emit=self._emit,
                seams=self._seams,
                together=self._together,
            )
        report = result.report
        if put_off and (report.exit_code is ExitCode.LOCKED or report.run == SKIPPED):
            self._emit("site-put-off", {"site": folder_name(site), "run": "", "url": site.url})
            self._put_off.append(number)
            return
        with self._changing:
            self._results[number] = result = replace(result, before=self._before.get(report.site))
            ended = len(self._results)
            how = {"outcome": report.outcome, "exit_code": int(report.exit_code), "ended": ended}
            fields = {"site": report.site, "run": report.run, "url": site.url, **how, "of": len(self._sites)}
            self._emit("site-ended", fields)
            if report.run != SKIPPED:
                self._each(result, ended, len(self._sites))

    def _in_time(self, site: SiteConfig) -> SiteConfig:
        """Return `site` with what is left of the time for all sites, where that is less than its own."""
        if self._deadline is None:
            return site
        left = max(self._deadline - self._seams.clock(), 0.0)
        own = site.settings.max_time
        return replace(site, settings=replace(site.settings, max_time=left if own is None else min(own, left)))

    def _not_begun(self, site: SiteConfig) -> SiteResult | None:
        """Return the result of a site that isn't begun any more; None for one to begin."""
        with self._changing:
            first, self._any = not self._any, True
        if first:  # always begun: its own run reports the stop
            return None
        if self._stop.is_set():
            late = Interrupted("not begun: stopped by a signal; run the same command again to resume")
            return SiteResult(failed(site, late), left_out=True)
        limit = self._used_up()
        if not limit:
            return None
        late = Interrupted(
            f"not begun: {limit} was used up; run the same command again, which begins with what was left out"
        )
        report = replace(failed(site, late), exit_code=ExitCode.INCOMPLETE, state=SiteState.PARTIAL)
        return SiteResult(report, left_out=True)

    def _used_up(self) -> str:
        """The option whose limit is used up; "" when none is."""
        if self._budget.used_up:
            return "--max-requests"
        return "--max-time" if self._deadline is not None and self._seams.clock() >= self._deadline else ""


@dataclass(frozen=True, slots=True)
class Together:
    """What sites crawled at the same time share: what their runs do, and whose turn it is to index."""

    invocation: Invocation = field(default_factory=Invocation)
    indexing: threading.Lock = field(default_factory=threading.Lock)


def crawl_one(
    archive: Archive,
    site: SiteConfig,
    options: Options,
    *,
    index: bool,
    stop: threading.Event,
    emit: Emit,
    seams: Seams = MACHINE,
    together: Together | None = None,
) -> SiteResult:
    """Crawl and index one site; a failure becomes part of its report, so that a caller can continue with other sites.

    The report's `run` is SKIPPED where another run holds the site and `options` leave such sites out. Every event has
    the fields `site`, `run` (empty before it begins) and `target`. Sites crawled at the same time are crawled
    `together`. Raises only for a fault of ours, and with `options.debug`.
    """
    together = together or Together()
    labelled = _Labelled(emit, site)
    indexer = Indexer(archive, labelled, together.indexing, debug=options.debug, clock=seams.clock)
    try:
        report = crawl_site(
            archive,
            site,
            options,
            stop=stop,
            emit=labelled,
            after=indexer if index else _nothing,
            seams=seams,
            invocation=together.invocation,
        )
    except LockedError as error:
        report = _locked(site, error, labelled, skip=options.skip_locked)
    except Exception as error:
        # One site's failure must not cost the other sites of a cron run.
        if options.debug and not isinstance(error, WparchiveError | OSError):
            raise
        labelled("fault", {"traceback": traceback.format_exc()})
        report = failed(site, error)
    if not indexer.error:
        held, observed = (indexer.held, indexer.observed) if report.run else ({}, {})
        return SiteResult(corrected(report, indexer), held, observed)
    if report.run:  # the captures are safe, but not in the database
        how = f"not indexed: {reason(indexer.error)}"
        report = replace(report, exit_code=exit_code(indexer.error), reason=how)
    return SiteResult(corrected(report, indexer))


def _locked(site: SiteConfig, error: LockedError, emit: Emit, *, skip: bool) -> RunReport:
    report = failed(site, error)
    if not skip:
        return replace(report, reason=f"{report.reason}, or use --if-locked skip")
    emit("skipped", {"reason": str(error)})
    return replace(report, run=SKIPPED, exit_code=ExitCode.COMPLETE)


class _Labelled:
    """An event sink for one site: every event has the fields `site`, `run` and `target`."""

    def __init__(self, emit: Emit, site: SiteConfig) -> None:
        self._emit = emit
        self._label = {"site": folder_name(site), "run": "", "target": site.url}

    def __call__(self, event: str, fields: Mapping[str, Any]) -> None:
        if event == "run-started":  # now it is known
            self._label = {**self._label, "site": str(fields["site"]), "run": str(fields["run"])}
        self._emit(event, {**self._label, **fields})


def _nothing(site: str) -> None:
    del site


def _states(archive: Archive) -> Mapping[str, str]:
    """Return the state of each site as far as `archive.db` has it; that it can't be read, indexing reports."""
    if not archive.database.exists():
        return {}
    from wparchive.ask import states  # loads a hundred modules

    try:
        return states(archive.database)
    except Exception:  # noqa: BLE001 - a damaged database is mended at the end of the first run
        return {}
