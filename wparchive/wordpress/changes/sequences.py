"""Finds the passages that two sequences of words or lines share, at a bounded cost."""

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate

__all__ = ["Comparison"]

# Cost limit of one comparison, in pairs of equal pieces examined. Without it, lines that recur everywhere would take
# the third power of their number. Once it is spent, the rest counts as replaced.
_BUDGET = 5_000_000


class Comparison:
    """Compares sequences until its budget, shared by all comparisons, is spent."""

    def __init__(self, budget: int = _BUDGET) -> None:
        self._left = budget

    def passages(self, old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[bool, int, int, int, int]]:
        """Yield the passages of both in order: whether they are equal, then start and end in each."""
        a = c = 0
        for i, j, size in (*sorted(self._same(old, new)), (len(old), len(new), 0)):
            if a < i or c < j:
                yield False, a, i, c, j
            if size:
                yield True, i, i + size, j, j + size
            a, c = i + size, j + size

    def _same(self, old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int]]:
        """Yield the shared passages as (index in `old`, index in `new`, length): the longest first, then those around it."""
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        counts = Counter(new)
        pairs = [0, *accumulate(1 + counts[one] for one in old)]
        waiting = [(0, len(old), 0, len(new))]
        while waiting:
            a, b, c, d = waiting.pop()
            cost = pairs[b] - pairs[a]
            if a == b or c == d or cost > self._left:
                continue
            self._left -= cost
            i, j, size = matcher.find_longest_match(a, b, c, d)
            if size:
                yield i, j, size
                waiting += [(a, i, c, j), (i + size, b, j + size, d)]
