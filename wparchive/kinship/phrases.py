"""Cuts a text into words and overlapping phrases, each a number: what texts are recognised by, whatever their markup.

A phrase is three words, or five signs of a script without spaces; case, width, accents, lookalikes and punctuation don't
count. The numbers are reckoned here, so that they are the same with every version of every library, and for all words of a
text at once: each is the value of its characters as a polynomial, taken from the sums of such values up to each character.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from unicodedata import category, combining, normalize

import numpy as np
from numpy.typing import NDArray

from wparchive.wordpress.prose.words import PUNCTUATION
from wparchive.wordpress.unspaced import is_unspaced

__all__ = [
    "FEWEST",
    "LEAST",
    "LONGEST",
    "Cut",
    "Numbers",
    "cut",
    "length_of",
    "phrases",
    "weight",
    "words_of_each",
]

Numbers = NDArray[np.uint32]

LEAST = 20
"""Words below which a text is too short to say whose it is."""

FEWEST, LONGEST = 3, 5
"""Words of a phrase, and signs."""

_AT_ONCE = 1 << 15  # characters
_PUNCTUATION = re.compile(f"[{PUNCTUATION}]")
_WITHIN = frozenset("'’ʼ`´-\u2010\u2011\u0640\u3099\u309a")  # what stands in a word and isn't always written
_UNSEEN = ("Cf", "Mn", "Me")
# Letters of other scripts that look like Latin ones, each like one alone: a text written with them is the same.
_LOOKALIKES = str.maketrans("авекмнорстухіјѕһԁԛԝӏαβειηκνορτυχı", "abekmhopctyxijshdqwlabeihkvoptyxi")
# What a character is: nothing, the end of a word, itself without case and accents, a word of its own.
_NOTHING, _END, _SIGN, _UNKNOWN = 0, 1, 1 << 30, (1 << 32) - 1
_characters = np.full(0x110000, _UNKNOWN, np.uint32)

_BASE = 0x9E3779B97F4A7C15
_POWERS = np.cumprod(np.full(_AT_ONCE + 2, _BASE, np.uint64))
_INVERSES = np.cumprod(np.full(_AT_ONCE + 2, pow(_BASE, -1, 1 << 64), np.uint64))
_MIX, _HIGH = np.uint64(0xD6E8FEB86659FD93), np.uint64(32)
_FACTORS = [np.uint32(one) for one in (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1)]
_STIR, _FIRST_SHIFT, _SECOND_SHIFT = np.uint32(0x2C1B3C6D), np.uint32(15), np.uint32(13)
_LOWEST = np.uint32(1)


class Cut(NamedTuple):
    """The words of a text as numbers, and where each begins and ends in it, in characters."""

    words: Numbers
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def cut(text: str) -> Cut:
    """Return the words of `text`, in order; the lowest bit of a number says that it is a sign of an unspaced script."""
    parts = [_cut(text[at : at + _AT_ONCE], at) for at in range(0, max(len(text), 1), _AT_ONCE)]
    return parts[0] if len(parts) == 1 else Cut(*map(np.concatenate, zip(*parts, strict=True)))


def _cut(text: str, offset: int) -> Cut:
    written = np.frombuffer(f" {text} ".encode("utf-32-le", "surrogatepass"), "<u4")
    read = _characters.take(written, mode="clip")  # faster than an index; no character is beyond the table
    if read.max() == _UNKNOWN:
        for one in set(written[read == _UNKNOWN].tolist()):
            _characters[one] = _read(chr(one))
        read = _characters.take(written, mode="clip")
    shown = read != _NOTHING  # not what isn't always written
    at, read = np.flatnonzero(shown), read[shown]
    starts, ends = _borders(read)
    sums = np.multiply(read, _POWERS[: len(read)], dtype=np.uint64).cumsum()
    values = (sums[ends - 1] - sums[starts - 1]) * _INVERSES[starts]
    words = (values * _MIX >> _HIGH).astype(np.uint32) & ~_LOWEST
    words |= read[starts] >= _SIGN
    return Cut(words, at[starts] + (offset - 1), at[ends - 1] + offset)


def _borders(read: Numbers) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where words begin and end; before the first character and behind the last one there is none."""
    inside = read != _END
    border = inside[1:] != inside[:-1]
    if read.max() < _SIGN:
        edges = np.flatnonzero(border) + 1
        return edges[::2], edges[1::2]
    signs = read >= _SIGN
    border |= signs[1:] | signs[:-1]
    return np.flatnonzero(border & inside[1:]) + 1, np.flatnonzero(border & inside[:-1]) + 1


def _read(character: str) -> int:
    """What a character is, by Unicode."""
    parts = normalize("NFKD", character.casefold()).translate(_LOOKALIKES)
    plain = "".join(one for one in parts if not combining(one))
    if character in _WITHIN or (not plain and not is_unspaced(character)):
        return _NOTHING
    if is_unspaced(character):
        return _SIGN | ord(plain if len(plain) == 1 else character)
    kind = category(character)
    if kind in _UNSEEN:
        return _NOTHING
    return _END if kind[0] in "ZC" or _PUNCTUATION.match(character) else ord(plain if len(plain) == 1 else character)


def words_of_each(texts: Iterable[str]) -> Iterator[Numbers]:
    """Yield the words of each of these texts, as `cut` does, in less time: short ones are cut together."""
    for some in _together(texts):
        if len(some) == 1:
            yield cut(some[0]).words
            continue
        found = cut(" ".join(some))
        begins = np.cumsum([len(text) + 1 for text in some[:-1]])
        yield from np.split(found.words, found.starts.searchsorted(begins))


def _together(texts: Iterable[str]) -> Iterator[list[str]]:
    some: list[str] = []
    size = 0
    for text in texts:
        if some and size + len(text) + len(some) > _AT_ONCE:
            yield some
            some, size = [], 0
        some.append(text)
        size += len(text)
    if some:
        yield some


def phrases(words: Numbers) -> Numbers:
    """Return the phrase that begins at each word but the last two."""
    size = max(len(words) - FEWEST + 1, 0)
    found = np.zeros(size, np.uint32)
    for at, factor in enumerate(_FACTORS[:FEWEST]):
        found += words[at : at + size] * factor
    signs = words[:size] & _LOWEST
    if signs.any():
        for at, factor in enumerate(_FACTORS[FEWEST:], FEWEST):
            behind = words[at : at + size]
            found[: len(behind)] += behind * factor * signs[: len(behind)]
    found ^= found >> _FIRST_SHIFT
    found *= _STIR
    found ^= found >> _SECOND_SHIFT
    return found


def length_of(word: int) -> int:
    """Return how many words a phrase has that begins with `word`."""
    return LONGEST if word & 1 else FEWEST


def weight(words: Sequence[int]) -> int:
    """Return how many words there are, two signs of a script without spaces counted as one."""
    signs = sum([word & 1 for word in words])
    return len(words) - signs + (signs + 1) // 2
