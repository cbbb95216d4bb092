"""What changed between two texts, word by word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

__all__ = ["Piece", "word_diff"]

# Beyond this many words on both sides together a changed passage is told as a whole: comparing takes their product.
_LONG = 4_000


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
    for op, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if op == "equal":
            pieces.append(Piece("equal", "".join(old[a:b])))
        else:
            pieces += _words("".join(old[a:b]), "".join(new[c:d]))
    return list(_joined(pieces))


def _words(before: str, after: str) -> Iterator[Piece]:
    old, new = _split(before), _split(after)
    if len(old) + len(new) > _LONG:
        yield from (Piece("removed", before), Piece("added", after))
        return
    for op, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if op == "equal":
            yield Piece("equal", "".join(old[a:b]))
        else:
            yield Piece("removed", "".join(old[a:b]))
            yield Piece("added", "".join(new[c:d]))


def _split(text: str) -> list[str]:
    """Words, each with the white space after it."""
    return ["".join(part) for part in _runs(text)]


def _runs(text: str) -> Iterator[Sequence[str]]:
    word: list[str] = []
    for is_space, run in groupby(text, str.isspace):
        word.append("".join(run))
        if is_space:
            yield word
            word = []
    if word:
        yield word


def _joined(pieces: Sequence[Piece]) -> Iterator[Piece]:
    for op, run in groupby((piece for piece in pieces if piece.text), lambda piece: piece.op):
        yield Piece(op, "".join(piece.text for piece in run))
