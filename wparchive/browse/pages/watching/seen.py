"""Marks everything as seen: a cookie with the time of the archive's newest run, and nothing on the server."""

from typing import Any

from datasette.utils.asgi import Response

from wparchive.browse.pages.watching.overview import SEEN
from wparchive.browse.queries.changes import newest_run
from wparchive.browse.web import SAFE, Refused, opened
from wparchive.model import timestamp

__all__ = ["page"]


async def page(request: Any, datasette: Any) -> Any:
    """Set the cookie and lead back to the overview. Raises Refused for anything but the form's POST."""
    from datetime import datetime, timedelta

    room = await opened(request, datasette, "observations")
    if request.method != "POST":
        raise Refused(405, "This address only takes the button of the overview.")
    newest = await room.ask(newest_run)
    after = timestamp(datetime.fromisoformat(newest) + timedelta(microseconds=1)) if newest else ""
    response = Response.redirect(room.addresses.page())
    response.headers.update(SAFE)
    response.set_cookie(
        SEEN, after, path=f"{room.addresses.prefix}/", max_age=400 * 86400, httponly=True, samesite="lax"
    )
    return response
