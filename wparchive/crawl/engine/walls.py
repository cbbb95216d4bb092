"""Walls in front of a site: a 429 or a challenge on one collection is that collection's trouble, on everything the run's."""

from dataclasses import dataclass, field, replace

from wparchive.crawl.engine.reply import Get, Reply
from wparchive.errors import RefusedError
from wparchive.http1.message import is_success
from wparchive.model import Privilege, Target, Verdict
from wparchive.wordpress.judgement import is_challenge, judge

__all__ = ["Walls"]

_IN_A_ROW = 8  # walls one after the other, nothing good in between: whatever still answers then is a store's copy


@dataclass(slots=True)
class Walls:
    """What a run has learnt of walls; `host` once the whole host is behind one.

    Whether a wall is the host's is told by asking again for what answered before.
    """

    host: bool = False
    gained: int = 0  # good answers of the API that this run fetched itself
    _good: Target | None = None
    _closed: dict[tuple[str, str], str] = field(default_factory=dict)
    _in_a_row: int = 0
    _times: int = 0

    def mind(self, reply: Reply, get: Get) -> None:
        """Take note of an answer; raises RefusedError when it shows that the whole host is behind a wall.

        `get` asks for a target at once.
        """
        target = reply.target
        if not _is_wall(reply):
            if reply.verdict is Verdict.ANSWERED and is_success(reply.status):
                self.gained += target.route is not None
                self.good(reply)
            return
        reason = reply.reason or f"{reply.status} challenge page"
        if target.route is not None:
            again = self._met(target, reason)
            self.host = self.host or (again is not None and _is_wall(get(again)))
        # What is asked to find out what a site is has no route; a challenge there is judged by who asked.
        if self.host if target.route is not None else reply.verdict is Verdict.THROTTLED:
            raise RefusedError(f"{reason}; try again later, or ask the site's owner")

    def good(self, reply: Reply) -> None:
        """The API answered as it should: that is what is asked for again in case of doubt."""
        target = reply.target
        self._in_a_row = 0
        of_api = target.route is not None or target.kind == "index"
        anonymous = target.privilege is Privilege.ANONYMOUS and target.method == "GET"
        if self._good is None and of_api and anonymous and target.keep_body and judge(reply.head, reply.body).ok:
            self._good = target

    def _met(self, target: Target, reason: str) -> Target | None:
        """A wall stands before `target`: what to ask for to know whose it is; None when that is known, see `host`."""
        place = _place(target)
        if place in self._closed or self.host:
            return None
        self._closed[place] = reason
        self._in_a_row += 1
        if self._good is None or self._in_a_row >= _IN_A_ROW:
            self.host = True
            return None
        self._times += 1
        return replace(self._good, key=f"{self._good.key} there={self._times}")

    def before(self, target: Target) -> str | None:
        """Why `target` needn't be asked for: a wall that stood before its like in this run."""
        return self._closed.get(_place(target)) if target.route else None


def _is_wall(reply: Reply) -> bool:
    """Whether something in front of the site said no to us, whoever we are and whatever we ask."""
    return reply.verdict is Verdict.THROTTLED or (reply.head is not None and is_challenge(reply.head, reply.body))


def _place(target: Target) -> tuple[str, str]:
    """The collection that `target` is of, and what of it."""
    steps = (target.route or "").partition("?")[0].split("/")
    ends = (place for place, step in enumerate(steps) if step.isdecimal())
    return "/".join(steps[: next(ends, None)]), target.kind
