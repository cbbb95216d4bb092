"""The passage of a text in which something was found, and where in it."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from unicodedata import combining, normalize

from wparchive.ask.finding.typed import Term

__all__ = ["Passage", "folded", "passages"]

_BEFORE, _AFTER = 60, 140  # characters
_SPACE = re.compile(r"\s")


class Passage(NamedTuple):
    """A piece of text; `found` where it is what was looked for."""

    text: str
    found: bool


def passages(text: str, terms: Iterable[Term]) -> list[Passage]:
    """Return some words of `text` around the first place that was found, else its beginning."""
    places = _places(text, [term for term in terms if not term.excluded and term.field != "title"])
    first = places[0][0] if places else 0
    start, end = _cut(text, max(0, first - _BEFORE), first), _cut_end(text, first + _AFTER)
    pieces, at = [Passage("…", False)] if start else [], start
    for begin, stop in places:
        if begin >= at and stop <= end:
            pieces += [Passage(text[at:begin], False), Passage(text[begin:stop], True)]
            at = stop
    pieces += [Passage(text[at:end], False), *([Passage("…", False)] if end < len(text) else [])]
    return [Passage(" ".join(one.text.split()).join(_edges(one.text)), one.found) for one in pieces if one.text]


def _edges(text: str) -> tuple[str, str]:
    """White space at an end of a piece keeps it apart from its neighbour."""
    inner = text.strip()
    return (" " * (bool(inner) and text[0].isspace()), " " * text[-1].isspace())


def _cut(text: str, start: int, before: int) -> int:
    """Move the start of a passage to a word's, where there is one before what was found."""
    if not start:
        return 0
    space = _SPACE.search(text, start, before)
    return space.end() if space else start


def _cut_end(text: str, end: int) -> int:
    if end >= len(text):
        return len(text)
    space = max(text.rfind(" ", end - 30, end), text.rfind("\n", end - 30, end))
    return space if space > 0 else end


def _places(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Return where the terms stand, in order; where words are found, else where they are parts of words."""
    plain, at = _mapped(text)
    for whole in (True, False):
        patterns = [_pattern(term, whole=whole) for term in terms]
        found = sorted((one.start(), one.end()) for pattern in patterns for one in pattern.finditer(plain))
        if found:
            return [(at[start], at[end - 1] + 1) for start, end in found]
    return []


_WORD = re.compile(r"[^\W_]+")
_BEGINS, _ENDS, _BETWEEN, _NEVER = r"(?<![^\W_])", r"(?![^\W_])", r"[\W_]+", r"(?!)"


def _pattern(term: Term, *, whole: bool) -> re.Pattern[str]:
    words = _BETWEEN.join(map(re.escape, _WORD.findall(folded(term.text)))) or _NEVER
    bounded = whole and not term.unspaced
    return re.compile(f"{_BEGINS if bounded else ''}{words}{_ENDS if bounded and not term.begin else ''}")


def folded(text: str) -> str:
    """Return `text` in lower case without accents, as the index folds it."""
    return _mapped(text)[0]


def _mapped(text: str) -> tuple[str, Sequence[int]]:
    """Return the folded text, and from where in `text` each of its characters is."""
    if text.isascii():
        return text.lower(), range(len(text))
    signs, at = [], []
    for place, sign in enumerate(text):
        for one in sign.lower() if sign.isascii() else normalize("NFKD", sign).lower():
            if not combining(one):
                signs.append(one)
                at.append(place)
    return "".join(signs), at
