"""What is known of an address: items, captures, files, and what points to it."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from wparchive.ask.finding.by_address import at_address

__all__ = ["Known", "known"]


@dataclass(frozen=True, slots=True)
class Known:
    """The items that stand at an address, its captures (newest first), its files, and the items that point to it."""

    items: list[tuple[str, str]]
    captures: list[dict[str, Any]]
    files: list[dict[str, Any]]
    pointing: list[dict[str, Any]]


def known(conn: sqlite3.Connection, url: str, *, private: bool) -> Known:
    """Return everything that the archive knows of `url`."""
    named = [one.item for one in at_address(conn, url) if one.item]
    keys = dict.fromkeys(f"{one.site}/{one.type.rpartition(':')[2]}/{one.wp_id}" for one in named)
    items = [(key, title) for key in keys if (title := _title(conn, key, private=private)) is not None]
    captures = conn.execute(
        "SELECT capture, captured_at, status, kind, mime FROM captures WHERE url = ? AND (privilege = 'anonymous' OR ?) "
        "ORDER BY captured_at DESC LIMIT 100",
        (url, private),
    ).fetchall()
    files = conn.execute("SELECT * FROM media_files WHERE url = ? LIMIT 10", (url,)).fetchall()
    pointing = conn.execute(
        "SELECT DISTINCT o.item, o.element, o.hotlink, i.title FROM outbound o LEFT JOIN items i ON i.item = o.item "
        "WHERE o.url = ? ORDER BY o.hotlink DESC, o.item LIMIT 100",
        (url,),
    ).fetchall()
    return Known(items, *([dict(row) for row in rows] for rows in (captures, files, pointing)))


_TABLES = {"attachment": "media", "comment": "comments", "user": "users"}


def _title(conn: sqlite3.Connection, key: str, *, private: bool) -> str | None:
    """Return an item's title; None if only credentials showed it."""
    row = conn.execute("SELECT title, type FROM items WHERE item = ?", (key,)).fetchone()
    if row is None:
        return None
    for table in (_TABLES.get(row["type"]), "posts", "terms"):
        found = table and conn.execute(f"SELECT privilege FROM {table} WHERE item = ?", (key,)).fetchone()  # noqa: S608 - ours
        if found:
            return str(row["title"] or key) if private or found[0] == "anonymous" else None
    return str(row["title"] or key)
