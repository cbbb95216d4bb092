"""What rows come to: how much changed, which change matters most, and a change with a few words around it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wparchive.wordpress.prose.result import Piece, Row
from wparchive.wordpress.prose.words import is_number, is_sign, tokens, weight

__all__ = ["Tally", "changed", "in_context", "tally", "telling"]

_AROUND = 8  # words
_CAPTION = 4  # how many times less it matters than text
_REPLACED = 16  # how many times more a word or number that was replaced matters than one that was only added or removed
_MOST = 30  # words, above which a place matters no more
_KINDS = ("edited", "added", "removed", "moved", "split", "joined", "formatted")


@dataclass(frozen=True, slots=True)
class Tally:
    """How many places changed, by kind, and how many words were added and removed."""

    places: dict[str, int]
    added: int
    removed: int

    def __str__(self) -> str:
        changed = ", ".join(f"{count:,} {kind}" for kind, count in self.places.items())
        words = " ".join(f"{sign}{count:,}" for sign, count in (("+", self.added), ("−", self.removed)) if count)
        return f"{changed}, {words} words" if words else changed


def changed(rows: Iterable[Row]) -> list[Row]:
    """The rows that a reader is shown: what changed, each once."""
    return [row for row in rows if row.change in _KINDS]


def tally(rows: Iterable[Row]) -> Tally:
    """Count what changed."""
    shown = changed(rows)
    counts = Counter(row.change for row in shown)
    added, removed = (sum(_words(row, op) for row in shown) for op in ("added", "removed"))
    return Tally({kind: counts[kind] for kind in _KINDS if counts[kind]}, added, removed)


def telling(rows: Iterable[Row]) -> Row | None:
    """The row that matters most: with most words replaced, numbers before others, captions behind; None if nothing changed."""
    return max(changed(rows), key=_worth, default=None)


def _worth(row: Row) -> float:
    added, removed = _words(row, "added"), _words(row, "removed")
    changed = [piece.text for piece in row.pieces if piece.op != "equal"]
    numbers = sum(is_number(word) for text in changed for word in tokens(text).words) if row.change != "added" else 0
    worth = _REPLACED * (min(added, removed, _MOST) + min(numbers, _MOST)) + min(added + removed, _MOST) + 1
    return worth / _CAPTION if row.kind == "caption" else worth


def _words(row: Row, op: str) -> int:
    return sum(weight(tokens(piece.text).words) for piece in row.pieces if piece.op == op)


def in_context(pieces: Sequence[Piece], around: int = _AROUND) -> list[Piece]:
    """What changed, with at most `around` words of unchanged text on each side; `…` stands for the others."""
    return list(_short(pieces, around))


def _short(pieces: Sequence[Piece], around: int) -> Iterator[Piece]:
    """Unchanged passages in a row count as one, whatever formats them."""
    start = 0
    while start < len(pieces):
        end = start + 1
        if pieces[start].op == "equal":
            while end < len(pieces) and pieces[end].op == "equal":
                end += 1
            yield from _ends(pieces[start:end], around, start > 0, end < len(pieces))
        else:
            yield pieces[start]
        start = end


def _ends(pieces: Sequence[Piece], around: int, is_behind: bool, is_before: bool) -> Iterator[Piece]:
    """Unchanged pieces, of which only the words beside a change are kept: it stands before them, behind them, or both."""
    text = "".join(piece.text for piece in pieces)
    head = _place(text, around) if is_behind else 0
    tail = len(text) - (_place(text, around, from_end=True) if is_before else 0)
    if not text[head:tail].strip():
        yield from pieces
        return
    yield from _within(pieces, 0, head)
    yield Piece("equal", "…".join((" " * is_behind, " " * is_before)))
    yield from _within(pieces, tail + len(text[tail:]) - len(text[tail:].lstrip(" ")), len(text))


def _place(text: str, count: int, from_end: bool = False) -> int:
    """How many characters the first `count` words have, or the last ones; twice as many signs of an unspaced script."""
    cut = tokens(text)
    size, halves = 0, 2 * count
    units = list(zip(*cut, strict=True))
    for space, word in reversed(units) if from_end else units:
        cost = 1 if is_sign(word) else 2 * (word.isalnum() or len(word) > 1)
        if not halves or cost > halves:
            break
        halves -= cost
        size += len(space) + len(word)
    return size


def _within(pieces: Sequence[Piece], start: int, end: int) -> Iterator[Piece]:
    at = 0
    for piece in pieces:
        text = piece.text[max(start - at, 0) : max(end - at, 0)]
        if text:
            yield Piece(piece.op, text, piece.marks)
        at += len(piece.text)
