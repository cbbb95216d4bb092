"""What is known of an address: items, captures, files, and what points to it."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from wparchive.ask.finding.by_address import at_address
from wparchive.browse.queries.titles import title_of

__all__ = ["Known", "has_uncovered", "known", "uncovered"]


@dataclass(frozen=True, slots=True)
class Known:
    """The items that stand at an address, its captures (newest first), its files, and the items that point to it."""

    items: list[tuple[str, str]]
    captures: list[dict[str, Any]]
    files: list[dict[str, Any]]
    pointing: list[dict[str, Any]]


def known(conn: sqlite3.Connection, url: str, *, private: bool, closed: Collection[str] = ()) -> Known:
    """Return everything that the archive knows of `url`, but no items of the tables in `closed`."""
    named = [one.item for one in at_address(conn, url) if one.item]
    keys = dict.fromkeys(f"{one.site}/{one.type.rpartition(':')[2]}/{one.wp_id}" for one in named)
    items = [(key, title) for key in keys if (title := title_of(conn, key, private=private, closed=closed)) is not None]
    captures = conn.execute(
        "SELECT capture, captured_at, status, kind, mime FROM captures WHERE url = ? AND (privilege = 'anonymous' OR ?) "
        "ORDER BY captured_at DESC LIMIT 100",
        (url, private),
    ).fetchall()
    files = conn.execute("SELECT * FROM media_files WHERE url = ? LIMIT 10", (url,)).fetchall()
    pointing = conn.execute(
        "SELECT DISTINCT item, element, hotlink FROM outbound WHERE url = ? ORDER BY hotlink DESC, item LIMIT 100",
        (url,),
    ).fetchall()
    titled = [dict(row) | {"title": title_of(conn, row["item"], private=private, closed=closed)} for row in pointing]
    shown = [row for row in titled if row["title"] is not None]
    return Known(items, [dict(row) for row in captures], [dict(row) for row in files], shown)


def uncovered(conn: sqlite3.Connection, site: str, *, size: int, offset: int = 0) -> list[dict[str, Any]]:
    """Return rows of the view `uncovered` of a site, the newest first; one more than `size` if there are more."""
    query = "SELECT * FROM uncovered WHERE site = ? ORDER BY lastmod DESC, url LIMIT ? OFFSET ?"
    return [dict(row) for row in conn.execute(query, (site, size + 1, offset)).fetchall()]


def has_uncovered(conn: sqlite3.Connection, site: str) -> bool:
    """Return whether that view has a row of the site."""
    return conn.execute("SELECT 1 FROM uncovered WHERE site = ? LIMIT 1", (site,)).fetchone() is not None
