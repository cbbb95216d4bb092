"""The content of `archive.db` as lines of text, equal for equal archives."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from wparchive.index.database.opening import WAY_OUT
from wparchive.store.sqlite import read_only

__all__ = ["logical_dump"]

_SKIPPED = ("sqlite_", "_wparchive_", "_sqlite_migrations")


def logical_dump(db_path: Path) -> Iterator[str]:
    """Yield every definition and row, in an order that depends on the content alone.

    Rowids, full-text shadow tables, migration times and the indexer's own notes are omitted. Memory is constant: rows
    are sorted by their key, which is an index, or by all columns in a table without a key.
    """
    with read_only(db_path, WAY_OUT) as conn:
        tables = dict(conn.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name"))
        virtual = tuple(f"{name}_" for name, sql in tables.items() if sql.startswith("CREATE VIRTUAL"))
        for name, sql in tables.items():
            if name.startswith((*_SKIPPED, *virtual)):
                continue
            yield f"table {name} {' '.join(sql.split())}"
            if f"{name}_" not in virtual:
                yield from _rows(conn, name)


def _rows(conn: sqlite3.Connection, table: str) -> Iterator[str]:
    info = conn.execute(f'PRAGMA table_info("{table}")').fetchall()
    names = [f'"{column[1]}"' for column in info]
    key = [f'"{column[1]}"' for column in sorted(info, key=lambda column: column[5]) if column[5]] or names
    query = f'SELECT {", ".join(names)} FROM "{table}" ORDER BY {", ".join(key)}'  # noqa: S608 - names read from the file
    for row in conn.execute(query):
        yield f"{table} {json.dumps(row, ensure_ascii=False)}"
