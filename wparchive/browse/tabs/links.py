"""Every `_links` entry of an item and how it ended, and where its content points."""

import sqlite3
from typing import Any

from wparchive.browse.queries.item import Item, VersionRef
from wparchive.browse.web import Room

__all__ = ["fill"]

_MOST = 500
_RELATIONS = """
    SELECT relation, href, outcome, CASE WHEN ? OR EXISTS (SELECT 1 FROM captures k WHERE k.capture = links.capture
      AND k.privilege = 'anonymous') THEN capture END AS capture FROM links WHERE site = ? AND type IN (?, ?) AND wp_id = ?
    ORDER BY relation, href LIMIT ?"""
_OUTBOUND = """
    SELECT url, host, element, hotlink FROM outbound WHERE site = ? AND type IN (?, ?) AND wp_id = ?
    ORDER BY hotlink DESC, host, url LIMIT ?"""


async def fill(room: Room, item: Item, version: VersionRef) -> dict[str, Any]:
    """Return the item's relations with outcome and evidence, and the addresses in its content."""
    del version
    return {
        "relations": await room.ask(lambda conn: _relations(conn, item, private=room.with_private))
        if room.sees("links")
        else None,
        "outbound": await room.ask(lambda conn: _outbound(conn, item)) if room.sees("outbound") else None,
    }


def _named(item: Item) -> tuple[object, ...]:
    return item.site, item.type, f"{'taxonomy' if item.table.name == 'terms' else 'post_type'}:{item.type}", item.wp_id


def _relations(conn: sqlite3.Connection, item: Item, *, private: bool) -> list[dict[str, Any]]:
    return [dict(row) for row in conn.execute(_RELATIONS, (private, *_named(item), _MOST)).fetchall()]


def _outbound(conn: sqlite3.Connection, item: Item) -> list[dict[str, Any]]:
    return [dict(row) for row in conn.execute(_OUTBOUND, (*_named(item), _MOST)).fetchall()]
