"""Full-text search: each row's words are added once, without triggers, which cost ten times as much."""

import sqlite3
from collections.abc import Iterable, Mapping

from wparchive.index.schema import SEARCHED
from wparchive.index.search.grams import Grams
from wparchive.index.search.past import Past
from wparchive.index.statements import FORGET_ALL_WORDS, forget_words, last_row, learn_words

__all__ = ["Words"]

_KEY = ("site", "type", "wp_id")


class Words:
    """Keeps the search tables consistent: changed rows are updated at once, new ones together, by `learn`.

    Without search tables it does nothing. Rows that only credentials showed are not included.
    """

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._tables = [table.name for table in SEARCHED if _stands(conn, table.fts)]
        self._marks = {table: self._last(table) for table in self._tables}
        self._grams = Grams(conn)
        self._past = Past(conn)
        self._changed: list[tuple[str, Mapping[str, object]]] = []

    def _last(self, table: str) -> int:
        return int(self._conn.execute(last_row(table)).fetchone()[0])

    def forget(self, table: str, keys: Iterable[Mapping[str, object]]) -> None:
        """Remove the words of rows that are about to change."""
        if table in self._marks:
            keys = self._marked(table, keys)
            self._conn.executemany(forget_words(table), keys)
            self._grams.forget(table, keys)

    def shrink(self, table: str) -> None:
        """Note that rows of a table, whose words are forgotten, were deleted: a new row may get the same number."""
        if table in self._marks:
            self._marks[table] = min(self._marks[table], self._last(table))

    def learn_again(self, table: str, keys: Iterable[Mapping[str, object]]) -> None:
        """Add the words of rows that have changed."""
        if table in self._marks:
            keys = self._marked(table, keys)
            self._conn.executemany(learn_words(table, one=True), keys)
            self._grams.learn_again(table, keys)
        self.follow(table, keys)

    def follow(self, table: str, keys: Iterable[Mapping[str, object]]) -> None:
        """Note that versions of these rows were added or left behind, for `learn`."""
        if self._tables:
            self._changed += [(table, key) for key in keys]

    def _marked(self, table: str, keys: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
        return [{**key, "mark": self._marks[table]} for key in keys]

    def learn(self) -> None:
        """Add the words of all new rows, and of the versions that changed rows have left behind."""
        for table in self._tables:
            last = self._last(table)
            if last > self._marks[table]:
                self._conn.execute(learn_words(table, one=False), {"mark": self._marks[table]})
                self._grams.learn(table, self._marks[table])
                self._marks[table] = last
        # Each item once: another tool may have captured one thousands of times, each time with other noise.
        once = {(table, *(key[name] for name in _KEY)): (table, key) for table, key in self._changed}
        self._past.follow(once.values())
        self._changed.clear()

    def settle(self, site: str) -> None:
        """Follow what the end of a run made of versions: two that say the same became one."""
        if self._tables:
            self._past.settle(site)

    def rebuild(self) -> None:
        """Rebuild every search table."""
        for statement in FORGET_ALL_WORDS if self._tables else ():
            self._conn.execute(statement)
        self._marks = dict.fromkeys(self._tables, 0)
        self.learn()
        if self._tables:
            self._past.learn_all()


def _stands(conn: sqlite3.Connection, name: str) -> bool:
    return conn.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone() is not None
