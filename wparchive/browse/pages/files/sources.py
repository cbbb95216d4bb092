"""Who takes from whom: hot-linked hosts, one file on several sites, one text on several sites."""

from typing import Any

from wparchive.browse.queries.sources import copied_texts, hotlinked, same_files
from wparchive.browse.web import opened

__all__ = ["page"]


async def page(request: Any, datasette: Any) -> Any:
    """Return the page."""
    room = await opened(request, datasette, "outbound", "posts")
    context = {
        "here": "sources",
        "hotlinked": await room.ask(hotlinked),
        "files": await room.ask(same_files) if room.sees("media_files") else None,
        "texts": await room.ask(copied_texts),
    }
    return await room.page("sources.html", context)
