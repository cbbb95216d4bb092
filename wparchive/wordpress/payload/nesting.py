"""How deep JSON may go: whatever is nested deeper than that is left out, so that all who read on can go through the rest."""

import re

__all__ = ["DEEPEST", "goes_deep", "levelled"]

DEEPEST = 200
# A string that never ends takes the rest: sought from each of its marks, its end would be looked for again and again.
_NESTING = re.compile(r'"(?:[^"\\]++|\\.|(?!))*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)
_PIECE = 1 << 20
_ROUNDS = 12  # levels that WordPress itself comes to; beyond them all has to be looked at
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


def goes_deep(text: str, start: int) -> bool:
    """Whether the value that begins at `start` is nested deeper than that, by more than half; it hangs on the text alone."""
    if len(text) - start <= 2 * DEEPEST:
        return False
    # A level goes with each round. What is nested deeper is looked at in one pass, as is what strings hold brackets in.
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
    """`text` with null in the place of everything too deep in the value at `start`; None when it has no end."""
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
