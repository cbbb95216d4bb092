"""Ids and `_links` of a listing's items without parsing the rest: what a crawl needs of each page.

Core writes the `_links` of all items of a type alike, numbers apart. So the text between the numbers is taken as the links'
*shape*; each shape is parsed and understood once, and of the other items only the numbers are looked at.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

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
    for shape, pattern in _FREQUENT:
        match = pattern.fullmatch(links)
        if match:
            return shape, list(match.groups())
    return _taken_apart(links)


def _taken_apart(links: str) -> tuple[Shape, list[str]]:
    parts = _NUMBERS.split(links)
    shape = tuple(parts[::2])
    _count(shape)
    return shape, parts[1::2]


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
        links = _links_at(text, begin) if begin >= len(_LINKS) else None
        if links is None or links.place < 0 or links.numbers[links.place] != start[1]:
            return None
        if links.stem != (collection or links.stem):
            return None
        collection = links.stem
        found.append(Skim(int(start[1]), None, links.shape, links.numbers))
        if not text.startswith(_NEXT, links.end):
            return found if text[links.end :].strip(" \t\r\n") == "}]" else None
        at = links.end + 2
    return None


class _Links(NamedTuple):
    """The links of one item taken apart, where they end in the text, and what `_own_id` says of their shape."""

    shape: Shape
    numbers: Sequence[str]
    end: int
    place: int
    stem: str


def _links_at(text: str, begin: int) -> _Links | None:
    for shape, pattern in _FREQUENT:
        match = pattern.match(text, begin)
        if match:
            understood = _SHAPES.get(shape) or _understand(shape)
            return _Links(shape, match.groups(), match.end(), *understood)
    end = text.find(_NEXT, begin)
    if end < 0:
        end = len(text.rstrip(" \t\r\n")) - 2
    if not text.endswith("]}", begin, end) or not text.startswith("{", begin):
        return None
    shape, numbers = _taken_apart(text[begin:end])
    understood = _SHAPES.get(shape) or _understand(shape)
    return _Links(shape, numbers, end, *understood)


# Shapes that came often, the latest first, as expressions: to match one takes a sixth of what taking apart does.
_FREQUENT: list[tuple[Shape, re.Pattern[str]]] = []
_FREQUENT_LIMIT, _OFTEN, _SEEN_LIMIT = 6, 24, 300
_SEEN: Counter[Shape] = Counter()


def _count(shape: Shape) -> None:
    if len(_SEEN) >= _SEEN_LIMIT:
        return
    _SEEN[shape] += 1
    if _SEEN[shape] == _OFTEN:
        pattern = re.compile(r"([1-9]\d{0,17}+)".join(map(re.escape, shape)))
        _FREQUENT[:] = [(shape, pattern), *_FREQUENT[: _FREQUENT_LIMIT - 1]]


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
