"""Captures and targets as rows of the frontier, and rows as captures and targets again."""

import json
import sqlite3
from dataclasses import fields

from wparchive.model import Capture, Privilege, Target
from wparchive.store.database import storable

__all__ = ["CAPTURE_COLUMNS", "TARGET_COLUMNS", "capture_of", "capture_row", "target_of", "target_row"]

CAPTURE_COLUMNS = tuple(field.name for field in fields(Capture))

# The attributes of a Target that are columns as they are.
_PLAIN = ("key", "url", "kind", "route", "method", "via", "hops", "privilege", "max_body", "retries")
TARGET_COLUMNS = ("headers", "keep_body", *_PLAIN)


def capture_row(capture: Capture) -> tuple[object, ...]:
    """The values of `CAPTURE_COLUMNS`."""
    special = {
        "privilege": str(capture.privilege),
        "flags": json.dumps(capture.flags),
        "final": int(capture.final),
        "extra": json.dumps(dict(capture.extra), sort_keys=True),
    }
    return storable(special[name] if name in special else getattr(capture, name) for name in CAPTURE_COLUMNS)


def capture_of(row: sqlite3.Row) -> Capture:
    """The capture that `row` holds."""
    values = {name: row[name] for name in CAPTURE_COLUMNS}
    values |= {
        "privilege": Privilege(row["privilege"]),
        "flags": tuple(json.loads(row["flags"])),
        "final": bool(row["final"]),
        "extra": json.loads(row["extra"]),
    }
    return Capture(**values)


def target_row(target: Target) -> tuple[object, ...]:
    """The values of `TARGET_COLUMNS`."""
    plain = (getattr(target, name) for name in _PLAIN)
    return storable((json.dumps(target.headers), int(target.keep_body), *plain))


def target_of(row: sqlite3.Row) -> Target:
    """The target that `row` holds."""
    return Target(
        url=row["url"],
        key=row["key"],
        kind=row["kind"],
        route=row["route"],
        method=row["method"],
        via=row["via"],
        hops=row["hops"],
        headers=tuple((name, value) for name, value in json.loads(row["headers"])),
        privilege=Privilege(row["privilege"]),
        max_body=row["max_body"],
        keep_body=bool(row["keep_body"]),
        retries=row["retries"],
    )
