"""One capture: what was asked, what came back, where it stands, and how to check it without this program."""

from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from wparchive.browse.evidence import capture_named, read
from wparchive.browse.queries import capture as queries
from wparchive.browse.render.cite import shell_line
from wparchive.browse.render.jsonview import json_html
from wparchive.browse.seal_words import seal_words
from wparchive.browse.web import Refused, Room, opened
from wparchive.store.warc.reader import StoredExchange
from wparchive.wordpress.payload.payload import read as parsed
from wparchive.wordpress.text import plain

__all__ = ["page"]

_SHOWN = 1 << 21  # bytes of a body that are looked at for a page
_TEXT = 20_000  # characters of one that isn't JSON


@dataclass(frozen=True, slots=True)
class _Read:
    """What the WARC says: heads as on the wire, the crawler's notes, and the body as JSON, text or neither."""

    request: str = ""
    head: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    value: Any = None
    text: str = ""
    is_json: bool = False
    trouble: str = ""
    flags: tuple[str, ...] = field(default=())


async def page(request: Any, datasette: Any) -> Any:
    """Return the page of the capture that the address names."""
    room = await opened(request, datasette, "captures")
    capture = await capture_named(room, room.var("capture"))
    found = await room.ask(lambda conn: queries.capture(conn, capture.capture))
    if found is None:
        raise Refused(404, "This capture is not in this archive.")
    try:
        seen = await read(room, capture, _read)
    except Refused as refused:
        seen = _Read(trouble=refused.message)
    items = seen.value if isinstance(seen.value, list) else []
    wanted = _one(items, room.args.get("item"))
    context = {
        "here": "runs",
        "c": found.row,
        "found": found,
        "seen": seen,
        "items": _listed(items),
        "item": wanted,
        "body": _shown(room, wanted if wanted is not None else seen.value) if seen.is_json else None,
        "shell": shell_line(capture.warc, capture.offset, capture.length),
        "sealed": await seal_words(room.archive, capture.warc),
    }
    return await room.page("capture.html", context)


def _read(stored: StoredExchange) -> _Read:
    body = stored.body(_SHOWN)
    head = stored.answer.head_bytes.decode("utf-8", "replace")
    document = parsed(body.data) if body.data[:1] in (b"{", b"[") or "json" in stored.capture.mime else None
    is_json = document is not None and isinstance(document.value, dict | list)
    return _Read(
        request=stored.request.decode("utf-8", "replace").strip(),
        head=head.strip(),
        notes=tuple((name, value) for name, value in stored.metadata.items()),
        value=document.value if document and is_json else None,
        text="" if is_json or b"\0" in body.data[:1000] else body.data.decode("utf-8", "replace")[:_TEXT],
        is_json=is_json,
        flags=body.flags,
    )


def _one(items: list[Any], wanted: str | None) -> Any:
    return next((one for one in items if isinstance(one, dict) and wanted and str(one.get("id")) == wanted), None)


def _listed(items: list[Any]) -> list[tuple[str, str]]:
    """Return id and title of the objects in an answer that is a list."""
    found = []
    for one in items[:200]:
        if isinstance(one, dict) and "id" in one:
            title = one.get("title") or one.get("name") or one.get("slug") or ""
            rendered = title.get("rendered") if isinstance(title, dict) else title
            found.append((str(one["id"]), plain(str(rendered))[:120]))
    return found


def _shown(room: Room, value: object) -> Markup:
    return json_html(value, room.addresses.url)
