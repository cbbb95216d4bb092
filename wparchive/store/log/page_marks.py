"""Which version of each post and page has its HTML captured, and which pages are in doubt, in `frontier.db`.

This module only stores it; `wparchive.crawl.incremental.page_versions` reads it from the WARCs and interprets it.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wparchive.store.log.database import Database

__all__ = ["PageMark", "PageMarks", "Tried"]

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
_PUT_OFF = f"{_SHOWN} AND p.held = {_VERSION} AND p.tried = p.held AND p.problem != ''"
_DOUBT = (
    "INSERT INTO page_doubts (collection, id, version, crawl) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET version = excluded.version, crawl = excluded.crawl, looks = 0"
    " WHERE version != excluded.version"
)
# Of runs over the whole site; each look is twice as far from the next as from the one before.
_SINCE = "(SELECT count(*) FROM runs r WHERE r.run > d.crawl AND r.mode IN ('full', 'incremental'))"
_DOUBTED = (
    f"FROM pages p JOIN page_doubts d ON d.collection = p.collection AND d.id = p.id AND d.version = {_VERSION}"
    f" AND d.crawl NOT IN ('', ?) AND {_SINCE} >= 1 << d.looks WHERE NOT {_GONE}"
)
_TRY = (
    "UPDATE pages SET tries = CASE tried WHEN ?1 THEN tries + 1 ELSE 1 END, tried = ?1, problem = ?2, at = ?3"
    " WHERE collection = ?4 AND id = ?5"
)


@dataclass(frozen=True, slots=True)
class PageMark:
    """An item whose HTML is wanted: `version` stands for its newest version, `link` is its address as it is written."""

    collection: str
    id: int
    type: str
    link: str
    version: str


@dataclass(frozen=True, slots=True)
class Tried:
    """A page that did not come, why, how often in a row, and when it was tried last."""

    page: PageMark
    problem: str
    tries: int
    at: str


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
        query = "UPDATE pages SET held = ?, tries = 0, problem = '' WHERE collection = ? AND id = ?"
        self._db.rows(query, version, collection, wp_id)
        # A second look settles it, unless the run says otherwise; its crawl is forgotten.
        self._db.rows(
            "UPDATE page_doubts SET crawl = '', looks = looks + 1 WHERE collection = ? AND id = ?", collection, wp_id
        )

    def fail(self, collection: str, wp_id: int, version: str, problem: str, at: str) -> int:
        """Record that the page of that version did not come; return how often in a row."""
        self._db.rows(_TRY, version, problem, at, collection, wp_id)
        row = self._db.row("SELECT tries FROM pages WHERE collection = ? AND id = ?", collection, wp_id)
        return int(row[0]) if row else 0

    def put_off(self, collection: str, wp_id: int, version: str) -> None:
        """Record that the page of that version isn't lacking, though it did not come: later runs try it once in a while."""
        self._db.rows("UPDATE pages SET held = ? WHERE collection = ? AND id = ?", version, collection, wp_id)

    def put_offs(self, most: int) -> list[Tried]:
        """Return the pages that were put off, the latest modified first."""
        query = f"SELECT p.*, {_VERSION} AS version {_PUT_OFF} ORDER BY p.modified DESC, p.id DESC LIMIT ?"
        return [Tried(_mark(row), row["problem"], row["tries"], row["at"]) for row in self._db.rows(query, most)]

    def put_off_count(self) -> int:
        """Return how many those are."""
        row = self._db.row(f"SELECT count(*) {_PUT_OFF}")
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

    def doubt_again(self, collection: str, wp_id: int, version: str, crawl: str) -> None:
        """Record that a later look, in `crawl`, left the page of that version in doubt."""
        query = "UPDATE page_doubts SET crawl = ? WHERE collection = ? AND id = ? AND version = ?"
        self._db.rows(query, crawl, collection, wp_id, version)

    def looks(self, collection: str, wp_id: int, version: str) -> int | None:
        """Return how often the page of that version was looked at since it was in doubt; None if it never was."""
        query = "SELECT looks FROM page_doubts WHERE collection = ? AND id = ? AND version = ?"
        row = self._db.row(query, collection, wp_id, version)
        return int(row[0]) if row else None

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
