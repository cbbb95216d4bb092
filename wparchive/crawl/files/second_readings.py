"""Second readings of files: one that changed is read again before it counts as replaced.

Some servers encode a picture again for each request. A file that differs between two readings seconds apart is volatile:
that is recorded for good. A change that both readings show is an edit, which the index derives from the captures.
"""

from collections.abc import Iterable
from dataclasses import replace

from wparchive.crawl.engine.reply import Reply
from wparchive.http1.message import is_whole
from wparchive.model import AGAIN, Capture, Target, Verdict
from wparchive.store import SiteStore

__all__ = ["SecondReadings"]


class SecondReadings:
    """The second readings of one run's files; `moving` has the keys of files known to be volatile."""

    def __init__(self, store: SiteStore, moving: Iterable[str]) -> None:
        self._store = store
        self._moving = set(moving)
        self._first: dict[str, Capture] = {}
        self._learnt: list[str] = []

    def moves(self, key: str) -> bool:
        """Whether the file differs at each request."""
        return key in self._moving

    def in_doubt(self, key: str, last: Capture) -> bool:
        """Whether the file had changed in `last` and wasn't read a second time since."""
        if not self._differs(key, last):
            return False
        again = self._store.log.checked(f"{AGAIN}{key}")
        return again is None or again.captured_at < last.captured_at

    def target(self, key: str, reply: Reply) -> Target | None:
        """Return the target that reads the file `key` a second time after `reply`; None when nothing is in doubt."""
        capture = reply.capture
        if reply.verdict is not Verdict.ANSWERED or capture is None or not self._differs(key, capture):
            return None
        again = replace(reply.target, key=f"{AGAIN}{key}", resume=None)
        self._first[again.key] = capture
        return again

    def _differs(self, key: str, capture: Capture) -> bool:
        """Whether `capture` holds another file than the one before; a file that came in pieces isn't compared."""
        if key in self._moving or capture.method != "GET" or not is_whole(capture.status) or capture.truncated:
            return False
        if "html" in capture.mime:
            return False  # an HTML page in place of a file isn't the file
        before = self._store.log.file_before(key, capture.capture)
        return before is not None and before.body_sha256 != capture.body_sha256

    def take(self, key: str, reply: Reply) -> bool:
        """Compare the second reading with the first; returns whether it was conclusive."""
        first, second = self._first.pop(reply.target.key), reply.capture
        if reply.verdict is not Verdict.ANSWERED or second is None:
            return False
        back = second.status == 304  # unchanged since before the first reading, which therefore was the odd one
        if not back and (not is_whole(second.status) or second.truncated or second.mime != first.mime):
            return False
        if back or second.body_sha256 != first.body_sha256:
            self._moving.add(key)
            self._learnt.append(key)
        return True

    def record(self) -> None:
        """Record which files were found to be volatile."""
        if self._learnt:
            self._store.fact("volatile:files", {"file": [f"file:{key}" for key in sorted(self._learnt)]})
            self._learnt = []
