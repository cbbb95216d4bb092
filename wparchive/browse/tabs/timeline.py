"""Everything that was noticed of an item, in time."""

from typing import Any

from wparchive.browse.queries.item import Item, VersionRef
from wparchive.browse.render.cards import cards
from wparchive.browse.web import Room

__all__ = ["fill"]


async def fill(room: Room, item: Item, version: VersionRef) -> dict[str, Any]:
    """Return the item's changes, the newest first, and when it was first and last seen."""
    del version
    rows = [one.number for one in reversed(item.noticed)]
    return {"cards": await room.ask(lambda conn: cards(conn, rows, room.addresses, private=room.with_private))}
