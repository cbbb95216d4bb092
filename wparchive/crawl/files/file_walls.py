"""Walls in front of files: what stands behind one is a gap, and after a few in a row nothing more of its folder is asked for."""

from collections import Counter

from wparchive.crawl.engine.engine import Reply
from wparchive.errors import DamagedError
from wparchive.model import Capture, Verdict
from wparchive.store import SiteStore
from wparchive.urls import origin
from wparchive.wordpress.judgement import is_walled, may_be_wall

__all__ = ["FileWalls"]

_IN_A_ROW = {"throttled": 2, "challenge": 3}  # one that is throttled has cost our whole patience
_STEPS = 2  # of a path, which name its folder: /wp-content/uploads


class FileWalls:
    """What a run has learnt of walls in front of files, kept in `store`. A wall is named as the index names it."""

    def __init__(self, store: SiteStore) -> None:
        self._store = store
        self._in_a_row: Counter[str] = Counter()
        self._shut: dict[str, tuple[str, str]] = {}

    def before(self, url: str) -> tuple[str, str] | None:
        """Which wall stands before the folder of `url`, and why it is taken for one, if so: then don't ask."""
        return self._shut.get(_folder(url))

    def met(self, reply: Reply) -> str:
        """Take note of an answer; which wall it is of, if it is of one."""
        place = _folder(reply.target.url)
        if reply.capture is None and place in self._shut:
            return self._shut[place][0]
        wall = "throttled" if reply.verdict is Verdict.THROTTLED else ""
        if reply.verdict is Verdict.ANSWERED and reply.capture and self.is_of_one(reply.capture):
            wall = "challenge"
        if not wall:
            if reply.verdict is Verdict.ANSWERED:
                self._in_a_row[place] = 0
            return ""
        self._in_a_row[place] += 1
        if self._in_a_row[place] >= _IN_A_ROW[wall]:
            self._shut[place] = wall, f"files of its folder were behind a wall ({reply.reason or wall})"
        return wall

    def is_of_one(self, capture: Capture) -> bool:
        """Whether what was captured is the page of a wall."""
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
