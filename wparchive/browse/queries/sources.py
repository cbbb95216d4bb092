"""Who takes pictures and texts from whom."""

import sqlite3
from typing import Any

__all__ = ["copied_texts", "hotlinked", "same_files"]


# The inner query reads one index in its order; outside, `type` is that of the row with the least id.
_HOTLINKED = """
    SELECT host, site, sum(n) AS files, count(*) AS articles,
      site || '/' || substr(type, instr(type, ':') + 1) || '/' || min(wp_id) AS example
    FROM (SELECT host, site, type, wp_id, count(*) AS n FROM outbound WHERE hotlink = 1 GROUP BY host, site, type, wp_id)
    GROUP BY host, site ORDER BY files DESC, host LIMIT ?"""
# Which texts may stand on two sites is found in an index; whether they are long and public, of the newest of them.
_COPIED = """
    SELECT text_sha256 FROM posts WHERE text_sha256 IS NOT NULL GROUP BY text_sha256 HAVING min(site) != max(site)
    ORDER BY max(date_gmt) DESC, text_sha256 LIMIT 500"""
_PLACES = """
    SELECT item, site, title, date_gmt, first_seen FROM posts WHERE text_sha256 = ? AND length(text) > 200
    AND privilege = 'anonymous' ORDER BY date_gmt, item LIMIT 500"""
_SHOWN = 12


def hotlinked(conn: sqlite3.Connection, *, size: int = 200) -> list[dict[str, Any]]:
    """Return host and site of hot-linked files, with how many, and one article as an example."""
    rows = conn.execute(_HOTLINKED, (size,))
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
    found: list[dict[str, Any]] = []
    for row in conn.execute(_COPIED).fetchall():
        places = [dict(one) for one in conn.execute(_PLACES, (row["text_sha256"],)).fetchall()]
        sites = len({one["site"] for one in places})
        if sites > 1:
            found.append({"sites": sites, "places": places[:_SHOWN]})
        if len(found) == size:
            break
    return found
