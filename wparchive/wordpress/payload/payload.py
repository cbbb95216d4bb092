"""Tolerant reading of JSON bodies: repairs are flagged, numbers stay exact, each item keeps its source text.

Nothing here raises for a server's data. Source: RFC 8259.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from sys import getsizeof
from typing import Any, TypeVar

from wparchive.wordpress.payload.decoding import LIMITS, ParseLimits, decoded, goes_deep, has_too_many, levelled, marks
from wparchive.wordpress.payload.document import NO_JSON, Document, past_space
from wparchive.wordpress.payload.envelope import unwrapped
from wparchive.wordpress.payload.pieces import take_apart
from wparchive.wordpress.values import exact

__all__ = ["LIMITS", "ParseLimits", "read"]


_SPACE = " \t\r\n"
_BETWEEN = re.compile(r"[ \t\r\n]*+([,\]])[ \t\r\n]*+")
_SCALAR = frozenset('tfn"-0123456789')
_PAGE = re.compile(r"<(?:!doctype|html|head|body)\b", re.IGNORECASE)
_OPENER = re.compile(r"[\[{]")
_OBJECT = re.compile(r'(?:\[\s*+|(?!))?+\{\s*+"')
_CONTROL = re.compile(r"[\x00-\x1f]")
_ODDITY = re.compile(r"[\x00-\x1f]|NaN|Infinity")
_ODD = re.compile(r'("(?:[^"\\]++|\\.|(?!))*+(?:"|\\?\Z))|NaN|-?Infinity', re.DOTALL)
_MOST_MENDED = 200_000  # raw control characters; each takes six characters as a JSON escape
_MENDED = 16 << 20  # bytes; repairing a text takes several times its size
_JUNK_WINDOW, _JUNK_TRIES = 1 << 16, 24
# Text read at one stack depth must be writable some frames further down.
_MARGIN = 60

_KEYS = frozenset(("id", "code", "namespaces", "routes"))
_Scan = Callable[[str, int], tuple[Any, int]]
_Any = TypeVar("_Any")


class _OddNumberError(ValueError):
    """NaN or an infinity was found: read again with the lenient decoder."""


def _refuse(name: str) -> None:
    raise _OddNumberError(name)


_STRICT: _Scan = json.JSONDecoder(parse_constant=_refuse).raw_decode


def read(body: bytes, limits: ParseLimits = LIMITS) -> Document:
    """Read a JSON body, whatever surrounds it; a list in an envelope is read as a list. See Document for the flags."""
    return unwrapped(_read(body, limits))


def _read(body: bytes, limits: ParseLimits) -> Document:
    text, flags = decoded(body, limits)
    if NO_JSON in flags:
        return Document(None, "", tuple(flags))
    start = past_space(text, 0)
    if start == len(text):
        return Document(None, text, (*flags, "empty", NO_JSON))
    if text[start] not in "[{" and text[start] not in _SCALAR:
        return _after_junk(text, start, flags, limits.values)
    found = _read_at(text, start, flags)
    if isinstance(found, _Found):
        found = _document_after(found, flags)
        if not isinstance(found.value, list | dict) and past_space(found.text, found.end) < len(found.text):
            return _after_junk(text, start, flags, limits.values)
        return _ended(found, flags)
    if pieces := _deeper(_MARGIN, take_apart, text, start, _STRICT):
        return Document(pieces.values, text, (*flags, "broken"), pieces.spans, pieces.broken)
    return _after_junk(text, start, flags, limits.values)


@dataclass(slots=True)
class _Found:
    value: Any
    end: int
    spans: list[tuple[int, int]]
    text: str


def _read_at(text: str, start: int, flags: list[str]) -> _Found | int:
    """Return the value at `start`, or how far it was read until it failed; adds to `flags`.

    The permitted nesting does not depend on the caller's stack depth.
    """
    return (_shallow(text, start, flags) or len(text)) if goes_deep(text, start) else _parse(text, start, flags)


def _parse(text: str, start: int, flags: list[str]) -> _Found | int:
    """Like `_read_at`, for text that is not nested too deeply."""
    try:
        return _deeper(_MARGIN, _value, _STRICT, text, start)
    except RecursionError:
        return _shallow(text, start, flags) or len(text)
    except json.JSONDecodeError as error:
        mendable = error.msg.startswith("Invalid control character")
        return (_lenient(text, start, flags) or len(text)) if mendable else error.pos
    except ValueError:  # NaN, or an integer of more digits than Python converts
        return _lenient(text, start, flags) or len(text)


class _TooManyError(ValueError):
    """There are more faults than are worth repairing."""


def _lenient(text: str, start: int, flags: list[str]) -> _Found | None:
    """Return the value at `start` after repairing numbers that JSON does not have and raw control characters in strings."""
    if getsizeof(text) > _MENDED:
        flags.append("too-big")
        return None
    more: set[str] = set()
    left = _MOST_MENDED

    def right(odd: re.Match[str]) -> str:
        nonlocal left
        if odd[1] is None:
            more.add("nan")
            return "null"
        string, count = _CONTROL.subn(_escaped, odd[1], left + 1)
        left -= count
        if left < 0:
            raise _TooManyError
        more.update(["control"] if count else ())
        return string

    def whole(digits: str) -> int | str:
        number = exact(digits)
        more.update(["huge-int"] if number is digits else ())
        return number

    try:
        text = text[:start] + _ODD.sub(right, text[start:]) if _ODDITY.search(text, start) else text
        scan = json.JSONDecoder(parse_constant=_refuse, parse_int=whole).raw_decode
        found = _deeper(_MARGIN, _value, scan, text, start)
    except RecursionError:
        return _shallow(text, start, flags)
    except _TooManyError:
        flags.append("too-many-values")
        return None
    except ValueError:
        return None
    flags.extend(sorted(more))
    return found


def _escaped(mark: re.Match[str]) -> str:
    return f"\\u{ord(mark[0]):04x}"


def _shallow(text: str, start: int, flags: list[str]) -> _Found | None:
    """Return the value at `start` with null in place of everything nested too deeply."""
    flags.append("too-deep")
    shallow = None if getsizeof(text) > _MENDED else levelled(text, start)
    found = _parse(shallow, start, flags) if shallow is not None else None
    return found if isinstance(found, _Found) else None


def _deeper(frames: int, function: Callable[..., _Any], *given: Any) -> _Any:
    # Reads deep in the stack, so that text that only just fits here is rejected, and later code has frames left.
    return _deeper(frames - 1, function, *given) if frames else function(*given)


def _value(scan: _Scan, text: str, start: int) -> _Found:
    if text[start] != "[":
        value, end = scan(text, start)
        return _Found(value, end, [(start, end)], text)
    values: list[Any] = []
    spans: list[tuple[int, int]] = []
    at = past_space(text, start + 1)
    if text[at : at + 1] == "]":
        return _Found(values, at + 1, spans, text)
    while True:
        value, end = scan(text, at)
        values.append(value)
        spans.append((at, end))
        mark = _BETWEEN.match(text, end)
        if mark is None:
            raise json.JSONDecodeError("no comma or end of list", "", end)
        if mark[1] == "]":
            return _Found(values, mark.end(1), spans, text)
        at = mark.end()


def _document_after(found: _Found, flags: list[str]) -> _Found:
    """Return what directly follows `found`, unless that looks like WordPress: plug-ins print values of their own first.

    Adds to `flags`.
    """
    for _ in range(_JUNK_TRIES):
        at = past_space(found.text, found.end)
        if _is_wordpress(found.value) or found.text[at : at + 1] not in ("[", "{"):
            break
        more: list[str] = []
        later = _read_at(found.text, at, more)
        empty_list_after_list = isinstance(later, _Found) and not later.value and not isinstance(found.value, dict)
        if isinstance(later, int) or not _is_document(later.value) or empty_list_after_list:
            break
        flags += [flag for flag in (*more, "junk-before") if flag not in flags]
        found = later
    return found


def _is_wordpress(value: object) -> bool:
    """Return whether `value` looks like WordPress: items, a map of objects, an error, the index."""
    if isinstance(value, list):
        return bool(value) and _is_document(value)
    if not isinstance(value, dict):
        return False
    return not _KEYS.isdisjoint(value) or any(isinstance(one, dict) for one in value.values())


def _ended(found: _Found, flags: list[str]) -> Document:
    text = found.text
    if text[found.end :].strip(_SPACE):
        if not isinstance(found.value, list | dict):
            return Document(None, text, (*flags, NO_JSON))
        flags.append("junk-after")
    return Document(found.value, text, tuple(flags), found.spans)


def _after_junk(text: str, start: int, flags: list[str], values: int) -> Document:
    """Find JSON after something else (PHP notices, source code, comments).

    A web page that contains JSON stays a web page.
    """
    # A truncated list is not salvaged through the objects inside it.
    foreign = _PAGE.search(text, 0, _JUNK_WINDOW) or _OBJECT.match(text, start)
    best = None if foreign else _longest(text, start, values)
    if best is None:
        return Document(None, text, (*dict.fromkeys((*flags, NO_JSON)),))
    found, more = best
    return _ended(found, [*dict.fromkeys((*(flag for flag in flags if flag != "too-deep"), *more, "junk-before"))])


def _longest(text: str, start: int, values: int) -> tuple[_Found, list[str]] | None:
    """Return the longest document that begins at a bracket after `start`, and its flags."""
    best: tuple[_Found, list[str]] | None = None
    size = end = 0
    left = 2 * len(text)  # characters that all tries together may read
    openers = islice(_OPENER.finditer(text, start + 1, start + _JUNK_WINDOW), _JUNK_TRIES)
    # What is inside strings here may be values when read from an opening bracket.
    crowded = marks(text, start, len(text)) > values
    cost = len(text) if crowded else len(text) // 16  # of counting values and their nesting
    for at in map(re.Match.start, openers):
        if left < 0 or end > at or (crowded and has_too_many(text, at, values)):
            break
        more: list[str] = []
        found = _read_at(text, at, more)
        reached = found.end if isinstance(found, _Found) else found
        left -= cost + reached - at
        if isinstance(found, int):
            if _is_cut_off(text, at, more):
                break
        elif _is_document(found.value) and reached - at > size:
            best, size, end = (found, more), reached - at, reached
    return best


def _is_cut_off(text: str, at: int, flags: list[str]) -> bool:
    """Return whether what failed to be read at `at` is a document: what is inside it must not pass for the whole."""
    return "too-deep" in flags or _OBJECT.match(text, at) is not None


def _is_document(value: object) -> bool:
    """Return whether `value` can be WordPress's response: the `[0]` and `{}` of a PHP notice cannot."""
    if isinstance(value, list):
        return all(isinstance(one, dict | list) for one in value)
    return isinstance(value, dict) and bool(value)
