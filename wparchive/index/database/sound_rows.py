"""Whether `archive.db` contains only what an index run writes; used after a read error, to tell damage from a bug."""

import sqlite3
from collections import deque
from collections.abc import Iterator

from wparchive.index.database.creation import empty_database
from wparchive.index.schema import ITEM_TABLES, TABLES
from wparchive.index.table import Table

__all__ = ["unsound"]

_OBJECTS = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
_JSON = {"flags": "array", "pieces": "array", "aliases": "array", "hosts": "array", "slugs": "array", "fields": "array"}
_JSON |= {"settings": "object", "raw": ""}
_LARGEST = 1 << 60
_PLACES = ("offset", "length", "end", "payload_size")
# Columns that are never NULL; keys are not listed.
_FILLED = {
    "captures": "site run method url kind captured_at record_type warc offset length privilege verdict final",
    "versions": "first_seen last_seen privilege",
    "records": "length type record_id",
    "damage": "site length kind reason",
    "observations": "run site type wp_id change",
    **dict.fromkeys(ITEM_TABLES, "first_seen last_seen privilege capture raw"),
}


def unsound(conn: sqlite3.Connection) -> str:
    """Return in a few words a table or column with content that no index run writes; "" if there is none.

    Reads every row. Raises sqlite3.Error.
    """
    with empty_database() as model:
        found = {tuple(row) for row in conn.execute(_OBJECTS)}
        if lacking := [row for row in map(tuple, model.execute(_OBJECTS)) if row not in found]:
            return f"no {lacking[0][0]} {lacking[0][1]} as wparchive makes it"
    return next((said for table in TABLES.values() for said in _odd(conn, table)), "")


def _odd(conn: sqlite3.Connection, table: Table) -> Iterator[str]:
    for name, kind in table.types.items():
        rule = _rule(table, name, kind.lower())
        if conn.execute(f'SELECT 1 FROM "{table.name}" WHERE NOT coalesce(({rule}), 0) LIMIT 1').fetchone():  # noqa: S608 - our own
            yield f"{table.name}.{name} holds what no index writes"
        if kind == "TEXT":
            try:
                deque(conn.execute(f'SELECT "{name}" FROM "{table.name}"'), maxlen=0)  # noqa: S608 - our own names
            except sqlite3.OperationalError:
                yield f"{table.name}.{name} holds what isn't UTF-8"


def _rule(table: Table, name: str, kind: str) -> str:
    """Return the SQL condition that every value of a column meets."""
    column = f'"{name}"'
    empty = "" if name in table.key or name in _FILLED.get(table.name, "").split() else f"{column} IS NULL OR "
    rule = f"typeof({column}) = '{kind}'"
    if name in _PLACES:
        rule += f" AND {column} BETWEEN 0 AND {_LARGEST}"
    if name == "privilege":
        rule += f" AND {column} IN ('anonymous', 'authenticated')"
    if name in _JSON:
        inside = f"json_type({column}) = '{_JSON[name]}'" if _JSON[name] else "1"
        if _JSON[name] == "array":
            inside += f" AND NOT EXISTS (SELECT 1 FROM json_each({column}) e WHERE e.type != 'text')"  # noqa: S608 - our own
        rule += f" AND CASE WHEN json_valid({column}) THEN {inside} ELSE 0 END"
    return f"{empty}({rule})"
