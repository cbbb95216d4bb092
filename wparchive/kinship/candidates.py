"""Finds the pairs of texts that may be kin by the sketches of all: those that share phrases which aren't everywhere.

A phrase in the sketches of more than COMMON items is common, and finds nothing. What is found depends on the sketches
alone, not on their order; only pairs with a text of an item that is new are looked for.
"""

import itertools
from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from wparchive.kinship.phrases import Numbers

__all__ = ["COMMON", "FEWEST", "Postings", "Sketches", "candidates", "is_in"]

COMMON = 40
"""Items that may have a phrase before it counts as one that stands everywhere."""

FEWEST = 4
"""Phrases that two texts share at least, of those in their sketches that stand not everywhere."""
_AT_ONCE = 1 << 21  # phrases that are sorted at a time
_PAIRS = 1 << 18  # counted at a time
_MIX, _PLACE = np.uint64(0x9E3779B97F4A7C15), np.uint64(64 - 19)
_TEXTS = 1 << 14  # looked for at a time
_SCANNED = 1 << 16  # phrases that are looked at at a time
_BITS, _SHIFT, _HIGH = 22, np.uint32(10), np.uint64(32)
_Keys = NDArray[np.uint64]
_Places = NDArray[np.int64]


class Sketches:
    """All texts' sketches, one behind the other, and of each text its item; the texts of an item stand together."""

    def __init__(self, phrases: Numbers, sizes: _Places, items: _Places) -> None:
        self.phrases, self.sizes, self.items = phrases, sizes, items
        self.begins = np.cumsum(sizes) - sizes
        self.owners = np.repeat(np.arange(len(sizes), dtype=np.uint32), sizes)

    def of(self, text: int) -> Numbers:
        """Return the numbers in the sketch of a text."""
        return self.phrases[self.begins[text] :][: self.sizes[text]]

    def of_all(self, texts: _Places) -> tuple[Numbers, _Places]:
        """Return the numbers of several texts one behind the other, and with each its text."""
        sizes = self.sizes[texts]
        return self.phrases[_ranges(self.begins[texts], sizes)], np.repeat(texts, sizes)

    def mostly_of(self, texts: _Places, ordered: Numbers) -> Iterator[tuple[int, int]]:
        """Yield those of several texts of whose numbers most are among the `ordered`, and the first of these."""
        for at in range(0, len(texts), _TEXTS):
            found, owners = self.of_all(texts[at : at + _TEXTS])
            known = is_in(found, ordered)
            found, owners = found[known], owners[known]
            which, firsts, counts = np.unique(owners, return_index=True, return_counts=True)
            most = counts * 2 > self.sizes[which]
            yield from zip(which[most].tolist(), found[firsts[most]].tolist(), strict=True)


def _ranges(begins: _Places, sizes: _Places) -> _Places:
    """The numbers from each beginning on, so many, one range behind the other."""
    upto = np.cumsum(sizes)
    return np.repeat(begins - upto + sizes, sizes) + np.arange(int(sizes.sum()))


class Postings:
    """Which texts have which phrase, ordered by phrase: phrases that several texts have, all or those `wanted` and a few more."""

    def __init__(self, sketches: Sketches, wanted: Numbers | None = None) -> None:
        self._items = sketches.items
        keys = np.concatenate([_of_several(part) for part in _parts(sketches, wanted)])
        self._phrases, self._texts = (keys >> _HIGH).astype(np.uint32), keys.astype(np.uint32)

    def of(self, phrase: int) -> Numbers:
        """Return the numbers of the texts whose sketch has `phrase`, if there are several."""
        begin, end = (self._phrases.searchsorted(np.uint32(phrase), side) for side in ("left", "right"))
        return self._texts[begin:end]

    def pairs(self, wanted: NDArray[np.bool_], common: Numbers) -> Iterator[_Keys]:
        """Yield each `wanted` text with every one that shares a phrase with it which isn't `common`, once a phrase.

        If all are wanted, only with those before it. A pair is one number, the wanted text in its higher half; all those of
        a text come together.
        """
        is_all = bool(wanted.all())
        begins, sizes = self._groups()
        shared = ~is_in(self._phrases[begins], common)
        at = np.flatnonzero(wanted[self._texts] & np.repeat(shared, sizes)).astype(np.uint32)
        for low in range(0, len(wanted), _TEXTS):
            texts = self._texts[at]
            some = at[(texts >= low) & (texts < low + _TEXTS)]
            some = some[np.argsort(self._texts[some], kind="stable")]
            groups = begins.searchsorted(some, "right") - 1
            first = begins[groups].astype(np.int64)
            yield from self._with_all(
                self._texts[some], first, some - first if is_all else sizes[groups].astype(np.int64)
            )

    def _with_all(self, owners: Numbers, begins: _Places, sizes: _Places) -> Iterator[_Keys]:
        firsts = np.flatnonzero(np.diff(owners, prepend=~owners[:1]))
        parts = np.cumsum(sizes)[firsts] // _PAIRS
        borders = [*firsts[np.flatnonzero(np.diff(parts, prepend=-1))].tolist(), len(owners)]
        for start, end in itertools.pairwise(borders):
            others = self._texts[_ranges(begins[start:end], sizes[start:end])]
            yield np.repeat(owners[start:end], sizes[start:end]).astype(np.uint64) << _HIGH | others

    def frequent(self) -> Iterator[tuple[int, int]]:
        """Yield each phrase that is common, and how many items have it."""
        phrases, _ = self._of_many(COMMON + 1)
        firsts = _firsts(phrases)
        counts = np.diff(firsts, append=len(phrases))
        common = counts > COMMON
        yield from zip(phrases[firsts[common]].tolist(), counts[common].tolist(), strict=True)

    def repeated(self, sites: _Places, often: int) -> tuple[_Places, Numbers]:
        """Return each site and phrase, in the order of the phrases, that so many items of one site have.

        `sites` has of each item the number of its site; the items of a site stand together.
        """
        phrases, items = self._of_many(often)
        found = sites[items]
        firsts = _firsts(phrases.astype(np.uint64) << _HIGH | found.astype(np.uint64))
        firsts = firsts[np.diff(firsts, append=len(phrases)) >= often]
        return found[firsts], phrases[firsts]

    def _of_many(self, least: int) -> tuple[Numbers, _Places]:
        """The phrases that so many texts have or more, in order, each once for each item that has it, with that."""
        begins, sizes = self._groups()
        many = sizes >= least
        at = _ranges(begins[many].astype(np.int64), sizes[many].astype(np.int64))
        phrases, items = self._phrases[at], self._items[self._texts[at]]  # the texts of an item stand together
        kept = _firsts(phrases.astype(np.uint64) << _HIGH | items.astype(np.uint64))
        return phrases[kept], items[kept]

    def _groups(self) -> tuple[Numbers, Numbers]:
        """Where the texts of each phrase begin, and how many there are."""
        begins = _firsts(self._phrases).astype(np.uint32)
        return begins, np.diff(begins, append=np.uint32(len(self._phrases)))


