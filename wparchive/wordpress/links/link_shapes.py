"""Parses links by shape: links that differ only in their numbers are parsed once.

Core writes the `_links` of all items of a type alike, except for numbers. The text between the numbers is their
*shape*: the first item of a shape is parsed link by link; of all others, only the numbers are read.
"""

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import NamedTuple

from wparchive.wordpress.links.aims import Aim, Link, aim, links_of
from wparchive.wordpress.php_urls import stands_alone
from wparchive.wordpress.routes import Root
from wparchive.wordpress.values import loads

__all__ = ["ItemShape", "LinkShape", "LinkShapes"]

# A number that is an id or a count: a path segment, a parameter's value, or a value by itself. The pattern begins with
# a plain character set so that `re` skips from digit to digit; a look-behind first takes ten times as long.
_NUMBERS = re.compile(r'([1-9](?:(?<=[/=].)|(?<=":.))[0-9]{0,17}+(?=["\\/,}]))')
_NUMBER = "([1-9][0-9]{0,17}+)"
_STAND_IN = 900_000_000_000_000  # no item has such an id, so it shows where each number of a shape ends up
# Most numbers, and characters, of a learnt shape: core's items have about twenty in two thousand.
_MOST, _LONGEST = 200, 16_384
_ROOM = 2 << 20  # characters of all shapes together; if no two items are alike, learning stops
_MOST_HREFS, _LONGEST_HREF = 2048, 1000  # single hrefs; a site with core's types has some hundreds
# Frequent shapes, as regular expressions: matching one takes a sixth of the time of searching for numbers.
_FREQUENT, _OFTEN = 6, 24


class LinkShape(NamedTuple):
    """One link of a shape. `href` and `route` contain `%s` for each number that `pick` selects from the item's numbers.

    `stand_in` is the aim with placeholder numbers; the number at `id_at` is the id of the target item. If `pick` is
    None, no number matters, and `href` and `route` are literal.
    """

    relation: str
    href: str
    route: str
    pick: Callable[[Sequence[str]], object] | None
    stand_in: Aim
    id_at: int | None

    def aim(self, numbers: Sequence[str]) -> Aim:
        """Return where the link points in an item with these numbers."""
        if self.pick is None:
            return self.stand_in
        policy, _, collection, item_id, inherent, fetch = self.stand_in
        route = self.route and self.route % self.pick(numbers)
        item_id = item_id if self.id_at is None else int(numbers[self.id_at])
        return Aim(policy, route, collection, item_id, inherent, fetch)

    def read(self, numbers: Sequence[str]) -> tuple[str, str, Aim]:
        """Return relation, href and aim of the link in an item with these numbers."""
        href = self.href if self.pick is None else self.href % self.pick(numbers)
        return self.relation, href, self.aim(numbers)


class ItemShape:
    """The text between the numbers of an item's `_links`.

    `links` is None before they are learnt, and if such items' links differ in more than numbers.
    """

    __slots__ = ("links", "pieces", "seen", "tried")

    def __init__(self, pieces: tuple[str, ...], *, tried: bool = False) -> None:
        self.pieces = pieces
        self.links: tuple[LinkShape, ...] | None = None
        self.seen = 0
        self.tried = tried


_NO_SHAPE = ItemShape((), tried=True)


