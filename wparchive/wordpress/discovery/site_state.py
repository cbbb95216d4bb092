"""The state of a site, and how a site without a usable REST root is classified by its answers."""

from collections.abc import Sequence
from enum import StrEnum

from wparchive.model import Verdict
from wparchive.wordpress.discovery.questions import Answer, Trial
from wparchive.wordpress.discovery.signals import Signals
from wparchive.wordpress.judgement import Meaning

__all__ = ["SiteState", "judge_site"]


class SiteState(StrEnum):
    """The state of a site; the values of `sites.state`."""

    OK = "ok"
    PARTIAL = "partial"
    CLOSED = "closed"  # REST exists but refuses the public, or robots.txt disallows it
    BLOCKED = "blocked"  # a firewall, challenge or throttle is in front of it
    NOT_WORDPRESS = "not-wordpress"
    NO_CONTENT_API = "no-content-api"  # WordPress without the content routes of 4.7 and later
    MOVED = "moved"
    BROKEN = "broken"


# What a root's answer says about the site, most definite first.
_BY_MEANING: tuple[tuple[Meaning, SiteState, str], ...] = (
    (Meaning.CHALLENGE, SiteState.BLOCKED, "a challenge page stands before {url} ({reason})"),
    (Meaning.THROTTLED, SiteState.BLOCKED, "{url} is throttled ({reason})"),
    (Meaning.REFUSED, SiteState.CLOSED, "{url} refuses strangers ({reason})"),
    (Meaning.BLOCKED, SiteState.BLOCKED, "{url} is blocked ({reason})"),
    (Meaning.NO_ROUTE, SiteState.CLOSED, "{url} is switched off ({reason})"),
    (Meaning.MISSING, SiteState.CLOSED, "{url} isn't there ({reason})"),
    (Meaning.SERVER_ERROR, SiteState.BROKEN, "{url} fails ({reason})"),
    (Meaning.NOTHING, SiteState.BROKEN, "{url} gives no answer ({reason})"),
    (Meaning.NOT_JSON, SiteState.BROKEN, "{url} doesn't return JSON ({reason})"),
)


def judge_site(trials: Sequence[Trial], page: Answer | None, signals: Signals) -> tuple[SiteState, str]:
    """Return the state and reason of a site none of whose `trials` returned an index. `page` is its front page."""
    if fault := _root_fault(trials, signals) or (_page_fault(page) if page else None):
        return fault
    if any(trial.answer.verdict is Verdict.ROBOTS for trial in trials):
        return SiteState.CLOSED, "robots.txt asks us not to read the REST API (--ignore-robots: read it anyway)"
    if signals.wordpress:
        return SiteState.NO_CONTENT_API, "WordPress shows in the page, but no REST root answers"
    return SiteState.NOT_WORDPRESS, "no sign of WordPress, and no REST root answers"


def _root_fault(trials: Sequence[Trial], signals: Signals) -> tuple[SiteState, str] | None:
    """Return the most definite statement of the answers at possible roots; advertised ones count before guesses."""
    heard = [trial for trial in reversed(trials) if trial.answer.verdict not in (Verdict.ROBOTS, Verdict.GUARDED)]
    seen = {trial.meaning: trial for trial in sorted(heard, key=lambda trial: trial.advertised)}
    for meaning, state, words in _BY_MEANING:
        trial = seen.get(meaning)
        if trial and _counts(trial, signals):
            return state, words.format(url=trial.url, reason=trial.reason)
    return None


def _counts(trial: Trial, signals: Signals) -> bool:
    """Return whether the trial says something about the site; a 404 at a guessed place does not."""
    if trial.advertised or trial.final:
        return True
    return signals.wordpress and trial.meaning not in (Meaning.MISSING, Meaning.NOT_JSON)


def _page_fault(page: Answer) -> tuple[SiteState, str] | None:
    """Return what the front page's own response says, if no root said anything."""
    judged = page.judgement
    why = page.reason or judged.reason
    if page.verdict is Verdict.THROTTLED or judged.meaning in (Meaning.CHALLENGE, Meaning.THROTTLED):
        return SiteState.BLOCKED, f"{page.url_final} is throttled or behind a challenge page ({why})"
    if page.verdict is Verdict.GUARDED:
        return SiteState.BROKEN, f"{page.url_final} can't be followed ({why})"
    if page.head is None and page.verdict is not Verdict.ROBOTS:
        return SiteState.BROKEN, f"{page.url_final} gives no answer ({why})"
    if page.status in (401, 403):
        return SiteState.BLOCKED, f"{page.url_final} is blocked ({why})"
    if page.status >= 500:
        return SiteState.BROKEN, f"{page.url_final} fails ({why})"
    return None
