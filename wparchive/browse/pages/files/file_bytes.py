"""The bytes of a file: pictures by what they are, smaller ones with `w`; everything else is a download."""

import re
from typing import Any

from datasette.utils.asgi import Response

from wparchive.ask.lookup import capture_of
from wparchive.browse.evidence import read
from wparchive.browse.queries.files import capture_with
from wparchive.browse.render.thumbnails import WIDTHS, kind_of, thumbnail
from wparchive.browse.web import SAFE, Refused, Room, framed, not_found, opened
from wparchive.store.warc.reader import StoredExchange

__all__ = ["page"]

_MOST = 1 << 28
_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")


async def page(request: Any, datasette: Any) -> Response:
    """Return the file with the digest that the address names."""
    room = await opened(request, datasette, "media_files", "captures")
    sha256 = request.url_vars["sha256"]
    if request.headers.get("if-none-match") == f'"{sha256}{room.args.get("w") or ""}"':
        return Response(body="", status=304, headers=_headers(room, sha256))
    named = await room.ask(lambda conn: capture_with(conn, sha256, private=room.with_private))
    if named is None:
        not_found("This file, whole in one record,")
    capture = await room.ask(lambda conn: capture_of(conn, named))
    width = _width(room.args.get("w"))
    data, small = await read(room, capture, lambda stored: _bytes(stored, sha256, width))
    headers = _headers(room, sha256)
    kind = "image/webp" if small else kind_of(data[:16])
    if not kind or room.args.get("download"):
        headers["Content-Disposition"] = f'attachment; filename="{sha256[:32]}.bin"'
        return _ranged(request, data, headers, "application/octet-stream")
    return _ranged(request, data, headers, kind)


def _width(given: str | None) -> int:
    if not given:
        return 0
    if given not in map(str, WIDTHS):
        raise Refused(400, f"w must be one of {', '.join(map(str, WIDTHS))}.")
    return int(given)


def _bytes(stored: StoredExchange, sha256: str, width: int) -> tuple[bytes, bool]:
    data = stored.body(_MOST).data
    small = thumbnail(data, sha256, width) if width and kind_of(data[:16]) else None
    return (small, True) if small else (data, False)


def _headers(room: Room, sha256: str) -> dict[str, str]:
    width, in_frame = room.args.get("w") or "", room.args.get("frame") == framed(room.datasette)
    return {
        **SAFE,
        **({"Cross-Origin-Resource-Policy": "cross-origin"} if in_frame else {}),
        "Content-Security-Policy": _POLICY,
        "Cache-Control": "private, max-age=31536000, immutable",
        "ETag": f'"{sha256}{width}"',
        "Accept-Ranges": "bytes",
    }


def _ranged(request: Any, data: bytes, headers: dict[str, str], kind: str) -> Response:
    """Return the part that the request asks for, which is how players move in a film (RFC 9110, section 14)."""
    asked = _RANGE.fullmatch(request.headers.get("range") or "")
    if asked is None:
        return Response(body=data, status=200, headers=headers, content_type=kind)
    first, last = int(asked[1]), min(int(asked[2] or len(data) - 1), len(data) - 1)
    if first > last:
        headers = {**headers, "Content-Range": f"bytes */{len(data)}"}
        return Response(body="", status=416, headers=headers, content_type=kind)
    headers = {**headers, "Content-Range": f"bytes {first}-{last}/{len(data)}"}
    return Response(body=data[first : last + 1], status=206, headers=headers, content_type=kind)
