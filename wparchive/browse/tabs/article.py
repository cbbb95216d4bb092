"""The article as it read in one version, with the archive's own pictures; what proves it; how to cite it."""

import sqlite3
from typing import Any

from wparchive.browse.queries.item import Item, VersionRef, neighbours
from wparchive.browse.render.cite import Cited, citations
from wparchive.browse.render.shown import shown_text, texts_of
from wparchive.browse.tabs.pictures import pictures_of
from wparchive.browse.web import Room
from wparchive.wordpress.text import visible_text

__all__ = ["fill"]

_CAPTURE = "SELECT capture, captured_at, status, warc, offset, length, body_sha256 FROM captures WHERE capture = ?"


async def fill(room: Room, item: Item, version: VersionRef) -> dict[str, Any]:
    """Return text, evidence and surroundings of the version."""
    with_noise = bool(room.args.get("noise"))
    found = await room.ask(lambda conn: _article(conn, room, item, version, with_noise=with_noise))
    pictures = []
    if room.sees("outbound") and room.sees("media_files"):
        pictures = await room.ask(lambda conn: pictures_of(conn, item, version))
    v = "" if version is item.versions[-1] else version.id
    here = room.datasette.absolute_url(room.request, room.addresses.item(item.key, v=version.id))
    return {
        **found,
        "with_noise": with_noise,
        "noise_address": room.addresses.item(item.key, v=v, noise="" if with_noise else "1"),
        "pictures": pictures,
        "citations": citations(_cited(item, found["proof"], here)) if found["proof"] else [],
        "frame": room.addresses.frame(item.key, v=version.id),
    }


def _article(
    conn: sqlite3.Connection, room: Room, item: Item, version: VersionRef, *, with_noise: bool
) -> dict[str, Any]:
    texts = texts_of(conn, version, with_noise=with_noise)
    sent = texts_of(conn, version, with_noise=True)
    content, cleaned = shown_text(conn, room, item, version, texts["content"] or texts["excerpt"])
    proof = conn.execute(_CAPTURE, (version.capture,)).fetchone()
    earlier, later = neighbours(conn, item)
    return {
        "content": content,
        "left_out": {name: count for name, count in cleaned.left_out.items() if count},
        "hidden": sent["content"] != texts["content"]
        or (with_noise and texts_of(conn, version, with_noise=False) != sent),
        "words": len(visible_text(texts["content"] or texts["excerpt"]).split()),
        "title": texts["title"],
        "proof": dict(proof) if proof else None,
        "neighbours": (earlier, later),
        "has_revisions": conn.execute("SELECT 1 FROM revisions WHERE item = ? LIMIT 1", (item.key,)).fetchone()
        is not None,
    }


def _cited(item: Item, proof: dict[str, Any], address: str) -> Cited:
    return Cited(
        title=item.title,
        author=item.author,
        site=item.site_name,
        url=str(item.row.get("link") or item.row.get("source_url") or ""),
        published=str(item.row.get("date_gmt") or ""),
        captured_at=proof["captured_at"],
        capture=proof["capture"],
        sha256=proof["body_sha256"] or "",
        address=address,
        warc=proof["warc"],
        offset=proof["offset"],
        length=proof["length"],
    )
