"""The bytes of a capture: as on the wire, decoded, or the WARC records themselves. Always a download."""

from collections.abc import Callable
from typing import Any

from datasette.utils.asgi import Response

from wparchive.browse.evidence import capture_named, read
from wparchive.browse.web import SAFE, Refused, opened
from wparchive.model import Capture
from wparchive.store.warc.reader import StoredExchange

__all__ = ["page"]

_MOST = 1 << 28  # bytes; more is taken out of the WARC itself
_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"


async def page(request: Any, datasette: Any) -> Response:
    """Return `raw`, `body` or `record` of the capture that the address names."""
    room = await opened(request, datasette, "captures")
    capture = await capture_named(room, room.var("capture"))
    make, kind, ending = _PARTS[request.url_vars["part"]]
    data = await read(room, capture, make)
    name = f"{capture.capture.removeprefix('urn:uuid:').replace('-', '')[:32]}{ending}"
    headers = {
        **SAFE,
        "Content-Security-Policy": _POLICY,
        "Content-Disposition": f'attachment; filename="{name}"',
        **(_memento(capture) if request.url_vars["part"] == "raw" else {}),
    }
    return Response(body=data, status=200, headers=headers, content_type=kind)


def _raw(stored: StoredExchange) -> bytes:
    return _within(stored.raw())


def _body(stored: StoredExchange) -> bytes:
    return stored.body(_MOST).data


def _record(stored: StoredExchange) -> bytes:
    """Return the members of the exchange as they stand in the WARC; together they are a WARC file."""
    return _within(stored.members())


def _within(chunks: Any) -> bytes:
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > _MOST:
            raise Refused(413, "This is larger than 256 MB: take it out of the WARC, as the page of the capture says.")
    return bytes(data)


_PARTS: dict[str, tuple[Callable[[StoredExchange], bytes], str, str]] = {
    "raw": (_raw, "application/octet-stream", ".http"),
    "body": (_body, "application/octet-stream", ".body"),
    "record": (_record, "application/gzip", ".warc.gz"),
}


def _memento(capture: Capture) -> dict[str, str]:
    """Return the headers by which an archived answer says when and of what it is (RFC 7089, section 2)."""
    from datetime import datetime
    from email.utils import format_datetime

    moment = datetime.fromisoformat(capture.captured_at)
    url = capture.url
    safe = url if url.isascii() and url.isprintable() and not set('<>"') & set(url) else ""
    link = {"Link": f'<{safe}>; rel="original"'} if safe else {}
    return {"Memento-Datetime": format_datetime(moment, usegmt=True), **link}
