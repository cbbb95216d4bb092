"""Who takes pictures and texts from whom."""

import sqlite3
from typing import Any

__all__ = ["copied_texts", "hotlinked", "same_files"]


def hotlinked(conn: sqlite3.Connection, *, size: int = 200) -> list[dict[str, Any]]:
    """Return host and site of hot-linked files, with how many, and one article as an example."""
    rows = conn.execute(
        "SELECT host, site, count(*) AS files, count(DISTINCT type || wp_id) AS articles, min(item) AS example FROM outbound "
        "WHERE hotlink = 1 GROUP BY host, site ORDER BY files DESC, host LIMIT ?",
        (size,),
    )
    return [dict(row) for row in rows.fetchall()]


def same_files(conn: sqlite3.Connection, *, size: int = 60) -> list[dict[str, Any]]:
    """Return files that stand on several sites: digest, sites, places, and which site was seen with it first."""
    rows = conn.execute(
        "SELECT sha256, count(DISTINCT site) AS sites, count(*) AS places, min(first_seen) AS first_seen, min(url) AS url "
        "FROM media_files WHERE sha256 IS NOT NULL GROUP BY sha256 HAVING count(DISTINCT site) > 1 "
        "ORDER BY sites DESC, places DESC, sha256 LIMIT ?",
        (size,),
    ).fetchall()
    return [dict(row) | {"first_site": _first_site(conn, row["sha256"])} for row in rows]


def _first_site(conn: sqlite3.Connection, sha256: str) -> str:
    row = conn.execute(
        "SELECT site FROM media_files WHERE sha256 = ? ORDER BY first_seen, site LIMIT 1", (sha256,)
    ).fetchone()
    return str(row[0])


def copied_texts(conn: sqlite3.Connection, *, size: int = 60) -> list[dict[str, Any]]:
    """Return articles whose visible text stands word for word on another site too, by when they say they were published."""
    rows = conn.execute(
        "SELECT a.text_sha256, count(DISTINCT a.site) AS sites FROM posts a WHERE a.text_sha256 IS NOT NULL "
        "AND length(a.text) > 200 AND a.privilege = 'anonymous' GROUP BY a.text_sha256 HAVING count(DISTINCT a.site) > 1 "
        "ORDER BY max(a.date_gmt) DESC, a.text_sha256 LIMIT ?",
        (size,),
    ).fetchall()
    found = []
    for row in rows:
        places = conn.execute(
            "SELECT item, site, title, date_gmt, first_seen FROM posts WHERE text_sha256 = ? AND privilege = 'anonymous' "
            "ORDER BY date_gmt, item LIMIT 12",
            (row["text_sha256"],),
        )
        found.append({"sites": row["sites"], "places": [dict(one) for one in places.fetchall()]})
    return found
