"""Changes as JSON and as CSV, for programs and spreadsheets."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from wparchive.ask.changes import Change
from wparchive.ask.telling.marks import marked
from wparchive.events import told

__all__ = ["COLUMNS", "as_csv", "as_dict", "as_json"]

_EVIDENCE = ("capture", "warc", "offset")
COLUMNS = (
    *("seen_at", "site", "item", "title", "kind", "words", "fields", "link", "run", "last_seen_before", "run_before"),
    *(f"{when}_{name}" for when in ("before", "after", "confirmed") for name in _EVIDENCE),
    "id",
)
# What a spreadsheet takes for a formula, also behind white space and in full width.
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")


def as_dict(change: Change) -> dict[str, Any]:
    """Plain values, for JSON: what a program is told of one change."""
    return asdict(change)


def as_json(found: Iterable[Change]) -> Iterator[str]:
    """One array of objects, in pieces; ASCII alone, so that nothing in it steers a terminal."""
    between = "["
    for change in found:
        yield f"{between}\n{json.dumps(as_dict(change), default=str)}"
        between = ","
    yield "[]\n" if between == "[" else "\n]\n"


def as_csv(found: Iterable[Change]) -> Iterator[str]:
    """A head and a line for each change; no cell is a formula to a spreadsheet."""
    yield _line(COLUMNS)
    for change in found:
        yield _line([_cell(value) for value in _cells(change)])


def _cells(change: Change) -> Iterator[object]:
    for name in COLUMNS[:11]:
        if name == "words":
            yield "; ".join(f"{field}: {marked(pieces)}" for field, pieces in change.distinct_words.items())
        else:
            value = getattr(change, name)
            yield ", ".join(value) if name == "fields" else value
    for evidence in (change.before, change.after, change.confirmed):
        yield from (getattr(evidence, name, None) for name in _EVIDENCE)
    yield change.id


def _cell(value: object) -> object:
    if value is None or isinstance(value, int):
        return value
    text = told(value, 30_000)  # a cell of a spreadsheet holds 32,767 characters
    return f"'{text}" if _FORMULA.match(text) else text


def _line(cells: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
