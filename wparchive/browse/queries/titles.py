"""What items are called in lists that name them; what only credentials showed is called nothing there."""

import sqlite3
from collections.abc import Collection

from wparchive.wordpress.kinds import PLUG_IN_TABLES

__all__ = ["title_of"]

_TABLES = {"attachment": ("media",), "comment": ("comments",), "user": ("users",)}
_TYPES = ("posts", "terms")


def title_of(
    conn: sqlite3.Connection, item: str | None, *, private: bool = False, closed: Collection[str] = ()
) -> str | None:
    """Return an item's title, or its key if it has none; None if there is no such item, or strangers weren't shown it.

    Items of the tables in `closed` aren't shown either.
    """
    row = conn.execute("SELECT title, type FROM items WHERE item = ?", (item,)).fetchone() if item else None
    if row is None:
        return None
    # Only types of plug-ins have a dot in them.
    tables = PLUG_IN_TABLES if "." in row["type"] else (*_TABLES.get(row["type"], ()), *_TYPES)
    for table in tables:
        found = conn.execute(f"SELECT privilege FROM {table} WHERE item = ?", (item,)).fetchone()  # noqa: S608 - ours
        if found and (table in closed or (found[0] != "anonymous" and not private)):
            return None
        if found:
            break
    return str(row["title"] or item)
