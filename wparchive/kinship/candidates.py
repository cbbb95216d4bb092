"""Finds the pairs of texts that may be kin by the sketches of all: those that share phrases which aren't everywhere.

A phrase in the sketches of more than COMMON items is common, and finds nothing. What is found depends on the sketches
alone, not on their order; only pairs with a text that is `new` are looked for.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set

from wparchive.kinship.sketch import numbers

__all__ = ["COMMON", "FEWEST", "Postings", "candidates", "postings"]

COMMON = 40
"""Items that may have a phrase before it counts as one that stands everywhere."""

FEWEST = 4
"""Phrases that two texts share at least, of those in their sketches that stand not everywhere."""
_BITS, _SHIFT = 24, 8
_AT_ONCE = 1 << 19  # numbers that are sorted in memory at a time

Sketches = Callable[[], Iterable[tuple[int, bytes]]]
"""Every text's number and sketch, whenever it is called; the numbers begin at 0."""


class Postings:
    """Which texts have which phrase, ordered by phrase; only phrases that several texts have."""

    def __init__(self, phrases: "array[int]", texts: "array[int]", items: Sequence[int]) -> None:
        self._phrases, self._texts, self._items = phrases, texts, items
        self._maybe = bytearray(1 << _BITS)  # tells most phrases of one text without a search
        for phrase in phrases:
            self._maybe[phrase >> _SHIFT] = 1

    def of(self, phrase: int) -> "array[int]":
        """Return the numbers of the texts whose sketch has `phrase`, if there are several."""
        start = bisect_left(self._phrases, phrase)
        return self._texts[start : bisect_right(self._phrases, phrase, start)]

    def of_all(self, phrases: Iterable[int], without: Set[int]) -> "array[int]":
        """Return those of each of these `phrases`, `without` some, one after the other."""
        maybe, found = self._maybe, array("I")
        for phrase in [one for one in phrases if maybe[one >> _SHIFT]]:
            if phrase not in without:
                found += self.of(phrase)
        return found

    def frequent(self) -> Iterator[tuple[int, int]]:
        """Yield each phrase that is common, and how many items have it."""
        last = -1
        for at in range(COMMON, len(self._phrases), COMMON):  # one of these lies in every run that is long enough
            phrase = self._phrases[at]
            if phrase != last:
                last = phrase
                items = {self._items[text] for text in self.of(phrase)}
                if len(items) > COMMON:
                    yield phrase, len(items)


def postings(sketches: Sketches, items: Sequence[int], wanted: set[int] | None = None) -> Postings:
    """Return who has which phrase: of all, or of those `wanted`; `items` is each text's item. Eight bytes an entry."""
    phrases, texts = array("I"), array("I")
    parts = _parts(sketches) if wanted is None else 1
    width = (1 << 32) // parts + 1
    for part in range(parts):
        found: list[int] = []
        low, high = part * width, (part + 1) * width
        for text, data in sketches():
            if wanted is not None:
                found += [phrase << 32 | text for phrase in wanted.intersection(numbers(data))]
            else:
                own = numbers(data)
                start, end = (bisect_left(own, low), bisect_left(own, high)) if parts > 1 else (0, len(own))
                found += [phrase << 32 | text for phrase in own[start:end]]
        found.sort()
        several = list(_of_several(found))
        phrases.extend([entry >> 32 for entry in several])
        texts.extend([entry & 0xFFFFFFFF for entry in several])
    return Postings(phrases, texts, items)


def _of_several(found: Sequence[int]) -> Iterator[int]:
    """Leave out the phrases that one text alone has, as most are."""
    before, kept = 1 << 64, False  # unlike any
    for entry in found:
        if entry ^ before < 1 << 32:
            if not kept:
                yield before
            yield entry
            kept = True
        else:
            kept = False
        before = entry


def _parts(sketches: Sketches) -> int:
    return sum(len(data) for _, data in sketches()) // 4 // _AT_ONCE + 1


def candidates(
    sketches: Iterable[tuple[int, bytes]], held: Postings, items: Sequence[int], frequent: Set[int], new: Set[int]
) -> Iterator[tuple[int, int, int]]:
    """Yield (text, other text, phrases that they share) of different items, each pair once; `sketches` are those of `new`.

    `new` are items; of two that are new, the pair comes with the later one.
    """
    for text, data in sketches:
        item = items[text]
        counts = Counter(held.of_all(numbers(data), frequent))
        for other, shared in counts.items():
            its = items[other]
            if shared >= FEWEST and its != item and not (its > item and its in new):
                yield text, other, shared
