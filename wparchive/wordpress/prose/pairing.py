"""Finds which blocks of two articles are the same block, reworded: in order, moved, split or joined."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from wparchive.wordpress.changes.sequences import Budget

__all__ = ["Bag", "is_in", "likeness", "pairs", "twins"]

Bag = frozenset[str]
_ALIKE = 0.4  # of Dice's measure: reworded
_MOVED = 0.8  # known again elsewhere
_WITHIN = 0.6  # of the words of a part that the whole must have
_MOST_PAIRS = 4_000  # compared each with each; of more only those that share a rare word
_RARE = 4  # blocks at most that have it


class _Pair(NamedTuple):
    old: int
    new: int
    score: float


def likeness(one: Bag, other: Bag) -> float:
    """Dice's measure: the share of words that both have, from 0 to 1."""
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 0.0


def is_in(part: Bag, whole: Bag) -> bool:
    """Whether most words of `part` are in `whole`."""
    return bool(part) and len(part & whole) >= _WITHIN * len(part)


def pairs(old: Sequence[Bag], new: Sequence[Bag], budget: Budget) -> list[tuple[int, int]]:
    """The pairs (index in `old`, index in `new`) that are alike, in the order of both: those whose likeness adds up to most."""
    tails: list[_Pair] = []
    before: dict[_Pair, _Pair | None] = {}
    best = _Best(len(new))
    found = sorted(_alike(old, new, _ALIKE, budget), key=lambda pair: (pair.old, -pair.new))
    for pair in found:
        score, last = best.below(pair.new)
        before[pair] = last
        best.put(pair.new, score + pair.score, pair)
    at = best.below(len(new))[1]
    while at:
        tails.append(at)
        at = before[at]
    return [(pair.old, pair.new) for pair in reversed(tails)]


def twins(old: Sequence[Bag], new: Sequence[Bag], budget: Budget) -> list[tuple[int, int]]:
    """The pairs that are nearly equal, in whatever order, the most alike first; each is in one pair at most."""
    found = sorted(_alike(old, new, _MOVED, budget), key=lambda pair: -pair.score)
    seen: tuple[set[int], set[int]] = (set(), set())
    chosen = []
    for pair in found:
        if pair.old not in seen[0] and pair.new not in seen[1]:
            seen[0].add(pair.old)
            seen[1].add(pair.new)
            chosen.append((pair.old, pair.new))
    return chosen


def _alike(old: Sequence[Bag], new: Sequence[Bag], least: float, budget: Budget) -> Iterator[_Pair]:
    for one, other in _candidates(old, new):
        sizes = len(old[one]), len(new[other])
        if 2 * min(sizes) >= least * sum(sizes) and any(sizes):
            if not budget.spend(min(sizes) + 10):
                return
            score = likeness(old[one], new[other])
            if score >= least:
                yield _Pair(one, other, score)


def _candidates(old: Sequence[Bag], new: Sequence[Bag]) -> Iterator[tuple[int, int]]:
    if len(old) * len(new) <= _MOST_PAIRS:
        yield from ((one, other) for one in range(len(old)) for other in range(len(new)))
        return
    where: defaultdict[str, list[int]] = defaultdict(list)
    for other, words in enumerate(new):
        for word in words:
            where[word].append(other)
    for one, words in enumerate(old):
        for other in sorted(
            {place for word in words if len(where.get(word, ())) <= _RARE for place in where.get(word, ())}
        ):
            yield one, other


class _Best:
    """The best chain of pairs that ends before a place, found in the logarithm of their number: a Fenwick tree of maxima."""

    def __init__(self, size: int) -> None:
        self._tree: list[tuple[float, _Pair | None]] = [(0.0, None)] * (size + 1)

    def below(self, place: int) -> tuple[float, _Pair | None]:
        """The best of all that were put at less than `place`."""
        best = self._tree[0]
        while place:
            best = max(best, self._tree[place], key=_score)
            place &= place - 1
        return best

    def put(self, place: int, score: float, pair: _Pair) -> None:
        place += 1
        while place < len(self._tree):
            self._tree[place] = max(self._tree[place], (score, pair), key=_score)
            place += place & -place


def _score(entry: tuple[float, _Pair | None]) -> float:
    return entry[0]
