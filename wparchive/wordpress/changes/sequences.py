"""Finds the passages that two sequences of words or lines share, at a bounded cost."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate

__all__ = ["Budget", "Comparison"]

# Cost limit of one comparison, in pairs of equal pieces examined. Without it, lines that recur everywhere would take
# the third power of their number. Once it is spent, the rest counts as replaced.
_STEPS = 5_000_000


class Budget:
    """What is left to spend on comparisons: steps, a tenth of a microsecond each, which are the same on every machine.

    With a `clock` (a function that returns seconds), it is also spent when so many `seconds` have passed; the outcome then
    depends on how busy the machine is.
    """

    def __init__(
        self, steps: int = _STEPS, clock: Callable[[], float] | None = None, seconds: float = math.inf
    ) -> None:
        self._left = steps
        self._clock = clock
        self._end = clock() + seconds if clock else math.inf

    def spend(self, steps: int) -> bool:
        """Whether that much was left; if not, nothing is spent."""
        if steps > self._left or (self._clock is not None and self._clock() > self._end):
            return False
        self._left -= steps
        return True


class Comparison:
    """Compares sequences until its budget, shared by all comparisons, is spent."""

    def __init__(self, budget: Budget | None = None) -> None:
        self._budget = budget or Budget()

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
        """Yield the shared passages as (index in `old`, index in `new`, length): what both begin and end with, then the longest
        between, then those around it.
        """
        shorter = min(len(old), len(new))
        head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
        tail = next((at for at in range(shorter - head) if old[-1 - at] != new[-1 - at]), shorter - head)
        if head:
            yield 0, 0, head
        if tail:
            yield len(old) - tail, len(new) - tail, tail
        for i, j, size in self._between(old[head : len(old) - tail], new[head : len(new) - tail]):
            yield head + i, head + j, size

    def _between(self, old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int]]:
        if not old or not new:
            return
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        counts = Counter(new)
        pairs = [0, *accumulate(1 + counts[one] for one in old)]
        waiting = [(0, len(old), 0, len(new))]
        while waiting:
            a, b, c, d = waiting.pop()
            if a == b or c == d or not self._budget.spend(pairs[b] - pairs[a]):
                continue
            i, j, size = matcher.find_longest_match(a, b, c, d)
            if size:
                yield i, j, size
                waiting += [(a, i, c, j), (i + size, b, j + size, d)]
