"""Finds what of two kin texts may be quoted as standing in both: runs of words that are written alike."""

from collections.abc import Iterable, Iterator
from heapq import nsmallest
from typing import NamedTuple

from wparchive.kinship.overlap import Passage
from wparchive.kinship.phrases import Cut, length_of

__all__ = ["Place", "Written", "alike"]

_MOST = 5
_FORMS = str.maketrans("‘’‚ʼ“”„", "''''\"\"\"")  # WordPress makes the one out of the other


class Place(NamedTuple):
    """A passage by characters: from `start` to `end` in the first text, from `other_start` to `other_end` in the second."""

    start: int
    end: int
    other_start: int
    other_end: int


class Written(NamedTuple):
    """A text, and its words."""

    text: str
    cut: Cut

    def span(self, first: int, size: int) -> tuple[int, int]:
        """From where to where so many words stand, in characters."""
        return int(self.cut.starts[first]), int(self.cut.ends[first + size - 1])

    def passage(self, first: int, size: int) -> str:
        """So many words with all that stands between them."""
        start, end = self.span(first, size)
        return self.text[start:end]

    def parts(self, first: int, size: int) -> list[str]:
        """So many words as they are written, each with what stands before it, but for the forms of white space and quotes."""
        starts, ends = (some[first : first + size].tolist() for some in (self.cut.starts, self.cut.ends))
        befores = (starts[0], *ends[:-1])
        found = []
        for before, start, end in zip(befores, starts, ends, strict=True):
            gap = self.text[before:start].translate(_FORMS)
            found.append(f"{' '.join(f'.{gap}.'.split())}\n{self.text[start:end].translate(_FORMS)}")
        return found


def alike(found: Iterable[Passage], one: Written, other: Written) -> list[Place]:
    """Return the longest runs of words that stand in both texts as they are, the longest first, five at most.

    `found` are passages of words that are the same but for case, accents and what stands between them ("4.000" and
    "4,000"), in the order of the second text. Each is cut where the two are written differently.
    """
    runs: list[Passage] = []
    for passage in sorted(_joined(found), key=lambda each: -each.size):
        if len(runs) == _MOST and runs[-1].size >= passage.size:
            break
        runs = nsmallest(_MOST, (*runs, *_runs(passage, one, other)), key=lambda run: (-run.size, run.other))
    return [Place(*one.span(run.one, run.size), *other.span(run.other, run.size)) for run in runs]


def _joined(found: Iterable[Passage]) -> Iterator[Passage]:
    """Passages of which one goes on where another ends, in both texts, are one."""
    last: Passage | None = None
    for passage in found:
        if last and (last.one + last.size, last.other + last.size) == passage[:2]:
            last = last._replace(size=last.size + passage.size)
            continue
        if last:
            yield last
        last = passage
    if last:
        yield last


def _runs(passage: Passage, one: Written, other: Written) -> Iterator[Passage]:
    if one.passage(passage.one, passage.size) == other.passage(passage.other, passage.size):
        yield from _run(passage, 0, passage.size, one)
        return
    left, right = one.parts(passage.one, passage.size), other.parts(passage.other, passage.size)
    begin = 0
    for at in range(passage.size + 1):
        if at < passage.size and left[at] == right[at]:
            continue
        if at > begin:
            yield from _run(passage, begin, at, one)
        # A word that only differs by what stands before it begins the next run.
        begin = at if at < passage.size and _word(left[at]) == _word(right[at]) else at + 1


def _run(passage: Passage, begin: int, end: int, one: Written) -> Iterator[Passage]:
    if end - begin >= length_of(int(one.cut.words[passage.one + begin])):
        yield Passage(passage.one + begin, passage.other + begin, end - begin)


def _word(part: str) -> str:
    return part.rpartition("\n")[2]
