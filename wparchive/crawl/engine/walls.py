"""Bot walls: a 429 or a challenge on one collection blocks that collection; on everything, it ends the run."""

from dataclasses import dataclass, field, replace

from wparchive.crawl.engine.reply import Get, Reply
from wparchive.errors import RefusedError
from wparchive.http1.message import is_success
from wparchive.model import Privilege, Target, Verdict
from wparchive.wordpress.judgement import is_challenge

__all__ = ["Walls"]

_IN_A_ROW = 8  # walls without a good response in between: what still comes then is from a cache


@dataclass(slots=True)
class Walls:
    """What a run has learnt about walls; `host` is set once the whole host is behind one.

    Whether a wall is the host's is found out by requesting again what worked before.
    """

    host: bool = False
    gained: int = 0  # good API responses that this run fetched itself
    _good: Target | None = None
    _closed: dict[tuple[str, str], str] = field(default_factory=dict)
    _in_a_row: int = 0
    _times: int = 0

    def mind(self, reply: Reply, get: Get) -> None:
        """Take note of a response; raises RefusedError when it shows that the whole host is behind a wall.

        `get` requests a target at once.
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
        # Requests of discovery have no route; discovery itself judges a challenge there.
        if self.host if target.route is not None else reply.verdict is Verdict.THROTTLED:
            raise RefusedError(f"{reason}; try again later, or ask the site's owner")

    def good(self, reply: Reply) -> None:
        """Remember the request behind a good API response, to repeat it when a wall is in doubt."""
        target = reply.target
        self._in_a_row = 0
        of_api = target.route is not None or target.kind == "index"
        anonymous = target.privilege is Privilege.ANONYMOUS and target.method == "GET"
        if self._good is None and of_api and anonymous and target.keep_body and reply.judgement.ok:
            self._good = target

    def _met(self, target: Target, reason: str) -> Target | None:
        """Note a wall in front of `target`; returns a request that shows whose wall it is, None if that is known."""
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
        """Return why `target` needn't be requested: a wall that its collection met in this run; None without one."""
        return self._closed.get(_place(target)) if target.route else None


def _is_wall(reply: Reply) -> bool:
    """Whether something in front of the site turned us away, regardless of who asks for what."""
    return reply.verdict is Verdict.THROTTLED or (reply.head is not None and is_challenge(reply.head, reply.body))


def _place(target: Target) -> tuple[str, str]:
    """Return the collection that `target` is in, and its kind."""
    steps = (target.route or "").partition("?")[0].split("/")
    ends = (place for place, step in enumerate(steps) if step.isdecimal())
    return "/".join(steps[: next(ends, None)]), target.kind
