"""Changed words as `git diff --word-diff` marks them."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from wparchive.events import told
from wparchive.wordpress.prose import Piece, Row, changed, in_context, name_of, tally

__all__ = ["AROUND", "LONGEST", "Style", "marked", "on_one_line", "row_lines", "unstyled"]

AROUND = 8  # words of unchanged text on each side
LONGEST = 20_000  # characters of one change: JSON has all of it
_MARKS = {"equal": ("", "", None), "removed": ("[-", "-]", "red"), "added": ("{+", "+}", "green")}
_SIGNS = str.maketrans({"\t": " | ", "\n": "¶ "})  # between two cells, between two paragraphs

Style = Callable[..., str]


def unstyled(text: str, **how: object) -> str:
    """`text` in no colour."""
    del how
    return text


def row_lines(
    name: str, rows: Sequence[Row], style: Style = unstyled, most: int | None = None, around: int = AROUND
) -> Iterator[str]:
    """What changed in the field `name`: one line for one place, else how much, and a line for each; styled as by `click.style`.

    With `most`, about so many characters: of long passages the beginning, of many places the first, and how many are left out.
    """
    shown = changed(rows)
    if len(shown) == 1:
        yield f"{name}: {_place(shown[0], style, most, around)}"
        return
    yield f"{name}: {tally(rows)}"
    size = 0
    for number, row in enumerate(shown):
        if most is not None and size > most:
            yield f"  … ({len(shown) - number:,} more places)"
            return
        size += len(_place(row, unstyled, most, around))
        yield f"  {_place(row, style, most, around)}"


def on_one_line(rows: Sequence[Row]) -> str:
    """What changed in a field, one place after another."""
    return " … ".join(_place(row) for row in changed(rows))


def _place(row: Row, style: Style = unstyled, most: int | None = None, around: int = AROUND) -> str:
    """One place that changed: its words, and what changed without a word."""
    notes = told("; ".join(map(str, row.notes)), most or LONGEST)
    if row.change == "formatted":
        return notes
    words = marked(row.pieces, style, most, around)
    return "".join(("moved: " * (row.change == "moved"), words, f" ({notes})" if notes else ""))


def marked(pieces: Sequence[Piece], style: Style = unstyled, most: int | None = None, around: int = AROUND) -> str:
    """The changed words on one line, with `around` of the words around them; `style` is called as `click.style` is.

    With `most`, about so many characters: of long passages the beginning, of many the first, and how much is left out.
    """
    parts: list[str] = []
    size, shown = 0, list(_as_text(in_context(pieces, around)))
    for number, (op, inner) in enumerate(shown):
        if most is not None and size > most:
            left = sum(one != "equal" for one, _ in shown[number:])
            parts.append(f" … ({left:,} more passages)" if left else "")
            break
        opening, closing, colour = _MARKS[op]
        text = told(inner.strip(" "), most or LONGEST)
        size += len(text)
        if colour and text:
            text = style(f"{opening}{text}{closing}", fg=colour)
        parts.append(text.join((" " * inner.startswith(" "), " " * (inner.endswith(" ") and len(inner) > 1))))
    return "".join(parts).strip()


def _as_text(pieces: Sequence[Piece]) -> Iterator[tuple[str, str]]:
    """Operations and their text, whatever formats it; pictures are named."""
    for op, run in groupby(pieces, lambda piece: piece.op):
        yield op, "".join(name_of(piece) if piece.embedded else piece.text.translate(_SIGNS) for piece in run)
