"""The item as the REST API sent it, in one version."""

from typing import Any

from wparchive.ask.lookup import capture_of
from wparchive.browse.evidence import read
from wparchive.browse.queries.item import Item, VersionRef
from wparchive.browse.render.jsonview import json_html
from wparchive.browse.web import Refused, Room
from wparchive.store.warc.reader import StoredExchange
from wparchive.wordpress.payload.payload import read as parsed

__all__ = ["fill"]


async def fill(room: Room, item: Item, version: VersionRef) -> dict[str, Any]:
    """Return the JSON of the version out of its WARC; the newest one's also stands in the database."""
    capture = await room.ask(lambda conn: capture_of(conn, version.capture))

    def of(stored: StoredExchange) -> Any:
        value = parsed(stored.body().data).value
        every = value if isinstance(value, list) else [value]
        return next((one for one in every if isinstance(one, dict) and one.get("id") == item.wp_id), None)

    trouble = ""
    try:
        value = await read(room, capture, of)
    except Refused as refused:
        value, trouble = None, refused.message
    if value is None and item.row.get("capture") == version.capture:
        value = parsed(str(item.row["raw"]).encode("utf-8", "replace")).value
    return {"json": json_html(value, room.addresses.url) if value is not None else None, "trouble": trouble}
