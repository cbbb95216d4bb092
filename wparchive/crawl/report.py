"""The report of a run, and the facts `start`, `site` and `end` that the run records."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from wparchive.config import Settings
from wparchive.crawl.inventory.inventory_report import InventoryReport
from wparchive.crawl.pages.page_report import PageReport
from wparchive.errors import CutShort, ExitCode, Interrupted, RefusedError, UsageError, WparchiveError
from wparchive.version import __version__
from wparchive.wordpress.discovery.discovery import Discovery
from wparchive.wordpress.discovery.site_state import SiteState
from wparchive.wordpress.listing import Proof

__all__ = ["STOPS", "Failure", "RunReport", "Tally", "code_of", "end_fact", "site_fact", "start_fact", "state_after"]

_LOGIN = ("user", "password_env", "password_file", "password_keyring")
_STATE_CODES = {
    SiteState.CLOSED: ExitCode.NO_API,
    SiteState.NOT_WORDPRESS: ExitCode.NO_API,
    SiteState.NO_CONTENT_API: ExitCode.NO_API,
    SiteState.BLOCKED: ExitCode.REFUSED,
    SiteState.MOVED: ExitCode.INCOMPLETE,
    SiteState.BROKEN: ExitCode.INCOMPLETE,
}
STOPS = (CutShort, Interrupted, RefusedError, UsageError)  # these end a run early, but with a report


@dataclass(frozen=True, slots=True)
class Failure:
    """A route that could not be fetched by itself, and why."""

    route: str
    reason: str

    def __str__(self) -> str:
        return f"{self.route}: {self.reason}"


@dataclass(slots=True)
class Tally:
    """What a run has cost so far: requests sent, captures stored, revisits among them, bytes of payload received."""

    requests: int = 0
    captures: int = 0
    revisits: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """The outcome of one run over one site; `outcome` is the exit code's name.

    `links` and `files` count links and files by outcome, `pages` has the account of pages as readers see them,
    `inventory` that of sitemaps and feeds, `languages` an entry for each of the site's languages, `plug_ins` counts the
    lists beyond WordPress's own, in words.
    `failures` are lines for people, and `unlisted` counts further failures without a line. `damage` are lines about lost
    WARC records that weren't captured again before this run. `old_answers` counts responses from a cache, the `oldest` of
    which was that many seconds old. With `cut_short`, it ended at a limit of the operator's.
    """

    site: str
    run: str
    mode: str
    state: SiteState
    exit_code: ExitCode
    reason: str = ""
    tally: Tally = field(default_factory=Tally)
    proofs: Sequence[Proof] = ()
    links: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    pages: PageReport = field(default_factory=PageReport)
    inventory: InventoryReport = field(default_factory=InventoryReport)
    languages: Sequence[Mapping[str, Any]] = ()
    plug_ins: str = ""
    failures: Sequence[str] = ()
    unlisted: int = 0
    damage: Sequence[str] = ()
    seconds: float = 0.0
    old_answers: int = 0
    oldest: int = 0
    cut_short: bool = False

    @property
    def outcome(self) -> str:
        """The exit code's name, in lower case with hyphens."""
        return self.exit_code.name.lower().replace("_", "-")

    @property
    def only_cut_short(self) -> bool:
        """Whether nothing but a limit of the operator's left gaps: running again is all there is to do."""
        lacking = self.failures or self.unlisted or self.damage
        gaps = (gap.reason for proof in self.proofs for gap in proof.gaps)
        return self.cut_short and not lacking and all(self.reason in reason for reason in gaps)

    @property
    def gaps(self) -> int:
        """The number of gaps that are left."""
        return sum(len(proof.gaps) for proof in self.proofs) + len(self.failures) + self.unlisted


def code_of(state: SiteState) -> ExitCode:
    """Return the exit code of a run that found nothing to archive because of the site's `state`."""
    return _STATE_CODES.get(state, ExitCode.INCOMPLETE)


def state_after(stopped: WparchiveError, state: SiteState) -> SiteState:
    """Return the state to report for a site whose run was `stopped` when it was in `state`."""
    if isinstance(stopped, RefusedError):
        return SiteState.BLOCKED
    return SiteState.PARTIAL if isinstance(stopped, CutShort) and state is SiteState.OK else state


def start_fact(mode: str, target: str, user_agent: str, settings: Settings | None = None) -> dict[str, Any]:
    """Return the fact `start`: the run's target and settings, without what says as whom, for it is public."""
    given = {name: value for name, value in asdict(settings).items() if name not in _LOGIN} if settings else {}
    return {
        "mode": mode,
        "target": target,
        "settings": {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()},
        "wparchive": __version__,
        "user_agent": user_agent,
    }


def site_fact(found: Discovery, state: SiteState, version: str | None, robots: str) -> dict[str, Any]:
    """Return the fact `site`: what discovery found out; `robots` is how its robots.txt is treated."""
    root, index = found.root, found.index
    return {
        "home": found.home,
        "root": root.url if root else None,
        "root_form": str(root.form) if root else None,
        "aliases": list(root.aliases) if root else [],
        **{name: getattr(index, name) if index else None for name in ("name", "description", "timezone")},
        "state": str(state),
        "wordpress_version": version,
        "reason": found.reason,
        "moved_from": found.moved_from,
        "evidence": list(found.evidence),
        "robots": robots,
    }


def end_fact(report: RunReport, *, resumable: bool) -> dict[str, Any]:
    """Return the fact `end`; a `resumable` run is resumed by the next."""
    return {
        **{name: getattr(report, name) for name in ("outcome", "reason", "gaps", "old_answers", "oldest")},
        "exit_code": int(report.exit_code),
        "state": str(report.state),
        **asdict(report.tally),
        "links": dict(report.links),
        "files": dict(report.files),
        "as_readers_see": report.pages.as_fact(),
        "inventory": report.inventory.as_fact(),
        "resumable": resumable,
    }
