"""A word-by-word comparison of two texts."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from wparchive.wordpress.changes.sequences import Comparison

__all__ = ["Piece", "in_context", "word_diff"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage of text: `op` is equal, removed or added."""

    op: str
    text: str


def word_diff(before: str, after: str) -> list[Piece]:
    """Return the pieces that lead from `before` to `after`; white space is kept.

    Without the removed ones they form `after`.

    Lines are compared first, then sentences within changed lines, then words within changed sentences: words alone
    would be too slow for long texts.
    """
    return list(_joined(_pieces(before, after, _LEVELS, Comparison())))


def in_context(pieces: Sequence[Piece], around: int = 8) -> list[Piece]:
    """What changed, on one line, with at most `around` words of unchanged text on each side; `…` stands for the others."""
    shown = []
    for number, piece in enumerate(pieces):
        words = piece.text.split()
        if piece.op == "equal":
            before, after = around * (number > 0), around * (number < len(pieces) - 1)
            if len(words) > before + after:
                words = [*words[:before], "…", *words[len(words) - after :]]
        if words:  # white space at an end is what keeps it apart from its neighbour
            edges = (" " * piece.text[:1].isspace(), " " * piece.text[-1:].isspace())
            shown.append(Piece(piece.op, " ".join(words).join(edges)))
    return shown


_LEVELS = (
    re.compile(r"[^\n]*+\n|[^\n]++"),
    re.compile(r"[^.!?。！？]*+[.!?。！？]++\s*+|[^.!?。！？]++"),
    re.compile(r"\s+|\S+"),
)


def _pieces(before: str, after: str, levels: Sequence[re.Pattern[str]], comparison: Comparison) -> Iterator[Piece]:
    """Compare `before` and `after` by the first of `levels`, and what changed by the remaining ones."""
    if not levels or not before or not after:
        yield from (Piece("removed", before), Piece("added", after))
        return
    old, new = levels[0].findall(before), levels[0].findall(after)
    removed = added = ""
    for equal, a, b, c, d in comparison.passages(old, new):
        same = "".join(old[a:b]) if equal else ""
        if same.strip() or (same and not removed + added):
            yield from _pieces(removed, added, levels[1:], comparison)
            yield Piece("equal", same)
            removed = added = ""
        else:  # the space between two changed words belongs to the change
            removed += same or "".join(old[a:b])
            added += same or "".join(new[c:d])
    yield from _pieces(removed, added, levels[1:], comparison)


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    for op, run in groupby((piece for piece in pieces if piece.text), lambda piece: piece.op):
        yield Piece(op, "".join(piece.text for piece in run))
