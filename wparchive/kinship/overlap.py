"""Finds the passages that two texts share, wherever they stand in each."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import compress
from typing import NamedTuple

from wparchive.kinship.phrases import length_of, weight

__all__ = ["SHORT", "Passage", "Phrased", "is_sure", "passages"]

_BY_ITSELF = 7  # words of a passage that is no chance wherever it stands
_MANY = 16  # words that are compared at a time
SHORT = 80
"""Words of a text below which fewer must stand together: of a longer one more are left, however evenly some are changed."""
_TOGETHER, _TOGETHER_IN_LONG = 12, 24  # words of several passages with a few changed between them
_CHANGED = 2
_NEAR = 10  # words or signs between two short passages that support each other, in both texts


class Passage(NamedTuple):
    """So many words that stand in both texts: at `one` in the first, at `other` in the second, counted in words."""

    one: int
    other: int
    size: int


class Phrased:
    """The words of a text and the phrase that begins at each of them, made once for all its comparisons."""

    def __init__(self, words: Sequence[int], phrases: Sequence[int]) -> None:
        self.words = words
        self.phrases = phrases

    @cached_property
    def where(self) -> dict[int, int]:
        """Each phrase with the first place where it begins."""
        return dict(zip(reversed(self.phrases), range(len(self.phrases) - 1, -1, -1), strict=True))


def passages(one: Phrased, other: Phrased) -> list[Passage]:
    """Return the passages that both texts share, in the order of the second; none overlap in it.

    A short one counts where another stands near it in both: any two texts of a language share some phrases. The cost grows
    with the sum of the lengths.
    """
    found = _shared(one, other)
    kept = []
    for at, passage in enumerate(found):
        beside = (*found[max(at - 1, 0) : at], *found[at + 1 : at + 2])
        if any(_supports(passage, near) for near in beside) or is_long(passage, other.words):
            kept.append(passage)
    return kept


def is_long(passage: Passage, other: Sequence[int]) -> bool:
    """Return whether a passage is no chance wherever it stands; `other` are the words of the second text."""
    if not _BY_ITSELF <= passage.size < 2 * _BY_ITSELF:  # a sign weighs half a word
        return passage.size >= _BY_ITSELF
    return weight(other[passage.other : passage.other + passage.size]) >= _BY_ITSELF


def is_sure(found: Iterable[Passage], one: Sequence[int], other: Sequence[int]) -> bool:
    """Return whether one of the passages is no chance, or several with but a word or two changed between.

    `found` are passages in the order of the second text; `one` and `other` are the words of both.
    """
    least = _TOGETHER if min(len(one), len(other)) < SHORT else _TOGETHER_IN_LONG
    last, together = None, 0
    for passage in found:
        if is_long(passage, other):
            return True
        size = weight(other[passage.other : passage.other + passage.size])
        together = together + size if last and _goes_on(last, passage) else size
        if together >= least:
            return True
        last = passage
    return False


def _goes_on(last: Passage, passage: Passage) -> bool:
    """Whether as many words stand between both in each text, and no more than may have been changed."""
    between = passage.other - last.other - last.size
    return 0 <= between <= _CHANGED and passage.one - last.one == passage.other - last.other


def _supports(one: Passage, near: Passage) -> bool:
    first, second = sorted((one, near), key=lambda passage: passage.other)
    return all(
        0 <= after - before - first.size <= _NEAR
        for before, after in ((first.one, second.one), (first.other, second.other))
    )


def _shared(one: Phrased, other: Phrased) -> list[Passage]:
    where, words, phrases = one.where, other.words, other.phrases
    found: list[Passage] = []
    at = behind = 0  # in the second text, and where the first goes on behind the last passage
    for place in compress(range(len(phrases)), map(where.__contains__, phrases)):
        if place < at:
            continue
        at, behind = place, behind + place - at
        continues = behind < len(one.phrases) and one.phrases[behind] == phrases[at]
        start = behind if continues else where[phrases[at]]
        size = _same(one.words, start, words, at)
        if size >= length_of(words[at]):
            found.append(Passage(start, at, size))
            at, behind = at + size, start + size
    return found


def _same(one: Sequence[int], start: int, other: Sequence[int], at: int) -> int:
    size, most = 0, min(len(one) - start, len(other) - at)
    while size + _MANY <= most and one[start + size : start + size + _MANY] == other[at + size : at + size + _MANY]:
        size += _MANY
    while size < most and one[start + size] == other[at + size]:
        size += 1
    return size
