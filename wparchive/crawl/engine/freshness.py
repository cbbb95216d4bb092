"""Caches in front of a site: how old its responses are, and whether requests can get past the cache."""

import time
from dataclasses import dataclass, field, replace

from wparchive.crawl.engine.reply import Get, Reply
from wparchive.http1.message import Head
from wparchive.model import Privilege, Target, Verdict
from wparchive.wordpress.age import OLD, Ages

__all__ = ["Freshness"]

_PAST_CACHES = "cachebust"  # WordPress ignores the parameter, and it isn't part of a canonical route


@dataclass(slots=True)
class Freshness:
    """What a run learns about the age of its responses: how many stayed old, and the oldest one's age in seconds.

    The first old response is requested once more with a parameter that no cache has seen. If that helps, all later
    requests carry it, and those already in flight are repeated; if it doesn't, none do.
    """

    answers: int = 0
    oldest: int = 0
    helps: bool | None = None
    _ages: Ages = field(default_factory=Ages)
    # Different in each run, so that no cache has seen it.
    _token: str = field(default_factory=lambda: f"{time.time_ns():x}")

    def age_of(self, target: Target, head: Head | None, captured_at: str) -> int:
        """Return the age in seconds of a response to `target`; 0 when nothing says that it is old."""
        of_api = target.route is not None or target.kind == "index"
        return self._ages.take(head, captured_at) if head and of_api else 0

    def freshest(self, reply: Reply, get: Get) -> Reply:
        """Return `reply`, or if it is old what a request past the cache returned; `get` requests a target at once."""
        if again := self._again(reply):
            newer = get(again)
            self.helps = newer.verdict is Verdict.ANSWERED and newer.status == reply.status and newer.age < OLD
            reply = newer if self.helps else reply
        if reply.age >= OLD and reply.target.route is not None:
            self.answers += 1
            self.oldest = max(self.oldest, reply.age)
        return reply

    def _again(self, reply: Reply) -> Target | None:
        """Return the target that repeats an old reply's request past the cache; None when that isn't worth it."""
        asked_plainly = f"{_PAST_CACHES}={self._token}" not in reply.target.url
        worth = reply.age >= OLD and self.helps is not False and asked_plainly and _may_vary(reply.target)
        return self._past(reply.target) if worth else None

    def spelled(self, target: Target) -> Target:
        """Return `target` in the spelling in which to request it."""
        return self._past(target) if self.helps and _may_vary(target) else target

    def _past(self, target: Target) -> Target:
        mark = "&" if "?" in target.url else "?"
        return replace(target, url=f"{target.url}{mark}{_PAST_CACHES}={self._token}")


def _may_vary(target: Target) -> bool:
    """Whether a parameter may be added to the request. Requests with credentials bypass caches anyway."""
    return target.route is not None and target.method == "GET" and target.privilege is Privilege.ANONYMOUS
