"""Links that lead to nothing: the site's response to each, so that it isn't requested again in every run."""

from collections.abc import Iterator
from datetime import datetime

from wparchive.model import Capture, timestamp
from wparchive.store import Seen
from wparchive.wordpress.links.decisions import answered
from wparchive.wordpress.relations import LinkOutcome
from wparchive.wordpress.values import clean

__all__ = ["Dangling"]

_ENDS = (LinkOutcome.MISSING, LinkOutcome.REFUSED)


class Dangling:
    """The outcomes `missing` and `refused` of routes that only links name, each with the capture that proves it."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def see(self, capture: Capture, meaning: str) -> None:
        """Record the response in `capture` to a request for its route alone; `meaning` is what it means."""
        outcome, route = answered(capture.verdict, meaning, capture.truncated), clean(capture.route or "")
        if outcome in _ENDS:
            self._seen.dangle(route, str(outcome), capture.capture, capture.captured_at)
        else:
            self._seen.undangle(route)

    def since(self, moment: datetime) -> Iterator[tuple[str, LinkOutcome, str]]:
        """Yield route, outcome and capture of every such response since `moment`."""
        for route, outcome, capture in self._seen.dangling(timestamp(moment)):
            yield route, LinkOutcome(outcome), capture
