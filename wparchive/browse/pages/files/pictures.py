"""The wall of pictures."""

from typing import Any

from wparchive.browse.paging import offset_of
from wparchive.browse.queries.files import FILTERS, wall
from wparchive.browse.web import opened

__all__ = ["page"]

_SIZE = 48


async def page(request: Any, datasette: Any) -> Any:
    """Return the wall, or the part of it that `f` and `site` ask for."""
    room = await opened(request, datasette, "media_files", "pictures")
    name = room.args.get("f") if room.args.get("f") in FILTERS else ""
    site, offset = room.args.get("site") or "", offset_of(room)
    tiles, next_offset = await room.ask(lambda conn: wall(conn, name or "", site, size=_SIZE, offset=offset))
    context = {
        "here": "pictures",
        "tiles": tiles,
        "chips": [
            (label, room.addresses.page("pictures", f=one, site=site), one == name, None)
            for one, (label, _) in FILTERS.items()
        ],
        "more": room.addresses.page("pictures", f=name, site=site, offset=next_offset) if next_offset else "",
        "site": site,
        "sites": await room.ask(lambda conn: [row[0] for row in conn.execute("SELECT site FROM sites ORDER BY site")]),
        "f": name,
    }
    return await room.page("pictures.html", context)
