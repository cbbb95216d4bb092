"""Changed words as `git diff --word-diff` marks them."""

from collections.abc import Callable, Sequence

from wparchive.ask.worddiff import Piece, in_context
from wparchive.events import told

__all__ = ["AROUND", "LONGEST", "Style", "marked", "unstyled"]

AROUND = 8  # words of unchanged text on each side
LONGEST = 20_000  # characters of one change: JSON has all of it
_MARKS = {"equal": ("", "", None), "removed": ("[-", "-]", "red"), "added": ("{+", "+}", "green")}

Style = Callable[..., str]


def unstyled(text: str, **how: object) -> str:
    """`text` in no colour."""
    del how
    return text


def marked(pieces: Sequence[Piece], style: Style = unstyled, most: int | None = None, around: int = AROUND) -> str:
    """The changed words on one line, with `around` of the words around them; `style` is called as `click.style` is.

    With `most`, about so many characters: of long passages the beginning, of many the first, and how much is left out.
    """
    parts, size, shown = [], 0, in_context(pieces, around)
    for number, piece in enumerate(shown):
        if most is not None and size > most:
            left = sum(one.op != "equal" for one in shown[number:])
            parts.append(f" … ({left:,} more passages)" if left else "")
            break
        opening, closing, colour = _MARKS[piece.op]
        text = told(piece.text.strip(" "), most or LONGEST)
        size += len(text)
        if colour:
            text = style(f"{opening}{text}{closing}", fg=colour)
        parts.append(text.join((" " * piece.text.startswith(" "), " " * piece.text.endswith(" "))))
    return "".join(parts).strip()
