"""Cuts text into what is compared: words, numbers with their separators, single signs of unspaced scripts, punctuation."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from wparchive.wordpress.prose.result import PARAGRAPH, PICTURE
from wparchive.wordpress.unspaced import SIGNS

__all__ = ["PUNCTUATION", "Tokens", "bag", "is_number", "is_punctuation", "is_sign", "sentences", "tokens", "weight"]

PUNCTUATION = (
    r"!-/:-@\[-\^`{-~\xa1-\xa9\xab-\xb1\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7\u2010-\u2027\u2030-\u205e\u20a0-\u20cf\u2190-\u2bff"
    r"\u3001-\u3004\u3008-\u3020\u3030\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\u060c\u061b\u061f\u06d4\u0964"
    r"\u0965\u05be\u05c0\u05c3\u0589\u1361-\u1368\u104a\u104b\u17d4-\u17da\u0f0b-\u0f14\u0e5a\u0e5b\ufffc"
)
# What stands above, below or beside a sign of a script without spaces and belongs to it.
_MARKS = (
    r"\u0300-\u036f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e"
    r"\u1056-\u1060\u17b4-\u17d3\u3099\u309a\ufe00-\ufe0f\u200c\u200d\U000e0100-\U000e01ef"
)
_STACKED = r"[\u17d2\u1039][\u1000-\u1021\u1780-\u17a2]"  # a consonant under another, in Khmer and Burmese
_LETTER = rf"[^\s{PUNCTUATION}{SIGNS}]"
_TOKEN = re.compile(
    r"([^\S\n\t]*+)(?:("
    rf"\d{{1,3}}(?:\x20\d{{3}}(?!\d)|(?!)){{1,6}}+(?:[.,]\d++|(?!))?+(?!{_LETTER})"  # 1 234 567,89
    rf"|\d++(?:[.,:/'\u2019\xb7-]\d++|(?!))*+{_LETTER}*+"
    rf"|[{SIGNS}](?:{_STACKED}|[{_MARKS}]|(?!))*+"
    rf"|{_LETTER}++(?:['\u2019\u2010\u2011-]{_LETTER}++|(?!))*+"
    r"|\S|[\n\t])|\Z)"
)
_IS_PUNCTUATION = re.compile(rf"[{PUNCTUATION}\n\t]")
_IS_SIGN = re.compile(rf"[{SIGNS}]")
_SENTENCE_ENDS = frozenset(".!?…。！？｡؟۔।॥։።។။")
_CLOSING = frozenset("\"'”’»›)]）」』】》")
_LONGEST = 200  # tokens of a sentence; a text without full stops is cut somewhere


class Tokens(NamedTuple):
    """The words of a text, and the white space before each; together they are the text.

    The mark of a cell or of a paragraph is a word, and so is white space behind the last one.
    """

    spaces: list[str]
    words: list[str]


def tokens(text: str) -> Tokens:
    """Cut `text`."""
    found = _TOKEN.findall(text)
    if found and not any(found[-1]):  # the end
        found.pop()
    return Tokens([space for space, _ in found], [word for _, word in found])


def is_punctuation(word: str) -> bool:
    """Whether it is no word: a full stop, a picture, the mark of a cell."""
    return not word or _IS_PUNCTUATION.match(word) is not None


def is_sign(word: str) -> bool:
    """Whether it is a sign of a script that puts no space between words."""
    return _IS_SIGN.match(word) is not None


def is_number(word: str) -> bool:
    """Whether it begins with a digit."""
    return word[:1].isdecimal()


def weight(words: Iterable[str]) -> int:
    """How many words there are, two signs of an unspaced script counted as one."""
    counted = [word for word in words if not is_punctuation(word)]
    signs = sum(map(is_sign, counted))
    return len(counted) - signs + (signs + 1) // 2


def bag(words: Sequence[str]) -> frozenset[str]:
    """What a text is recognised by: its words in whatever case, the pairs of its signs, whether it has pictures."""
    found: set[str] = set()
    before = ""
    for word in words:
        if is_sign(word):
            found.add(before + word)
            before = word
        else:
            before = ""
            if word == PICTURE or not is_punctuation(word):
                found.add(word.casefold())
    return frozenset(found)


def sentences(cut: Tokens) -> Iterator[tuple[int, int]]:
    """Yield start and end of each sentence among tokens; the quotes that close one belong to it."""
    start = 0
    for at in (*_breaks(cut), len(cut.words)):
        if at > start:
            yield start, at
            start = at


def _breaks(cut: Tokens) -> Iterator[int]:
    """Yield where a sentence is over among tokens."""
    start, end = 0, ""  # the sign that ended the sentence
    for at, (space, word) in enumerate(zip(*cut, strict=True)):
        ends = word in _SENTENCE_ENDS
        closes = ends or (word in _CLOSING and not space)
        over = end and not closes and (space or not end.isascii())
        if over or word == PARAGRAPH or at - start >= _LONGEST:
            yield at
            start, end = at, ""
        if ends:
            end = word
        elif not closes:
            end = ""
