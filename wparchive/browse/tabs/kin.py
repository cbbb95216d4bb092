"""The articles that share text or pictures with an item: how much, where, and which was public first, with both captures."""

import sqlite3
from typing import Any

from wparchive.ask.kinship.pictures import HOW, SharedPicture, pictures_of
from wparchive.ask.kinship.relatives import Group, Relative, group_of, kin_of, not_compared
from wparchive.ask.kinship.sides import TABLES
from wparchive.browse.queries.item import Item, VersionRef
from wparchive.browse.web import Room

__all__ = ["fill"]

_MOST = 50
_FILES = ("media_files", "pictures", "media", "outbound", "traces")


async def fill(room: Room, item: Item, version: VersionRef) -> dict[str, Any]:
    """Return the relatives of the item, whatever version is looked at; None if the actor may not see them."""
    del version  # pairs name the two versions that are nearest
    if not all(map(room.sees, TABLES)):
        return {"kin": None}
    kin, group, why_not = await room.ask(lambda conn: _kin(conn, item.key))
    shared: list[SharedPicture] = []
    if all(map(room.sees, _FILES)):
        shared = await room.ask(lambda conn: pictures_of(conn, item.key, _MOST))
    told = {"group": group, "why_not": why_not, "shared": shared, "how": HOW}
    return {"kin": kin[:_MOST], "more_kin": len(kin) > _MOST, **told}


def _kin(conn: sqlite3.Connection, item: str) -> tuple[list[Relative], Group | None, str | None]:
    kin = list(kin_of(conn, item, _MOST + 1))
    return kin, group_of(conn, item), None if kin else not_compared(conn, item)
