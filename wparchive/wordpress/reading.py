"""Limits how much of a text is read: embedded pictures are replaced, and the rest is cut after some megabytes."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from hashlib import sha256

__all__ = ["READ", "READ_IN_PART", "is_long", "parted", "unread"]

READ_IN_PART = "read-in-part"  # flag of a capture with an item that was cut
READ = 2 << 20  # characters read of one text; as many tags as fit take about a second

_PIECE = 1 << 18
_KEPT = 4
# An embedded picture, font or sound in an attribute, base64 or percent-encoded.
_DATA = re.compile(r"(?<=[\"'(=\s,;])data:([^\s\"'<>(),]{0,200}+),([A-Za-z0-9_+/=%.~\r\n-]{500,}+)")
_UNREAD = re.compile(r"<!--unread [0-9a-f]{64}-->\Z")
_parts: OrderedDict[str, tuple[str, str]] = OrderedDict()


def parted(html: str) -> tuple[str, str]:
    """Return the part of `html` that is read, and a comment with a digest of the rest ("" if there is none).

    The comment keeps two texts distinct that differ only in the unread part. In a long text, each `data:` URL is first
    replaced by its digest, so that what people wrote is read in full.
    """
    if len(html) <= READ:
        return html, ""
    # The same text is requested several times; a digest as the key does not keep the long text in memory.
    key = _digest(html, 0)
    if key not in _parts:
        _parts[key] = _parted(html)
        while len(_parts) > _KEPT:
            _parts.popitem(last=False)
    return _parts[key]


def is_long(html: str) -> bool:
    """Return whether a part of `html` is not read."""
    return bool(parted(html)[1])


def unread(html: str) -> str:
    """Return the comment that `parted` appended for the unread part of `html`; "" if there is none."""
    found = _UNREAD.search(html, max(0, len(html) - 100))
    return found[0] if found else ""


def _parted(html: str) -> tuple[str, str]:
    html = "".join(_without_data(html)) if "data:" in html else html
    return html[:READ], f"<!--unread {_digest(html, READ)}-->" if len(html) > READ else ""


def _without_data(html: str) -> Iterator[str]:
    at = 0
    for found in _DATA.finditer(html):
        start, end = found.span(2)
        yield html[at:start]
        yield _digest(html, start, end)
        at = end
    yield html[at:]


def _digest(html: str, start: int, end: int | None = None) -> str:
    digest = sha256()
    last = len(html) if end is None else end
    for at in range(start, last, _PIECE):  # in pieces, so that a large text is not in memory twice
        digest.update(html[at : min(at + _PIECE, last)].encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
