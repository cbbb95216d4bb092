"""The pictures of an article: its featured image, what its content shows, what its excerpt shows; held or not."""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

from wparchive.ask.finding.held_file import file_of
from wparchive.browse.queries.item import Item, VersionRef
from wparchive.browse.web import Room
from wparchive.urls import host_of
from wparchive.wordpress.files.hot_links import origin_of, shows_file
from wparchive.wordpress.text import references

__all__ = ["fill", "pictures_of"]


async def fill(room: Room, item: Item, version: VersionRef) -> dict[str, Any]:
    """Return each picture of the item, with its file as it was when the version was last seen."""
    if not (room.sees("outbound") and room.sees("media_files")):
        return {"pictures": None}
    return {"pictures": await room.ask(lambda conn: pictures_of(conn, item, version))}


def pictures_of(conn: sqlite3.Connection, item: Item, version: VersionRef) -> list[dict[str, Any]]:
    """Return address, file, credit and origin of the pictures that a version of an item shows.

    Which featured image an older version had is not in the database: the newest version's is named as that.
    """
    newest = version is item.current
    named = _named_now(conn, item) if newest else list(_named_then(conn, item, version))
    found = [_picture(conn, one, version) for one in named]
    featured = conn.execute(_FEATURED, (item.row.get("picture_item"),)).fetchone()
    if featured:
        url = featured["original_url"] or featured["source_url"]
        if url and url not in {one["url"] for one in found}:
            shown = {
                "url": url,
                "host": "",
                "hotlink": 0,
                "element": "featured image" if newest else "featured image of the newest version",
            }
            found.insert(0, _picture(conn, shown, version))
    if item.table.name == "media" and item.row.get("source_url"):
        url = item.row.get("original_url") or item.row["source_url"]
        found.insert(0, _picture(conn, {"url": url, "host": "", "hotlink": 0, "element": "the file"}, version))
    return found


_SHOWN = """
    SELECT url, host, element, hotlink FROM outbound WHERE site = ? AND type IN (?, ?) AND wp_id = ?
    AND (element = 'img' OR hotlink = 1) ORDER BY hotlink DESC, url LIMIT 200"""
_MOST = 200


_FEATURED = "SELECT source_url, original_url FROM media WHERE item = ?"


def _named_now(conn: sqlite3.Connection, item: Item) -> list[dict[str, Any]]:
    about = (item.site, item.type, f"post_type:{item.type}", item.wp_id)
    return [dict(row) for row in conn.execute(_SHOWN, about).fetchall()]


def _named_then(conn: sqlite3.Connection, item: Item, version: VersionRef) -> Iterator[dict[str, Any]]:
    """Yield the pictures in the texts of an older version; the table of what content points to is of the newest."""
    texts = conn.execute("SELECT content, excerpt, link FROM versions WHERE rowid = ?", (version.rowid,)).fetchone()
    own = conn.execute("SELECT hosts FROM sites WHERE site = ?", (item.site,)).fetchone()
    hosts = set(json.loads(own[0])) if own and own[0] else set()
    base, seen = texts["link"] or item.row.get("link") or "", set[str]()
    for html in filter(None, (texts["content"], texts["excerpt"])):
        for one in references(html, base):
            if shows_file(one) and one.url not in seen and len(seen) < _MOST:
                seen.add(one.url)
                host = host_of(one.url)
                hot = int(host_of(origin_of(one.url, host)) not in hosts) if hosts else 0
                yield {"url": one.url, "host": host, "element": one.element, "hotlink": hot}


def _picture(conn: sqlite3.Connection, about: dict[str, Any], version: VersionRef) -> dict[str, Any]:
    held = file_of(conn, about["url"], version.last_seen)
    if held is None:
        return {**about, "sha256": "", "credit": "", "stands_for": False, "others": 0}
    sha256, url = held
    named = conn.execute(
        "SELECT coalesce(nullif(credit, ''), author) FROM pictures WHERE sha256 = ?", (sha256,)
    ).fetchone()
    others = conn.execute("SELECT count(DISTINCT site) FROM media_files WHERE sha256 = ?", (sha256,)).fetchone()
    return {
        **about,
        "sha256": sha256,
        "credit": (named[0] if named else "") or "",
        "stands_for": url != about["url"],
        "others": max(int(others[0]) - 1, 0),
    }
