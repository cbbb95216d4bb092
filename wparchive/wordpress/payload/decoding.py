"""Decodes a body to text; rejects one with more values than are read, and replaces by null what is nested too deeply."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from wparchive.wordpress.payload.document import NO_JSON

__all__ = ["DEEPEST", "LIMITS", "ParseLimits", "decoded", "goes_deep", "has_too_many", "levelled", "marks"]


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """Limits that keep the memory for reading any body below 200 MB.

    `text` is in bytes of memory once decoded, `values` in JSON values.
    """

    text: int = 48 << 20
    values: int = 400_000


LIMITS = ParseLimits()

_BOMS = re.compile(rb"(?:\s*+\xef\xbb\xbf|(?!))++")
_NARROW = bytes(range(0xF0))  # all other lead bytes start characters that take four bytes in memory
_PIECE = 1 << 20


def decoded(body: bytes, limits: ParseLimits) -> tuple[str, list[str]]:
    """Return the text of `body` and its flags (see `Document`); with `not-json`, the text is not to be read."""
    flags: list[str] = []
    body = bytes(body)
    if body[:2] == b"\x1f\x8b":
        flags.append("gzip")
        body = _inflated(body, limits.text + 1)
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        flags.append("utf-16")
        body = body.decode("utf-16", "replace").encode("utf-8", "replace") if len(body) <= limits.text else body
    if boms := _BOMS.match(body):
        body = body[boms.end() :]
        flags.append("bom")
    width = 1 if body.isascii() else 4 if body.translate(None, _NARROW) else 2
    if len(body) * width > limits.text:
        return "", [*flags, "too-big", NO_JSON]
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text, flags = body.decode("utf-8", "replace"), [*flags, "invalid-utf8"]
    return ("", [*flags, "too-many-values", NO_JSON]) if has_too_many(text, 0, limits.values) else (text, flags)


def _inflated(body: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(body, most)
    except zlib.error:
        return body


def has_too_many(text: str, start: int, limit: int) -> bool:
    """Return whether `text` from `start` on may contain more than `limit` values, if it is JSON."""
    # A value takes at least two characters, and counting all marks is ten times as fast as skipping those in strings.
    if len(text) - start <= 2 * limit or marks(text, start, len(text)) <= limit:
        return False
    values = quotes = hidden = 0  # hidden: marks in the open string, which may never end
    for piece in _pieces(text, start):
        parts = piece.replace("\\\\", "").replace('\\"', "").split('"')
        values += sum(marks(part, 0, len(part)) for part in parts[quotes % 2 :: 2])
        hidden = hidden if len(parts) == 1 else 0
        quotes += len(parts) - 1
        hidden += marks(parts[-1], 0, len(parts[-1])) if quotes % 2 else 0
        if values > limit or quotes > 2 * limit:
            return True
    return values + hidden > limit


def _pieces(text: str, start: int) -> Iterator[str]:
    """Yield `text` from `start` on in pieces that keep an escaped character with its backslash."""
    while piece := text[start : start + _PIECE]:
        if (len(piece) - len(piece.rstrip("\\"))) % 2:
            piece = text[start : start + _PIECE + 1]
        yield piece
        start += len(piece)


def marks(text: str, start: int, end: int) -> int:
    """Return how many values may begin between `start` and `end`; marks inside strings are counted too."""
    return sum(text.count(mark, start, end) for mark in ",[{")


# Levels; far more than any real response has.
DEEPEST = 200
# An unterminated string takes the rest of the text; otherwise its end would be searched from every mark in it.
_NESTING = re.compile(r'"(?:[^"\\]++|\\.|(?!))*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)
_ROUNDS = 12  # levels that WordPress itself reaches; deeper text is scanned in full
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


def goes_deep(text: str, start: int) -> bool:
    """Return whether the value at `start` is nested deeper than DEEPEST. The result depends on the text alone."""
    if len(text) - start <= 2 * DEEPEST:
        return False
    # Each round removes one level. Deeper nesting, and brackets in strings, are then examined in one pass.
    pieces = (text[at : at + _PIECE].encode("utf-8", "replace") for at in range(start, len(text), _PIECE))
    marks = b"".join(piece.translate(None, _NO_BRACKETS) for piece in pieces)
    for _ in range(_ROUNDS):
        left = marks.replace(b"[]", b"").replace(b"{}", b"")
        if len(left) == len(marks) or len(marks) <= DEEPEST:
            break
        marks = left
    return len(marks) > DEEPEST and _depth(text, start) > DEEPEST


def _depth(text: str, start: int) -> int:
    depth = deepest = 0
    for mark in _NESTING.finditer(text, start):
        if (char := text[mark.start()]) != '"':
            depth += 1 if char in "[{" else -1
            deepest = max(deepest, depth)
            if depth <= 0 or deepest > DEEPEST:
                break
    return deepest


def levelled(text: str, start: int) -> str | None:
    """Return `text` with null in place of everything nested too deeply in the value at `start`; None if it has no end."""
    pieces, kept, depth = [], 0, 0
    for mark in _NESTING.finditer(text, start):
        match text[mark.start()]:
            case "[" | "{":
                depth += 1
                if depth == DEEPEST + 1:
                    pieces += [text[kept : mark.start()], "null"]
            case "]" | "}":
                if depth == DEEPEST + 1:
                    kept = mark.end()
                depth -= 1
                if depth <= 0:
                    break
    return "".join((*pieces, text[kept:])) if pieces and depth <= 0 else None
