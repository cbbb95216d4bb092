"""What only credentials showed is in no search table of the archive: it is indexed in memory while it is looked for."""
# ruff: noqa: S608 - names of tables can't be parameters; all are our own

import sqlite3
from collections.abc import Iterator

from wparchive.index.database.creation import GRAMS
from wparchive.index.schema import SEARCHED
from wparchive.index.search.past import past_text
from wparchive.wordpress.unspaced import pairs

__all__ = ["Private"]

_HIDDEN = "privilege != 'anonymous'"


class Private:
    """An index of these rows; with `old`, of former versions and of WordPress's own revisions too."""

    def __init__(self, db: sqlite3.Connection, *, old: bool) -> None:
        self._db = db
        self._rows: list[tuple[str, int]] = []
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute("DROP TABLE IF EXISTS temp.private")
        db.execute(f"CREATE VIRTUAL TABLE temp.private USING fts5(title, text, {GRAMS})")
        for table, rowid, *texts in self._texts(old=old):
            self._rows.append((str(table), int(str(rowid))))
            db.execute("INSERT INTO temp.private (rowid, title, text) VALUES (?, ?, ?)", (len(self._rows), *texts))

    def matching(self, match: str) -> list[tuple[str, int]]:
        """Return table and rowid of what matches, the best first."""
        found = self._db.execute("SELECT rowid FROM temp.private WHERE private MATCH ? ORDER BY rank", (match,))
        return [self._rows[place - 1] for (place,) in found.fetchall()]

    def _texts(self, *, old: bool) -> Iterator[tuple[object, ...]]:
        for searched in SEARCHED:
            query = f"SELECT rowid, {', '.join(searched.search)} FROM {searched.name} WHERE {_HIDDEN}"
            for rowid, *texts in self._db.execute(query):
                yield (searched.name, rowid, *(pairs(one or "") for one in texts))
        columns = "rowid, title, content, excerpt"
        held = "SELECT 1 FROM captures k WHERE k.capture = revisions.capture AND k.privilege != 'anonymous'"
        for table, which in (("versions", _HIDDEN), ("revisions", f"EXISTS ({held})")) if old else ():
            for rowid, *html in self._db.execute(f"SELECT {columns} FROM {table} WHERE {which}"):
                yield (table, rowid, *past_text(*html))
