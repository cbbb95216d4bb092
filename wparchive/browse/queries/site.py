"""One site: what it is, what is held of it, and its newest articles."""
# ruff: noqa: S608 - our own words

import sqlite3
from dataclasses import dataclass
from typing import Any

__all__ = ["Site", "articles", "site_of"]


@dataclass(frozen=True, slots=True)
class Site:
    """A site's row, its types with (held, gone), and the proofs of its last run."""

    row: dict[str, Any]
    held: list[tuple[str, int, int]]
    listings: list[dict[str, Any]]


def site_of(conn: sqlite3.Connection, site: str) -> Site | None:
    """Return the site; None if the archive has none of that name."""
    row = conn.execute("SELECT * FROM sites WHERE site = ?", (site,)).fetchone()
    if row is None:
        return None
    held = conn.execute("SELECT type, items, gone FROM held WHERE site = ? ORDER BY items DESC", (site,))
    listings = conn.execute("SELECT * FROM listings WHERE run = ? AND site = ? ORDER BY route", (row["last_run"], site))
    return Site(
        dict(row), [(kind, items, gone or 0) for kind, items, gone in held], [dict(one) for one in listings.fetchall()]
    )


def articles(
    conn: sqlite3.Connection, site: str, kind: str, *, size: int, before: str, private: bool
) -> list[dict[str, Any]]:
    """Return the newest articles of a type, one more than `size` if there are more; `before` is a date of publication."""
    older = "AND date_gmt < :before" if before else ""
    public = "" if private else "AND privilege = 'anonymous'"
    query = (  # the words are our own
        "SELECT item, title, date_gmt, author_item, gone, substr(text, 1, 200) AS words FROM posts "
        f"WHERE site = :site AND type = :type {older} {public} ORDER BY date_gmt DESC LIMIT :size"
    )
    rows = conn.execute(query, {"site": site, "type": kind, "before": before, "size": size + 1}).fetchall()
    return [dict(row) for row in rows]
