"""Tolerant reading of JSON bodies: salvage is flagged, numbers stay exact, each item keeps its own source text.

Nothing here raises for what a server sent. Sources: map section 13, RFC 8259.
"""

import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from wparchive.wordpress.nesting import goes_deep, levelled
from wparchive.wordpress.pieces import take_apart
from wparchive.wordpress.skimming import Skim, own_links, taken_apart
from wparchive.wordpress.values import clean, exact, integer

__all__ = [
    "LIMITS",
    "Document",
    "Item",
    "ParseLimits",
    "Skim",
    "elements",
    "entries",
    "items",
    "objects",
    "read",
    "skims",
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

_BOM = b"\xef\xbb\xbf"
_SPACE = " \t\r\n"
_PAST_SPACE = re.compile(r"[ \t\r\n]*+")
_BETWEEN = re.compile(r"[ \t\r\n]*+([,\]])[ \t\r\n]*+")
_SCALAR = frozenset('tfn"-0123456789')
_PAGE = re.compile(r"<(?:!doctype|html|head|body)\b", re.IGNORECASE)
_OPENER = re.compile(r"[\[{]")
_OBJECT = re.compile(r'(?:\[\s*+)?+\{\s*+"')
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f]")
_NARROW = bytes(range(0xF0))  # all others begin characters that take four bytes in memory
_ODDITY = re.compile(r"[\x00-\x1f]|NaN|Infinity")
_ODD = re.compile(r'("(?:[^"\\]++|\\.)*+")|NaN|-?Infinity', re.DOTALL)
_JUNK_WINDOW, _JUNK_TRIES = 1 << 16, 24
# Whoever reads at one stack depth must be able to write what was read at another, some frames further down.
_MARGIN = 60

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
        return _after_junk(text, start, flags)
    found = _read_at(text, start, flags)
    if found is not None:
        return _ended(found, flags)
    if pieces := _deeper(_MARGIN, take_apart, text, start, _STRICT):
        return Document(pieces.values, text, (*flags, "broken"), pieces.spans, pieces.broken)
    return _after_junk(text, start, flags)


def _decoded(body: bytes, limits: ParseLimits) -> tuple[str, list[str]]:
    flags: list[str] = []
    body = bytes(body)
    if body[:2] == b"\x1f\x8b":
        flags.append("gzip")
        body = _inflated(body, limits.text + 1)
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        flags.append("utf-16")
        body = body.decode("utf-16", "replace").encode("utf-8", "replace") if len(body) <= limits.text else body
    while body.startswith(_BOM) or (body[:1].isspace() and body.lstrip().startswith(_BOM)):
        body = body.lstrip().removeprefix(_BOM)
        flags.append("bom")
    flags = list(dict.fromkeys(flags))
    width = 1 if body.isascii() else 4 if body.translate(None, _NARROW) else 2
    if len(body) * width > limits.text:
        return "", [*flags, "too-big", _NO_JSON]
    if _too_many(body, limits.values):
        return "", [*flags, "too-many-values", _NO_JSON]
    try:
        return body.decode(), flags
    except UnicodeDecodeError:
        return body.decode("utf-8", "replace"), [*flags, "invalid-utf8"]


