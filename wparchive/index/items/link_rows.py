"""Builds the rows of `links`; for links that differ only in numbers, only the numbers are read.

Most links of a shape (see `wordpress.links.link_shapes`) also have the same outcome: what a complete listing covers
does not depend on the item. So little is left to do per link but insert the numbers.
"""

from collections.abc import Iterator, Sequence

from wparchive.wordpress.links.aims import Aim
from wparchive.wordpress.links.decisions import Answered, Holdings, decide, is_open
from wparchive.wordpress.links.link_shapes import ItemShape, LinkShape, LinkShapes
from wparchive.wordpress.relations import LinkOutcome
from wparchive.wordpress.routes import Root
from wparchive.wordpress.values import clean, loads

__all__ = ["LinkRow", "LinkRows"]

LinkRow = tuple[object, ...]

_Ended = tuple[str, str | None]


# A link of a shape, as text for rows, and its outcome if that is the same for every item.
_Line = tuple[LinkShape, _Ended | None]


class LinkRows:
    """Builds the rows of one site's links; with `chosen`, what was not requested was omitted on purpose."""

    def __init__(self, site: str, root: Root, holdings: Holdings, *, chosen: bool) -> None:
        self._site = site
        self._holdings = holdings
        self._chosen = chosen
        self._shapes = LinkShapes(root)
        self._lines: dict[ItemShape, list[_Line]] = {}

    def of(self, kind: str, wp_id: int, links: str, base: str) -> list[LinkRow]:
        """Return the rows of an item with these `_links` (JSON without white space) in a response from `base`."""
        shape, numbers = self._shapes.take_apart(links)
        if shape.links is None:
            read = self._shapes.read(loads(links), base)
            self._shapes.learn(shape, numbers, read)
            return [
                (
                    self._site,
                    kind,
                    wp_id,
                    clean(link.relation),
                    clean(link.href),
                    where.route or None,
                    *self._end(where),
                )
                for link, where in read
            ]
        if shape not in self._lines:
            self._lines[shape] = [self._line(link) for link in shape.links]
        return list(self._filled(kind, wp_id, self._lines[shape], numbers))

    def _filled(self, kind: str, wp_id: int, lines: Sequence[_Line], numbers: Sequence[str]) -> Iterator[LinkRow]:
        site = self._site
        for (relation, href, route, pick, stand_in, id_at), ended in lines:
            if pick:
                found = pick(numbers)
                href %= found
                route = route and route % found
            if ended is None:
                policy, _, collection, item_id, inherent, fetch = stand_in
                one = item_id if id_at is None else int(numbers[id_at])
                ended = self._end(Aim(policy, route, collection, one, inherent, fetch))
            yield site, kind, wp_id, relation, href, route or None, *ended

    def _line(self, link: LinkShape) -> _Line:
        # If deciding the stand-in consults no single item or route, every link of this shape ends the same way.
        asked = _Asked(self._holdings)
        decide(link.stand_in, asked)
        alike = link.pick is None or not asked.single
        stored = link._replace(relation=clean(link.relation), href=clean(link.href))
        return stored, self._end(link.stand_in) if alike else None

    def _end(self, where: Aim) -> _Ended:
        found = decide(where, self._holdings)
        return str(LinkOutcome.SKIPPED if self._chosen and is_open(found) else found.outcome), found.capture


class _Asked:
    """Holdings that record whether a single item or route was consulted."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self.listing = holdings.listing
        self.history = holdings.history
        self.absent = holdings.absent
        self.single = False

    def item(self, collection: str, item_id: int | str) -> str | None:
        self.single = True
        return self._holdings.item(collection, item_id)

    def answer(self, route: str) -> Answered | None:
        self.single = True
        return self._holdings.answer(route)
