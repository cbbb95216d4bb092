"""The words of a page and of an item in one form, and where the words of one stand in the other.

Left out is what differs between two renderings of one text: typography (`wptexturize`), case, punctuation, invisible
characters, addresses of embedded things. Signs of unspaced scripts are words of their own.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from unicodedata import normalize

from wparchive.wordpress.characters import untypeset
from wparchive.wordpress.prose.words import tokens

__all__ = ["Stream", "parts_of", "shortcodes", "words_of"]

# Zero-width characters, soft hyphens, marks of direction.
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe0e\ufe0f\ufeff]")
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"']++", re.IGNORECASE)
_SHORTCODE = re.compile(r"\[/?[A-Za-z][\w-]{1,60}(?:\s[^\[\]]{0,2000}|=[^\[\]]{0,2000})?/?\]")
_NOTE = re.compile(r"\[\d{1,3}\]|[\u00b9\u00b2\u00b3\u2070-\u2079]++|\u21a9\ufe0e?")


def words_of(text: str) -> list[str]:
    """Return the words of `text` in the form in which they are compared."""
    if not text.isascii():
        text = _INVISIBLE.sub("", normalize("NFKC", _NOTE.sub(" ", text)))
    text = untypeset(_NOTE.sub(" ", _ADDRESS.sub(" ", text))).casefold()
    return [word for word in tokens(text).words if any(map(str.isalnum, word))]


def shortcodes(text: str) -> bool:
    """Return whether `text` has shortcodes that WordPress didn't replace: what stands there on a page isn't known."""
    return "[" in text and _SHORTCODE.search(text) is not None


def parts_of(text: str) -> list[str]:
    """Return the parts of `text` between such shortcodes."""
    return [part for part in _SHORTCODE.split(text) if part.strip()] if "[" in text else [text]


class Stream:
    """The words of passages in a row, searched for the words of other passages."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.words = [words_of(text) for text in texts]
        self.starts: list[int] = []  # of each passage, in words
        self._offsets: list[int] = []  # of each passage, in characters
        pieces, at, offset = [" "], 0, 1
        for words in self.words:
            self.starts.append(at)
            self._offsets.append(offset)
            piece = "".join(f"{word} " for word in words)
            pieces.append(piece)
            at += len(words)
            offset += len(piece)
        self._text = "".join(pieces)
        self.size = at

    def places(self, words: Sequence[str], most: int) -> Iterator[int]:
        """Yield where `words` stand, as the number of the first of them; at most so many places."""
        wanted = f" {' '.join(words)} "
        found = self._text.find(wanted) if words else -1
        while found >= 0 and most > 0:
            most -= 1
            passage = bisect_right(self._offsets, found + 1) - 1
            yield self.starts[passage] + self._text.count(" ", self._offsets[passage], found + 1)
            found = self._text.find(wanted, found + 1)

    def has(self, words: Sequence[str]) -> bool:
        """Return whether `words` stand there."""
        return not words or f" {' '.join(words)} " in self._text

    def passage(self, word: int) -> int:
        """Return the number of the passage with this word."""
        return bisect_right(self.starts, word) - 1
