"""Text in the columns of a terminal, however narrow it is."""

import textwrap
import unicodedata
from collections.abc import Collection, Sequence
from shutil import get_terminal_size

__all__ = ["cut", "fitted", "in_columns"]

_LEAST = 40  # columns
_INDENT = 6
_CELL = 8  # columns that are left of a cell


def cut(text: str, columns: int) -> str:
    """Return as much of `text` as fits into so many columns of a terminal, with a mark where it was cut."""
    room = columns
    for at, character in enumerate(text):
        room -= _columns(character)
        if room < 0:
            kept = text[:at]
            while kept and sum(map(_columns, kept)) >= columns:
                kept = kept[:-1]
            return f"{kept}\N{HORIZONTAL ELLIPSIS}"
    return text


def _columns(character: str) -> int:
    if character < "\u0300":
        return 1
    return 0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1


def in_columns(line: str, columns: int | None = None) -> str:
    """Return `line` in as many lines as it takes on the terminal, those after the first indented."""
    start = len(line) - len(line.lstrip())
    return textwrap.fill(
        line.lstrip(),
        max(columns or get_terminal_size().columns, _LEAST),
        initial_indent=" " * start,
        subsequent_indent=" " * max(_INDENT, start + 4),
        break_on_hyphens=False,
    )


def fitted(widths: Sequence[int], columns: int, rigid: Collection[int] = ()) -> list[int]:
    """Return the `widths` of a table's columns, two apart, lessened until a row fits; those in `rigid` stay."""
    fit = list(widths)
    while sum(fit) + 2 * (len(fit) - 1) >= columns:
        widest = max((n for n in range(len(fit)) if n not in rigid), key=fit.__getitem__, default=None)
        if widest is None or fit[widest] <= _CELL:
            break
        fit[widest] -= 1
    return fit
