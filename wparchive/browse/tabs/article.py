"""The article as it read in one version, with the archive's own pictures; what proves it; how to cite it."""

import sqlite3
from typing import Any

from wparchive.browse.queries.item import Item, VersionRef, neighbours
from wparchive.browse.render.cite import Cited, citations
from wparchive.browse.render.details import details_of
from wparchive.browse.render.shown import shown_text, texts_of
from wparchive.browse.tabs.pictures import pictures_of
from wparchive.browse.web import Room
from wparchive.wordpress.text import visible_text

__all__ = ["fill"]

_ARTICLES = """
    SELECT p.item, p.title, p.type, p.date_gmt, p.gone FROM post_terms t
    JOIN posts p ON p.site = t.site AND p.type = t.type AND p.wp_id = t.wp_id
    WHERE t.site = ? AND t.taxonomy = ? AND t.term = ? AND (p.privilege = 'anonymous' OR ?) ORDER BY p.date_gmt DESC LIMIT 100"""
_SHORT = 200  # characters, as on the page of sources
_TWINS = """
    SELECT item, site, title FROM posts WHERE text_sha256 = ? AND item != ? AND (privilege = 'anonymous' OR ?)
    ORDER BY site, item LIMIT 12"""
_CAPTURE = "SELECT capture, captured_at, status, warc, offset, length, body_sha256 FROM captures WHERE capture = ?"


async def fill(room: Room, item: Item, version: VersionRef) -> dict[str, Any]:
    """Return text, evidence and surroundings of the version."""
    with_noise = bool(room.args.get("noise"))
    found = await room.ask(lambda conn: _article(conn, room, item, version, with_noise=with_noise))
    pictures = []
    if room.sees("outbound") and room.sees("media_files"):
        pictures = await room.ask(lambda conn: pictures_of(conn, item, version))
    v = "" if version is item.current else version.id
    here = room.datasette.absolute_url(room.request, room.addresses.item(item.key, v=version.id))
    return {
        **found,
        "with_noise": with_noise,
        "noise_address": room.addresses.item(item.key, v=v, noise="" if with_noise else "1"),
        "pictures": pictures,
        "details": details_of(item) if version is item.current else [],
        "citations": citations(_cited(item, found["title"], found["proof"], here)) if found["proof"] else [],
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
    articles = _filed_under(conn, item, private=room.with_private) if room.sees("posts") else []
    return {
        "content": content,
        "left_out": {name: count for name, count in cleaned.left_out.items() if count},
        "hidden": sent["content"] != texts["content"]
        or (with_noise and texts_of(conn, version, with_noise=False) != sent),
        "words": len(visible_text(texts["content"] or texts["excerpt"]).split()),
        "title": texts["title"],
        "proof": dict(proof) if proof else None,
        "neighbours": (earlier, later),
        "articles": articles,
        "twins": _twins(conn, item, private=room.with_private) if room.sees("posts") else [],
        "has_revisions": conn.execute("SELECT 1 FROM revisions WHERE item = ? LIMIT 1", (item.key,)).fetchone()
        is not None,
    }


def _twins(conn: sqlite3.Connection, item: Item, *, private: bool) -> list[dict[str, Any]]:
    """Return other articles of which the newest text is word for word that of this one; short texts tell nothing."""
    if item.table.name != "posts" or len(item.row.get("text") or "") <= _SHORT:
        return []
    rows = conn.execute(_TWINS, (item.row["text_sha256"], item.key, private)).fetchall()
    return [dict(row) for row in rows]


def _filed_under(conn: sqlite3.Connection, item: Item, *, private: bool) -> list[dict[str, Any]]:
    """Return the newest articles that a term stands on; nothing for items that are no terms."""
    if item.table.name != "terms":
        return []
    return [dict(row) for row in conn.execute(_ARTICLES, (item.site, item.type, item.wp_id, private)).fetchall()]


def _cited(item: Item, title: str, proof: dict[str, Any], address: str) -> Cited:
    return Cited(
        title=title or item.title,
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
