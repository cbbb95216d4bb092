"""What needs a person: what is wrong with a site or with the disk now, and what has become of it since the last run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wparchive.crawl.report import RunReport
from wparchive.errors import ExitCode
from wparchive.wordpress.discovery.site_state import SiteState

__all__ = ["DISK", "Event", "Trouble", "advice", "in_words", "news", "troubles"]

DISK = ""  # stands where else a site's name does
_UNREACHED, _STORAGE, _FAULT, _REFUSED = "not reached", "storage", "error", "settings refused"
_IN_WORDS: Mapping[str, str] = {_STORAGE: "full, or not to be written", _FAULT: "ended by a fault in wparchive"}
_ADVICE: Mapping[str, str] = {
    _UNREACHED: "look whether the site is up, and whether this machine has a network",
    str(
        SiteState.BLOCKED
    ): "a firewall keeps us out: ask the site's owner to let us in (contact), or crawl more slowly (delay)",
    str(
        SiteState.MOVED
    ): "do what it says, or crawl the new address; one that may not be followed needs --allow-origin",
    str(SiteState.BROKEN): "look at the site in a browser; it is tried again by each run",
    str(SiteState.CLOSED): "the API is closed to strangers: ask the site's owner, or crawl with an account (user)",
    str(
        SiteState.NOT_WORDPRESS
    ): "look at the site in a browser; take it out of the configuration if it has another system now",
    str(SiteState.NO_CONTENT_API): "ask the site's owner why its API is switched off; it is tried again by each run",
    _STORAGE: "do what it says, most often: make room on the archive's disk; all that was committed is safe",
    _FAULT: "a fault in wparchive: run the crawl of this site by hand with --debug, and report what it shows",
    _REFUSED: "check what the configuration says about this site, its user and password first",
}
_STATES = frozenset(SiteState) - {SiteState.OK, SiteState.PARTIAL}
_SAYS_NOTHING = (ExitCode.LOCKED, ExitCode.INTERRUPTED, ExitCode.STORAGE)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, by one of a few words, since when, and why."""

    kind: str
    since: str
    reason: str


@dataclass(frozen=True, slots=True)
class Event:
    """At the time `at` (UTC) a trouble of `site` (DISK: of the archive) of that `kind` was first noticed, or it was `over`."""

    at: str
    site: str
    kind: str
    over: bool
    reason: str
    since: str


def in_words(kind: str) -> str:
    """What is wrong, as a person says it."""
    return _IN_WORDS.get(kind, kind)


def advice(kind: str) -> str:
    """What a person does about a trouble of that kind."""
    return _ADVICE.get(kind, "look at the site, and run the crawl by hand")


def troubles(reports: Sequence[RunReport], now: str) -> dict[str, Trouble | None]:
    """What is wrong, by site; None where nothing is. A site of which a run learned nothing isn't in it."""
    found: dict[str, Trouble | None] = {}
    for report in reports:
        kind = _kind(report)
        if kind is not None:
            found[report.site] = Trouble(kind, now, report.reason) if kind else None
    full = [report for report in reports if report.exit_code is ExitCode.STORAGE]
    if full:
        found[DISK] = Trouble(_STORAGE, now, full[0].reason)
    elif any(report.run for report in reports):
        found[DISK] = None
    return found


def news(before: Mapping[str, Trouble], now: Mapping[str, Trouble | None], at: str) -> Iterator[Event]:
    """What began and what is over, since the troubles were those of `before`; one that became another counts as begun."""
    for site, trouble in now.items():
        old = before.get(site)
        if trouble and (old is None or old.kind != trouble.kind):
            yield Event(at, site, trouble.kind, over=False, reason=trouble.reason, since=trouble.since)
        elif old and trouble is None:
            yield Event(at, site, old.kind, over=True, reason="", since=old.since)


def _kind(report: RunReport) -> str | None:
    """What is wrong with the site; "" for nothing, None when the run doesn't show it."""
    if report.exit_code in _SAYS_NOTHING:
        return None
    if report.exit_code is ExitCode.ERROR:
        return _FAULT
    if report.exit_code is ExitCode.USAGE:
        return _REFUSED
    if report.state is SiteState.BROKEN and not report.tally.bytes:
        return _UNREACHED
    if report.state in _STATES:
        return str(report.state)
    # Cut short by a limit before anything was listed: whatever was wrong may still be.
    return "" if report.proofs or report.exit_code is ExitCode.COMPLETE else None
