"""The rows of `links`: an item's links are understood once for each shape, of all others like it only the numbers.

Core writes the links of all items of a type alike, numbers apart (see `wordpress.payload.skimming`), and most of them end alike
too: what a complete listing covers doesn't hang on the item. So per link there is little left but to put the numbers in.
"""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

from wparchive.wordpress.links import Aim, Holdings, Link, LinkOutcome, aim, links_of, settle
from wparchive.wordpress.payload.skimming import Shape, probes, taken_apart, written
from wparchive.wordpress.php_urls import stands_alone
from wparchive.wordpress.routes import Root
from wparchive.wordpress.values import clean, loads

__all__ = ["LinkRow", "LinkRows"]

LinkRow = tuple[object, ...]

_MOST_FORMS = 500  # where no two items are alike, learning is given up
_MOST_NUMBERS = 200  # core's items have some twenty; to learn takes the square of it
_Ended = tuple[str, str | None]


class LinkRows:
    """Makes the rows of one site's links; with `chosen`, what wasn't asked for was left out on purpose."""

    def __init__(self, site: str, root: Root, holdings: Holdings, *, chosen: bool) -> None:
        self._site = site
        self._root = root
        self._holdings = holdings
        self._chosen = chosen
        self._forms: dict[Shape, list[_Line] | None] = {}

    def of(self, kind: str, wp_id: int, links: str, base: str) -> list[LinkRow]:
        """The rows of an item with these `_links`, written without white space, in an answer from `base`."""
        shape, numbers = taken_apart(links)
        if len(numbers) > _MOST_NUMBERS:
            return list(self._read(kind, wp_id, links, base))
        if shape not in self._forms and len(self._forms) < _MOST_FORMS:
            return self._learn(kind, wp_id, links, base, shape, numbers)
        form = self._forms.get(shape)
        return list(self._read(kind, wp_id, links, base) if form is None else self._filled(kind, wp_id, form, numbers))

    def _read(self, kind: str, wp_id: int, links: str, base: str) -> Iterator[LinkRow]:
        for link in links_of({"_links": loads(links)}):
            where = aim(link, self._root, base)
            yield self._site, kind, wp_id, clean(link.relation), clean(link.href), where.route, *self._end(where)

    def _end(self, where: Aim) -> _Ended:
        outcome, capture, undecided = settle(where, self._holdings)
        return str(LinkOutcome.SKIPPED if self._chosen and undecided else outcome), capture

    def _filled(self, kind: str, wp_id: int, form: "list[_Line]", numbers: Sequence[str]) -> Iterator[LinkRow]:
        site = self._site
        for line in form:
            relation, href, route, pick, (policy, _, collection, item_id, inherent, fetch), id_at, ended = line
            if pick:
                found = pick(numbers)
                href %= found
                route = route and route % found
            if ended is None:
                one = item_id if id_at is None else int(numbers[id_at])
                ended = self._end(Aim(policy, route, collection, one, inherent, fetch))
            yield site, kind, wp_id, relation, href, route, *ended

    def _learn(
        self, kind: str, wp_id: int, links: str, base: str, shape: Shape, numbers: Sequence[str]
    ) -> list[LinkRow]:
        """The rows of the first item with links of this shape; what is learnt counts only if it makes the same rows."""
        rows = list(self._read(kind, wp_id, links, base))
        lines = self._lines(shape)
        form = [line for line in lines if line]
        same = len(form) == len(lines) and list(self._filled(kind, wp_id, form, numbers)) == rows
        self._forms[shape] = form if same else None
        return rows

    def _lines(self, shape: Shape) -> "list[_Line | None]":
        stand_ins = probes(shape)
        probed = links_of({"_links": loads(written(shape, stand_ins))})
        return [self._line(link, aim(link, self._root), stand_ins) for link in probed]

    def _line(self, link: Link, where: Aim, stand_ins: Sequence[str]) -> "_Line | None":
        """What is the same for every link like `link`; None when its numbers, or where it stands, matter in another way."""
        if not stands_alone(link.href):
            return None
        relation, href, route = clean(link.relation), clean(link.href), where.route
        places = [place for place, one in enumerate(stand_ins) if one in href]
        if any(one in relation or one in (where.collection or "") for one in stand_ins):
            return None
        own_ones = [stand_ins[place] for place in places]
        template, written_route = _template(href, own_ones), route and _template(route, own_ones, canonical=True)
        if template is None or (route and written_route is None):
            return None
        own = str(where.item_id)
        id_at = stand_ins.index(own) if own in stand_ins else None
        asked = _Asked(self._holdings)
        settle(where, asked)
        ended = self._end(where) if not places or not asked.single else None
        if not places:
            return _Line(relation, href, route, None, where, None, ended)
        return _Line(relation, template, written_route, itemgetter(*places), where, id_at, ended)


def _template(text: str, stand_ins: Sequence[str], *, canonical: bool = False) -> str | None:
    """`text` with `%s` for each number, None when they aren't each there once, in this order, for what they are."""
    pieces: list[str] = []
    rest = text.replace("%", "%%")
    for one in stand_ins:
        before, found, rest = rest.partition(one)
        if not found or one in rest:
            return None
        # A parameter that is left out at its default value, or that is sorted by its value, has no template.
        if canonical and (before.endswith("page=") or "?" in "".join(pieces)):
            return None
        pieces.append(before)
    return "%s".join((*pieces, rest)) if stand_ins else text


class _Line(NamedTuple):
    """One link of a shape: texts with `%s` for the numbers that `pick` takes, and its end where all end alike."""

    relation: str
    href: str
    route: str | None
    pick: Callable[[Sequence[str]], object] | None
    where: Aim
    id_at: int | None
    ended: _Ended | None


class _Asked:
    """Holdings that note whether a single item or route was asked for."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self.listing = holdings.listing
        self.history = holdings.history
        self.absent = holdings.absent
        self.single = False

    def item(self, collection: str, item_id: int | str) -> str | None:
        """See `links.Holdings`."""
        self.single = True
        return self._holdings.item(collection, item_id)

    def answer(self, route: str) -> tuple[LinkOutcome, str | None] | None:
        """See `links.Holdings`."""
        self.single = True
        return self._holdings.answer(route)
