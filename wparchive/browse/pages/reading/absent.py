"""The picture that stands where none is held: it says so, and it is the same for all."""

from typing import Any

from datasette.utils.asgi import Response

from wparchive.browse.static_files import static_bytes
from wparchive.browse.web import SAFE

__all__ = ["page"]


async def page(request: Any, datasette: Any) -> Response:
    """Return the stand-in."""
    del request, datasette
    headers = {
        **SAFE,
        "Cross-Origin-Resource-Policy": "cross-origin",  # it also stands in the frame of what was sent
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "max-age=3600",
    }
    return Response(body=static_bytes("absent.png")[0], status=200, headers=headers, content_type="image/png")
