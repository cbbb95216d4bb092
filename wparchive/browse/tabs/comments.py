"""The comments below an article, those that are gone too."""

from typing import Any

from wparchive.browse.paging import offset_of
from wparchive.browse.queries.item import Item, VersionRef
from wparchive.browse.web import Room

__all__ = ["fill"]

_SIZE = 100
_COMMENTS = """
    SELECT item, wp_id, parent, author_name, author_url, date_gmt, text, gone, capture FROM comments
    WHERE site = ? AND post = ? AND (privilege = 'anonymous' OR ?) ORDER BY date_gmt, wp_id LIMIT ? OFFSET ?"""


async def fill(room: Room, item: Item, version: VersionRef) -> dict[str, Any]:
    """Return the comments in the order in which they were written."""
    del version
    if not room.sees("comments"):
        return {"comments": None, "more": ""}
    offset = offset_of(room)
    values = (item.site, item.wp_id, room.with_private, _SIZE + 1, offset)
    found = await room.ask(lambda conn: [dict(row) for row in conn.execute(_COMMENTS, values).fetchall()])
    more = room.addresses.item(item.key, "comments", offset=offset + _SIZE) if found[_SIZE:] else ""
    return {"comments": found[:_SIZE], "more": more}
