"""What a run asks for again that did not come in earlier ones."""

from typing import Final

from wparchive.crawl.context import Context
from wparchive.crawl.pages.spacing import is_due

__all__ = ["Trying"]

_FOR_GOOD: Final = frozenset(("unaskable", "length"))  # no later try would have it


class Trying:
    """What one run tries again; a full one everything, but what no try would have."""

    def __init__(self, context: Context) -> None:
        self._network, self._now = context.network, context.now()
        self._full = context.mode == "full"

    def wants(self, url: str, problem: str, tries: int, at: str) -> bool:
        """Return whether to try again what did not come because of a `problem` in so many `tries`, the last of them `at`.

        What robots.txt refused is judged anew in each run that reads that of its host: this costs nothing.
        """
        if problem in _FOR_GOOD or (problem == "robots" and self._network.permits(url) is False):
            return False
        return self._full or is_due(tries, at, self._now)
