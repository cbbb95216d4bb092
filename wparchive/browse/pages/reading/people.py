"""Authors over all sites, whom pictures name, and who comments."""

from typing import Any

from wparchive.browse.queries.people import authors, commenters, named_in_pictures
from wparchive.browse.web import opened

__all__ = ["page"]


async def page(request: Any, datasette: Any) -> Any:
    """Return the page; what the reader may not see is left out, and said."""
    room = await opened(request, datasette, "users", "posts")
    context = {
        "here": "people",
        "authors": await room.ask(lambda conn: authors(conn, private=room.with_private)),
        "credits": await room.ask(named_in_pictures) if room.sees("pictures") else None,
        "commenters": await room.ask(commenters) if room.sees("comments") else None,
    }
    return await room.page("people.html", context)
