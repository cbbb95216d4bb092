"""What a site's sitemaps and feeds name and no list of its REST API has."""

from typing import Any

from wparchive.browse.paging import offset_of
from wparchive.browse.queries.url import uncovered
from wparchive.browse.web import not_found, opened

__all__ = ["page"]

_SIZE = 100


async def page(request: Any, datasette: Any) -> Any:
    """Return the page of the site that the address names."""
    room = await opened(request, datasette, "sites", "inventory", "inventory_documents", "captures")
    name, offset = room.var("site"), offset_of(room)
    row = await room.ask(lambda conn: conn.execute("SELECT name FROM sites WHERE site = ?", (name,)).fetchone())
    if row is None:
        not_found("This site")
    found = await room.ask(lambda conn: uncovered(conn, name, size=_SIZE, offset=offset))
    context = {
        "here": None,
        "site": name,
        "title": row[0] or name,
        "found": found[:_SIZE],
        "pages": room.sees("pages"),
        "more": room.addresses.uncovered(name, offset=offset + _SIZE) if found[_SIZE:] else "",
    }
    return await room.page("uncovered.html", context)
