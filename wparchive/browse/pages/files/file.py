"""One file: what it is by its bytes, where it stands, who uses it, whom it names, what looks the same."""

from typing import Any

from wparchive.browse.queries.files import file_of
from wparchive.browse.web import not_found, opened

__all__ = ["page"]


async def page(request: Any, datasette: Any) -> Any:
    """Return the page of the file with the digest that the address names."""
    room = await opened(request, datasette, "media_files", "captures")
    sha256 = request.url_vars["sha256"]
    found = await room.ask(lambda conn: file_of(conn, sha256))
    if found is None:
        not_found("This file")
    return await room.page("file.html", {"here": "pictures", "sha256": sha256, "file": found})
