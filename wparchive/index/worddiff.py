"""What changed between two texts, word by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

__all__ = ["Piece", "word_diff"]

# Comparing takes the product of the lengths in the worst case: beyond so many words on both sides together a changed passage
# is told as a whole, beyond so many lines those that stand everywhere are passed over.
_LONG, _MANY = 4_000, 2_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words: `op` is equal, removed or added."""

    op: str
    text: str


def word_diff(before: str, after: str) -> list[Piece]:
    """The pieces that lead from `before` to `after`, white space kept; joined without the removed ones they are `after`.

    Lines are compared first and words only within those that changed, so that long articles take no time.
    """
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    pieces: list[Piece] = []
    for op, a, b, c, d in SequenceMatcher(None, old, new, autojunk=len(new) > _MANY).get_opcodes():
        if op == "equal":
            pieces.append(Piece("equal", "".join(old[a:b])))
        else:
            pieces += _words("".join(old[a:b]), "".join(new[c:d]))
    return list(_joined(pieces))


_TOKEN = re.compile(r"\s+|\S+")


def _words(before: str, after: str) -> Iterator[Piece]:
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(old) + len(new) > _LONG:
        yield from (Piece("removed", before), Piece("added", after))
        return
    removed = added = ""
    for op, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        same = "".join(old[a:b]) if op == "equal" else ""
        if same.strip() or (same and not removed + added):
            yield from (Piece("removed", removed), Piece("added", added), Piece("equal", same))
            removed = added = ""
        else:  # the space between two changed words belongs to the change
            removed += same or "".join(old[a:b])
            added += same or "".join(new[c:d])
    yield from (Piece("removed", removed), Piece("added", added))


def _joined(pieces: Sequence[Piece]) -> Iterator[Piece]:
    for op, run in groupby((piece for piece in pieces if piece.text), lambda piece: piece.op):
        yield Piece(op, "".join(piece.text for piece in run))
