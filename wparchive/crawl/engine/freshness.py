"""Caches in front of a site: how old its answers are, and whether they can be asked past."""

import time
from dataclasses import dataclass, field, replace

from wparchive.http1.message import Head
from wparchive.model import Privilege, Target
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

    def again(self, target: Target, age: int) -> Target | None:
        """How to ask for `target` once more, past the cache, when its answer is of such an age; None: not worth it."""
        asked_plainly = f"{_PAST_CACHES}={self._token}" not in target.url
        worth = age >= OLD and self.helps is not False and asked_plainly and _may_vary(target)
        return self._past(target) if worth else None

    def asked_again(self, *, fresh: bool) -> None:
        """What asking past the cache gave."""
        self.helps = fresh

    def count(self, target: Target, age: int) -> None:
        """An answer of such an age to `target` is what the run has to go by."""
        if age >= OLD and target.route is not None:
            self.answers += 1
            self.oldest = max(self.oldest, age)

    def spelled(self, target: Target) -> Target:
        """`target` as it is to be asked for."""
        return self._past(target) if self.helps and _may_vary(target) else target

    def _past(self, target: Target) -> Target:
        mark = "&" if "?" in target.url else "?"
        return replace(target, url=f"{target.url}{mark}{_PAST_CACHES}={self._token}")


def _may_vary(target: Target) -> bool:
    """Whether a parameter may be added to what is asked for: credentials go past every cache anyway."""
    return target.route is not None and target.method == "GET" and target.privilege is Privilege.ANONYMOUS
