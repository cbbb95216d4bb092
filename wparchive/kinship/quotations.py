"""Finds what a text quotes: what stands in quotation marks, of whatever language, and in HTML's elements for quotations.

A mark may be an apostrophe, close in one language what it opens in another, or never be closed: what it does is told by what
stands beside it and what is open. Where each paragraph of a quotation begins with a mark and only the last one ends with one,
all of it is quoted.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wparchive.wordpress.text import ATTRIBUTES, visible_text
from wparchive.wordpress.unspaced import has_unspaced, is_unspaced

__all__ = ["cited", "spoken"]

# What opens a quotation, and what may close it.
_CLOSED_BY = {
    "“": "”",
    "„": "“”",
    "‟": "”",
    "”": "”“",
    "«": "»",
    "»": "«»",
    '"': '"',
    "״": "״",
    "‘": "’'",
    "‚": "‘’",
    "'": "'’",
    "‹": "›",
    "›": "‹›",
    "「": "」",
    "『": "』",
    "﹁": "﹂",
    "〝": "〞〟",
    "＂": "＂",
}
_BOTH_WAYS = frozenset("”»›“‘«‹\"״'’＂")  # these open in one language, or at one place, and close in another
_SINGLE = frozenset("‘'‚")
_MARK = re.compile("[“”„‟«»\"״‘’‚'‹›「」『』﹁﹂〝〞〟＂]")
_CLEAR = '“”„‟«»"״‚‹›「『﹁〝＂'  # no apostrophe looks like one of these
_MAY_OPEN = re.compile(r"['‘](?<!\w.)")
# An apostrophe before a word: '90s, 'em, 'n (Afrikaans), 't and 's (Dutch).
_SHORTENED = re.compile(r"\d|(?:n|t|s|k|m|r|em|tis|twas|til|till|cause|bout|round)\b", re.IGNORECASE)
_SURE_END = re.compile(r"(?<=[^\w\s])['’](?!\w)")
_NEAR = 200  # characters in which that is looked for
_LEAST, _LEAST_SIGNS = 20, 8  # characters; fewer are a word that somebody sets apart
_BEFORE = frozenset("([{—–-/:,¿¡…“„«‹‘’\"'「『（，。：；、！？")
_OPEN = 8  # quotations within quotations
_ACROSS = 10_000  # characters of one that goes over several paragraphs

_ELEMENTS = ("<blockquote", "<q", "<cite")
_QUOTING = re.compile(r"<(/?)(blockquote|q|cite)(?=[\s/>])" + ATTRIBUTES + r"(?:>|\Z)", re.IGNORECASE)
_SIGNS = {("", True): "\u2061", ("/", True): "\u2062", ("", False): "\u2063", ("/", False): "\u2064"}
_IS_SIGN = re.compile("[\u2061-\u2064]")


def spoken(text: str) -> Iterator[tuple[int, int]]:
    """Yield from where to where, in characters, a visible text has something in quotation marks; one may be in another."""
    if not any(map(text.__contains__, _CLEAR)) and not _MAY_OPEN.search(text):
        return
    begins = [0, *(found.end() for found in re.finditer("\n", text)), len(text) + 1]
    goes_on: str | None = None
    for begin, after in pairwise(begins):
        end = after - 1
        found, left = _in_line(text, begin, end, goes_on)
        goes_on = None
        if left:
            goes_on, last = _beyond(text, left, end)
            if last:
                found.append((left[0], last))
        yield from ((start, to) for start, to in found if _is_long(text, start, to))


def _is_long(text: str, start: int, end: int) -> bool:
    size = end - start
    return size >= _LEAST or (size >= _LEAST_SIGNS and has_unspaced(text[start:end]))


def _in_line(
    text: str, begin: int, end: int, goes_on: str | None
) -> tuple[list[tuple[int, int]], tuple[int, str] | None]:
    """Quotations of one line, and the first mark that nothing closes in it; `goes_on` is what the line before left open."""
    found: list[tuple[int, int]] = []
    stack: list[tuple[int, str]] = [(begin, goes_on)] if goes_on else []
    for mark in _MARK.finditer(text, begin + bool(goes_on), end):
        at, sign = mark.start(), mark[0]
        level = next((level for level in reversed(range(len(stack))) if _closes(text, stack[level], at, end)), None)
        if level is not None:
            found.append((stack[level][0], at + 1))
            del stack[level:]
        elif sign in _CLOSED_BY and _opens(text, at, end):
            stack = [*stack[-_OPEN:], (at, sign)]
    return found, next((one for one in stack if one[1] not in _SINGLE), None)


def _closes(text: str, opened: tuple[int, str], at: int, end: int) -> bool:
    first = opened[1]
    sign = text[at]
    if sign not in _CLOSED_BY[first]:
        return False
    if first in _SINGLE:
        return _ends(text, at, end) and not _is_possessive(text, at, end)
    return sign not in _BOTH_WAYS or (sign in "”»›" and first in "“„«‹‟") or _ends(text, at, end)


def _ends(text: str, at: int, end: int) -> bool:
    """Whether a mark can close by what stands beside it: something before it, and no word behind."""
    before, behind = text[at - 1 : at], text[at + 1 : at + 2] if at + 1 < end else ""
    return not _is_word(behind) and not (before.isspace() and behind.strip() != "")


def _is_possessive(text: str, at: int, end: int) -> bool:
    """Whether ’ may be the one of "the dogs’ owner": between two words, and a later one closes behind a full stop or comma."""
    if not (_is_word(text[at - 1]) and text[at + 1 : at + 2] == " " and _is_word(text[at + 2 : at + 3])):
        return False
    return _SURE_END.search(text, at + 1, min(end, at + _NEAR)) is not None


def _opens(text: str, at: int, end: int) -> bool:
    """Whether a mark can open by what stands beside it."""
    before, behind = text[at - 1 : at] if at else "", text[at + 1 : at + 2] if at + 1 < end else ""
    if text[at] not in _BOTH_WAYS:
        return True
    if behind == "" or (behind.isspace() and text[at] != "«"):
        return False
    if text[at] in _SINGLE and _SHORTENED.match(text, at + 1):
        return False
    return before == "" or before.isspace() or before in _BEFORE or is_unspaced(before)


def _is_word(sign: str) -> bool:
    return sign.isalnum() and not is_unspaced(sign)


def _beyond(text: str, left: tuple[int, str], end: int) -> tuple[str | None, int | None]:
    """What the next line goes on with, and where the quotation ends that this line left open: here, or paragraphs later."""
    sign = left[1]
    following = text[end + 1 : end + 2]
    if following and following in (sign, *(_CLOSED_BY[sign] if sign in "«»" else ())):
        return sign, end
    if sign in _CLOSED_BY[sign]:
        return None, None
    for mark in _MARK.finditer(text, end + 1, min(len(text), end + _ACROSS)):
        if mark[0] in _CLOSED_BY[sign]:
            return None, mark.end()
        if mark[0] == sign:
            break
    return None, None


def cited(html: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield from where to where, in characters of `text`, the visible text of `html`, stands in elements for quotations.

    Those are blockquote, as embedded posts of other services are too, q and cite.
    """
    lowered = html.lower()
    if not any(element in lowered for element in _ELEMENTS):
        return
    marked = visible_text(_QUOTING.sub(_signed, _IS_SIGN.sub("", html)))
    places = _places(marked, text)
    depth, start, inline = 0, 0, None
    for found, at in zip(_IS_SIGN.finditer(marked), places, strict=True):
        sign = found[0]
        if sign == _SIGNS["", True]:
            depth, start = depth + 1, start if depth else at
        elif sign == _SIGNS["/", True]:
            if depth == 1:
                yield start, at
            depth = max(depth - 1, 0)
        elif sign == _SIGNS["", False]:
            inline = at
        elif inline is not None:
            yield inline, at
            inline = None
    if depth:  # an element that isn't closed goes on to the end
        yield start, len(text)


def _signed(tag: re.Match[str]) -> str:
    """The tag with a sign behind it that no reader sees, and that ends no word."""
    return tag[0] + _SIGNS[tag[1], len(tag[2]) > len("quote")]


def _places(marked: str, text: str) -> list[int]:
    """Where the signs of the one text stand in the other, by how many characters but white space stand before them."""
    codes = np.frombuffer(marked.encode("utf-32-le", "surrogatepass"), "<u4")
    plain = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    is_sign = (codes >= ord(_SIGNS["", True])) & (codes <= ord(_SIGNS["/", False]))
    before = np.cumsum(_is_shown(codes) & ~is_sign)[is_sign]
    shown = np.append(np.flatnonzero(_is_shown(plain)), len(plain))
    found: list[int] = shown[np.minimum(before, len(shown) - 1)].tolist()
    return found


def _is_shown(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    shown: NDArray[np.bool_] = (codes != ord(" ")) & (codes != ord("\n"))
    return shown
