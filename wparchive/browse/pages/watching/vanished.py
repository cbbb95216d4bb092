"""What sites no longer show, with the last words known and the answer that proves it."""

from typing import Any

from wparchive.browse.paging import offset_of
from wparchive.browse.queries.vanished import came_back, counted, vanished
from wparchive.browse.render.cards import cards
from wparchive.browse.web import opened

__all__ = ["page"]

_SIZE = 40


async def page(request: Any, datasette: Any) -> Any:
    """Return the page, of one site or type if the address names one."""
    room = await opened(request, datasette, "posts", "captures", "observations")
    site, kind, offset = room.args.get("site") or "", room.args.get("type") or "", offset_of(room)
    private = room.with_private
    found = await room.ask(lambda conn: vanished(conn, site, kind, size=_SIZE, offset=offset, private=private))
    numbers = await room.ask(lambda conn: counted(conn, private=private))
    back = await room.ask(lambda conn: cards(conn, came_back(conn, site), room.addresses, private=private))
    chips = [("All", room.addresses.page("vanished"), not site, sum(count for *_, count in numbers))]
    for name in sorted({one for one, *_ in numbers}):
        total = sum(count for one, _, count in numbers if one == name)
        chips.append((name, room.addresses.page("vanished", site=name), site == name, total))
    context = {
        "here": "vanished",
        "found": found[:_SIZE],
        "sites": chips,
        "asked": bool(site or kind or offset),
        "back": back,
        "more": room.addresses.page("vanished", site=site, type=kind, offset=offset + _SIZE) if found[_SIZE:] else "",
    }
    return await room.page("vanished.html", context)
