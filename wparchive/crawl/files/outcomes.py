"""Outcomes of requests for files, and the run's account of them.

A file behind a wall is a gap; after a few of those in a row, nothing more is requested from its folder.
"""

from collections import Counter
from dataclasses import dataclass, field

from wparchive.crawl.engine.reply import Reply
from wparchive.errors import DamagedError
from wparchive.http1.message import is_success
from wparchive.model import Capture, Verdict
from wparchive.store import SiteStore
from wparchive.urls import origin
from wparchive.wordpress.judgement import is_walled, may_be_wall

__all__ = ["ANSWERS", "FileReport", "FileWalls", "final_answer", "outcome"]

# A host name without an address, or with an invalid certificate, is a final outcome.
ANSWERS = ("no-address", "certificate")
_IN_A_ROW = {"throttled": 2, "challenge": 3}  # walls that close a folder; throttling costs all patience
_STEPS = 2  # path segments that make up a folder: /wp-content/uploads
_LINES = 1000  # failures kept as lines for people; the facts hold all of them


@dataclass(slots=True)
class FileReport:
    """What became of the files of a run: a count for each outcome, and which are missing and why.

    `unsure` counts files that had changed and couldn't be read a second time.
    """

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    unsure: int = 0

    @property
    def gaps(self) -> int:
        """How many files could not be fetched."""
        return self.counts["failed"]

    def fail(self, url: str, reason: str) -> None:
        """Record one more missing file."""
        self.counts["failed"] += 1
        if len(self.failures) < _LINES:
            self.failures.append(f"{url}: {reason}")


def outcome(reply: Reply) -> tuple[str, str]:
    """Return the outcome of a reply (fetched, same, answered (a 404 or its like), refused or failed), and the reason."""
    status = reply.capture.status if reply.capture else None
    if reply.verdict is Verdict.ANSWERED:
        if status == 304 or reply.target.method == "HEAD":
            return "same", ""
        return ("fetched" if is_success(status) else "answered"), f"HTTP {status}"
    if reply.verdict in (Verdict.GUARDED, Verdict.ROBOTS):
        return "refused", reply.reason
    known = final_answer(reply)
    return ("refused", known) if known else ("failed", reply.reason or "no answer")


def final_answer(reply: Reply) -> str:
    """Return which of `ANSWERS` the reply is, if any: a retry would change nothing."""
    return next((name for name in ANSWERS if name in reply.flags and "Temporary" not in reply.reason), "")


class FileWalls:
    """What a run has learnt about walls in front of files. The names of walls are those that the index uses."""

    def __init__(self, store: SiteStore) -> None:
        self._store = store
        self._in_a_row: Counter[str] = Counter()
        self._shut: dict[str, tuple[str, str]] = {}

    def before(self, url: str) -> tuple[str, str] | None:
        """Return the wall in front of the folder of `url`, and how it showed; None if `url` may be requested."""
        return self._shut.get(_folder(url))

    def met(self, reply: Reply) -> str:
        """Take note of a reply; returns the wall that it is from, or ""."""
        place = _folder(reply.target.url)
        # It wasn't requested, because of that wall.
        if reply.capture is None and place in self._shut:
            return self._shut[place][0]
        wall = self._wall(reply)
        if wall:
            self._in_a_row[place] += 1
            if self._in_a_row[place] >= _IN_A_ROW[wall]:
                self._shut[place] = wall, f"files of its folder were behind a wall ({reply.reason or wall})"
        elif reply.verdict is Verdict.ANSWERED:
            self._in_a_row[place] = 0
        return wall

    def _wall(self, reply: Reply) -> str:
        if reply.verdict is Verdict.THROTTLED:
            return "throttled"
        answered = reply.verdict is Verdict.ANSWERED and reply.capture is not None
        return "challenge" if answered and reply.capture and self.is_of_one(reply.capture) else ""

    def is_of_one(self, capture: Capture) -> bool:
        """Whether the capture is a wall's page."""
        if not may_be_wall(capture.status, capture.mime):
            return False
        try:
            stored = self._store.read(capture)
            return is_walled(stored.head, lambda limit: stored.body(limit).data)
        except DamagedError:
            return False


def _folder(url: str) -> str:
    place = origin(url)
    steps = url.partition("?")[0].removeprefix(place).split("/")[1:-1]
    return "/".join((place, *steps[:_STEPS]))
