"""One capture, and what stands in the archive because of it."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from wparchive.index.schema import ITEM_TABLES

__all__ = ["Found", "capture", "named", "tables_of"]


@dataclass(frozen=True, slots=True)
class Found:
    """A capture: its row, the digest of its stored record, the captures that revisit it, and the items first seen in it."""

    row: dict[str, Any]
    record_sha256: str | None
    revisits: list[dict[str, Any]]
    items: list[dict[str, Any]]


def named(conn: sqlite3.Connection, name: str) -> str | None:
    """Return the id of the capture called `name`: its id with or without `urn:uuid:`, or the beginning of one."""
    low = name if name.startswith("urn:") else f"urn:uuid:{name}"
    rows = conn.execute(
        "SELECT capture FROM captures WHERE capture >= ? AND capture < ? LIMIT 2", (low, f"{low}\U0010ffff")
    ).fetchall()
    return str(rows[0][0]) if rows and (len(rows) == 1 or rows[0][0] == low) else None


def tables_of(conn: sqlite3.Connection, capture_id: str) -> set[str]:
    """Return the tables of what a capture holds: who may not see one of them may not see its raw answer."""
    row = conn.execute("SELECT kind FROM captures WHERE capture = ?", (capture_id,)).fetchone()
    kind = row[0] if row else ""
    if kind == "page":
        return {"pages", *_items_of_page(conn, capture_id)}
    return _BY_KIND.get(kind) or {table for table in (_table_of_list(conn, capture_id),) if table}


# A feed has the texts of articles in it.
_BY_KIND = {"requisite": {"page_files"}, "sitemap": {"inventory"}, "feed": {"inventory", "posts"}}


def _items_of_page(conn: sqlite3.Connection, capture_id: str) -> list[str]:
    """Return the tables of the items whose page it is; of a page that is no item's, nobody knows whose words it shows."""
    query = "SELECT 1 FROM pages p JOIN {} x ON x.item = p.item WHERE p.capture = ?"
    return [name for name in ITEM_TABLES if conn.execute(query.format(name), (capture_id,)).fetchone()] or ["posts"]


def _table_of_list(conn: sqlite3.Connection, capture_id: str) -> str | None:
    row = conn.execute(
        'SELECT c."table" FROM captures k JOIN collections c ON c.site = k.site AND c.route = k.route '
        "WHERE k.capture = ?",
        (capture_id,),
    ).fetchone()
    if row is None:  # a single item, or a page of its list: the collection's route is the beginning of its own
        row = conn.execute(
            'SELECT c."table" FROM captures k JOIN collections c ON c.site = k.site '
            "AND substr(k.route, 1, length(c.route)) = c.route "
            "AND substr(k.route, length(c.route) + 1, 1) IN ('', '/', '?') "
            "WHERE k.capture = ? ORDER BY length(c.route) DESC LIMIT 1",
            (capture_id,),
        ).fetchone()
    return str(row[0]) if row else None


def capture(conn: sqlite3.Connection, capture_id: str) -> Found | None:
    """Return the capture with this id; None if the archive has none."""
    row = conn.execute("SELECT * FROM captures WHERE capture = ?", (capture_id,)).fetchone()
    if row is None:
        return None
    record = conn.execute(
        "SELECT sha256 FROM records WHERE record_id = ? AND warc = ?", (capture_id, row["warc"])
    ).fetchone()
    revisits = conn.execute(
        "SELECT capture, captured_at FROM captures WHERE refers_to = ? ORDER BY captured_at LIMIT 50", (capture_id,)
    )
    items = conn.execute(
        "SELECT v.item, v.title, v.first_seen FROM versions v WHERE v.capture = ? AND v.privilege = 'anonymous' "
        "ORDER BY v.type, v.wp_id LIMIT 200",
        (capture_id,),
    )
    return Found(
        dict(row), record[0] if record else None, [dict(one) for one in revisits], [dict(one) for one in items]
    )
