"""The first page: what changed since one last looked, and the sites."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from datasette.utils.asgi import Response

from wparchive.browse.asked import moment
from wparchive.browse.queries.changes import Asked, articles_first, counts, newest_run, page_of
from wparchive.browse.queries.overview import sites
from wparchive.browse.render import look
from wparchive.browse.render.cards import cards
from wparchive.browse.web import Refused, Room, opened
from wparchive.model import timestamp

__all__ = ["SEEN", "page"]

SEEN = "wparchive_seen"
"""The cookie with the time at which a reader last marked all as seen."""
_SHOWN = 9
_DAYS = 30  # of a first visit
_TILES = ("silently_edited", "deleted", "unpublished", "restored", "edited", "appeared", "page_differs", "copied")


async def page(request: Any, datasette: Any) -> Any:
    """Return the overview; the address without a slash leads to it."""
    room = await opened(request, datasette, "observations", "captures", "versions", "sites")
    if not request.path.endswith("/"):
        return Response.redirect(room.addresses.page())
    newest = await room.ask(newest_run)
    since, why = _since(room, newest)
    asked = Asked(since=since, private=room.with_private, closed=room.closed_items, hidden=room.closed_kinds)
    kinds = await room.ask(lambda conn: counts(conn, asked, "kind"))
    rows = await room.ask(lambda conn: _strongest(conn, asked, kinds))
    context = {
        "here": "",
        "since": since,
        "why": why,
        "newest": newest,
        "tiles": [
            (look.kind(name), kinds.get(name, 0), room.addresses.page("changes", kind=name, since=since))
            for name in _TILES
            if name not in room.closed_kinds
        ],
        "cards": await room.ask(lambda conn: cards(conn, rows, room.addresses, private=asked.private)),
        "total": sum(kinds.values()),
        "all": room.addresses.page("changes", since=since),
        "sites": await room.ask(lambda conn: sites(conn, since)),
    }
    return await room.page("overview.html", context)


def _since(room: Room, newest: str) -> tuple[str, str]:
    """Return from when on changes are new to this reader, and why."""
    if asked := moment(room.args.get("since"), "since"):
        return asked, "asked"
    try:
        if seen := moment(room.request.cookies.get(SEEN), "the cookie"):
            return seen, "seen"
    except Refused:  # a cookie may hold anything
        pass
    return (timestamp(datetime.fromisoformat(newest) - timedelta(days=_DAYS)) if newest else "", "first")


def _strongest(conn: Any, asked: Asked, kinds: dict[str, int]) -> list[int]:
    """Return the row ids of the changes that tell most: silent edits first, then what is gone, then the rest."""
    rows: list[int] = []
    for name in look.KINDS:
        if kinds.get(name) and len(rows) < _SHOWN:
            rows += articles_first(conn, page_of(conn, replace(asked, kind=name), _SHOWN * 10).rows)[
                : _SHOWN - len(rows)
            ]
    return rows
