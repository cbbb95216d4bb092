"""The pieces of work that an engine does: they ask for targets, and are fed what comes back."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Protocol

from wparchive.crawl.engine.reply import Reply
from wparchive.model import Target

__all__ = ["OneShot", "Task"]


class Task(Protocol):
    """A piece of work that asks for targets and is fed their replies, in any order.

    One whose `tolerant` is true asks other hosts too: no wall that it meets says anything of the site. `ahead` is how many
    targets it may have in flight for each worker, two if it doesn't say.
    """

    @property
    def done(self) -> bool:
        """Whether nothing more will be asked for."""

    def wanted(self, limit: int) -> Sequence[Target]:
        """At most `limit` targets to fetch next; none while it waits for replies."""

    def feed(self, reply: Reply) -> None:
        """Take the reply to a target that was wanted."""


class OneShot:
    """The task of fetching given targets, keeping their replies."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._left = deque(targets)
        self._open = 0
        self.replies: list[Reply] = []

    @property
    def done(self) -> bool:
        """Whether every target has its reply."""
        return not self._left and not self._open

    def wanted(self, limit: int) -> Sequence[Target]:
        """The next targets."""
        batch = [self._left.popleft() for _ in range(min(limit, len(self._left)))]
        self._open += len(batch)
        return batch

    def feed(self, reply: Reply) -> None:
        """Keep the reply."""
        self._open -= 1
        self.replies.append(reply)
