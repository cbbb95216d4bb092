"""What a run confirmed by reading items once more: changes that they don't date themselves, and what moves without one."""

import json
import sqlite3
from collections.abc import Iterator, Mapping

from wparchive.index.rows import Row
from wparchive.index.statements import insert
from wparchive.wordpress.differences import Change
from wparchive.wordpress.values import clean, integer

__all__ = ["confirmed_changes", "take_changes", "take_volatile"]

_CONFIRMED = insert("_wparchive_confirmed", verb="INSERT OR REPLACE")
_VOLATILE = insert("_wparchive_volatile", verb="INSERT OR IGNORE")
_TOLD = (Change.SILENTLY_EDITED, Change.EDITED, Change.MARKUP_CHANGED, Change.FIELDS_CHANGED)
# No accusation without its three captures: as it was, as it is, and as it was once more.
_PROVEN = """
    SELECT c.* FROM _wparchive_confirmed c JOIN captures b ON b.capture = c.before JOIN captures a ON a.capture = c.after
    JOIN captures k ON k.capture = c.confirmed AND k.run = :run
    WHERE c.site = :site ORDER BY c.type, c.wp_id"""


def take_changes(conn: sqlite3.Connection, site: str, fact: object) -> None:
    """Keep a fact of the run under way until its end: the changes that it confirmed."""
    for entry in fact if isinstance(fact, list) else ():
        if isinstance(entry, dict) and entry.get("change") in _TOLD and (row := _row(site, entry)):
            conn.execute(_CONFIRMED, row)


def _row(site: str, entry: Mapping[str, object]) -> Row | None:
    wp_id, fields = integer(entry.get("id")), entry.get("fields")
    names = ("type", "change", "before", "after", "confirmed")
    if wp_id is None or not all(isinstance(entry.get(name), str) for name in names) or not isinstance(fields, list):
        return None
    row: Row = {name: clean(str(entry[name])) for name in names}
    return {**row, "site": site, "wp_id": wp_id, "fields": json.dumps([str(name) for name in fields])}


def take_volatile(conn: sqlite3.Connection, site: str, fact: object) -> None:
    """Remember what a run learnt to move by itself, by type."""
    for kind, entries in fact.items() if isinstance(fact, Mapping) else ():
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, str):
                conn.execute(_VOLATILE, {"site": site, "type": clean(kind), "entry": clean(entry)})


def confirmed_changes(conn: sqlite3.Connection, site: str, run: str) -> Iterator[Row]:
    """The observations that the confirmed changes of `run` make."""
    columns = [row[1] for row in conn.execute("PRAGMA table_info(_wparchive_confirmed)")]
    for row in conn.execute(_PROVEN, {"site": site, "run": run}).fetchall():
        yield {**dict(zip(columns, row, strict=True)), "run": run}
