"""Links that lead to nothing: what the site answered to each, so that it isn't asked the same in every run."""

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
    """The answers `missing` and `refused` to routes that only links name, each with the capture that proves it."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def see(self, capture: Capture, meaning: str) -> None:
        """The route of `capture` was asked for by itself, with an answer that means so much."""
        outcome, route = answered(capture.verdict, meaning, capture.truncated), clean(capture.route or "")
        if outcome in _ENDS:
            self._seen.dangle(route, str(outcome), capture.capture, capture.captured_at)
        else:
            self._seen.undangle(route)

    def since(self, moment: datetime) -> Iterator[tuple[str, LinkOutcome, str]]:
        """Route, outcome and capture of every such answer that isn't older than `moment`."""
        for route, outcome, capture in self._seen.dangling(timestamp(moment)):
            yield route, LinkOutcome(outcome), capture
