"""Cuts a text into words and overlapping phrases, each a number: what texts are recognised by, whatever their markup.

A phrase is three words, or five signs of a script without spaces; case, width and punctuation don't count. The numbers
are CRC-32, so that they are the same with every version of every library.
"""

import re
from array import array
from collections.abc import Iterable, Sequence
from unicodedata import normalize
from zlib import crc32

from wparchive.wordpress.prose.words import PUNCTUATION
from wparchive.wordpress.unspaced import SIGNS, has_unspaced

__all__ = ["LEAST", "anchored", "length_of", "phrases_of", "places_of", "weight", "words_of"]

LEAST = 20
"""Words below which a text is too short to say whose it is."""

_UNSPACED = re.compile(rf"[{SIGNS}]|[^\s{SIGNS}]++")
_SPACED = re.compile(r"\S++")
_SIGN = re.compile(rf"[{SIGNS}]")
_AROUND = re.compile(rf"\A[{PUNCTUATION}]++|[{PUNCTUATION}]++\Z")
_WORDS, _SIGNS = 3, 5  # of a phrase
_SIZE = 4  # bytes of a number
_LONG = 180  # words of a text that has phrases enough
_MOST_KNOWN = 200_000
_LOWEST_BIT = (1).__and__
# Bytes with one or two certain bits unset: half of all, and a quarter.
_HALF = re.compile(b"[%s]" % b"".join(re.escape(bytes([one])) for one in range(256) if not one & 2))
_QUARTER = re.compile(b"[%s]" % b"".join(re.escape(bytes([one])) for one in range(256) if not one & 6))


class _Codes(dict[str, int]):
    """Maps a word as written to its number, 0 if it is only punctuation; the lowest bit says that it is a single sign."""

    def __missing__(self, written: str) -> int:
        word = _AROUND.sub("", written)
        is_sign = len(word) == 1 and _SIGN.match(word) is not None
        form = normalize("NFKC", word).casefold().encode("utf-8", "surrogatepass")
        found = (crc32(form) & ~1 | is_sign) or 2 if word else 0
        if len(self) >= _MOST_KNOWN:  # words come from foreign texts, so the cache is bounded
            self.clear()
        self[written] = found
        return found


_codes = _Codes()


def words_of(text: str) -> list[int]:
    """Return the words of `text` as numbers, in order."""
    found = _UNSPACED.findall(text) if has_unspaced(text) else text.split()
    codes = list(map(_codes.__getitem__, found))
    return [code for code in codes if code] if 0 in codes else codes


def places_of(text: str) -> list[tuple[int, int]]:
    """Return where each of the words of `text` stands: its first character, and one past its last."""
    pattern = _UNSPACED if has_unspaced(text) else _SPACED
    return [found.span() for found in pattern.finditer(text) if _codes[found[0]]]


def phrases_of(words: Sequence[int]) -> list[int]:
    """Return the phrase that begins at each word but the last two, as numbers of 32 bits."""
    return _phrases(words, range(len(words) - _WORDS + 1))


def anchored(words: Sequence[int]) -> list[int]:
    """Return the phrases by which a text is found: of a long one a quarter.

    Which ones depends on their first two words alone, so that texts which share phrases share these.
    """
    size = len(words) - _WORDS + 1
    pattern = _QUARTER if size > _LONG else _HALF if size > _LONG // 2 else None
    if pattern is None:
        return phrases_of(words)
    lowest = array("B", [word & 0xFF for word in words]).tobytes()
    mixed = int.from_bytes(lowest, "little")
    mixed ^= mixed >> 8  # each word's lowest byte with that of the next
    bits = mixed.to_bytes(len(lowest), "little")
    return _phrases(words, [found.start() for found in pattern.finditer(bits, 0, size)])


def _phrases(words: Sequence[int], starts: Iterable[int]) -> list[int]:
    data = array("I", words).tobytes()
    short, long = _WORDS * _SIZE, _SIGNS * _SIZE
    if not any(map(_LOWEST_BIT, words)):
        return [crc32(data[at : at + short]) for at in map(_SIZE.__mul__, starts)]
    return [crc32(data[at * _SIZE : at * _SIZE + (long if words[at] & 1 else short)]) for at in starts]


def length_of(word: int) -> int:
    """Return how many words a phrase has that begins with `word`."""
    return _SIGNS if word & 1 else _WORDS


def weight(words: Sequence[int]) -> int:
    """Return how many words there are, two signs of a script without spaces counted as one."""
    signs = sum([word & 1 for word in words])
    return len(words) - signs + (signs + 1) // 2
