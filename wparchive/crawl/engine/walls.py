"""Walls in front of a site: a 429 or a challenge on one collection is that collection's trouble, on everything the run's."""

from dataclasses import dataclass, field, replace

from wparchive.http1.message import Head
from wparchive.model import Privilege, Target, Verdict
from wparchive.wordpress.judgement import is_challenge, judge

__all__ = ["Walls", "is_wall"]

_IN_A_ROW = 8  # walls one after the other, nothing good in between: whatever still answers then is a store's copy


def is_wall(verdict: Verdict, head: Head | None, body: bytes) -> bool:
    """Whether something in front of the site said no to us, whoever we are and whatever we ask."""
    return verdict is Verdict.THROTTLED or (head is not None and is_challenge(head, body))


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

    def good(self, target: Target, head: Head | None, body: bytes) -> None:
        """The API answered as it should: that is what is asked for again in case of doubt."""
        self._in_a_row = 0
        of_api = target.route is not None or target.kind == "index"
        anonymous = target.privilege is Privilege.ANONYMOUS and target.method == "GET"
        if self._good is None and of_api and anonymous and target.keep_body and judge(head, body).ok:
            self._good = target

    def met(self, target: Target, reason: str) -> Target | None:
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


def _place(target: Target) -> tuple[str, str]:
    """The collection that `target` is of, and what of it."""
    steps = (target.route or "").partition("?")[0].split("/")
    ends = (place for place, step in enumerate(steps) if step.isdecimal())
    return "/".join(steps[: next(ends, None)]), target.kind
