"""Links that lead to nothing: what the site answered to each, so that it isn't asked the same in every run."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime

from wparchive.model import Capture
from wparchive.wordpress.links import LinkOutcome, answered
from wparchive.wordpress.values import clean

__all__ = ["Dangling"]

_ENDS = (LinkOutcome.MISSING, LinkOutcome.REFUSED)


class Dangling:
    """The answers `missing` and `refused` to routes that only links name, each with the capture that proves it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def forget(self) -> None:
        """Forget everything."""
        self._db.execute("delete from dangling")

    def see(self, capture: Capture, meaning: str) -> None:
        """The route of `capture` was asked for by itself, with an answer that means so much."""
        outcome = answered(capture.verdict, meaning, capture.truncated)
        if outcome in _ENDS:
            row = (clean(capture.route or ""), str(outcome), capture.capture, capture.captured_at)
            self._db.execute("insert or replace into dangling values (?, ?, ?, ?)", row)
        else:
            self._db.execute("delete from dangling where route = ?", (clean(capture.route or ""),))

    def since(self, moment: datetime) -> Iterator[tuple[str, LinkOutcome, str]]:
        """Route, outcome and capture of every such answer that isn't older than `moment`."""
        query = "select route, outcome, capture from dangling where at >= ?"
        for route, outcome, capture in self._db.execute(query, (moment.strftime("%Y-%m-%dT%H:%M:%SZ"),)):
            yield route, LinkOutcome(outcome), capture