def _inflated(body: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(body, most)
    except zlib.error:
        return body


def _too_many(body: bytes, limit: int) -> bool:
    # A value takes two bytes at least; and to count by taking out is three times as fast as by looking for each.
    if len(body) <= 2 * limit or len(body) - len(body.translate(None, b",[{")) <= limit:
        return False
    values = at = 0
    for strings, string in enumerate(_STRING.finditer(body), 1):
        values += sum(body.count(mark, at, string.start()) for mark in (b",", b"[", b"{"))
        at = string.end()
        if values > limit or strings > limit:
            return True
    return values + sum(body.count(mark, at) for mark in (b",", b"[", b"{")) > limit


@dataclass(slots=True)
class _Found:
    value: Any
    end: int
    spans: list[tuple[int, int]]
    text: str


def _read_at(text: str, start: int, flags: list[str]) -> _Found | None:
    """The value at `start`, None when there is none; adds to `flags`. How deep it may go hangs on nothing but itself."""
    return _shallow(text, start, flags) if goes_deep(text, start) else _parse(text, start, flags)


def _parse(text: str, start: int, flags: list[str]) -> _Found | None:
    """The value at `start`, None when there is none; adds to `flags`."""
    try:
        return _deeper(_MARGIN, _value, _STRICT, text, start)
    except RecursionError:
        return _shallow(text, start, flags)
    except ValueError:  # NaN, an integer of more digits than Python converts, raw control characters, or no JSON at all
        return _lenient(text, start, flags)


def _lenient(text: str, start: int, flags: list[str]) -> _Found | None:
    """The value at `start` when numbers that JSON doesn't know, and raw control characters in strings, are put right."""
    more: set[str] = set()

    def right(odd: re.Match[str]) -> str:
        if odd[1] is None:
            more.add("nan")
            return "null"
        string = _CONTROL.sub(lambda mark: f"\\u{ord(mark[0]):04x}", odd[1])
        more.update(["control"] if string != odd[1] else ())
        return string

    def whole(digits: str) -> int | str:
        number = exact(digits)
        more.update(["huge-int"] if number is digits else ())
        return number

    text = text[:start] + _ODD.sub(right, text[start:]) if _ODDITY.search(text, start) else text
    try:
        scan = json.JSONDecoder(parse_constant=_refuse, parse_int=whole).raw_decode
        found = _deeper(_MARGIN, _value, scan, text, start)
    except RecursionError:
        return _shallow(text, start, flags)
    except ValueError:
        return None
    flags.extend(sorted(more))
    return found


def _shallow(text: str, start: int, flags: list[str]) -> _Found | None:
    """The value at `start` with null in the place of everything that is nested too deep."""
    flags.append("too-deep")
    shallow = levelled(text, start)
    return _parse(shallow, start, flags) if shallow is not None else None


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


def _ended(found: _Found, flags: list[str]) -> Document:
    text = found.text
    if text[found.end :].strip(_SPACE):
        if not isinstance(found.value, list | dict):
            return Document(None, text, (*flags, _NO_JSON))
        flags.append("junk-after")
    return Document(found.value, text, tuple(flags), found.spans)


def _after_junk(text: str, start: int, flags: list[str]) -> Document:
    """JSON after something else: PHP notices, source, comments; but a web page that holds JSON is a web page."""
    best: tuple[int, _Found, list[str]] | None = None
    # A list that was cut off isn't salvaged by way of the objects inside it.
    if not _PAGE.search(text, 0, _JUNK_WINDOW) and not _OBJECT.match(text, start):
        for tried, opener in enumerate(_OPENER.finditer(text, start + 1, start + _JUNK_WINDOW)):
            if tried == _JUNK_TRIES or (best and best[1].end > opener.start()):
                break
            more: list[str] = []
            found = _read_at(text, opener.start(), more)
            if found and _is_document(found.value) and (best is None or found.end - opener.start() > best[0]):
                best = (found.end - opener.start(), found, more)
            elif not found and ("too-deep" in more or _OBJECT.match(text, opener.start())):
                break
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


def skims(document: Document) -> list[Skim]:
    """Id and links of each item of a list; what isn't an object, or is an empty one, is passed over."""
    if isinstance(document.value, list):
        return [_skim_of(item.value, item.raw) for item in items(document)]
    return [_skim_of(one, "") for one in elements(document) or () if isinstance(one, dict) and one]


def _skim_of(item: dict[str, Any], raw: str) -> Skim:
    links = item.get("_links")
    if not isinstance(links, dict):
        return Skim(integer(item.get("id")), {})
    text = own_links(raw, item)
    shape, numbers = taken_apart(text) if text else ((), ())
    return Skim(integer(item.get("id")), links, shape, numbers)
