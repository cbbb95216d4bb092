"""For how long a site asks to be left alone: all of its network is, by every worker, since one server may stand behind it."""

from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import Any, Final

from wparchive.errors import WparchiveError
from wparchive.events import Emit
from wparchive.fetch.politeness import STRUGGLING, retry_after
from wparchive.store import Archive, CaptureLog
from wparchive.urls import parse

__all__ = ["asked_rest", "resting_meanwhile"]

_MOST: Final = 7 * 86_400.0
"""Seconds that are believed: what asks for more is asked again then."""


def asked_rest(archive: Archive, site: str, run: str, now: datetime) -> float:
    """Return for how many seconds from `now` the responses of a run ask for no more requests; 0 where none does."""
    folder, longest = archive.site(site), 0.0
    if not run or not folder.frontier.is_file():
        return longest
    with suppress(WparchiveError, OSError), closing(CaptureLog(folder.frontier, site)) as log:
        for capture in log.captures():
            if capture.run != run or capture.status not in STRUGGLING:
                continue
            head, then = archive.response(capture).head, datetime.fromisoformat(capture.captured_at)
            asked = retry_after(head, then) if head else None
            longest = max(longest, (asked or 0.0) - (now - then.astimezone(UTC)).total_seconds())
    return min(longest, _MOST)


def resting_meanwhile(url: str, emit: Emit, rest: Callable[[float], None]) -> Emit:
    """Return a sink that passes events on to `emit`, and calls `rest` with the seconds for which the host of `url` pauses us."""
    host = getattr(parse(url), "host", None)

    def told(event: str, fields: Mapping[str, Any]) -> None:
        emit(event, fields)
        if event == "waiting" and fields.get("paused") and fields.get("host") == host:
            with suppress(WparchiveError):
                rest(min(float(fields["seconds"]), _MOST))

    return told