def _parts(sketches: Sketches, wanted: Numbers | None) -> Iterator[_Keys]:
    """Each phrase with its text behind it: of all, so many at a time, or of those wanted."""
    phrases = sketches.phrases
    if wanted is not None:
        alike = np.zeros(1 << _BITS, bool)  # by their first bits, without a search
        alike[wanted >> _SHIFT] = True
        starts = range(0, len(phrases), _SCANNED)
        found = [np.flatnonzero(alike[phrases[at : at + _SCANNED] >> _SHIFT]) + at for at in starts]
        at = np.concatenate(found or [np.zeros(0, np.int64)])
        yield _keys(phrases[at], sketches.owners[at])
        return
    count = len(phrases) // _AT_ONCE + 1
    borders = [(1 << 32) * at // count for at in range(count + 1)]
    for low, high in itertools.pairwise(borders):
        part = (phrases >= np.uint32(low)) & (phrases <= np.uint32(high - 1))
        yield _keys(phrases[part], sketches.owners[part])


def _keys(phrases: Numbers, texts: Numbers | _Places) -> _Keys:
    return phrases.astype(np.uint64) << _HIGH | texts.astype(np.uint64)


def _firsts(ordered: _Keys | Numbers) -> _Places:
    """Where another value begins."""
    found: _Places = np.flatnonzero(np.diff(ordered, prepend=~ordered[:1]))
    return found


def is_in(phrases: Numbers, ordered: Numbers) -> NDArray[np.bool_]:
    """Return of each phrase whether it is one of those that are `ordered`."""
    if not len(ordered):
        return np.zeros(len(phrases), bool)
    found: NDArray[np.bool_] = ordered[np.minimum(ordered.searchsorted(phrases), len(ordered) - 1)] == phrases
    return found


def _of_several(keys: _Keys) -> _Keys:
    """Leave out the phrases that one text alone has, as most are."""
    keys.sort()
    same = keys[1:] >> _HIGH == keys[:-1] >> _HIGH
    kept = np.zeros(len(keys), bool)
    kept[1:] |= same
    kept[:-1] |= same
    return keys[kept]


def candidates(
    sketches: Sketches, held: Postings, frequent: Collection[int], new: Collection[int]
) -> Iterator[tuple[int, int, int]]:
    """Yield (text, other text, phrases that they share) of different items, each pair once, in the order of the texts.

    `new` are items, all of whose phrases are `held`; of two that are new, the pair comes with the later one.
    """
    is_new = np.zeros(int(sketches.items.max(initial=-1)) + 1, bool)
    is_new[list(new)] = True
    for pairs in held.pairs(is_new[sketches.items], np.array(sorted(frequent), np.uint32)):
        pairs = _perhaps_enough(pairs)
        own, its = sketches.items[pairs >> _HIGH], sketches.items[pairs & np.uint64((1 << 32) - 1)]
        wanted = (own != its) & ~((its > own) & is_new[its])
        found, shared = _counted(pairs[wanted])
        found, shared = found[shared >= FEWEST], shared[shared >= FEWEST]
        yield from zip((found >> _HIGH).tolist(), found.astype(np.uint32).tolist(), shared.tolist(), strict=True)


def _perhaps_enough(pairs: _Keys) -> _Keys:
    """Leave out most pairs that occur fewer than FEWEST times, as most do: those whose place in a table is as rarely met."""
    places = (pairs * _MIX >> _PLACE).astype(np.int64)
    found: _Keys = pairs[np.bincount(places, minlength=1)[places] >= FEWEST]
    return found


def _counted(pairs: _Keys) -> tuple[_Keys, _Places]:
    """Each pair once, in order, and how often it occurs."""
    pairs.sort()
    firsts = np.flatnonzero(pairs[1:] != pairs[:-1]) + 1
    borders = np.concatenate(([0], firsts, [len(pairs)])) if len(pairs) else np.zeros(1, np.int64)
    return pairs[borders[:-1]], borders[1:] - borders[:-1]
