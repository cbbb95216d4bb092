"""One address of the web: what is held of it, who points to it, and the two ways out of the archive."""

from typing import Any
from urllib.parse import quote, urlsplit

from datasette.utils.asgi import Response

from wparchive.browse.queries.url import known
from wparchive.browse.web import Refused, opened

__all__ = ["page"]


async def page(request: Any, datasette: Any) -> Any:
    """Return the page; an address that is one item's, and nothing else, leads to the item with `go=1`."""
    room = await opened(request, datasette, "captures", "items", "outbound")
    url = (room.args.get("u") or "").strip()[:4000]
    if not url:
        raise Refused(400, "Which address? Paste one into the field above.")
    found = await room.ask(lambda conn: known(conn, url, private=room.with_private, closed=room.closed_items))
    if room.args.get("go") and len(found.items) == 1:
        return Response.redirect(room.addresses.item(found.items[0][0]))
    context = {"here": None, "q": url, "url": url, "known": found, "live": _live(url), "wayback": _wayback(url)}
    return await room.page("url.html", context)


def _live(url: str) -> str:
    """Return the address as a link out, if it is one of the web."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.hostname and url.isprintable() else ""


def _wayback(url: str) -> str:
    return f"https://web.archive.org/web/2/{quote(url, safe=':/?&=%+,;@')}" if _live(url) else ""
