"""Changes as JSON and as CSV, for programs and spreadsheets."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from wparchive.ask.changes import Change
from wparchive.ask.presenting.marks import on_one_line
from wparchive.events import told
from wparchive.wordpress.prose import Row, as_values

if TYPE_CHECKING:
    from wparchive.ask.between import Between
    from wparchive.ask.history import History

__all__ = ["COLUMNS", "as_csv", "as_dict", "as_json"]

_EVIDENCE = ("capture", "warc", "offset")
COLUMNS = (
    *("seen_at", "site", "item", "title", "kind", "words", "fields", "link", "run", "last_seen_before", "run_before"),
    *(f"{when}_{name}" for when in ("before", "after", "confirmed") for name in _EVIDENCE),
    *("id", "reason"),
)
# What a spreadsheet takes for a formula, also behind white space and in full width.
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")


def as_dict(found: "Change | History | Between") -> dict[str, Any]:
    """Plain values, for JSON."""
    values: dict[str, Any] = _plain(found)
    return values


def _plain(value: Any) -> Any:
    if isinstance(value, Row):
        return as_values([value])[0]
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


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
            yield "; ".join(f"{field}: {on_one_line(rows)}" for field, rows in change.distinct_words.items())
        else:
            value = getattr(change, name)
            yield ", ".join(value) if name == "fields" else value
    for evidence in (change.before, change.after, change.confirmed):
        yield from (getattr(evidence, name, None) for name in _EVIDENCE)
    yield from (change.id, change.reason)


def _cell(value: object) -> object:
    if value is None or isinstance(value, int):
        return value
    text = told(value, 30_000)  # a cell of a spreadsheet holds 32,767 characters
    return f"'{text}" if _FORMULA.match(text) else text


def _line(cells: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
