"""A JSON body as it was read, and the WordPress objects in it: each with the text that it was read from."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wparchive.wordpress.values import clean, integer

__all__ = ["NO_JSON", "Document", "Item", "elements", "entries", "items", "objects", "past_space", "whole"]

NO_JSON = "not-json"
_PAST_SPACE = re.compile(r"[ \t\r\n]*+")


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
        return NO_JSON not in self.flags


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
        at = past_space(text, at + 1)
        while text[at] != "}":
            key, at = scan(text, at)
            start = past_space(text, past_space(text, at) + 1)
            _, end = scan(text, start)
            yield key, (start, end)
            at = past_space(text, end)
            at = past_space(text, at + (text[at] == ","))
    except (ValueError, IndexError, RecursionError):
        return  # nested so deep that only half as deep in the stack it could be read


def past_space(text: str, at: int) -> int:
    """Where the white space of JSON that begins at `at` ends."""
    return _PAST_SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches the empty string too


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
