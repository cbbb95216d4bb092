"""The text of a version by which it is compared with others."""

from unicodedata import normalize

from wparchive.kinship.comparison import Text
from wparchive.kinship.unseen import without_unseen
from wparchive.wordpress.text import visible_text

__all__ = ["article_text", "compared", "whole_syllables"]

_PART = "\u1161"  # the most frequent vowel of Korean: by itself where syllables are written in their parts, as some systems do


def article_text(content: str | None, excerpt: str | None) -> str:
    """Return what a reader sees of an article's HTML: its content, or its excerpt where a site shows nothing else."""
    return _shown(content, excerpt)[0]


def compared(content: str | None, excerpt: str | None) -> Text:
    """Return the same with what its elements say of it, to be compared with others."""
    return Text(*_shown(content, excerpt))


def whole_syllables(text: str) -> str:
    """Return a text with whole syllables of Korean where it has their parts; the same object if it has none."""
    return normalize("NFC", text) if _PART in text else text


def _shown(content: str | None, excerpt: str | None) -> tuple[str, str]:
    """The text of the one that shows something, and its HTML; where all of it is hidden, a script shows it."""
    for html in map(whole_syllables, filter(None, (content, excerpt))):
        seen = without_unseen(html)
        if text := visible_text(seen):
            return text, seen
        if seen is not html and (text := visible_text(html)):
            return text, html
    return "", ""
