"""Which version of each post and page has its HTML captured, and which pages are in doubt, in `frontier.db`.

This module only stores it; `wparchive.crawl.incremental.page_versions` reads it from the WARCs and interprets it.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wparchive.store.log.database import Database

__all__ = ["PageMark", "PageMarks"]

_TABLES = ("pages", "page_doubts", "page_signs")
_AT_ONCE = 500  # rows in memory at a time
# The text and the address of the newest version; what is held stays.
_SEE = (
    "INSERT INTO pages (collection, id, type, link, modified) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
    " type = excluded.type, link = excluded.link, modified = excluded.modified WHERE excluded.modified >= modified"
)
_VERSION = "CASE p.silent WHEN '' THEN p.modified ELSE p.modified || ' ' || p.silent END"
# A collection's lists in single languages are called by its route and a parameter; "?" precedes "@".
_LISTS = (
    "SELECT p.collection UNION ALL SELECT c.route FROM collections c"
    " WHERE c.route > p.collection || '?' AND c.route < p.collection || '@'"
)
_GONE = f"EXISTS (SELECT 1 FROM seen s WHERE s.collection IN ({_LISTS}) AND s.id = p.id AND s.gone IS NOT NULL)"  # noqa: S608 - our own
_SHOWN = f"FROM pages p WHERE NOT {_GONE}"
_LACKING = f"{_SHOWN} AND p.held != {_VERSION}"
_DOUBT = (
    "INSERT INTO page_doubts VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET version = excluded.version, crawl = excluded.crawl"
    " WHERE version != excluded.version"
)
_DOUBTED = (
    f"FROM pages p JOIN page_doubts d ON d.collection = p.collection AND d.id = p.id AND d.version = {_VERSION}"
    f" AND d.crawl NOT IN ('', ?) WHERE NOT {_GONE}"
)


@dataclass(frozen=True, slots=True)
class PageMark:
    """An item whose HTML is wanted: `version` stands for its newest version, `link` is its address as it is written."""

    collection: str
    id: int
    type: str
    link: str
    version: str


class PageMarks:
    """What is known of the pages of one site's items, in the open database `db`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def forget(self) -> None:
        """Delete everything."""
        self._db.empty(_TABLES)

    def see(self, rows: Iterable[tuple[str, int, str, str, str]]) -> None:
        """Record items that were read in full: collection, id, type, link, modification time."""
        self._db.write(_SEE, rows)

    def change(self, collection: str, wp_id: int, mark: str) -> None:
        """Record that an item has a new version without a new modification time; `mark` names it."""
        self._db.rows("UPDATE pages SET silent = ? WHERE collection = ? AND id = ?", mark, collection, wp_id)

    def hold(self, collection: str, wp_id: int, version: str) -> None:
        """Record that the page of that version is captured, or that its address has had its chances."""
        query = "UPDATE pages SET held = ?, tries = 0 WHERE collection = ? AND id = ?"
        self._db.rows(query, version, collection, wp_id)
        # A second look settles it, whatever it showed; its crawl is forgotten.
        self._db.rows("UPDATE page_doubts SET crawl = '' WHERE collection = ? AND id = ?", collection, wp_id)

    def fail(self, collection: str, wp_id: int) -> int:
        """Record that the page could not be read; return how often in a row."""
        where = "WHERE collection = ? AND id = ?"
        self._db.rows(f"UPDATE pages SET tries = tries + 1 {where}", collection, wp_id)  # noqa: S608 - our own
        row = self._db.row(f"SELECT tries FROM pages {where}", collection, wp_id)  # noqa: S608 - our own
        return int(row[0]) if row else 0

    def lacking(self) -> Iterator[PageMark]:
        """Yield the items whose newest version has no page, the latest modified first."""
        yield from self._newest(_LACKING)

    def lacking_count(self) -> int:
        """Return how many items those are."""
        row = self._db.row(f"SELECT count(*) {_LACKING}")
        return int(row[0]) if row else 0

    def all(self) -> Iterator[PageMark]:
        """Yield all items that aren't gone, the latest modified first."""
        yield from self._newest(_SHOWN)

    # ---- pages that may show something else than their items say

    def doubt(self, collection: str, wp_id: int, version: str, crawl: str) -> None:
        """Record that the page of that version is in doubt since `crawl`; once for each version."""
        self._db.rows(_DOUBT, collection, wp_id, version, crawl)

    def was_doubted(self, collection: str, wp_id: int, version: str) -> bool:
        """Return whether the page of that version was ever in doubt."""
        query = "SELECT 1 FROM page_doubts WHERE collection = ? AND id = ? AND version = ?"
        return self._db.row(query, collection, wp_id, version) is not None

    def doubted(self, crawl: str) -> Iterator[PageMark]:
        """Yield the items whose page another crawl left in doubt, the latest modified first."""
        yield from self._newest(_DOUBTED, crawl)

    def note_common(self, signs: Iterable[str]) -> None:
        """Record what several pages were found to have in common."""
        self._db.write("INSERT OR IGNORE INTO page_signs VALUES (?)", ((sign,) for sign in signs))

    def common_signs(self) -> frozenset[str]:
        """Return all that was found to be common."""
        return frozenset(row[0] for row in self._db.rows("SELECT sign FROM page_signs LIMIT 10000"))

    def _newest(self, which: str, *given: str) -> Iterator[PageMark]:
        query = f"SELECT p.collection, p.id, p.type, p.link, p.modified, {_VERSION} AS version {which}"
        below = " AND (p.modified, p.id, p.collection) < (?, ?, ?)"
        order = f" ORDER BY p.modified DESC, p.id DESC, p.collection DESC LIMIT {_AT_ONCE}"
        found = self._db.rows(f"{query}{order}", *given)
        while found:  # by place, since what is captured meanwhile leaves the list
            last = found[-1]
            yield from map(_mark, found)
            found = self._db.rows(f"{query}{below}{order}", *given, last["modified"], last["id"], last["collection"])


def _mark(row: sqlite3.Row) -> PageMark:
    return PageMark(row["collection"], row["id"], row["type"], row["link"], row["version"])
