"""Digests of SQLite's internal tables (search, statistics) as the indexer left them.

Their layout depends on the order in which they were filled, so a rebuild cannot prove them byte for byte.
"""

import hashlib
import sqlite3
from collections.abc import Iterator

from wparchive.index.schema import FULL_TEXT

__all__ = ["imprints", "take_imprints"]

_PARTS = ("data", "idx", "docsize", "config")
_STATISTICS = ("sqlite_stat1", "sqlite_stat4")


def take_imprints(conn: sqlite3.Connection) -> None:
    """Store the current digests; nothing is written if they are unchanged."""
    found = dict(imprints(conn))
    if found != dict(conn.execute('SELECT "table", sha256 FROM _wparchive_imprints').fetchall()):
        conn.execute("BEGIN IMMEDIATE")
        conn.execute("DELETE FROM _wparchive_imprints")
        conn.executemany("INSERT INTO _wparchive_imprints VALUES (?, ?)", sorted(found.items()))
        conn.execute("COMMIT")


def imprints(conn: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield SQLite's internal tables and their digests."""
    tables = {name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()}
    for name in (*(f"{table}_{part}" for table in FULL_TEXT for part in _PARTS), *_STATISTICS):
        if name in tables:
            yield name, _digest(conn, name)


def _digest(conn: sqlite3.Connection, table: str) -> str:
    digest = hashlib.sha256()
    for row in conn.execute(f"SELECT * FROM {table} ORDER BY 1, 2"):  # noqa: S608 - names of SQLite's own
        for value in row:
            data = value if isinstance(value, bytes) else str(value).encode()
            digest.update(f"{type(value).__name__} {len(data)} ".encode())
            digest.update(data)
    return digest.hexdigest()
