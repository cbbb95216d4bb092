"""Compares two texts exactly: what stands in both, and what kind of kinship that is.

What is quoted, and phrases that stand all over the archive or that both sites repeat, are told from text that was taken:
neither makes two texts kin. No kind says who took from whom; that is `precedence`.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from enum import StrEnum
from functools import cached_property
from itertools import chain, compress
from operator import and_, gt, not_, or_
from typing import NamedTuple

import numpy as np

from wparchive.kinship.overlap import Passage, Phrased, is_sure, passages
from wparchive.kinship.phrases import Cut, cut, length_of, phrases, weight
from wparchive.kinship.quotations import cited, spoken
from wparchive.kinship.verbatim import Place, Written, alike

__all__ = ["NO_NOISE", "Kin", "Kind", "Noise", "Place", "Text", "compare", "shared_phrases"]


class Kind(StrEnum):
    """What the first text is to the second: the words tell, not the time."""

    COPY = "copy"  # nearly all of each stands in the other
    EXCERPT = "excerpt"  # nearly all of it stands in the other, which has more
    EXTENDED = "extended"  # it has nearly all of the other, and more
    REWRITTEN = "rewritten"  # part of each stands in the other
    QUOTATION = "quotation"  # what both share is quoted, in both or by one of them


class Kin(NamedTuple):
    """How two texts are kin: numbers are words, shares percent of each text that stands in the other.

    `quoted` words are quoted in both, or in one that has words of its own around them; `common` ones stand all over the
    archive, are repeated by the sites of both, or mostly figures, and are in no share.
    `places` are the longest passages that are written alike in both, the longest first.
    """

    kind: Kind
    words: int
    other_words: int
    shared: int
    share: int
    other_share: int
    quoted: int
    common: int
    places: tuple[Place, ...]


class Noise(NamedTuple):
    """Of the phrases that the sketches of both texts have, those that are common, and all of them."""

    common: Set[int]
    sketched: Set[int]


NO_NOISE = Noise(frozenset(), frozenset())
"""Of two texts of which nothing else is known."""

_NEARLY_ALL = 0.75
_KIN = 0.2  # of what isn't quoted
_FEWEST = 15  # words that are shared outside quotations
_FEWEST_QUOTED = 12
_COMMON = 1 / 3  # of a passage's phrases in the sketches; each text has but some of a notice in its sketch
_TABLE = 1 / 2  # of a passage's words are figures: results, prices and numbers drawn are nobody's words
_QUOTING = 2 / 3  # of a text; one that has more in quotation marks has hardly any words of its own around them
_LINE_END = re.compile("\n")


class Text:
    """A visible text, cut once for all its comparisons, and only if one needs it; `html` tells what its elements quote."""

    def __init__(self, text: str, html: str = "") -> None:
        self.text = text
        self._html = html

    @cached_property
    def cut(self) -> Cut:
        """Its words, and where they stand."""
        return cut(self.text)

    @cached_property
    def words(self) -> list[int]:
        """Its words as numbers."""
        found: list[int] = self.cut.words.tolist()
        return found

    @property
    def weight(self) -> int:
        """How many words it has, as `weight` counts them."""
        signs = int(np.count_nonzero(self.cut.words & 1))
        return len(self.cut.words) - signs + (signs + 1) // 2

    @cached_property
    def phrased(self) -> Phrased:
        """Its words and phrases."""
        found: list[int] = phrases(self.cut.words).tolist()
        return Phrased(self.words, found)

    @cached_property
    def lines(self) -> list[int]:
        """Of each word the number of its line."""
        ends = np.array([found.start() for found in _LINE_END.finditer(self.text)], np.int64)
        found: list[int] = ends.searchsorted(self.cut.starts).tolist()
        return found

    @cached_property
    def figures(self) -> bytearray:
        """Of each word whether it begins with a digit."""
        signs = np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), "<u4")[self.cut.starts]
        return bytearray(((signs >= ord("0")) & (signs <= ord("9"))).tobytes())

    @cached_property
    def quoted(self) -> bytearray:
        """Of each word whether it is quoted."""
        starts = self.cut.starts
        flags = bytearray(len(starts))
        for span in chain(spoken(self.text), cited(self._html, self.text)):
            at, to = map(int, starts.searchsorted(span))
            flags[at:to] = b"\1" * (to - at)
        return flags

    @cached_property
    def quotes(self) -> bool:
        """Whether any word is quoted."""
        return 1 in self.quoted

    @cached_property
    def cites(self) -> bytearray:
        """Of each word whether it is quoted among words of its own: a text that is nothing else cites nobody."""
        few = self.quoted.count(1) <= _QUOTING * len(self.words)
        return self.quoted if few else bytearray(len(self.words))

    @property
    def written(self) -> Written:
        """Itself with its words."""
        return Written(self.text, self.cut)


class _Side:
    """One of two texts, and what of it stands in the other."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.size = len(text.words)
        # Words that are shared: the text's own, quoted, common to all the archive.
        self.own, self.cited, self.common = (bytearray(self.size) for _ in range(3))

    def share(self) -> float:
        """The share of its own words that stands in the other, quotations and common phrases aside."""
        others = sum(map(gt, self.text.quoted, map(or_, self.own, self.common))) if self.text.quotes else 0
        least = self.size - others - self.common.count(1)
        return min(self.own.count(1) / least, 1.0) if least >= _FEWEST else 0.0

    def whole_share(self) -> float:
        """The share of its words that stands in the other, with quotations."""
        taken: int = sum(map(or_, self.own, self.cited)) if 1 in self.cited else self.own.count(1)
        return taken / max(self.size - self.common.count(1), 1)


