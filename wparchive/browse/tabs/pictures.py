"""The pictures of an article: its featured image, what its content shows, what its excerpt shows; held or not."""

import sqlite3
from typing import Any

from wparchive.browse.queries.item import Item, VersionRef
from wparchive.browse.queries.pictures import file_of
from wparchive.browse.web import Room

__all__ = ["fill", "pictures_of"]


async def fill(room: Room, item: Item, version: VersionRef) -> dict[str, Any]:
    """Return each picture of the item, with its file as it was when the version was last seen."""
    if not (room.sees("outbound") and room.sees("media_files")):
        return {"pictures": None}
    return {"pictures": await room.ask(lambda conn: pictures_of(conn, item, version))}


def pictures_of(conn: sqlite3.Connection, item: Item, version: VersionRef) -> list[dict[str, Any]]:
    """Return address, file, credit and origin of the pictures that an item shows."""
    about = (item.site, item.type, f"post_type:{item.type}", item.wp_id)
    found = [_picture(conn, dict(row), version) for row in conn.execute(_SHOWN, about).fetchall()]
    featured = conn.execute(_FEATURED, (item.row.get("picture_item"),)).fetchone()
    if featured:
        url = featured["original_url"] or featured["source_url"]
        if url and url not in {one["url"] for one in found}:
            shown = {"url": url, "host": "", "hotlink": 0, "element": "featured image"}
            found.insert(0, _picture(conn, shown, version))
    if item.table.name == "media" and item.row.get("source_url"):
        url = item.row.get("original_url") or item.row["source_url"]
        found.insert(0, _picture(conn, {"url": url, "host": "", "hotlink": 0, "element": "the file"}, version))
    return found


_SHOWN = """
    SELECT url, host, element, hotlink FROM outbound WHERE site = ? AND type IN (?, ?) AND wp_id = ?
    AND (element = 'img' OR hotlink = 1) ORDER BY hotlink DESC, url LIMIT 200"""


_FEATURED = "SELECT source_url, original_url FROM media WHERE item = ?"


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
