"""The result of one site: its run's report, and what the archive holds of it afterwards."""

from dataclasses import asdict, dataclass, field
from typing import Any

from wparchive.config import SiteConfig
from wparchive.crawl.report import RunReport
from wparchive.errors import ExitCode, WparchiveError, scarcity
from wparchive.naming import site_name
from wparchive.wordpress.discovery.site_state import SiteState

__all__ = ["SKIPPED", "SiteResult", "exit_code", "failed", "folder_name", "reason"]

SKIPPED = "skipped"
_LANGUAGE = ("language", "how", "url")  # of what a run finds out about each
# States in which a site is no longer what it was when somebody chose to archive it.
_TROUBLE = frozenset(SiteState) - {SiteState.OK, SiteState.PARTIAL}


@dataclass(frozen=True, slots=True)
class SiteResult:
    """One site's run, and how many items of each type the archive holds of it afterwards.

    `observed` counts the changes that the run saw, by kind. `before` is the site's state after the run before, None
    when it is new to `archive.db`. A site that was `left_out` was not begun, as a limit on all sites was reached.
    """

    report: RunReport
    held: dict[str, int] = field(default_factory=dict)
    observed: dict[str, int] = field(default_factory=dict)
    before: str | None = None
    left_out: bool = False

    @property
    def needs_a_person(self) -> bool:
        """Whether more is wrong than a limit that was reached, or the site has become something else since the last run."""
        report = self.report
        if report.exit_code not in (ExitCode.COMPLETE, ExitCode.NO_API):
            return not (self.left_out or report.only_cut_short)
        return self.before is not None and self.before != report.state and report.state in _TROUBLE

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
            "observed": self.observed,
            "links": dict(report.links),
            "files": dict(report.files),
            "listings": [proof.as_dict() for proof in report.proofs],
            "languages": [
                {name: one.get(name) for name in _LANGUAGE} for one in report.languages if one.get("language")
            ],
            "failures": list(report.failures),
            "damage": list(report.damage),
        }


def folder_name(site: SiteConfig) -> str:
    """Return the name of the folder of `site`, as far as it is known before anything is requested."""
    return site.name or site_name(site.url)


def exit_code(error: Exception) -> ExitCode:
    """Return the exit code for a site whose run ended with `error`."""
    if isinstance(error, WparchiveError):
        return error.exit_code
    return ExitCode.STORAGE if scarcity(error) else ExitCode.ERROR


def reason(error: Exception) -> str:
    """Return `error` in one line."""
    return str(error if isinstance(error, WparchiveError) else scarcity(error) or f"{type(error).__name__}: {error}")


def failed(site: SiteConfig, error: Exception) -> RunReport:
    """Return the report of a site whose run didn't begin, or ended without a report."""
    return RunReport(
        site=folder_name(site),
        run="",
        mode="full",
        state=SiteState.BROKEN,
        exit_code=exit_code(error),
        reason=reason(error),
    )
