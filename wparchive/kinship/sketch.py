"""The sketch of a text: the smallest of its phrases' numbers, by which near copies find each other.

MinHash as a bottom-k sketch, with a fixed share of all phrases for long texts (FracMinHash), so that what was taken out
of a long text still finds it: signatures cut into bands, as libraries of MinHash have them, find texts of equal length, take
a kilobyte a text and miss an excerpt. Which phrases are kept depends on the text alone.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from wparchive.kinship.phrases import FEWEST, LEAST, LONGEST, Numbers, phrases, words_of_each

__all__ = ["numbers", "sketches"]

_KEPT = 64  # numbers kept of every text
_SHARE = np.uint64((1 << 32) // 4)  # of a long text the numbers below this one
_LONG = 180  # phrases of a text that has enough of them: a quarter is looked at, of half as long a one half
_HALF, _QUARTER = 1, 3  # bits that are unset in these
_AT_ONCE = 64
_PADDING = np.zeros(LONGEST - 1, np.uint32)  # no phrase goes from one text into the next
_HIGH = np.uint64(32)


def sketches(texts: Iterable[str]) -> Iterator[tuple[int, bytes]]:
    """Yield of each text how many words it has (signs of unspaced scripts count half) and its sketch.

    That is sorted numbers of 32 bits, little-endian; empty for a text that is too short.
    """
    words = words_of_each(texts)
    while some := list(islice(words, _AT_ONCE)):
        yield from _sketched(some)


def _sketched(some: list[Numbers]) -> Iterator[tuple[int, bytes]]:
    joined = np.concatenate([part for one in some for part in (one, _PADDING)])
    lengths = np.array([len(one) + len(_PADDING) for one in some])
    ends = np.cumsum(lengths)
    begins = ends - lengths
    signs = np.add.reduceat((joined & 1).astype(np.int64), begins)
    weights = lengths - len(_PADDING) - signs + (signs + 1) // 2
    sizes = np.where(weights >= LEAST, lengths - len(_PADDING) - (FEWEST - 1), 0)
    bits = np.where(sizes > _LONG, _QUARTER, np.where(sizes > _LONG // 2, _HALF, 0)).astype(np.uint32)
    found = phrases(joined)
    owners = np.repeat(np.arange(len(some), dtype=np.uint64), lengths)[: len(found)]
    wanted = np.flatnonzero(found & np.repeat(bits, lengths)[: len(found)] == 0)
    wanted = wanted[wanted < np.repeat(begins + sizes, lengths)[wanted]]
    keys = owners[wanted] << _HIGH | found[wanted]
    keys.sort()
    keys = keys[np.diff(keys, prepend=np.uint64((1 << 64) - 1)) != 0]
    texts = np.arange(len(some), dtype=np.uint64) << _HIGH
    begins, shares = keys.searchsorted(texts), keys.searchsorted(texts + _SHARE)
    ends = np.minimum(np.maximum(begins + _KEPT, shares), np.append(begins[1:], len(keys)))
    data, size = keys.astype("<u4").tobytes(), _PADDING.itemsize
    for weight, begin, end in zip(weights.tolist(), begins.tolist(), ends.tolist(), strict=True):
        yield weight, data[begin * size : end * size]


def numbers(data: bytes | bytearray) -> Numbers:
    """Return the numbers of a sketch."""
    return np.frombuffer(data, "<u4").astype(np.uint32, copy=False)
