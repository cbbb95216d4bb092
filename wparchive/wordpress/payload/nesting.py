"""Limits the nesting of JSON: deeper values are replaced by null, so that all later code can recurse safely."""

import re

__all__ = ["DEEPEST", "goes_deep", "levelled"]

# Levels; far more than any real response has.
DEEPEST = 200
# An unterminated string takes the rest of the text; otherwise its end would be searched from every mark in it.
_NESTING = re.compile(r'"(?:[^"\\]++|\\.|(?!))*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)
_PIECE = 1 << 20
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
