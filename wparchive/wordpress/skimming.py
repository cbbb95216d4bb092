"""Ids and `_links` of a listing's items without parsing the rest: what a crawl needs of each page.

Core writes the `_links` of all items of a type alike, numbers apart. So the text between the numbers is taken as the links'
*shape*; each shape is parsed and understood once, and of the other items only the numbers are looked at.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

__all__ = ["Shape", "Skim", "probes", "skim", "taken_apart", "written"]

# A number that stands for an id or a count: a path segment, a parameter's value, or a value by itself. That it begins
# with a plain set of characters lets `re` skip from digit to digit: looking behind first takes ten times as long.
_NUMBERS = re.compile(r'([1-9](?:(?<=[/=].)|(?<=":.))\d{0,17}+(?=["\\/,}]))')
_ITEM_START = re.compile(r'\{"id":(\d{1,18}),')
_LINKS = ',"_links":'
_NEXT = '},{"id":'
_PROBE = 900_000_000_000_000
_MEMO_LIMIT = 4096

Shape = tuple[str, ...]


class Skim:
    """What the crawl needs of one item: its id (None when unusable) and its `_links`.

    With a `shape`, `numbers` are the texts that stand between its pieces, and the links are parsed when asked for.
    """

    __slots__ = ("_links", "id", "numbers", "shape")

    def __init__(
        self,
        id: int | None,  # noqa: A002 - the word that WordPress has for it
        links: Mapping[str, Any] | None = None,
        shape: Shape = (),
        numbers: Sequence[str] = (),
    ) -> None:
        self.id = id
        self.shape = shape
        self.numbers = numbers
        self._links = links

    @property
    def links(self) -> Mapping[str, Any]:
        """The item's `_links`."""
        if self._links is None:
            self._links = json.loads(written(self.shape, self.numbers))
        return self._links

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Skim) and (self.id, self.links) == (other.id, other.links)

    __hash__ = None  # type: ignore[assignment]  # equal by what the links say, so not hashable

    def __repr__(self) -> str:
        return f"Skim({self.id}, {dict(self.links)!r})"


def written(shape: Shape, numbers: Sequence[str]) -> str:
    """The text of links of this shape with these numbers."""
    return "".join(piece for pair in zip(shape, [*numbers, ""], strict=True) for piece in pair)


def taken_apart(links: str) -> tuple[Shape, list[str]]:
    """The shape of links written without white space, and the numbers that stand between its pieces."""
    parts = _NUMBERS.split(links)
    return tuple(parts[::2]), parts[1::2]


def probes(shape: Shape) -> list[str]:
    """Numbers that nothing else has, to see what becomes of each place in a shape."""
    return [str(_PROBE + place) for place in range(len(shape) - 1)]


def skim(body: bytes) -> list[Skim] | None:
    """Id and links of each item of a list as core writes it, without parsing the rest; None when it looks any different.

    `"_links":` can't stand inside a JSON string (its quotes would be escaped). That it belongs to the item and not to
    something inside it is seen from its end, which is the item's, and from its `self`, which must name the item's own id.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    found: list[Skim] = []
    at, collection = 1, ""
    while text.startswith("[") and (start := _ITEM_START.match(text, at)):
        begin = text.find(_LINKS, at) + len(_LINKS)
        end = text.find(_NEXT, begin)
        last = end < 0
        if last:
            end = len(text.rstrip(" \t\r\n")) - 2
        if begin < len(_LINKS) or not text.endswith("]}", begin, end) or not text.startswith("{", begin):
            return None
        shape, numbers = taken_apart(text[begin:end])
        understood = _SHAPES.get(shape) or _understand(shape)
        place, stem = understood
        if place < 0 or numbers[place] != start[1] or stem != (collection or stem):
            return None
        collection = stem
        found.append(Skim(int(start[1]), None, shape, numbers))
        if last:
            return found if text[end:].strip(" \t\r\n") == "}]" else None
        at = end + 2
    return None


_SHAPES: dict[Shape, tuple[int, str]] = {}
_ODD: Final = (-1, "")


def _understand(shape: Shape) -> tuple[int, str]:
    """Which number is the item's own id in its `self` link, and what stands before it there; (-1, "") when none is."""
    if len(_SHAPES) >= _MEMO_LIMIT:
        _SHAPES.clear()
    _SHAPES[shape] = _own_id(shape)
    return _SHAPES[shape]


def _own_id(shape: Shape) -> tuple[int, str]:
    numbers = probes(shape)
    try:
        href = json.loads(written(shape, numbers))["self"][0]["href"]
        own = href[len(href.rstrip("0123456789")) :]
        stem = href[: -len(own)] if own else ""
        return (numbers.index(own), stem) if stem.endswith(("/", "%2F")) else _ODD
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return _ODD
