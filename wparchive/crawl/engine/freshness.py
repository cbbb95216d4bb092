"""Caches in front of a site: how old its answers are, and whether they can be asked past."""

import time
from dataclasses import dataclass, field, replace

from wparchive.crawl.engine.reply import Get, Reply
from wparchive.http1.message import Head
from wparchive.model import Privilege, Target, Verdict
from wparchive.wordpress.age import OLD, Ages

__all__ = ["Freshness"]

_PAST_CACHES = "cachebust"  # WordPress ignores it, and it is no part of a canonical route


@dataclass(slots=True)
class Freshness:
    """What a run learns of the age of its answers: how many were old in the end, and how old the oldest was.

    The first old answer is asked for once more with a parameter that no cache has seen. Where that helps, everything after it
    is asked for so, and what was under way already once more; where it doesn't, nothing is.
    """

    answers: int = 0
    oldest: int = 0
    helps: bool | None = None
    _ages: Ages = field(default_factory=Ages)
    _token: str = field(default_factory=lambda: f"{time.time_ns():x}")

    def age_of(self, target: Target, head: Head | None, captured_at: str) -> int:
        """The age in seconds of what came for `target`, 0 when nothing says that it is old."""
        of_api = target.route is not None or target.kind == "index"
        return self._ages.take(head, captured_at) if head and of_api else 0

    def freshest(self, reply: Reply, get: Get) -> Reply:
        """`reply`, or where it is an old one what asking past the cache gave; `get` asks for a target at once."""
        if again := self._again(reply):
            newer = get(again)
            self.helps = newer.verdict is Verdict.ANSWERED and newer.status == reply.status and newer.age < OLD
            reply = newer if self.helps else reply
        if reply.age >= OLD and reply.target.route is not None:
            self.answers += 1
            self.oldest = max(self.oldest, reply.age)
        return reply

    def _again(self, reply: Reply) -> Target | None:
        """How to ask once more, past the cache, for what `reply` is an old answer to; None: not worth it."""
        asked_plainly = f"{_PAST_CACHES}={self._token}" not in reply.target.url
        worth = reply.age >= OLD and self.helps is not False and asked_plainly and _may_vary(reply.target)
        return self._past(reply.target) if worth else None

    def spelled(self, target: Target) -> Target:
        """`target` as it is to be asked for."""
        return self._past(target) if self.helps and _may_vary(target) else target

    def _past(self, target: Target) -> Target:
        mark = "&" if "?" in target.url else "?"
        return replace(target, url=f"{target.url}{mark}{_PAST_CACHES}={self._token}")


def _may_vary(target: Target) -> bool:
    """Whether a parameter may be added to what is asked for: credentials go past every cache anyway."""
    return target.route is not None and target.method == "GET" and target.privilege is Privilege.ANONYMOUS
