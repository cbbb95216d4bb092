"""One author: what the site says of them, and their articles."""

from typing import Any

from wparchive.browse.paging import offset_of
from wparchive.browse.queries.people import articles_by, person
from wparchive.browse.web import not_found, opened

__all__ = ["page"]

_SIZE, _DIGITS = 50, 18


async def page(request: Any, datasette: Any) -> Any:
    """Return the page of the author that the address names."""
    room = await opened(request, datasette, "users", "posts")
    if len(room.var("id")) > _DIGITS:
        not_found("This author")
    site, wp_id, offset = room.var("site"), int(room.var("id")), offset_of(room)
    found = await room.ask(lambda conn: person(conn, site, wp_id, private=room.with_private))
    if found is None:
        not_found("This author")
    articles = await room.ask(
        lambda conn: articles_by(conn, site, wp_id, size=_SIZE, offset=offset, private=room.with_private)
    )
    more = f"{room.addresses.person(site, wp_id)}?offset={offset + _SIZE}" if articles[_SIZE:] else ""
    context = {"here": "people", "person": found, "articles": articles[:_SIZE], "more": more}
    return await room.page("person.html", context)
