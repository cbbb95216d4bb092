"""What a run confirmed by second readings: changes without a new modification date, and what varies by itself."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping

from wparchive.index.items.rows import Row
from wparchive.index.statements import insert
from wparchive.wordpress.age import OLD
from wparchive.wordpress.changes.differences import ChangeKind
from wparchive.wordpress.values import clean, integer

__all__ = ["confirmed_changes", "join_versions", "keep_volatile", "take_changes", "unmoved"]

_CONFIRMED = insert("_wparchive_confirmed", verb="INSERT OR REPLACE")
_VOLATILE = insert("_wparchive_volatile", verb="INSERT OR IGNORE")
_CHANGES = (
    ChangeKind.SILENTLY_EDITED,
    ChangeKind.EDITED,
    ChangeKind.SITE_CHANGED,
    ChangeKind.MARKUP_CHANGED,
    ChangeKind.FIELDS_CHANGED,
)
# An observation needs three captures: the state before, the state after, and a confirmation. Cached responses do not
# count.
_PROVEN = """
    SELECT c.* FROM _wparchive_confirmed c JOIN captures b ON b.capture = c.before JOIN captures a ON a.capture = c.after
    JOIN captures k ON k.capture = c.confirmed AND k.run = :run
    WHERE c.site = :site AND c.change != '' AND coalesce(a.age, 0) < :old AND coalesce(k.age, 0) < :old
    ORDER BY c.type, c.wp_id"""
_UNMOVED = """
    SELECT c.type, c.wp_id FROM _wparchive_confirmed c JOIN _wparchive_pending p USING (site, type, wp_id)
    WHERE c.site = ? AND c.change = '' AND p.capture = c.after AND p.old_capture = c.before"""
_LATER = (
    "DELETE FROM versions WHERE site = :site AND type = :type AND wp_id = :wp_id AND payload_sha256 = :new "
    "AND capture = :capture AND EXISTS (SELECT 1 FROM versions v WHERE v.site = :site AND v.type = :type "
    "AND v.wp_id = :wp_id AND v.payload_sha256 = :old) RETURNING last_seen, text_sha256"
)
_JOINED = (
    "UPDATE versions SET payload_sha256 = :new, text_sha256 = :text, last_seen = max(last_seen, :seen) "
    "WHERE site = :site AND type = :type AND wp_id = :wp_id AND payload_sha256 = :old"
)


def take_changes(conn: sqlite3.Connection, site: str, fact: object) -> None:
    """Store a fact of the current run until its end: the changes that it confirmed, and those that were none."""
    for entry in fact if isinstance(fact, list) else ():
        if isinstance(entry, dict) and entry.get("change") in (None, *_CHANGES) and (row := _row(site, entry)):
            conn.execute(_CONFIRMED, row)


def _row(site: str, entry: Mapping[str, object]) -> Row | None:
    wp_id, fields = integer(entry.get("id")), entry.get("fields")
    names = ("type", "before", "after", "confirmed")
    if wp_id is None or not all(isinstance(entry.get(name), str) for name in names) or not isinstance(fields, list):
        return None
    row: Row = {name: clean(str(entry[name])) for name in names}
    return {
        **row,
        "site": site,
        "change": clean(str(entry.get("change") or "")),
        "wp_id": wp_id,
        "fields": json.dumps([str(name) for name in fields]),
    }


def keep_volatile(conn: sqlite3.Connection, site: str, learnt: Iterable[tuple[str, str]]) -> None:
    """Store what a run learnt to vary by itself: types and entries."""
    conn.executemany(_VOLATILE, [{"site": site, "type": kind, "entry": entry} for kind, entry in learnt])


def confirmed_changes(conn: sqlite3.Connection, site: str, run: str) -> Iterator[Row]:
    """Yield the observations for the confirmed changes of `run`."""
    columns = [row[1] for row in conn.execute("PRAGMA table_info(_wparchive_confirmed)")]
    for row in conn.execute(_PROVEN, {"site": site, "run": run, "old": OLD}).fetchall():
        yield {**dict(zip(columns, row, strict=True)), "run": run}


def unmoved(conn: sqlite3.Connection, site: str) -> set[tuple[str, int]]:
    """Return the items (type, id) whose states the current run found to differ only in what varies by itself."""
    return set(conn.execute(_UNMOVED, (site,)))


def join_versions(conn: sqlite3.Connection, item: Row, *, old: str | None, new: str | None, capture: str) -> None:
    """Merge the version with digest `new`, which `capture` began, into the one with digest `old`: they say the same."""
    about = {**item, "old": old, "new": new, "capture": capture}
    for seen, text in conn.execute(_LATER, about).fetchall():
        conn.execute(_JOINED, {**about, "seen": seen, "text": text})
