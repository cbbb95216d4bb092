"""What large lists show, which is read only where it matters: where an item may come twice within a run.

A walk over the lists of a site within some hours, each page once and with the same totals, shows each item once; so does
a list that was captured once in a while. Reading what these show would take a fifth of an import.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from wparchive.errors import StorageError
from wparchive.intake.foreign.scan import LARGEST
from wparchive.intake.foreign.strict import BrokenRecordError
from wparchive.intake.history.dividing import PAUSE, REFUSING
from wparchive.intake.history.item_states import states_in
from wparchive.intake.history.list_coverage import place_of
from wparchive.intake.judging.foreign_answers import got_from, moment_of
from wparchive.intake.shelf import Row, Shelf
from wparchive.intake.sources import Sources
from wparchive.wordpress.canonical_routes import lists_all

__all__ = ["learn_large_lists"]

_WALK = timedelta(
    hours=6
)  # in a longer time one item may go and another come, and what is between moves to the next page
_LIST = re.compile(r"/wp/v2/[\w-]+")
_NO_ITEMS = frozenset(("/", "/wp/v2/types", "/wp/v2/taxonomies", "/wp/v2/statuses"))
_TELLS = REFUSING | {200}
_WAITS = "SELECT 1 FROM answers WHERE site = ? AND skipped IS NULL AND states IS NULL LIMIT 1"
_ROWS = """
    SELECT coalesce(t.n, a.n) AS n, a.at, a.route, a.status, a.stated,
      CASE WHEN a.target IS NULL THEN a.states ELSE t.states END IS NULL AS waits
    FROM answers a LEFT JOIN answers t ON t.n = a.target
    WHERE a.site = ? AND a.skipped IS NULL AND a.kind = '' ORDER BY replace(a.at, 'Z', ''), a.source, a."offset" """
_PLACE = 'SELECT route, source, "offset" FROM answers WHERE n = ?'
_PUT = "UPDATE answers SET states = ? WHERE n = ?"


def learn_large_lists(shelf: Shelf, sources: Sources, site: str) -> None:
    """Read what those large lists of a site show of which items may come again. Raises StorageError."""
    if not shelf.one(_WAITS, site):
        return
    for number in list(dict.fromkeys(_needed(shelf, site))):
        ((route, source, offset),) = (tuple(row) for row in shelf.rows(_PLACE, number))
        shelf.do(_PUT, _read(sources, source, offset, route), number)


def _read(sources: Sources, source: int, offset: int, route: str) -> bytes:
    try:
        block = sources.packing(source).record(offset, LARGEST).block
    except BrokenRecordError as error:
        raise StorageError(f"{sources.all[source].stretch.name}: changed while it was read ({error.reason})") from None
    got = got_from(block or b"")
    return b"" if isinstance(got, str) else states_in(got.text, route)


@dataclass(slots=True)
class _Stretch:
    """Captures without a pause between them; `plain` while no item can have come twice."""

    since: datetime
    plain: bool = True
    waiting: list[int] = field(default_factory=list)
    walks: dict[str, tuple[object, set[int]]] = field(default_factory=dict)

    def goes_on(self, row: Row, at: datetime) -> bool:
        """Take the next capture, made `at` that time, and return whether it can't show what one before it showed."""
        path = row["route"].partition("?")[0]
        if row["status"] not in _TELLS or path in _NO_ITEMS:
            return True
        if row["status"] != 200 or not _LIST.fullmatch(path) or not lists_all(row["route"]):
            return False
        way, page = place_of(row["route"])
        about, pages = self.walks.setdefault(path, ((way, row["stated"]), set()))
        new = page > 0 and page not in pages
        pages.add(page)
        return new and about == (way, row["stated"]) and at - self.since <= _WALK


def _needed(shelf: Shelf, site: str) -> Iterator[int]:
    """Yield the answers of which it has to be known what they show."""
    before = datetime.min.replace(tzinfo=UTC)
    stretch = _Stretch(before)
    for row in shelf.rows(_ROWS, site):
        at = moment_of(row["at"]) or before
        if at - before > PAUSE:
            stretch = _Stretch(at)
        before = at
        stretch.plain = stretch.goes_on(row, at) and stretch.plain
        stretch.waiting += [row["n"]] if row["waits"] else []
        if not stretch.plain:
            yield from stretch.waiting
            stretch.waiting.clear()
