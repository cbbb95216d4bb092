"""Search in what items said before: the words of each version that isn't the standing one any more."""
# ruff: noqa: S608 - names of tables can't be parameters

import sqlite3
from collections.abc import Iterable, Iterator, Mapping

from wparchive.index.item_types import TYPE_OF, of_type
from wparchive.index.schema import ITEM_TABLES, PAST
from wparchive.wordpress.text import visible_text
from wparchive.wordpress.unspaced import pairs

__all__ = ["Past", "all_past", "past_text"]

_DELETE = f"INSERT INTO {PAST} ({PAST}, rowid, title, text) VALUES ('delete', ?, ?, ?)"
_INSERT = f"INSERT INTO {PAST} (rowid, title, text) VALUES (?, ?, ?)"
_INDEXED = f"SELECT 1 FROM {PAST}_docsize WHERE id = ?"
_LEFT = "v.privilege = 'anonymous' AND v.payload_sha256 IS NOT i.payload_sha256"
# Versions of an item, and whether another one has taken its place; parameters :site, :type, :wp_id.
_VERSIONS = {
    table: f"SELECT v.rowid, {_LEFT}, v.title, v.content, v.excerpt FROM {table} i JOIN versions v "
    f"ON v.site = :site AND v.type = :type AND v.wp_id = :wp_id "
    f"WHERE i.site = :site AND i.wp_id = :wp_id AND {of_type(table, alias='i')}"
    for table in ITEM_TABLES
}
_ALL = {
    table: f"SELECT v.rowid, v.title, v.content, v.excerpt FROM (SELECT site, {kind} AS called, wp_id, payload_sha256 "
    f"FROM {table}) i CROSS JOIN versions v ON v.site = i.site AND v.type = i.called AND v.wp_id = i.wp_id WHERE {_LEFT}"
    for table, kind in TYPE_OF.items()
    if table in ITEM_TABLES
}
# Items that the run has changed. New ones have no other version that its end could have joined.
_SETTLED = "SELECT item_table, type, wp_id FROM _wparchive_pending WHERE site = ? AND old_capture IS NOT NULL"


class Past:
    """Keeps the index of former versions consistent; called by `Words`, which says when."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def follow(self, items: Iterable[tuple[str, Mapping[str, object]]]) -> None:
        """Bring the former versions of changed items (table, key) up to date."""
        for table, key in items:
            for rowid, left, *texts in self._conn.execute(_VERSIONS[table], key).fetchall():
                indexed = self._conn.execute(_INDEXED, (rowid,)).fetchone() is not None
                if bool(left) != indexed:
                    self._conn.execute(_INSERT if left else _DELETE, (rowid, *past_text(*texts)))

    def settle(self, site: str) -> None:
        """Bring all items up to date that the run which is being concluded has changed."""
        waiting = self._conn.execute(_SETTLED, (site,)).fetchall()
        self.follow((table, {"site": site, "type": kind, "wp_id": wp_id}) for table, kind, wp_id in waiting)

    def learn_all(self) -> None:
        """Fill the empty index."""
        self._conn.executemany(_INSERT, all_past(self._conn))


def all_past(conn: sqlite3.Connection) -> Iterator[tuple[int, str, str]]:
    """Yield rowid, title and text of every version that has been superseded, as they are indexed."""
    for query in _ALL.values():
        for rowid, *texts in conn.execute(query):
            yield (rowid, *past_text(*texts))


def past_text(title: str | None, content: str | None, excerpt: str | None) -> tuple[str, str]:
    """Return title and text of a version as they are indexed. An excerpt that begins the content isn't repeated."""
    text, short = (visible_text(html) if html else "" for html in (content, excerpt))
    return pairs(title or ""), pairs(text if short[:80] in text else f"{text}\n{short}")
