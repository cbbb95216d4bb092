"""A parsed JSON body, and the WordPress objects in it, each with its source text."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from wparchive.wordpress.values import clean, integer

__all__ = [
    "NO_JSON",
    "Document",
    "Item",
    "Skim",
    "elements",
    "entries",
    "items",
    "objects",
    "own_links",
    "past_space",
    "skims",
    "spans_in",
    "whole",
]

NO_JSON = "not-json"
_LINKS = ',"_links":'
_PAST_SPACE = re.compile(r"[ \t\r\n]*+")


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed body: its value, its text, its faults, and the span of each list element (or of the whole value) in the text.

    What was repaired for the value is repaired in the text too, so that the source of each element is valid JSON.

    Flags: bom, utf-16, gzip (compressed once more than stated), invalid-utf8, control (in strings), junk-before,
    junk-after, nan (NaN and infinities read as null), huge-int (kept as text), too-deep (deeper values read as null),
    too-big, too-many-values, broken (a list with items that are not JSON: `broken` has their places, where it holds
    None), empty, not-json. With not-json, the value is None.

    Of a list in an envelope, `total`, `pages` and `next_page` are what the envelope states (see `envelope`).
    """

    value: object
    text: str
    flags: tuple[str, ...] = ()
    spans: Sequence[tuple[int, int]] = ()
    broken: tuple[int, ...] = ()
    total: int | None = None
    pages: int | None = None
    next_page: int = 0

    @property
    def ok(self) -> bool:
        """Whether the body is JSON."""
        return NO_JSON not in self.flags


@dataclass(frozen=True, slots=True)
class Item:
    """One WordPress object: its value, its exact source text, and its key if it came from a map."""

    value: dict[str, Any]
    raw: str
    key: str | None = None

    @property
    def id(self) -> int | None:
        """Its numeric id, None if it has no usable one."""
        return integer(self.value.get("id"))


def items(document: Document) -> Iterator[Item]:
    """Yield the items of a list (skipping what is not an object), or the one item that the document is."""
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
    """Return the document's object as one item; empty if it is not an object."""
    start, end = document.spans[0] if document.spans else (0, 0)
    value = document.value
    return [Item(value, document.text[start:end])] if isinstance(value, dict) else []


def elements(document: Document) -> list[Any] | None:
    """Return the elements of a list, or None. PHP encodes a list with removed elements as a map of positions."""
    value = document.value
    if isinstance(value, dict) and value and all(key.isdecimal() for key in value):
        return list(value.values())
    return value if isinstance(value, list) else None


def entries(document: Document) -> Iterator[Item]:
    """Yield the entries of a map keyed by slug (types, taxonomies, statuses) or by position; `[]` is an empty map."""
    value = document.value
    if isinstance(value, dict):
        spans = dict(spans_in(document.text, document.spans[0][0]))
        for key, one in value.items():
            if isinstance(one, dict) and one:
                start, end = spans.get(key, (0, 0))
                yield Item(one, document.text[start:end] or _written(one), key)


def objects(document: Document) -> Iterator[Item]:
    """Yield what a document (types, taxonomies, statuses) lists, keyed by its key in a map, else by its own name."""
    for one in entries(document) if isinstance(document.value, dict) else items(document):
        names = (one.key, *(one.value.get(name) or None for name in ("slug", "id", "name")))
        name = next((name for name in names if name is not None), None)
        if isinstance(name, str | int):
            yield replace(one, key=clean(str(name)))


def spans_in(text: str, at: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the key and span of each value in the object that begins at `at`."""
    scan = json.JSONDecoder(parse_int=str).raw_decode
    try:
        at = past_space(text, at + 1)
        while text[at] != "}":
            key, at = scan(text, at)
            start = past_space(text, past_space(text, at) + 1)
            _, end = scan(text, start)
            yield key, (start, end)
            at = past_space(text, end)
            at = past_space(text, at + (text[at] == ","))
    except (ValueError, IndexError, RecursionError):
        return  # nested too deeply to be read from this much deeper in the stack


def past_space(text: str, at: int) -> int:
    """Return where the JSON white space that begins at `at` ends."""
    return _PAST_SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches the empty string too


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Skim(NamedTuple):
    """What the crawl needs of one item: its id (None if unusable), its `_links`, and their `text` as in `own_links`."""

    id: int | None
    links: Mapping[str, Any]
    text: str = ""


def skims(document: Document) -> list[Skim]:
    """Return id and links of each item of a list; empty elements are skipped, and what is not an object has neither."""
    if isinstance(document.value, list):
        text, places = document.text, zip(document.value, document.spans, strict=True)
        return [_skim_of(one, text[start:end]) for one, (start, end) in places if one]
    return [_skim_of(one, "") for one in elements(document) or () if one]


def _skim_of(item: object, raw: str) -> Skim:
    if not isinstance(item, dict):
        return Skim(None, {})
    links = item.get("_links")
    if not isinstance(links, dict):
        return Skim(integer(item.get("id")), {})
    return Skim(integer(item.get("id")), links, own_links(raw, item))


def own_links(raw: str, item: Mapping[str, Any]) -> str:
    """Return the text of an item's `_links` if it comes last and only once, as core writes it; else empty."""
    start = raw.find(_LINKS)
    if start < 0 or not raw.endswith("}}") or [*item][-1:] != ["_links"] or raw.find(_LINKS, start + 1) >= 0:
        return ""
    return raw[start + len(_LINKS) : -1]
