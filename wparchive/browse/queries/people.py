"""Who wrote: authors over all sites, who is named in pictures, who comments."""

import sqlite3
from typing import Any

__all__ = ["articles_by", "authors", "commenters", "named_in_pictures", "person"]

_AUTHORS = """
    SELECT u.name, u.site, u.wp_id, u.item, u.gone, (SELECT count(*) FROM posts p WHERE p.author_item = u.item) AS articles,
      (SELECT max(p.date_gmt) FROM posts p WHERE p.site = u.site AND p.author = u.wp_id) AS newest
    FROM users u WHERE u.privilege = 'anonymous' OR ? ORDER BY u.name COLLATE NOCASE, u.site LIMIT 2000"""


def authors(conn: sqlite3.Connection, *, private: bool) -> dict[str, list[dict[str, Any]]]:
    """Return authors by name; the same name on several sites stands together, which does not say that it is one person."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in conn.execute(_AUTHORS, (private,)).fetchall():
        found.setdefault(row["name"] or "Without a name", []).append(dict(row))
    return found


def named_in_pictures(conn: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return whom the metadata of pictures name, and in how many."""
    rows = conn.execute(
        "SELECT coalesce(nullif(credit, ''), author) AS name, count(*) AS pictures FROM pictures "
        "WHERE coalesce(nullif(credit, ''), author) != '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100"
    )
    return [dict(row) for row in rows.fetchall()]


def commenters(conn: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return who comments most, by the name given."""
    rows = conn.execute(
        "SELECT author_name AS name, count(*) AS comments, count(DISTINCT site) AS sites FROM comments "
        "WHERE author_name != '' AND privilege = 'anonymous' GROUP BY author_name ORDER BY 2 DESC, 1 LIMIT 30"
    )
    return [dict(row) for row in rows.fetchall()]


def person(conn: sqlite3.Connection, site: str, wp_id: int, *, private: bool) -> dict[str, Any] | None:
    """Return the row of an author; articles may name one of whom nothing is shown, then only site and id are known."""
    row = conn.execute("SELECT * FROM users WHERE site = ? AND wp_id = ?", (site, wp_id)).fetchone()
    if row is not None and (private or row["privilege"] == "anonymous"):
        return dict(row)
    wrote = conn.execute("SELECT 1 FROM posts WHERE site = ? AND author = ? LIMIT 1", (site, wp_id)).fetchone()
    return {"site": site, "wp_id": wp_id, "name": "", "item": f"{site}/user/{wp_id}"} if wrote else None


def articles_by(
    conn: sqlite3.Connection, site: str, wp_id: int, *, size: int, offset: int, private: bool
) -> list[dict[str, Any]]:
    """Return an author's articles, the newest first, one more than `size` if there are more."""
    rows = conn.execute(
        "SELECT item, title, type, date_gmt, gone FROM posts WHERE site = ? AND author = ? AND (privilege = 'anonymous' OR ?) "
        "ORDER BY date_gmt DESC LIMIT ? OFFSET ?",
        (site, wp_id, private, size + 1, offset),
    )
    return [dict(row) for row in rows.fetchall()]
