"""The sketch of a text: the smallest of its phrases' numbers, by which near copies find each other.

MinHash as a bottom-k sketch, with a fixed share of all phrases for long texts (FracMinHash), so that what was taken out
of a long text still finds it: signatures cut into bands, as libraries of MinHash have them, find texts of equal length, take
a kilobyte a text and miss an excerpt. Which phrases are kept depends on the text alone.
"""

import sys
from array import array
from collections.abc import Iterable

__all__ = ["numbers", "sketch"]

_FEWEST = 48  # numbers kept of every text
_SHARE = 4  # of a long text one phrase in so many


def sketch(phrases: Iterable[int]) -> bytes:
    """Return the sketch of a text with these `phrases`: sorted numbers of 32 bits, little-endian; empty without any."""
    ordered = sorted(set(phrases))
    threshold = (1 << 32) // _SHARE
    kept = array("I", ordered[:_FEWEST])
    kept.extend(one for one in ordered[_FEWEST:] if one < threshold)
    return _little(kept).tobytes()


def numbers(data: bytes) -> "array[int]":
    """Return the numbers of a sketch."""
    found = array("I")
    found.frombytes(data)
    return _little(found)


def _little(found: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        found.byteswap()
    return found
