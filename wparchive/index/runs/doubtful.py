"""What could not be processed becomes a flag on its capture and, at the end of the run, a gap with its reason.

So `index` and `crawl` report it like any other gap, in every run that meets it, and a rebuild reports the same.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from wparchive.apart import NOT_UNDERSTOOD
from wparchive.index.items.rows import Row
from wparchive.index.runs.holds import Unheld, record_gaps

__all__ = ["doubt", "flag", "name_doubts", "note_doubts"]

_NAMED = 20  # reasons in one row
_MARK = "UPDATE captures SET flags = :flags, error = :error WHERE capture = :capture"
_DOUBTED = (
    "SELECT coalesce(route, url), error FROM captures "  # noqa: S608 - our own word
    f"WHERE run = ? AND site = ? AND flags LIKE '%\"{NOT_UNDERSTOOD}\"%' ORDER BY rowid"
)


def doubt(row: Row, reasons: Sequence[str]) -> None:
    """Record in a capture's row what could not be processed."""
    _flag(row, NOT_UNDERSTOOD)
    more = f" and {len(reasons) - _NAMED} more" if len(reasons) > _NAMED else ""
    row["error"] = "; ".join(filter(None, (row["error"], *reasons[:_NAMED]))) + more


def _flag(row: Row, flag: str) -> None:
    flags = json.loads(row["flags"] or "[]")
    row["flags"] = json.dumps([*flags, *([] if flag in flags else [flag])])


def flag(conn: sqlite3.Connection, row: Row, name: str) -> None:
    """Add a flag to a capture whose row may already be written; this is not a gap."""
    _flag(row, name)
    conn.execute(_MARK, {name: row[name] for name in ("flags", "error", "capture")})


def note_doubts(conn: sqlite3.Connection, row: Row, reasons: Sequence[str]) -> None:
    """Record what could not be processed in a capture whose row may already be written."""
    if reasons:
        doubt(row, reasons)
        conn.execute(_MARK, {name: row[name] for name in ("flags", "error", "capture")})


def name_doubts(conn: sqlite3.Connection, site: str, run: str, more: Iterable[str]) -> list[Unheld]:
    """Record gaps for what could not be processed in the captures of `run`, and at its end (`more`)."""
    found = conn.execute(_DOUBTED, (run, site)).fetchall()
    return record_gaps(
        conn, [Unheld(site, run, route, reason) for route, reason in [*found, *(("/", why) for why in more)]]
    )
