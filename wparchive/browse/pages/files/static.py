"""Our own files; only for the digest that they have, so that an old page never gets a new style."""

import mimetypes
from typing import Any

from datasette.utils.asgi import Response

from wparchive.browse.static_files import static_bytes
from wparchive.browse.web import SAFE, not_found

__all__ = ["page"]


async def page(request: Any, datasette: Any) -> Response:
    """Return the file that the address names, to be kept for ever."""
    del datasette
    name = request.url_vars["name"]
    try:
        data, digest = static_bytes(name)
    except (OSError, ValueError):
        not_found("This file")
    if digest != request.url_vars["digest"]:
        not_found("This file")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {**SAFE, "Cache-Control": "public, max-age=31536000, immutable", "Content-Type": kind}
    return Response(body=data, status=200, headers=headers, content_type=kind)
