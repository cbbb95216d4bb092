"""Which hosts may be asked for pages and files: robots.txt comes first, and a host that is down or behind a wall is left."""

from collections import Counter, deque
from typing import Final

from wparchive.crawl.engine.reply import Reply
from wparchive.crawl.files.outcomes import final_answer
from wparchive.crawl.network import Network
from wparchive.model import Target, Verdict
from wparchive.urls import origin
from wparchive.wordpress.judgement import is_challenge

__all__ = ["Doors"]

_WALLS: Final = 3  # walls in a row, of pages or of files, after which a host is left for this run
_REFUSING: Final = frozenset((401, 403, 429, 503))


class Doors:
    """What a run has learnt about the hosts of pages; used from one thread, but `shut`, which any may call."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._waiting: dict[str, deque[Target]] = {}  # by the key of the robots.txt that they wait for
        self._in_a_row: Counter[tuple[str, str]] = Counter()
        self._shut: dict[tuple[str, str], str] = {}
        self._dead: dict[str, str] = {}

    @property
    def waiting(self) -> int:
        """How many targets wait for a robots.txt."""
        return sum(map(len, self._waiting.values()))

    def enter(self, target: Target) -> Target | None:
        """Return what to request now: `target`, or the robots.txt of its host; None while that is on its way."""
        robots = self._network.robots_target(target.url)
        if robots is None:
            return target
        asked = robots.key in self._waiting
        self._waiting.setdefault(robots.key, deque()).append(target)
        return None if asked else robots

    def take_robots(self, reply: Reply) -> deque[Target]:
        """Take the reply for a robots.txt; return the targets that waited for it."""
        self._network.take_robots(reply)
        # A redirect may lead to a dead host without this one being dead.
        if final_answer(reply) and origin(reply.url) == origin(reply.target.url):
            self._dead[origin(reply.target.url)] = final_answer(reply)
        return self._waiting.pop(reply.target.key, deque())

    def dead(self, target: Target) -> str:
        """Return why the host of `target` can't be reached at all, now or later; "" if that isn't known."""
        return self._dead.get(origin(target.url), "")

    def shut(self, target: Target) -> str:
        """Return why `target` needn't be requested; "" if it may be."""
        return self._shut.get((target.kind, origin(target.url)), "")

    def note(self, reply: Reply) -> bool:
        """Take note of a reply; return whether a wall stood before what was asked for."""
        place = reply.target.kind, origin(reply.target.url)
        if reply.capture is None and place in self._shut:
            return True
        walled = _is_wall(reply)
        self._in_a_row[place] = self._in_a_row[place] + 1 if walled else 0
        if self._in_a_row[place] >= _WALLS:
            self._shut[place] = f"what was asked for before was behind a wall ({reply.reason or reply.status})"
        return walled


def _is_wall(reply: Reply) -> bool:
    if reply.verdict is Verdict.THROTTLED:
        return True
    if reply.verdict is not Verdict.ANSWERED or reply.capture is None:
        return False
    if reply.target.keep_body and reply.head is not None:
        return is_challenge(reply.head, reply.body)
    return reply.capture.status in _REFUSING
