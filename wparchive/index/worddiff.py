"""What changed between two texts, word by word."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate, groupby

__all__ = ["Piece", "word_diff"]

# What one comparison may cost, in pairs of equal pieces that are looked at: lines that stand everywhere by turns would
# otherwise take the third power of their number. Once it is spent, the rest is told as replaced.
_BUDGET = 5_000_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words: `op` is equal, removed or added."""

    op: str
    text: str


def word_diff(before: str, after: str) -> list[Piece]:
    """The pieces that lead from `before` to `after`, white space kept; joined without the removed ones they are `after`.

    Lines are compared first, sentences only within those that changed, and words only within sentences that did.
    """
    return list(_joined(_Comparison().pieces(before, after, _LEVELS)))


_LEVELS = (
    re.compile(r"[^\n]*+\n|[^\n]++"),
    re.compile(r"[^.!?。！？]*+[.!?。！？]++\s*+|[^.!?。！？]++"),
    re.compile(r"\s+|\S+"),
)


class _Comparison:
    """Compares two texts level by level while what that may cost lasts."""

    def __init__(self) -> None:
        self._left = _BUDGET

    def pieces(self, before: str, after: str, levels: Sequence[re.Pattern[str]]) -> Iterator[Piece]:
        """The pieces that lead from `before` to `after`, cut by the first of `levels` and what changed by the others."""
        if not levels or not before or not after:
            yield from (Piece("removed", before), Piece("added", after))
            return
        old, new = levels[0].findall(before), levels[0].findall(after)
        removed = added = ""
        for equal, a, b, c, d in self._passages(old, new):
            same = "".join(old[a:b]) if equal else ""
            if same.strip() or (same and not removed + added):
                yield from self.pieces(removed, added, levels[1:])
                yield Piece("equal", same)
                removed = added = ""
            else:  # the space between two changed words belongs to the change
                removed += same or "".join(old[a:b])
                added += same or "".join(new[c:d])
        yield from self.pieces(removed, added, levels[1:])

    def _passages(self, old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[bool, int, int, int, int]]:
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


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    for op, run in groupby((piece for piece in pieces if piece.text), lambda piece: piece.op):
        yield Piece(op, "".join(piece.text for piece in run))
