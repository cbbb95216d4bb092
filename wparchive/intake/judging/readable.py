"""Whether the body of an answer can be read: the bytes are taken in any case, but who counts on its items has to know.

Nothing here raises for what a file holds.
"""

import codecs
import json
import re

from wparchive.http1.message import Dechunker, Head, is_chunked
from wparchive.wordpress.payload.decoding import LIMITS, decoded
from wparchive.wordpress.payload.document import Document
from wparchive.wordpress.payload.payload import read

__all__ = ["as_read", "ends_early", "is_wrapped", "unread"]

Bytes = bytes | memoryview

_PARSED = (
    1 << 15
)  # bytes of a body that is parsed only to see whether it can be: more would cost as much as the whole import
_PIECE = 1 << 20
_LARGEST_WRAPPED = 16 << 20  # bytes
_SPACE = b" \t\r\n"
_PAIRS = {b"[": b"]", b"{": b"}"}
_UNDONE = ("unknown-", "too-many-codings", "not-", "cut")
# What stands before the JSON where PHP shows its errors, which is an HTML answer then, or where a script was asked for.
_WRAPPING = re.compile(
    rb"\s*(?:<br\s*/?>|<b>|(?:PHP )?(?:Warning|Notice|Deprecated|Fatal error|Strict Standards)\b|/\*\*/[\w.$]+\()"
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_OTHERWISE = (*_UTF16, b"\x1f\x8b")


def as_read(text: Bytes) -> Bytes:
    """Return a body in UTF-8, as the index reads it: in UTF-16, or packed without a word, it shows nothing to who searches it."""
    if bytes(text[:2]) not in _OTHERWISE:
        return text
    return decoded(bytes(text), LIMITS)[0].encode("utf-8", "replace") or text


def is_wrapped(text: Bytes) -> bool:
    """Return whether a body that doesn't begin as JSON holds it all the same: behind errors of PHP, in a call, in UTF-16."""
    start = bytes(text[:1000])
    if len(text) > _LARGEST_WRAPPED or not (start.startswith(_UTF16) or _WRAPPING.match(start)):
        return False
    document = read(bytes(text))
    return document.ok and isinstance(document.value, list | dict)


def ends_early(head: Head, coded: Bytes) -> bool:
    """Return whether a chunked body lacks its last chunk."""
    if not head.chunked or not is_chunked(bytes(coded[:_PARSED])):
        return False
    dechunker = Dechunker()
    for at in range(0, len(coded), _PIECE):
        dechunker.feed(bytes(coded[at : at + _PIECE]))
    return not dechunker.done


def unread(head: Head, held: Bytes, text: Bytes, flags: tuple[str, ...], truncated: str | None) -> str:
    """Return in a word why the body of an answer can't be read, or not all of it; empty if it can.

    `held` is in its content codings, `text` without; `flags` are the faults of these. The words are `coding`, `cut`, `json`,
    `letters` and `large`.
    """
    if truncated:
        return "cut"
    if not held or head.status >= 500:
        return ""
    word = _unread(text)
    broken = not text or any(flag.startswith(_UNDONE) for flag in flags)
    return "coding" if word and broken else word


def _unread(text: Bytes) -> str:
    if len(text) <= _PARSED:
        try:
            json.loads(str(text, "utf-8"))
        except (ValueError, RecursionError):
            return _fault(read(bytes(text)))
        return ""
    begin, end = (bytes(part).strip(_SPACE) for part in (text[:64], text[-64:]))
    if _PAIRS.get(begin[:1], b"-") != end[-1:]:
        return _fault(read(bytes(text)))
    return "" if _is_utf8(text) else "letters"


def _fault(document: Document) -> str:
    if not document.ok or document.broken:
        return "large" if {"too-big", "too-many-values"}.intersection(document.flags) else "json"
    return "letters" if "invalid-utf8" in document.flags else ""


def _is_utf8(text: Bytes) -> bool:
    whole = text.obj if isinstance(text, memoryview) else text
    if isinstance(whole, bytes) and whole.isascii():  # nearly all are, and nothing is copied to find it out
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for at in range(0, len(text), _PIECE):  # at once it may take four times its size
            decoder.decode(text[at : at + _PIECE], final=at + _PIECE >= len(text))
    except UnicodeDecodeError:
        return False
    return True
