"""Search in scripts without spaces: rows that have such signs are indexed a second time, by pairs of signs."""
# ruff: noqa: S608 - names of tables can't be parameters

import sqlite3
from collections.abc import Iterable, Iterator, Mapping

from wparchive.index.item_types import of_type
from wparchive.index.schema import TABLES
from wparchive.wordpress.unspaced import has_unspaced, pairs

__all__ = ["Grams", "gram_rows"]

_ONE = "AND wp_id = :wp_id AND rowid <= :mark"
_NEW = "rowid > :mark"


class Grams:
    """Keeps the tables of pairs consistent; called by `Words`, which says when."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def forget(self, table: str, keys: Iterable[Mapping[str, object]]) -> None:
        """Remove the pairs of rows that are about to change. The index has no text of its own, so it is given again."""
        columns = ", ".join(TABLES[table].search)
        grams = TABLES[table].grams
        delete = f"INSERT INTO {grams} ({grams}, rowid, {columns}) VALUES ('delete', ?, ?, ?)"
        self._conn.executemany(delete, self._of(table, keys))

    def learn_again(self, table: str, keys: Iterable[Mapping[str, object]]) -> None:
        """Add the pairs of rows that have changed."""
        self._conn.executemany(_insert(table), self._of(table, keys))

    def learn(self, table: str, mark: int) -> None:
        """Add the pairs of all rows beyond `mark`."""
        self._conn.executemany(_insert(table), gram_rows(self._conn, table, _NEW, {"mark": mark}))

    def _of(self, table: str, keys: Iterable[Mapping[str, object]]) -> Iterator[tuple[object, ...]]:
        for key in keys:
            yield from gram_rows(self._conn, table, f"{of_type(table)} AND site = :site {_ONE}", key)


def _insert(table: str) -> str:
    return f"INSERT INTO {TABLES[table].grams} (rowid, {', '.join(TABLES[table].search)}) VALUES (?, ?, ?)"


def gram_rows(
    conn: sqlite3.Connection, table: str, which: str, given: Mapping[str, object]
) -> Iterator[tuple[object, ...]]:
    """Yield rowid and indexed text of the public rows of `table` that have unspaced signs."""
    columns = ", ".join(TABLES[table].search)
    query = f"SELECT rowid, {columns} FROM {table} WHERE {which} AND privilege = 'anonymous'"
    for rowid, *texts in conn.execute(query, given):
        if any(isinstance(text, str) and has_unspaced(text) for text in texts):
            yield (rowid, *(pairs(text) if isinstance(text, str) else text for text in texts))