class LinkShapes:
    """What the links of one site's items mean, learnt from the first item of each shape. Memory is bounded."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._items: dict[tuple[str, ...], ItemShape] = {}
        self._room = _ROOM
        self._frequent: list[tuple[ItemShape, Callable[[str], re.Match[str] | None]]] = []
        self._hrefs: dict[tuple[str, ...], LinkShape | None] = {}

    def take_apart(self, text: str) -> tuple[ItemShape, Sequence[str]]:
        """Return the shape of an item's `_links` and the numbers in it; `text` is their JSON (empty: no shape)."""
        for shape, match in self._frequent:
            if found := match(text):
                return shape, found.groups()
        if not text:
            return _NO_SHAPE, ()
        parts = _NUMBERS.split(text)
        pieces = tuple(parts[::2])
        shape = self._items.get(pieces) or self._new(pieces, len(text))
        shape.seen += 1
        if shape.seen == _OFTEN:
            match = re.compile(_NUMBER.join(map(re.escape, pieces))).fullmatch
            self._frequent = [(shape, match), *self._frequent[: _FREQUENT - 1]]
        return shape, parts[1::2]

    def _new(self, pieces: tuple[str, ...], length: int) -> ItemShape:
        if len(pieces) > _MOST or length > min(_LONGEST, self._room):
            return ItemShape(pieces, tried=True)
        self._room -= length
        self._items[pieces] = shape = ItemShape(pieces)
        return shape

    def read(self, links: object, base: str) -> list[tuple[Link, Aim]]:
        """Parse every entry of an item's `_links` in a response from `base`, one by one, and return each with its aim."""
        return [(link, self.aim(link, base)) for link in links_of({"_links": links})]

    def learn(self, shape: ItemShape, numbers: Sequence[str], read: Sequence[tuple[Link, Aim]]) -> None:
        """Learn the links of `shape` from its first item, which has these `numbers` and was parsed in full as `read`.

        The result is used only if it reproduces `read` from the numbers alone.
        """
        if shape.tried or len(read) > _MOST:
            return
        shape.tried = True
        stand_ins = _stand_ins(shape.pieces)
        written = loads(_join(shape.pieces, stand_ins))
        found = [self._understood(link, stand_ins) for link in links_of({"_links": written})]
        links = tuple(link for link in found if link)
        first = [(*link[:2], where) for link, where in read]
        if len(links) == len(found) and [link.read(numbers) for link in links] == first:
            shape.links = links

    def aim(self, link: Link, base: str = "") -> Aim:
        """Return where a single link points in a response from `base`; the same as `aims.aim`."""
        relation, href, attributes = link
        if attributes.get("templated"):
            return aim(link, self._root, base)
        parts = _NUMBERS.split(f'{href}"')
        key = (relation, *parts[::2])
        known = self._hrefs.get(key) or (None if key in self._hrefs else self._learn_href(key, link, parts))
        return known.aim(parts[1::2]) if known else aim(link, self._root, base)

    def _learn_href(self, key: tuple[str, ...], link: Link, parts: Sequence[str]) -> LinkShape | None:
        if len(link.href) > _LONGEST_HREF or len(parts) > _MOST:
            return None
        stand_ins, numbers = _stand_ins(parts[::2]), parts[1::2]
        known = self._understood(link._replace(href=_join(parts[::2], stand_ins)[:-1]), stand_ins)
        if len(self._hrefs) >= _MOST_HREFS:
            self._hrefs.clear()
        same = known and known.read(numbers) == (*link[:2], aim(link, self._root))
        self._hrefs[key] = known if same else None
        return self._hrefs[key]

    def _understood(self, link: Link, stand_ins: Sequence[str]) -> LinkShape | None:
        """Return what all links like `link` share; None if its numbers, or its position, matter in another way."""
        relation, href, _ = link
        where = aim(link, self._root)
        if not stands_alone(href) or _places_in(f"{relation} {where.collection}", stand_ins):
            return None
        places = _places_in(href, stand_ins)
        if not places:
            return LinkShape(relation, href, where.route, None, where, None)
        own = [stand_ins[place] for place in places]
        written, route = _template(href, own), where.route and _template(where.route, own, canonical=True)
        if written is None or route is None:
            return None
        number = str(where.item_id)
        id_at = stand_ins.index(number) if number in stand_ins else None
        return LinkShape(relation, written, route, itemgetter(*places), where, id_at)


def _stand_ins(pieces: Sequence[str]) -> list[str]:
    return [str(_STAND_IN + place) for place in range(len(pieces) - 1)]


def _places_in(text: str, stand_ins: Sequence[str]) -> list[int]:
    """Return which of the `stand_ins` occur in `text`."""
    return [place for place, one in enumerate(stand_ins) if one in text]


def _join(pieces: Sequence[str], numbers: Sequence[str]) -> str:
    return "".join(part for pair in zip(pieces, [*numbers, ""], strict=True) for part in pair)


def _template(text: str, stand_ins: Sequence[str], *, canonical: bool = False) -> str | None:
    """Return `text` with `%s` for each number; None unless each occurs once, in this order, as itself."""
    pieces: list[str] = []
    rest = text.replace("%", "%%")
    for one in stand_ins:
        before, found, rest = rest.partition(one)
        if not found or one in rest:
            return None
        # A parameter that is omitted at its default value, or sorted by its value, has no template.
        if canonical and (before.endswith("page=") or "?" in "".join(pieces)):
            return None
        pieces.append(before)
    return "%s".join((*pieces, rest))
