"""One site: what it is, what is held of it, and its newest articles."""
# ruff: noqa: S608 - our own words

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from wparchive.wordpress.kinds import PLUG_IN_TABLES

__all__ = ["PlugIn", "Site", "articles", "plug_ins", "site_of", "things"]


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


@dataclass(frozen=True, slots=True)
class PlugIn:
    """A type of plug-ins' items, the table that has them, and how many of them are not gone."""

    type: str
    table: str
    standing: int


def plug_ins(conn: sqlite3.Connection, site: str, closed: Collection[str] = ()) -> list[PlugIn]:
    """Return the types of plug-ins' items that are held of a site, but none of the tables in `closed`."""
    query = (
        "SELECT type, count(*) - (SELECT count(*) FROM {0} n WHERE n.site = {0}.site AND n.type = {0}.type "
        "AND n.gone IS NOT NULL) FROM {0} WHERE site = ? GROUP BY type ORDER BY type"
    )
    tables = [name for name in PLUG_IN_TABLES if name not in closed]
    return [PlugIn(kind, name, n) for name in tables for kind, n in conn.execute(query.format(name), (site,))]


# Table -> headline and date of its items; the newest are listed first.
_THINGS = {
    "events": ("title", "start_utc"),
    "products": ("title", "NULL"),
    "reviews": ("'Review of ' || coalesce(product_name, 'a product')", "date_gmt"),
    "entries": ("title", "date_gmt"),
}


def things(
    conn: sqlite3.Connection, site: str, of: PlugIn, *, size: int, offset: int, private: bool
) -> list[dict[str, Any]]:
    """Return items of a plug-in's type as `articles` does, one more than `size` if there are more."""
    title, date = _THINGS[of.table]
    public = "" if private else "AND privilege = 'anonymous'"
    query = (
        f"SELECT item, {title} AS title, {date} AS date_gmt, gone, substr(text, 1, 200) AS words FROM {of.table} "
        f"WHERE site = ? AND type = ? {public} ORDER BY {date} DESC, wp_id DESC LIMIT ? OFFSET ?"
    )
    return [dict(row) for row in conn.execute(query, (site, of.type, size + 1, offset)).fetchall()]
