"""The content as it was sent, with its looks: in a frame that may run nothing, load nothing and lead nowhere."""

from typing import Any

from datasette.utils.asgi import Response
from markupsafe import Markup

from wparchive.browse.asked_version import asked_item, version_of
from wparchive.browse.render.shown import shown_text, texts_of
from wparchive.browse.web import SAFE

__all__ = ["page"]

_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
_PAGE = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{}</title><meta name="robots" content="noindex">'
    "<style>body{{font:1rem/1.6 serif;margin:1rem;overflow-wrap:anywhere;color:#111;background:#fff}}"
    "img{{max-width:100%;height:auto}}</style></head><body>{}</body></html>"
)


async def page(request: Any, datasette: Any) -> Response:
    """Return the content of the version that the address names."""
    room, item = await asked_item(request, datasette)
    version = await version_of(room, item)

    def made(conn: Any) -> Markup:
        texts = texts_of(conn, version, with_noise=True)
        return shown_text(conn, room, item, version, texts["content"] or texts["excerpt"], as_sent=True)[0]

    html = _PAGE.format(item.title, await room.ask(made))
    return Response.html(str(html), headers={**SAFE, "Content-Security-Policy": _POLICY})
