"""How old an answer is: a cache may hand out what the site said days ago, and nothing but headers tells."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from wparchive.http1.message import Head

__all__ = ["CACHED", "OLD", "STALE", "Ages", "dated", "in_words", "is_cached", "made", "moment"]

OLD = 3600  # seconds from which on an answer counts as an old one
STALE, CACHED = "stale", "cached"  # flags of captures
_TOLERANCE = 120.0  # what a Date may lag behind the others for other reasons, in seconds
_MOST = 20 * 366 * 86400  # WordPress is no older; what claims more doesn't know
_SAYS = (
    "x-cache",
    "x-cache-status",
    "cf-cache-status",
    "cache-status",
    "x-proxy-cache",
    "x-litespeed-cache",
    "x-varnish-cache",
)
_HIT = re.compile(r"(?:\b|_)(?:hit|stale|updating)\b", re.IGNORECASE)


def is_cached(head: Head) -> bool:
    """Whether the answer says that it comes from a store of answers."""
    return any(_HIT.search(head.get(name)) for name in _SAYS) or bool(_age(head))


def dated(head: Head) -> str | None:
    """The moment at which the answer was made, by the server's own clock: UTC, ISO 8601, `Z`."""
    try:
        made = parsedate_to_datetime(head.get("date"))
        made = made.replace(tzinfo=UTC) if made.tzinfo is None else made.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return f"{made:%Y-%m-%dT%H:%M:%SZ}" if made.year >= 1000 else None


def _age(head: Head) -> int:
    text = head.get("age").strip()
    seconds = int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else 0
    return seconds if seconds <= _MOST else 0


class Ages:
    """The ages of one run's answers, taken in the order in which they were kept.

    `Age` is a cache's own word. A `Date` in the past is one only beyond what the server's clock is off by: by so much all
    its answers lag, and nobody's clock is asked whether it is right.
    """

    def __init__(self) -> None:
        self._least: list[float] = []  # the two smallest lags of answers that come from no store

    def take(self, head: Head, captured_at: str, *, clocks: bool = True) -> int:
        """The age in seconds of an answer of the API with this `head`; 0: nothing says that it is old.

        Without `clocks`, dates aren't compared: what other tools captured on other days has no one clock.
        """
        return max(_age(head), self._excess(captured_at, dated(head), cached=is_cached(head)) if clocks else 0)

    def recall(self, answers: Iterable[tuple[str, str | None, bool]]) -> None:
        """Go on after `answers`: when each was captured, what its Date was, whether it was cached."""
        for captured_at, date, cached in answers:
            self._excess(captured_at, date, cached=cached)

    def _excess(self, captured_at: str, date: str | None, *, cached: bool) -> int:
        if date is None:
            return 0
        lag = (moment(captured_at) - moment(date)).total_seconds()
        if not cached:
            self._least = sorted((*self._least, lag))[:2]  # two, since one server of many may be ahead
        elif not self._least:
            return _sure(lag)
        return _sure(lag - self._least[-1])


def moment(text: str) -> datetime:
    """A moment as WARCs and our databases write it; what isn't one is long ago."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def made(captured_at: str, age: int) -> datetime:
    """When what was captured had been made, by our own clock."""
    at = moment(captured_at)
    return at - timedelta(seconds=age) if at.year > 1000 else at


def _sure(excess: float) -> int:
    return int(excess) if _TOLERANCE <= excess <= _MOST else 0


def in_words(seconds: int) -> str:
    """An age for people: `9 days`, `1 day`, `5 hours`."""
    size, name = (86400, "day") if seconds >= 86400 else (3600, "hour")
    count = max(1, seconds // size)
    return f"{count} {name}{'s' if count > 1 else ''}"