def compare(one: Text, other: Text, noise: Noise = NO_NOISE) -> Kin | None:
    """Return how two texts are kin, None if they aren't; what consists of common phrases makes them none."""
    if one.text == other.text and not noise.common:
        return _equal(one)
    first, second = _Side(one), _Side(other)
    kept = _marked(first, second, noise)
    # Turns of phrase alone, however many, are the language's.
    kind = _kind(first, second) if is_sure(kept, one.words, other.words) else None
    if kind is None:
        return None
    shared = [*compress(other.words, map(or_, second.own, second.cited))]
    return Kin(
        kind=kind,
        words=one.weight,
        other_words=other.weight,
        shared=weight(shared),
        share=round(100 * first.whole_share()),
        other_share=round(100 * second.whole_share()),
        quoted=second.cited.count(1),
        common=second.common.count(1),
        places=tuple(alike(kept, one.written, other.written)),
    )


def shared_phrases(one: Text, other: Text, noise: Noise = NO_NOISE) -> frozenset[int]:
    """Return the phrases of all passages that stand in both texts, but for what is common; empty if there are none."""
    found, common = _passages(one, other, noise)
    kept = compress(found, map(not_, common))
    return frozenset(phrase for passage in kept for phrase in _phrases(passage, other))


def _equal(text: Text) -> Kin:
    size, quoted = text.weight, text.quoted.count(1)
    end = len(text.text)
    return Kin(Kind.COPY, size, size, size, 100, 100, quoted, 0, (Place(0, end, 0, end),))


def _marked(one: _Side, other: _Side, noise: Noise) -> list[Passage]:
    """Note what the words of both texts are that stand in the other; return the passages that aren't common."""
    found, common = _passages(one.text, other.text, noise)
    for passage, is_common in zip(found, common, strict=True):
        _mark(passage, one, other, is_common=is_common)
    if 1 in one.common:  # a phrase that the first text has once may stand twice in the other, once in a notice
        one.common = bytearray(map(gt, one.common, map(or_, one.own, one.cited)))
    return [*compress(found, map(not_, common))]


def _passages(one: Text, other: Text, noise: Noise) -> tuple[list[Passage], list[bool]]:
    """The passages that stand in both, if they are no chance, and of each whether it is common."""
    found = passages(one.phrased, other.phrased)
    if not is_sure(found, one.words, other.words):
        return [], []
    if noise.common:
        found = list(_in_lines(found, other))
    return found, _common(found, other, noise)


def _in_lines(found: Iterable[Passage], other: Text) -> Iterator[Passage]:
    """Passages cut where a line of the second text ends: a disclaimer is a line of its own."""
    for passage in found:
        begin, end = passage.other, passage.other + passage.size
        while begin < end:
            at = bisect_right(other.lines, other.lines[begin], begin, end)
            yield Passage(passage.one + begin - passage.other, begin, at - begin)
            begin = at


def _common(found: Sequence[Passage], other: Text, noise: Noise) -> list[bool]:
    """Of each passage whether it is common: a table, a notice, or between parts of one, as the wording of weather is."""
    tables = [other.figures[one.other : one.other + one.size].count(1) > _TABLE * one.size for one in found]
    if not noise.common:
        return tables
    known = [_is_common(one, other, noise) for one in found]
    more: Counter[int] = Counter()  # words of each line that are common, less those that aren't
    for one, is_common in zip(found, known, strict=True):
        more[other.lines[one.other]] += one.size if is_common else -one.size
    within = [more[other.lines[one.other]] > 0 for one in found]
    return [any(each) for each in zip(tables, known, within, strict=True)]


def _mark(passage: Passage, one: _Side, other: _Side, *, is_common: bool) -> None:
    left = slice(passage.one, passage.one + passage.size)
    right = slice(passage.other, passage.other + passage.size)
    whole = b"\1" * passage.size
    if is_common:
        one.common[left] = other.common[right] = whole
        return
    quoted = _quoted(one.text, left, other.text, right)
    if 1 not in quoted:
        one.own[left] = other.own[right] = whole
        return
    for side, place in ((one, left), (other, right)):
        side.cited[place] = map(or_, side.cited[place], quoted)
        side.own[place] = map(or_, side.own[place], (1 - flag for flag in quoted))


def _quoted(one: Text, left: slice, other: Text, right: slice) -> bytes:
    """Of each word whether it is quoted in both, or cited by one of them."""
    if not one.quotes and not other.quotes:
        return b""
    both = map(and_, one.quoted[left], other.quoted[right])
    return bytes(map(max, both, one.cites[left], other.cites[right]))


def _is_common(passage: Passage, other: Text, noise: Noise) -> bool:
    """Whether enough of its phrases that the sketches have are known as common: any text has some, a notice hardly others."""
    inside = _phrases(passage, other)
    known = sum(map(noise.common.__contains__, inside))
    return known > _COMMON * sum(map(noise.sketched.__contains__, inside))


def _phrases(passage: Passage, other: Text) -> Sequence[int]:
    """The phrases of a passage."""
    size = passage.size - length_of(other.words[passage.other]) + 1
    return other.phrased.phrases[passage.other : passage.other + size]


def _kind(one: _Side, other: _Side) -> Kind | None:
    if max(one.share(), other.share()) >= _KIN and sum(other.own) >= _FEWEST:
        within, around = one.whole_share() >= _NEARLY_ALL, other.whole_share() >= _NEARLY_ALL
        if within and around:
            return Kind.COPY
        return Kind.EXCERPT if within else Kind.EXTENDED if around else Kind.REWRITTEN
    return Kind.QUOTATION if sum(other.cited) >= _FEWEST_QUOTED else None
