"""Many sites, one machine: each is crawled and indexed by itself, and none stops the others."""

import threading
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from wparchive.config import SiteConfig
from wparchive.crawl.report import RunReport
from wparchive.crawl.run import Options, crawl_site
from wparchive.errors import ExitCode, Interrupted, LockedError, WparchiveError
from wparchive.events import Emit
from wparchive.index import held, index
from wparchive.store import Archive, site_name
from wparchive.wordpress.discovery import SiteState

__all__ = ["SiteResult", "crawl_all"]


@dataclass(frozen=True, slots=True)
class SiteResult:
    """One site's run, and how many items of each type the archive then holds of it."""

    report: RunReport
    held: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        report = self.report
        return {
            "site": report.site,
            "run": report.run,
            "mode": report.mode,
            "state": str(report.state),
            "outcome": report.outcome,
            "exit_code": int(report.exit_code),
            "reason": report.reason,
            **asdict(report.tally),
            "seconds": round(report.seconds, 3),
            "held": self.held,
            "links": dict(report.links),
            "listings": [asdict(proof) for proof in report.proofs],
            "failures": list(report.failures),
        }


def crawl_all(
    archive: Archive,
    sites: Sequence[SiteConfig],
    options: Options,
    *,
    index: bool,
    stop: threading.Event,
    emit: Emit,
) -> list[SiteResult]:
    """Crawl and index each of `sites` in turn; a failing one is reported and the next begins."""
    results: list[SiteResult] = []
    for site in sites:
        if stop.is_set() and results:
            break
        results.append(_one(archive, site, options, index, stop, emit))
    return [result for result in results if result.report.run != SKIPPED]


SKIPPED = "skipped"


def _one(
    archive: Archive, site: SiteConfig, options: Options, indexed: bool, stop: threading.Event, emit: Emit
) -> SiteResult:
    after = _Indexer(archive, emit) if indexed else _nothing
    try:
        report = crawl_site(archive, site, options, stop=stop, emit=emit, after=after)
    except LockedError as error:
        if options.skip_locked:
            emit("skipped", {"site": site.url, "reason": str(error)})
            return SiteResult(replace(_failed(site, error), run=SKIPPED, exit_code=ExitCode.COMPLETE), {})
        report = _failed(site, error)
    except (WparchiveError, OSError) as error:
        report = _failed(site, error)
    except Exception as error:
        emit("fault", {"site": site.url, "traceback": traceback.format_exc()})
        if options.debug:
            raise
        report = _failed(site, error)
    counts = held(archive.database, report.site) if indexed else {}
    return SiteResult(report, counts)


def _nothing(site: str) -> None:
    del site


class _Indexer:
    """Indexes one site while its lock is still held."""

    def __init__(self, archive: Archive, emit: Emit) -> None:
        self._archive = archive
        self._emit = emit

    def __call__(self, site: str) -> None:
        self._emit("indexing", {"site": site})
        index(self._archive, [site])


def _failed(site: SiteConfig, error: Exception) -> RunReport:
    code = error.exit_code if isinstance(error, WparchiveError) else ExitCode.ERROR
    if isinstance(error, OSError):
        code = ExitCode.STORAGE
    name = site.name or site_name(site.url)
    reason = str(error) if isinstance(error, Interrupted | WparchiveError) else f"{type(error).__name__}: {error}"
    return RunReport(site=name, run="", mode="full", state=SiteState.BROKEN, exit_code=code, reason=reason)
