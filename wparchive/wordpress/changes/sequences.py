"""Which passages two sequences of words or lines share, at a bounded cost."""

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate

__all__ = ["Comparison"]

# What one comparison may cost, in pairs of equal pieces that are looked at: lines that stand everywhere by turns would
# otherwise take the third power of their number. Once it is spent, the rest is told as replaced.
_BUDGET = 5_000_000


class Comparison:
    """Compares sequences while what that may cost, in all, lasts."""

    def __init__(self, budget: int = _BUDGET) -> None:
        self._left = budget

    def passages(self, old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[bool, int, int, int, int]]:
        """The passages of both in their order: whether they are the same, where they begin and end in each."""
        a = c = 0
        for i, j, size in (*sorted(self._same(old, new)), (len(old), len(new), 0)):
            if a < i or c < j:
                yield False, a, i, c, j
            if size:
                yield True, i, i + size, j, j + size
            a, c = i + size, j + size

    def _same(self, old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int]]:
        """The passages that both have, as (where in `old`, where in `new`, length): the longest, then those beside it."""
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
