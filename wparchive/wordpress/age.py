"""How old a response is: a cache may return what the site sent days ago, and only the headers show it."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from wparchive.http1.message import Head, whole_number

__all__ = ["CACHED", "OLD", "STALE", "Ages", "dated", "in_words", "is_cached", "made", "made_at_latest", "moment"]

OLD = 3600  # seconds; a response of at least this age counts as old
STALE, CACHED = "stale", "cached"  # flags of captures
_TOLERANCE = 120.0  # seconds by which a Date may differ from the others for other reasons
_MOST = 20 * 366 * 86400  # seconds; WordPress is not older than this, so a larger age is wrong
_NAMES = "x-cache x-cache-status cf-cache-status cache-status x-proxy-cache x-litespeed-cache x-varnish-cache"
_HEADERS = tuple(_NAMES.split())
_HIT = re.compile(r"(?:\b|_)(?:hit|stale|updating)\b", re.IGNORECASE)


def is_cached(head: Head) -> bool:
    """Return whether the headers say that the response comes from a cache."""
    return any(_HIT.search(head.get(name)) for name in _HEADERS) or bool(_age(head))


def dated(head: Head) -> str | None:
    """Return the server's own Date of the response (UTC, ISO 8601, `Z`), or None."""
    try:
        made = parsedate_to_datetime(head.get("date"))
        made = made.replace(tzinfo=UTC) if made.tzinfo is None else made.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return f"{made:%Y-%m-%dT%H:%M:%SZ}" if made.year >= 1000 else None


def _age(head: Head) -> int:
    seconds = whole_number(head.get("age").strip()) or 0
    return seconds if seconds <= _MOST else 0


class Ages:
    """The ages of one run's responses, taken in the order in which they were stored.

    The `Age` header (RFC 9111, section 5.1) is a cache's own statement. A `Date` in the past counts only as far as it
    exceeds the server's clock error, which all its responses share. So no clock needs to be right.
    """

    def __init__(self) -> None:
        self._least: list[float] = []  # the two smallest lags (seconds) of responses that come from no cache

    def take(self, head: Head, captured_at: str, *, clocks: bool = True) -> int:
        """Return the age in seconds of an API response with this `head`; 0 if nothing says that it is old.

        Without `clocks`, dates are not compared: captures that other tools made on different days share no clock.
        """
        return max(_age(head), self._excess(captured_at, dated(head), cached=is_cached(head)) if clocks else 0)

    def recall(self, answers: Iterable[tuple[str, str | None, bool]]) -> None:
        """Continue after earlier `answers`, each given as capture time, Date, and whether it was cached."""
        for captured_at, date, cached in answers:
            self._excess(captured_at, date, cached=cached)

    def _excess(self, captured_at: str, date: str | None, *, cached: bool) -> int:
        if date is None:
            return 0
        lag = (moment(captured_at) - moment(date)).total_seconds()
        if not cached:
            self._least = sorted((*self._least, lag))[:2]  # two, since one of several servers may be ahead
        elif not self._least:
            return _sure(lag)
        return _sure(lag - self._least[-1])


def moment(text: str) -> datetime:
    """Parse a time as WARCs and our databases write it; anything else returns the earliest possible time."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def made(captured_at: str, age: int) -> datetime:
    """Return when a response of this `age` (seconds) was made, by our own clock."""
    at = moment(captured_at)
    return at - timedelta(seconds=age) if at.year > 1000 else at


def made_at_latest(captured_at: str, dated: str | None, age: int) -> datetime:
    """Return when an answer that another tool captured was made, by the earliest of what says so.

    That is its record, its `age` (seconds), and its server's clock (`dated`), where they are far enough apart: a cache had
    it, or a clock is wrong, and nothing says whose.
    """
    found = made(captured_at, age)
    at = moment(dated) if dated else found
    return min(found, at) if (moment(captured_at) - at).total_seconds() >= OLD else found


def _sure(excess: float) -> int:
    return int(excess) if _TOLERANCE <= excess <= _MOST else 0


def in_words(seconds: int) -> str:
    """Return an age for people: `9 days`, `1 day`, `5 hours`."""
    size, name = (86400, "day") if seconds >= 86400 else (3600, "hour")
    count = max(1, seconds // size)
    return f"{count} {name}{'s' if count > 1 else ''}"
