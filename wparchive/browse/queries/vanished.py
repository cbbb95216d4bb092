"""What sites no longer show: each with its last known state and the answer that proves it; and what came back."""

import sqlite3
from dataclasses import dataclass

__all__ = ["Vanished", "came_back", "counted", "vanished"]


@dataclass(frozen=True, slots=True)
class Vanished:
    """An article that is gone. `proof` is the capture of WordPress's own answer about it, None where only lists lack it."""

    item: str
    site: str
    type: str
    title: str
    gone: str
    since: str
    last_seen: str
    published: str
    link: str
    words: str
    capture: str
    proof: str | None
    status: int | None
    code: str | None
    comments: int


_GONE = """
    SELECT p.item, p.site, p.type, p.title, p.gone, p.gone_since, p.last_seen, p.date_gmt, p.link, p.capture,
      substr(p.text, 1, 240) AS words, (SELECT count(*) FROM comments c WHERE c.site = p.site AND c.post = p.wp_id) AS comments,
      (SELECT o.after FROM observations o WHERE o.item = p.item AND o.change IN ('deleted', 'unpublished')
       ORDER BY o.observed_at DESC LIMIT 1) AS proof
    FROM posts p WHERE p.gone IS NOT NULL AND {where} ORDER BY p.gone_since DESC, p.item LIMIT ? OFFSET ?"""


def _where(site: str, kind: str, *, private: bool) -> tuple[str, list[object]]:
    conditions = {"p.site = ?": site, "p.type = ?": kind}
    words = [condition for condition, value in conditions.items() if value]
    words += [] if private else ["p.privilege = 'anonymous'"]
    return " AND ".join(words) or "1", [value for value in conditions.values() if value]


def vanished(
    conn: sqlite3.Connection, site: str = "", kind: str = "", *, size: int = 40, offset: int = 0, private: bool = False
) -> list[Vanished]:
    """Return what is gone, the newest first; one more than `size` if there are more."""
    where, values = _where(site, kind, private=private)
    rows = conn.execute(_GONE.format(where=where), [*values, size + 1, offset]).fetchall()
    return [_vanished(conn, row) for row in rows]


def _vanished(conn: sqlite3.Connection, row: sqlite3.Row) -> Vanished:
    said = conn.execute("SELECT status, code FROM captures WHERE capture = ?", (row["proof"],)).fetchone()
    return Vanished(
        item=row["item"],
        site=row["site"],
        type=row["type"],
        title=row["title"] or "",
        gone=row["gone"],
        since=row["gone_since"] or "",
        last_seen=row["last_seen"] or "",
        published=row["date_gmt"] or "",
        link=row["link"] or "",
        words=row["words"] or "",
        capture=row["capture"],
        proof=row["proof"] if said else None,
        status=said[0] if said else None,
        code=said[1] if said else None,
        comments=row["comments"],
    )


def counted(conn: sqlite3.Connection, *, private: bool = False) -> list[tuple[str, str, int]]:
    """Return site, type and number of what is gone."""
    where, _ = _where("", "", private=private)
    query = (
        f"SELECT p.site, p.type, count(*) FROM posts p WHERE p.gone IS NOT NULL AND {where} GROUP BY 1, 2 ORDER BY 1, 2"  # noqa: S608 - our own words
    )
    return [(str(site), str(kind), int(count)) for site, kind, count in conn.execute(query)]


def came_back(conn: sqlite3.Connection, site: str = "") -> list[int]:
    """Return the row ids of the newest observations of what was gone and is shown again."""
    where, values = ("AND site = ?", [site]) if site else ("", [])
    query = f"SELECT rowid FROM observations WHERE change = 'restored' {where} ORDER BY observed_at DESC LIMIT 10"  # noqa: S608 - our own words
    return [int(row[0]) for row in conn.execute(query, values)]
