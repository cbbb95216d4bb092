"""Full-text search: each row's words are added once, without triggers, which cost ten times as much."""

import sqlite3
from collections.abc import Iterable, Mapping

from wparchive.index.schema import SEARCHED
from wparchive.index.statements import FORGET_ALL_WORDS, forget_words, last_row, learn_words

__all__ = ["Words"]


class Words:
    """Keeps the search tables consistent: changed rows are updated at once, new ones together, by `learn`.

    Without search tables it does nothing. Rows that only credentials showed are not included.
    """

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._tables = [table.name for table in SEARCHED if _stands(conn, table.fts)]
        self._marks = {table: self._last(table) for table in self._tables}

    def _last(self, table: str) -> int:
        return int(self._conn.execute(last_row(table)).fetchone()[0])

    def forget(self, table: str, keys: Iterable[Mapping[str, object]]) -> None:
        """Remove the words of rows that are about to change."""
        if table in self._marks:
            self._each(forget_words(table), table, keys)

    def learn_again(self, table: str, keys: Iterable[Mapping[str, object]]) -> None:
        """Add the words of rows that have changed."""
        if table in self._marks:
            self._each(learn_words(table, one=True), table, keys)

    def _each(self, statement: str, table: str, keys: Iterable[Mapping[str, object]]) -> None:
        self._conn.executemany(statement, ({**key, "mark": self._marks[table]} for key in keys))

    def learn(self) -> None:
        """Add the words of all new rows."""
        for table in self._tables:
            last = self._last(table)
            if last > self._marks[table]:
                self._conn.execute(learn_words(table, one=False), {"mark": self._marks[table]})
                self._marks[table] = last

    def rebuild(self) -> None:
        """Rebuild every search table."""
        for statement in FORGET_ALL_WORDS if self._tables else ():
            self._conn.execute(statement)
        self._marks = dict.fromkeys(self._tables, 0)
        self.learn()


def _stands(conn: sqlite3.Connection, name: str) -> bool:
    return conn.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone() is not None
