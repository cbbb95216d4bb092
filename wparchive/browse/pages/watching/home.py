"""Datasette's front page, where `wparchive serve` makes the overview the first thing that one sees."""

from typing import Any

from datasette.utils.asgi import Response

__all__ = ["page"]


async def page(request: Any, datasette: Any) -> Any:
    """Lead to the overview."""
    del request
    return Response.redirect(str(datasette.urls.path("/-/wparchive/")))
