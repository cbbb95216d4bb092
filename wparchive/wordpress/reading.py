"""How much of a text is read: pictures written into it are left out, and of what is left megabytes are enough."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from hashlib import sha256

__all__ = ["READ", "READ_IN_PART", "is_long", "parted", "unread"]

READ_IN_PART = "read-in-part"  # the flag of a capture that shows such an item
READ = 2 << 20  # characters of one text that are read: as many tags as fit into them take about a second

_PIECE = 1 << 18
_KEPT = 4
# A picture, font or sound inside an attribute, in base64 or percent-encoded.
_DATA = re.compile(r"(?<=[\"'(=\s,;])data:([^\s\"'<>(),]{0,200}+),([A-Za-z0-9_+/=%.~\r\n-]{500,}+)")
_UNREAD = re.compile(r"<!--unread [0-9a-f]{64}-->\Z")
_parts: OrderedDict[str, tuple[str, str]] = OrderedDict()


def parted(html: str) -> tuple[str, str]:
    """`html` as far as it is read, and a comment that stands for the rest: two that differ there alone stay two.

    In a long one a digest stands in the place of each `data:` URL first, so that what people wrote is read whole.
    """
    if len(html) <= READ:
        return html, ""
    # Asked for some times over, and to keep the long text itself as a key would keep it in memory.
    key = _digest(html, 0)
    if key not in _parts:
        _parts[key] = _parted(html)
        while len(_parts) > _KEPT:
            _parts.popitem(last=False)
    return _parts[key]


def is_long(html: str) -> bool:
    """Whether some of `html` isn't read."""
    return bool(parted(html)[1])


def unread(html: str) -> str:
    """The comment that `parted` made of what wasn't read, which `html` ends with; "" when there is none."""
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
    for at in range(start, last, _PIECE):  # so that what is large isn't in memory once more
        digest.update(html[at : min(at + _PIECE, last)].encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
