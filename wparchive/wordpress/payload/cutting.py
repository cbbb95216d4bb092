"""Cuts one item out of an answer, byte for byte as it was sent."""

import re
from collections.abc import Iterator

from wparchive.wordpress.payload.document import Document, Item, items
from wparchive.wordpress.payload.payload import read

__all__ = ["item_as_sent"]

_MARK = re.compile(rb'"(?:[^"\\]++|\\.|(?!))*+"|[\[\]{},]', re.DOTALL)
_SPACE = b" \t\r\n"


def item_as_sent(body: bytes, wp_id: int) -> bytes | None:
    """Return the bytes of the item `wp_id` in the JSON `body`, a list of items or one item; None if it isn't there.

    Where an answer shows it twice, the last counts, as in the index. Where it can't be found in the bytes (an answer in
    UTF-16 with a fault in it), what was read of it is returned, as UTF-8.
    """
    document = read(body)
    found = [one for one in items(document) if one.id == wp_id]
    if not found:
        return None
    raw = found[-1].raw
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        sent = raw.encode(encoding, "surrogatepass")
        if sent in body:
            return sent
    return _by_place(body, document, found[-1]) or raw.encode("utf-8", "replace")


def _by_place(body: bytes, document: Document, item: Item) -> bytes | None:
    """Return the element of a list that stands where `item` does: its text had to be repaired to be read."""
    if not isinstance(document.value, list):
        start, end = body.find(b"{"), body.rfind(b"}")
        return body[start : end + 1] if 0 <= start < end else None
    places = [number for number, one in enumerate(document.value) if one is item.value]
    found = [*_elements(body)]
    return found[places[-1]] if places and len(found) == len(document.value) else None


def _elements(body: bytes) -> Iterator[bytes]:
    """Yield the elements of the first list in `body`; what is inside strings doesn't count."""
    depth, start = 0, body.find(b"[") + 1
    for mark in _MARK.finditer(body, max(0, start - 1)):
        sign = mark[0]
        if sign in b"[{":
            depth += 1
        elif sign in b"]}":
            depth -= 1
        if (sign == b"," and depth == 1) or depth == 0:
            yield body[start : mark.start()].strip(_SPACE)
            start = mark.end()
        if depth == 0:
            return
