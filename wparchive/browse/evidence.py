"""Reads captures out of the WARCs for pages; what cannot be read is said, never an error of ours."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from wparchive.ask.lookup import capture_of
from wparchive.browse.queries.capture import named, tables_of
from wparchive.browse.web import Refused, Room, not_found
from wparchive.errors import WparchiveError
from wparchive.model import Capture, Privilege
from wparchive.store.warc.reader import StoredExchange

__all__ = ["capture_named", "read"]

_T = TypeVar("_T")


async def capture_named(room: Room, name: str) -> Capture:
    """Return the capture called `name`. Raises Refused: there is none, or this reader may not see what it holds."""
    capture_id = await room.ask(lambda conn: named(conn, name))
    if capture_id is None:
        not_found("This capture")
    found = await room.ask(lambda conn: capture_of(conn, capture_id))
    if found.privilege != Privilege.ANONYMOUS and not room.with_private:
        raise Refused(403, "This was read with a password; it is shown only by `wparchive serve --private`.")
    if not all(map(room.sees, await room.ask(lambda conn: tables_of(conn, capture_id)))):
        raise Refused(403, "You may not see what this capture holds.")
    return found


async def read(room: Room, capture: Capture, use: Callable[[StoredExchange], _T]) -> _T:
    """Return what `use` makes of the stored exchange, in a thread of its own. Raises Refused if it cannot be read."""

    def reading() -> _T:
        return use(room.archive.response(capture))

    try:
        return await asyncio.to_thread(reading)
    except WparchiveError as error:
        raise Refused(404, f"The WARC record can't be read: {error}") from None
