"""Captures to rows of the capture log, and back."""

import json
import sqlite3
from dataclasses import fields

from wparchive.model import Capture, Privilege
from wparchive.store.sqlite import storable

__all__ = ["CAPTURE_COLUMNS", "capture_of", "capture_row"]

CAPTURE_COLUMNS = tuple(field.name for field in fields(Capture))


def capture_row(capture: Capture) -> tuple[object, ...]:
    """Return the values of `CAPTURE_COLUMNS`."""
    special = {
        "privilege": str(capture.privilege),
        "flags": json.dumps(capture.flags),
        "final": int(capture.final),
        "extra": json.dumps(dict(capture.extra), sort_keys=True),
    }
    return storable(special[name] if name in special else getattr(capture, name) for name in CAPTURE_COLUMNS)


def capture_of(row: sqlite3.Row) -> Capture:
    """Return the capture in `row`."""
    values = {name: row[name] for name in CAPTURE_COLUMNS}
    values |= {
        "privilege": Privilege(row["privilege"]),
        "flags": tuple(json.loads(row["flags"])),
        "final": bool(row["final"]),
        "extra": json.loads(row["extra"]),
    }
    return Capture(**values)
