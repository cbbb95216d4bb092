"""Ids and `_links` of a listing's items: what a crawl needs of each page.

Core writes the `_links` of all items of a type alike, numbers apart. So the text between the numbers is taken as the links'
*shape*; each shape is understood once, and of the other items only the numbers are looked at.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from wparchive.wordpress.values import loads

__all__ = ["Shape", "Skim", "own_links", "probes", "taken_apart", "written"]

# A number that stands for an id or a count: a path segment, a parameter's value, or a value by itself. That it begins
# with a plain set of characters lets `re` skip from digit to digit: looking behind first takes ten times as long.
_NUMBERS = re.compile(r'([1-9](?:(?<=[/=].)|(?<=":.))\d{0,17}+(?=["\\/,}]))')
_LINKS = ',"_links":'
_PROBE = 900_000_000_000_000

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
            self._links = loads(written(self.shape, self.numbers))
        return self._links

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Skim) and (self.id, self.links) == (other.id, other.links)

    __hash__ = None  # type: ignore[assignment]  # equal by what the links say, so not hashable

    def __repr__(self) -> str:
        return f"Skim({self.id}, {dict(self.links)!r})"


def own_links(raw: str, item: dict[str, Any]) -> str:
    """The text of an item's `_links` where it stands last in its text and only once, as core writes it; else empty."""
    start = raw.find(_LINKS)
    if start < 0 or not raw.endswith("}}") or next(reversed(item)) != "_links" or raw.find(_LINKS, start + 1) >= 0:
        return ""
    return raw[start + len(_LINKS) : -1]


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


# Shapes that came often, the latest first, as expressions: to match one takes a sixth of what taking apart does.
_FREQUENT: list[tuple[Shape, re.Pattern[str]]] = []
_FREQUENT_LIMIT, _OFTEN, _SEEN_LIMIT = 6, 24, 300
_MOST_PIECES, _LONGEST = 200, 16_384  # of a shape that is worth an expression
_SEEN: Counter[Shape] = Counter()


def _count(shape: Shape) -> None:
    if len(_SEEN) >= _SEEN_LIMIT or len(shape) > _MOST_PIECES or sum(map(len, shape)) > _LONGEST:
        return
    _SEEN[shape] += 1
    if _SEEN[shape] == _OFTEN:
        pattern = re.compile(r"([1-9]\d{0,17}+)".join(map(re.escape, shape)))
        _FREQUENT[:] = [(shape, pattern), *_FREQUENT[: _FREQUENT_LIMIT - 1]]
