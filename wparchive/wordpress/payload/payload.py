"""Tolerant reading of JSON bodies: salvage is flagged, numbers stay exact, each item keeps its own source text.

Nothing here raises for what a server sent. Sources: map section 13, RFC 8259.
"""

import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from sys import getsizeof
from typing import Any, TypeVar

from wparchive.wordpress.payload.nesting import goes_deep, levelled
from wparchive.wordpress.payload.pieces import take_apart
from wparchive.wordpress.values import clean, exact, integer

__all__ = [
    "LIMITS",
    "Document",
    "Item",
    "ParseLimits",
    "elements",
    "entries",
    "items",
    "objects",
    "read",
    "whole",
]


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """Bounds that keep reading any body under 200 MB: `text` in bytes once decoded, `values` in JSON values."""

    text: int = 48 << 20
    values: int = 400_000


LIMITS = ParseLimits()
_NO_JSON = "not-json"


@dataclass(frozen=True, slots=True)
class Document:
    """A body as read: its value, its text, what was wrong with it, and where each element of a list, or
    anything else as a whole, stands in the text.

    What had to be mended for the value is mended in the text too, so that the source of each element is sound JSON.

    Flags: bom, utf-16, gzip (coded once more than said), invalid-utf8, control (in strings), junk-before, junk-after, nan
    (NaN and infinities read as null), huge-int (kept as text), too-deep (what lies deeper is read as null), too-big,
    too-many-values, broken (a list some of whose items aren't JSON; `broken` has their places, at which it holds None), empty,
    not-json. With not-json the value is None.
    """

    value: object
    text: str
    flags: tuple[str, ...] = ()
    spans: Sequence[tuple[int, int]] = ()
    broken: tuple[int, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the body held JSON."""
        return _NO_JSON not in self.flags


@dataclass(frozen=True, slots=True)
class Item:
    """One WordPress object: its value, its exact source text, and its slug where it came from a map."""

    value: dict[str, Any]
    raw: str
    key: str | None = None

    @property
    def id(self) -> int | None:
        """Its numeric id, None when it has none that can be used."""
        return integer(self.value.get("id"))


# ---- reading

_BOMS = re.compile(rb"(?:\s*+\xef\xbb\xbf|(?!))++")
_SPACE = " \t\r\n"
_PAST_SPACE = re.compile(r"[ \t\r\n]*+")
_BETWEEN = re.compile(r"[ \t\r\n]*+([,\]])[ \t\r\n]*+")
_SCALAR = frozenset('tfn"-0123456789')
_PAGE = re.compile(r"<(?:!doctype|html|head|body)\b", re.IGNORECASE)
_OPENER = re.compile(r"[\[{]")
_OBJECT = re.compile(r'(?:\[\s*+|(?!))?+\{\s*+"')
_CONTROL = re.compile(r"[\x00-\x1f]")
_NARROW = bytes(range(0xF0))  # all others begin characters that take four bytes in memory
_ODDITY = re.compile(r"[\x00-\x1f]|NaN|Infinity")
_ODD = re.compile(r'("(?:[^"\\]++|\\.|(?!))*+(?:"|\\?\Z))|NaN|-?Infinity', re.DOTALL)
_MOST_MENDED = 200_000  # raw control characters; each takes six characters once it is written as JSON has it
_MENDED = 16 << 20  # bytes of a text that is put right: that takes its size several times
_PIECE = 1 << 20
_JUNK_WINDOW, _JUNK_TRIES = 1 << 16, 24
# Whoever reads at one stack depth must be able to write what was read at another, some frames further down.
_MARGIN = 60

_SAID = frozenset(("id", "code", "namespaces", "routes"))
_Scan = Callable[[str, int], tuple[Any, int]]
_Any = TypeVar("_Any")


class _OddNumberError(ValueError):
    """NaN or an infinity: read again with the lenient decoder."""


def _refuse(name: str) -> None:
    raise _OddNumberError(name)


_STRICT: _Scan = json.JSONDecoder(parse_constant=_refuse).raw_decode


def read(body: bytes, limits: ParseLimits = LIMITS) -> Document:
    """Read a JSON body, whatever surrounds it; see Document for what is flagged."""
    text, flags = _decoded(body, limits)
    if _NO_JSON in flags:
        return Document(None, "", tuple(flags))
    start = _PAST_SPACE.match(text).end()  # type: ignore[union-attr]  # it matches the empty string too
    if start == len(text):
        return Document(None, text, (*flags, "empty", _NO_JSON))
    if text[start] not in "[{" and text[start] not in _SCALAR:
        return _after_junk(text, start, flags, limits.values)
    found = _read_at(text, start, flags)
    if isinstance(found, _Found):
        found = _said_after(found, flags)
        if not isinstance(found.value, list | dict) and _past_space(found.text, found.end) < len(found.text):
            return _after_junk(text, start, flags, limits.values)
        return _ended(found, flags)
    if pieces := _deeper(_MARGIN, take_apart, text, start, _STRICT):
        return Document(pieces.values, text, (*flags, "broken"), pieces.spans, pieces.broken)
    return _after_junk(text, start, flags, limits.values)


def _decoded(body: bytes, limits: ParseLimits) -> tuple[str, list[str]]:
    flags: list[str] = []
    body = bytes(body)
    if body[:2] == b"\x1f\x8b":
        flags.append("gzip")
        body = _inflated(body, limits.text + 1)
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        flags.append("utf-16")
        body = body.decode("utf-16", "replace").encode("utf-8", "replace") if len(body) <= limits.text else body
    if boms := _BOMS.match(body):
        body = body[boms.end() :]
        flags.append("bom")
    width = 1 if body.isascii() else 4 if body.translate(None, _NARROW) else 2
    if len(body) * width > limits.text:
        return "", [*flags, "too-big", _NO_JSON]
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text, flags = body.decode("utf-8", "replace"), [*flags, "invalid-utf8"]
    return ("", [*flags, "too-many-values", _NO_JSON]) if _too_many(text, 0, limits.values) else (text, flags)


def _inflated(body: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(body, most)
    except zlib.error:
        return body


def _too_many(text: str, start: int, limit: int) -> bool:
    """Whether more than `limit` values may stand in `text` from `start` on, if what is there is JSON."""
    # A value takes two characters at least; and to count all marks is ten times as fast as to leave out those in strings.
    if len(text) - start <= 2 * limit or _marks(text, start, len(text)) <= limit:
        return False
    values = quotes = hidden = 0  # hidden: in the string that is open, which may never end
    while start < len(text) and values <= limit and quotes <= 2 * limit:
        piece = text[start : start + _PIECE]
        if (len(piece) - len(piece.rstrip("\\"))) % 2:  # what is escaped stays with its backslash
            piece = text[start : start + _PIECE + 1]
        start += len(piece)
        parts = piece.replace("\\\\", "").replace('\\"', "").split('"')
        values += sum(_marks(part, 0, len(part)) for part in parts[quotes % 2 :: 2])
        hidden = hidden if len(parts) == 1 else 0
        quotes += len(parts) - 1
        hidden += _marks(parts[-1], 0, len(parts[-1])) if quotes % 2 else 0
    return values + hidden > limit or quotes > 2 * limit


def _marks(text: str, start: int, end: int) -> int:
    return sum(text.count(mark, start, end) for mark in ",[{")


@dataclass(slots=True)
class _Found:
    value: Any
    end: int
    spans: list[tuple[int, int]]
    text: str


def _read_at(text: str, start: int, flags: list[str]) -> _Found | int:
    """The value at `start`, or how far it was read until it was none; adds to `flags`.

    How deep it may go hangs on nothing but itself.
    """
    return (_shallow(text, start, flags) or len(text)) if goes_deep(text, start) else _parse(text, start, flags)


def _parse(text: str, start: int, flags: list[str]) -> _Found | int:
    """The same of what isn't nested too deep."""
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
    """More is wrong than is worth putting right."""


def _lenient(text: str, start: int, flags: list[str]) -> _Found | None:
    """The value at `start` when numbers that JSON doesn't know, and raw control characters in strings, are put right."""
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
    """The value at `start` with null in the place of everything that is nested too deep."""
    flags.append("too-deep")
    shallow = None if getsizeof(text) > _MENDED else levelled(text, start)
    found = _parse(shallow, start, flags) if shallow is not None else None
    return found if isinstance(found, _Found) else None


def _deeper(frames: int, function: Callable[..., _Any], *given: Any) -> _Any:
    return _deeper(frames - 1, function, *given) if frames else function(*given)


def _value(scan: _Scan, text: str, start: int) -> _Found:
    if text[start] != "[":
        value, end = scan(text, start)
        return _Found(value, end, [(start, end)], text)
    values: list[Any] = []
    spans: list[tuple[int, int]] = []
    at = _PAST_SPACE.match(text, start + 1).end()  # type: ignore[union-attr]  # it matches the empty string too
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


def _said_after(found: _Found, flags: list[str]) -> _Found:
    """What follows right behind `found` when that is no word of WordPress: plug-ins print values of their own before its own.

    Adds to `flags`.
    """
    for _ in range(_JUNK_TRIES):
        at = _past_space(found.text, found.end)
        if _speaks(found.value) or found.text[at : at + 1] not in ("[", "{"):
            break
        more: list[str] = []
        later = _read_at(found.text, at, more)
        if (
            isinstance(later, int)
            or not _is_document(later.value)
            or not (later.value or isinstance(found.value, dict))
        ):
            break
        flags += [flag for flag in (*more, "junk-before") if flag not in flags]
        found = later
    return found


def _speaks(value: object) -> bool:
    """Whether `value` looks like something of WordPress: items, a map of objects, an error, the index."""
    if isinstance(value, list):
        return bool(value) and _is_document(value)
    if not isinstance(value, dict):
        return False
    return not _SAID.isdisjoint(value) or any(isinstance(one, dict) for one in value.values())


def _ended(found: _Found, flags: list[str]) -> Document:
    text = found.text
    if text[found.end :].strip(_SPACE):
        if not isinstance(found.value, list | dict):
            return Document(None, text, (*flags, _NO_JSON))
        flags.append("junk-after")
    return Document(found.value, text, tuple(flags), found.spans)


def _after_junk(text: str, start: int, flags: list[str], values: int) -> Document:
    """JSON after something else: PHP notices, source, comments; but a web page that holds JSON is a web page."""
    best: tuple[int, _Found, list[str]] | None = None
    left = 2 * len(text)  # what all tries together may cost, in characters read
    crowded = _marks(text, start, len(text)) > values  # what stands in strings here may be values from an opener on
    # A list that was cut off isn't salvaged by way of the objects inside it.
    if not _PAGE.search(text, 0, _JUNK_WINDOW) and not _OBJECT.match(text, start):
        for tried, opener in enumerate(_OPENER.finditer(text, start + 1, start + _JUNK_WINDOW)):
            at = opener.start()
            if tried == _JUNK_TRIES or left < 0 or (best and best[1].end > at):
                break
            more: list[str] = []
            too_many = crowded and _too_many(text, at, values)
            found = len(text) if too_many else _read_at(text, at, more)
            left -= len(text) if crowded else len(text) // 16  # to count values, and how deep they go
            left -= (found if isinstance(found, int) else found.end) - at
            if isinstance(found, int):
                if too_many or "too-deep" in more or _OBJECT.match(text, at):
                    break
            elif _is_document(found.value) and (best is None or found.end - at > best[0]):
                best = (found.end - at, found, more)
    if best is None:
        return Document(None, text, (*dict.fromkeys((*flags, _NO_JSON)),))
    return _ended(best[1], [*dict.fromkeys((*(flag for flag in flags if flag != "too-deep"), *best[2], "junk-before"))])


def _is_document(value: object) -> bool:
    """Whether `value` can be what WordPress meant to say: the `[0]` and `{}` of a PHP notice aren't."""
    if isinstance(value, list):
        return all(isinstance(one, dict | list) for one in value)
    return isinstance(value, dict) and bool(value)


# ---- items


def items(document: Document) -> Iterator[Item]:
    """The items of a list (what isn't an object is passed over), or the one that the document is."""
    value = document.value
    if isinstance(value, list):
        for one, (start, end) in zip(value, document.spans, strict=True):
            if isinstance(one, dict) and one:
                yield Item(one, document.text[start:end])
    elif elements(document) is not None:
        yield from (replace(one, key=None) for one in entries(document))
    elif isinstance(value, dict) and "id" in value:
        yield from whole(document)


def whole(document: Document) -> list[Item]:
    """The object that the document is, as one item; empty when it isn't one."""
    start, end = document.spans[0] if document.spans else (0, 0)
    value = document.value
    return [Item(value, document.text[start:end])] if isinstance(value, dict) else []


def elements(document: Document) -> list[Any] | None:
    """The elements of a list, None when it isn't one. PHP prints a list that was filtered as a map of its positions."""
    value = document.value
    if isinstance(value, dict) and value and all(key.isdecimal() for key in value):
        return list(value.values())
    return value if isinstance(value, list) else None


def entries(document: Document) -> Iterator[Item]:
    """The entries of a map keyed by slug (types, taxonomies, statuses) or by position; `[]` stands for an empty one."""
    value = document.value
    if isinstance(value, dict):
        spans = dict(_members(document.text, document.spans[0][0]))
        for key, one in value.items():
            if isinstance(one, dict) and one:
                start, end = spans.get(key, (0, 0))
                yield Item(one, document.text[start:end] or _written(one), key)


def objects(document: Document) -> Iterator[Item]:
    """What a document (types, taxonomies, statuses) lists, each under its name: its key in a map, else what it says itself."""
    for one in entries(document) if isinstance(document.value, dict) else items(document):
        names = (one.key, *(one.value.get(name) or None for name in ("slug", "id", "name")))
        name = next((name for name in names if name is not None), None)
        if isinstance(name, str | int):
            yield replace(one, key=clean(str(name)))


def _members(text: str, at: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """Where each value of the object that begins at `at` stands, by its key."""
    scan = json.JSONDecoder(parse_int=str).raw_decode
    try:
        at = _past_space(text, at + 1)
        while text[at] != "}":
            key, at = scan(text, at)
            start = _past_space(text, _past_space(text, at) + 1)
            _, end = scan(text, start)
            yield key, (start, end)
            at = _past_space(text, end)
            at = _past_space(text, at + (text[at] == ","))
    except (ValueError, IndexError, RecursionError):
        return  # nested so deep that only half as deep in the stack it could be read


def _past_space(text: str, at: int) -> int:
    return _PAST_SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches the empty string too


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
