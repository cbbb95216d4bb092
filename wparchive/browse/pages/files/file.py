"""One file: what it is by its bytes, where it stands, who uses it, whom it names, what looks the same."""

from typing import Any

from wparchive.ask.lookup import capture_of
from wparchive.browse.evidence import read
from wparchive.browse.queries.files import capture_with, file_of
from wparchive.browse.render.thumbnails import kind_of
from wparchive.browse.web import Refused, Room, not_found, opened

__all__ = ["page"]

_START = 64


async def page(request: Any, datasette: Any) -> Any:
    """Return the page of the file with the digest that the address names."""
    room = await opened(request, datasette, "media_files", "captures")
    sha256 = request.url_vars["sha256"]
    found = await room.ask(lambda conn: file_of(conn, sha256))
    if found is None:
        not_found("This file")
    if found.row["detected"] is None:  # it was replaced, and what its bytes are is noted nowhere
        found.row["detected"] = await _detected(room, sha256)
    return await room.page("file.html", {"here": "pictures", "sha256": sha256, "file": found})


async def _detected(room: Room, sha256: str) -> str:
    """Return what the bytes of a file are, "" if they are no picture or can't be read."""
    named = await room.ask(lambda conn: capture_with(conn, sha256, private=room.with_private))
    if named is None:
        return ""
    try:
        capture = await room.ask(lambda conn: capture_of(conn, named))
        return kind_of(await read(room, capture, lambda stored: stored.body(_START).data[:_START]))
    except Refused:
        return ""
