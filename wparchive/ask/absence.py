"""Evidence that an item is absent: the pages of a complete listing that would contain its id."""

import sqlite3
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from wparchive.ask.lookup import ItemKey, capture_of
from wparchive.store import Archive
from wparchive.wordpress.languages.codes import PARAMS, language_of_route
from wparchive.wordpress.payload.document import items
from wparchive.wordpress.payload.payload import read
from wparchive.wordpress.routes import Route
from wparchive.wordpress.values import integer

__all__ = ["listings_without"]

# A listing of everything, sorted by id; no other shows where an id would be.
_WHOLE = {"orderby": "id", "order": "asc"}
_PLACING = frozenset(("page", "offset", "per_page", "orderby", "order", "_fields"))
_LISTS = """
    SELECT DISTINCT c.route, l.route FROM collections c JOIN listings l
      ON l.site = c.site AND (l.route = c.route OR (l.route > c.route || '?' AND l.route < c.route || '@'))
    JOIN captures p ON p.capture = l.capture
    WHERE c.site = ? AND c.type = ? AND p.captured_at = ? ORDER BY 1, 2"""
_PAGES = """
    SELECT k.route, k.capture FROM captures k JOIN runs r ON r.run = k.run
    WHERE k.site = :site AND k.kind = 'listing' AND k.final AND k.answer = 'ok' AND k.privilege = 'anonymous'
      AND k.route > :collection || '?' AND k.route < :collection || '@'
      AND coalesce(r.crawl, r.run) = (
        SELECT coalesce(s.crawl, s.run) FROM listings l JOIN runs s ON s.run = l.run JOIN captures p ON p.capture = l.capture
        WHERE l.site = :site AND l.route = :list AND p.captured_at = :at ORDER BY s.rowid LIMIT 1)
    ORDER BY k.captured_at, k.capture"""


def listings_without(db: sqlite3.Connection, archive: Archive, item: ItemKey, missing_since: str) -> Iterator[str]:
    """Yield the captures of the first listing without `item`: the pages that would contain its id.

    Raises DamagedError if one of them cannot be read.
    """
    for collection, listed in db.execute(_LISTS, (item.site, item.type, missing_since)).fetchall():
        chosen = Route.parse(listed).params
        if "?" in listed and (language_of_route(Route.parse(listed)),) != chosen:
            continue  # a filtered view, and not a list of all items in one language
        about = {"site": item.site, "collection": collection, "list": listed, "at": missing_since}
        pages = _in_order(db.execute(_PAGES, about).fetchall(), dict(chosen))
        yield from _around(db, archive, pages, item.wp_id)


def _in_order(rows: Sequence[tuple[str, str]], chosen: Mapping[str, str]) -> list[str]:
    """Return the captures of a complete listing's pages, in list order; of a page read twice, the last.

    `chosen` are the parameters of a list in one language.
    """
    pages: dict[tuple[int, int], str] = {}
    for text, capture in rows:
        params = dict(Route.parse(text).params)
        if {name: value for name, value in params.items() if name in PARAMS} != chosen:
            continue
        if params.keys() - chosen.keys() <= _PLACING and _WHOLE.items() <= params.items():
            size = integer(params.get("per_page")) or 10
            page, offset = integer(params.get("page")) or 1, integer(params.get("offset"))
            pages[(page - 1) * size if offset is None else offset, size] = capture
    return [capture for _, capture in sorted(pages.items())]


def _around(db: sqlite3.Connection, archive: Archive, pages: Sequence[str], wp_id: int) -> Iterator[str]:
    """Yield the first page that reaches beyond the id and lacks it, and the page before if the id would be between them."""

    @cache
    def ids(capture: str) -> list[int]:
        document = read(archive.response(capture_of(db, capture)).body().data)
        return sorted(item.id for item in items(document) if item.id is not None)

    at = min(bisect_left(pages, wp_id, key=lambda capture: max(ids(capture), default=0)), len(pages) - 1)
    if at > 0 and min(ids(pages[at]), default=0) > wp_id:
        yield pages[at - 1]
    if at >= 0 and wp_id not in ids(pages[at]):
        yield pages[at]
