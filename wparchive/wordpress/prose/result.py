"""What a comparison of two articles returns: rows of pieces, plain values that a terminal, a page or JSON can show."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = ["CELL", "EMBEDDED", "PARAGRAPH", "PICTURE", "Mark", "Note", "Piece", "Row", "as_values", "text_of_side"]

# Characters that stand in the text for what is no character; white space is folded, so no text has the first two.
CELL = "\t"  # between two cells of a table's row
PARAGRAPH = "\n"  # between two blocks that were one, or became one
PICTURE = "\ufffc"  # a picture or what is embedded; its mark says which
EMBEDDED = frozenset(("picture", "video", "audio", "frame"))


class Mark(NamedTuple):
    """What formats a piece (em, strong, code, ...), or a link, picture, video, audio or frame with its address.

    `label` is a picture's description.
    """

    name: str
    address: str = ""
    label: str = ""


class Piece(NamedTuple):
    """A passage of text: `op` is equal, removed or added; white space is kept."""

    op: str
    text: str
    marks: tuple[Mark, ...] = ()

    @property
    def embedded(self) -> Mark | None:
        """The picture or embedded thing that it is, if it is no text."""
        return next((mark for mark in self.marks if mark.name in EMBEDDED), None) if self.text[:1] == PICTURE else None


class Note(NamedTuple):
    """What changed without a word: the target of a link, a picture, formatting (`what`) of `text`, from `before` to `after`."""

    what: str
    before: str
    after: str
    text: str = ""

    def __str__(self) -> str:
        about = f"{self.what} of “{self.text}”" if self.text else self.what
        return f"{about}: {self.before or 'none'} → {self.after or 'none'}" if self.before or self.after else about


@dataclass(frozen=True, slots=True)
class Row:
    """A block of the article, or several that were one or became one.

    `change` is same, edited, formatted (the words are the same; `notes` say what isn't), added, removed, moved, moved_away
    (where a moved one stood; no pieces), split or joined. `kind` is paragraph, heading 1 to 6, item, quote, caption, row
    (of a table), code or picture. `old` and `new` are the numbers of its first block in both articles, from 0.
    """

    change: str
    kind: str
    pieces: tuple[Piece, ...]
    notes: tuple[Note, ...] = ()
    old: int | None = None
    new: int | None = None

    def text(self, side: str) -> str:
        """Its text in the `old` or the `new` article."""
        other = "added" if side == "old" else "removed"
        return "".join(piece.text for piece in self.pieces if piece.op != other)


def text_of_side(rows: Iterable[Row], side: str) -> str:
    """The text of the `old` or the `new` article, a line for each block."""
    placed = [(getattr(row, side), row) for row in rows if row.change != "moved_away"]
    return "\n".join(
        row.text(side) for _, row in sorted((one for one in placed if one[0] is not None), key=lambda one: one[0])
    )


def as_values(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Plain values, for JSON; what is empty is left out."""
    return [
        {
            "change": row.change,
            "kind": row.kind,
            **{name: value for name, value in (("old", row.old), ("new", row.new)) if value is not None},
            "pieces": [_piece(piece) for piece in row.pieces],
            **({"notes": [note._asdict() for note in row.notes]} if row.notes else {}),
        }
        for row in rows
    ]


def _piece(piece: Piece) -> dict[str, Any]:
    marks = [{name: value for name, value in mark._asdict().items() if value} for mark in piece.marks]
    return {"op": piece.op, "text": piece.text, **({"marks": marks} if marks else {})}
