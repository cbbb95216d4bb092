"""Which item an address means, and which version: `v` names a capture, `at` a time as the Wayback Machine writes it."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from wparchive.browse.queries.item import Item, VersionRef, item_of, version_at
from wparchive.browse.web import Refused, Room, not_found, opened

__all__ = ["asked_item", "moment_of", "version_of"]

_SEPARATORS = re.compile("[-:TZ ]")  # as fields for dates write them
_LATEST = "99991231235959"
_COUNTED = {"kin": "kinship", "pictures": "outbound"}  # tab → the table that its number is from, if it has another name


def moment_of(at: str) -> str:
    """Return the time that the digits of `at` mean, a shorter one to its end: 2026 is the last second of that year."""
    at = _SEPARATORS.sub("", at[:30])
    if not (at.isascii() and at.isdigit() and 4 <= len(at) <= 14):
        raise Refused(400, "at must be a time in digits, as 20261105 or 20261105093000.")
    for day in ("31", "30", "29", "28"):
        padded = at + (_LATEST[:6] + day + _LATEST[8:])[len(at) :]
        try:
            return f"{datetime.strptime(padded, '%Y%m%d%H%M%S').isoformat()}.999999Z"  # noqa: DTZ007 - UTC is said by the Z
        except ValueError:
            continue
    raise Refused(400, "at must be a time in digits, as 20261105 or 20261105093000.")


async def asked_item(request: Any, datasette: Any) -> tuple[Room, Item]:
    """Return the archive and the item that the address names. Raises Refused: it is not held, or its table is closed."""
    room = await opened(request, datasette, "items", "versions", "captures")
    site, kind, wp_id = room.var("site"), room.var("type"), room.var("id")
    item = await room.ask(lambda conn: item_of(conn, site, kind, wp_id, private=room.with_private))
    if item is None or not item.versions:
        not_found("This item")
    if not room.sees(item.table.name):
        raise Refused(403, "You may not see what this page is made from.")
    return room, _shown(room, item)


def _shown(room: Room, item: Item) -> Item:
    """Return the item without what stands in tables that the actor may not see."""
    return replace(
        item,
        noticed=tuple(one for one in item.noticed if one.change not in room.closed_kinds),
        author=item.author if room.sees("users") else "",
        terms=item.terms if room.sees("terms") and room.sees("post_terms") else (),
        counts={tab: count for tab, count in item.counts.items() if room.sees(_COUNTED.get(tab, tab))},
    )


async def version_of(room: Room, item: Item, name: str = "v") -> VersionRef:
    """Return the version that the request names by `v` or `at`, else the newest. Raises Refused if there is none such."""
    v, at = room.args.get(name) or "", room.args.get("at") or ""
    moment = moment_of(at) if at and not v else ""
    found = await room.ask(lambda conn: version_at(conn, item, v.lower(), moment))
    if found is None:
        raise Refused(404, "This version is not in this archive.")
    return found
