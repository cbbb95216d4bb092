"""The few forms that a statement is written in; all that comes out of an archive is escaped."""

import html
from collections.abc import Iterable, Sequence

from wparchive.events import told

__all__ = ["CELL", "escaped", "facts", "listed"]

CELL = 2_000  # characters of a value

_EXACT = ("Address", "Asked for", "Record", "SHA-256", "Text that is sealed")


def escaped(value: object, most: int = CELL) -> str:
    """Return `value` as HTML, at most so many characters of it."""
    return html.escape(told(value, most))


def facts(rows: Sequence[tuple[str, str]]) -> str:
    """Return a table of names and values; those without a value are left out."""
    cells = "".join(f"<tr><th>{escaped(name)}</th>{_cell(name, value)}</tr>\n" for name, value in rows if value)
    return f'<table class="facts">\n{cells}</table>\n'


def _cell(name: str, value: str) -> str:
    kind = ' class="exact"' if name.startswith(_EXACT) else ""
    return f"<td{kind}>{escaped(value)}</td>"


def listed(lines: Iterable[str]) -> str:
    """Return a list of lines, which are HTML already."""
    return "<ul>\n" + "".join(f"<li>{line}</li>\n" for line in lines) + "</ul>\n"
