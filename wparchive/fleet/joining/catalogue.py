"""The catalogue: one SQLite database over all sites of a fleet, from their HEADs and from what PostgreSQL knows.

It is brought up to date in place, in one transaction, while others read it: of HEADs only those that have moved are fetched,
of turns only those that are new.
"""

import json
import sqlite3
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from wparchive.errors import UsageError, WparchiveError
from wparchive.fleet.manifest import Head, listed_files, read_head
from wparchive.fleet.objects import ObjectStore
from wparchive.fleet.queue.fleet_status import alerts_of, fleet_status, one_moment
from wparchive.fleet.queue.tables import Connection, psycopg_module
from wparchive.index.database.writing import connect, transaction, trouble

__all__ = ["catalogue"]

_AT_ONCE: Final = 16  # HEADs
_CHUNK: Final = 1_000
_ROWS: Final = 5_000  # of one fetch
_DAYS: Final = 31  # of turns
_MARK: Final = 0x77706663  # "wpfc": SQLite's application_id
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS sites (
    site TEXT PRIMARY KEY, url TEXT, home TEXT, network TEXT, state TEXT, paused INTEGER, running INTEGER, priority INTEGER,
    every REAL, pace REAL, due_at TEXT, last_turn TEXT, outcome TEXT, code INTEGER, reason TEXT, changed_at TEXT,
    failures INTEGER, deaths INTEGER, note TEXT, epoch INTEGER, generation INTEGER, indexed INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS heads (
    site TEXT PRIMARY KEY REFERENCES sites(site), generation INTEGER, epoch INTEGER, run TEXT, outcome TEXT, warcs INTEGER,
    bytes INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS held (
    site TEXT REFERENCES sites(site), type TEXT, items INTEGER, PRIMARY KEY (site, type)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS turns (
    id INTEGER PRIMARY KEY, site TEXT REFERENCES sites(site), worker TEXT, began TEXT, ended TEXT, outcome TEXT, code INTEGER,
    requests INTEGER, bytes INTEGER, stored INTEGER, waited REAL, reason TEXT
);
CREATE TABLE IF NOT EXISTS networks (
    network TEXT PRIMARY KEY, slots INTEGER, slots_now INTEGER, paused INTEGER, paused_until TEXT, running INTEGER,
    waiting INTEGER, oldest TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS workers (
    name TEXT PRIMARY KEY, turns INTEGER, queues TEXT, scratch_free INTEGER, unsent INTEGER, seen_at TEXT, dead INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS summary (made_at TEXT, status TEXT, alerts TEXT, hours TEXT);
CREATE INDEX IF NOT EXISTS sites_state ON sites (state);
CREATE INDEX IF NOT EXISTS sites_network ON sites (network);
CREATE INDEX IF NOT EXISTS sites_due ON sites (due_at);
CREATE INDEX IF NOT EXISTS turns_began ON turns (began);
CREATE INDEX IF NOT EXISTS turns_site ON turns (site, began);
CREATE VIEW IF NOT EXISTS gaps AS
    SELECT site, last_turn, outcome, code, reason FROM sites WHERE code = 3 ORDER BY last_turn DESC;
CREATE VIEW IF NOT EXISTS needs_a_person AS
    SELECT site, state, outcome, code, failures, deaths, note, last_turn FROM sites
    WHERE state IN ('poison', 'duplicate') OR failures >= 5 OR code IN (1, 2, 6, 8) ORDER BY last_turn DESC;
"""


def _text(column: str, name: str = "") -> str:
    """Return the SQL of a time as text, in UTC: made by PostgreSQL, which is many times faster than here."""
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS {name or column}"""


_SITES = f"""
    SELECT s.site, url, home, network, state, paused::int, (job IS NOT NULL)::int AS running, priority, every, pace,
        {_text("due_at")}, {_text("changed_at")}, failures, deaths, note, s.epoch, generation, indexed,
        t.last_turn, t.outcome, t.code, t.reason
    FROM fleet.sites s LEFT JOIN LATERAL (
        SELECT {_text("ended", "last_turn")}, outcome, code, reason FROM fleet.turns
        WHERE site = s.site AND ended IS NOT NULL ORDER BY began DESC LIMIT 1) t ON true"""  # noqa: S608 - our own names
_HELD = "SELECT s.site, h.key AS type, h.value::bigint AS items FROM fleet.sites s, jsonb_each_text(s.held) h"
_TURNS = f"""
    SELECT id, site, worker, {_text("began")}, {_text("ended")}, outcome, code, requests, bytes, stored, waited, reason
    FROM fleet.turns
    WHERE began > fleet.now() - make_interval(days => %(days)s) AND (id > %(last)s OR id = ANY(%(unended)s))
    ORDER BY id"""  # noqa: S608 - our own names
_WORKERS = f"""
    SELECT name, turns, array_to_string(queues, ' ') AS queues, scratch_free, unsent, {_text("seen_at")}
    FROM fleet.workers"""  # noqa: S608 - our own names
_NETWORKS = f"""
    SELECT network, slots, slots_now, is_paused::int AS paused, {_text("paused_until")}, running, waiting, {_text("oldest")}
    FROM fleet.waiting"""  # noqa: S608 - our own names
_HOURS = """
    SELECT CAST((julianday(:now) - julianday(began)) * 24 AS INTEGER) AS ago, count(*) AS turns,
        coalesce(sum(code NOT IN (0, 7) OR outcome = 'died'), 0) AS faults
    FROM turns WHERE began > strftime('%Y-%m-%dT%H:%M:%SZ', :now, '-1 day') GROUP BY 1"""


def catalogue(path: Path, conn: Connection, store: ObjectStore | None) -> int:
    """Bring the catalogue at `path` up to date, and return the number of its sites; without a `store` HEADs are left as they are.

    Raises UsageError when the file is something else, StorageError and RemoteError.
    """
    _refuse_other(path)
    with trouble(path), closing(connect(path, "journal_mode = WAL", "synchronous = NORMAL")) as db:
        db.execute(f"PRAGMA application_id = {_MARK}")
        db.executescript(_SCHEMA)
        with transaction(db):
            count = _copy(db, conn)
        if store is not None:
            _take_heads(db, store)
    return count


def _refuse_other(path: Path) -> None:
    """Raise UsageError where the file isn't a catalogue that was made before."""
    if not path.exists():
        return
    with path.open("rb") as file:
        head = file.read(72)
    if head and (head[:15] != b"SQLite format 3" or head[68:72] != _MARK.to_bytes(4, "big")):
        raise UsageError(f"{path}: is there already and no catalogue of a fleet; name another file")


def _copy(db: sqlite3.Connection, conn: Connection) -> int:
    """Copy what PostgreSQL knows, as of one moment."""
    with one_moment(conn):
        status = fleet_status(conn)
        for table, query in (("sites", _SITES), ("networks", _NETWORKS), ("workers", _WORKERS), ("held", _HELD)):
            db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
            _insert(db, table, conn, query, {})
        last = db.execute("SELECT coalesce(max(id), 0) FROM turns").fetchone()[0]
        unended = [number for (number,) in db.execute("SELECT id FROM turns WHERE ended IS NULL")]
        _insert(db, "turns", conn, _TURNS, {"days": _DAYS, "last": last, "unended": unended})
    now = _plain(datetime.now(UTC))
    db.execute("DELETE FROM turns WHERE began < strftime('%Y-%m-%dT%H:%M:%SZ', ?, ?)", (now, f"-{_DAYS} days"))
    db.executemany("UPDATE workers SET dead = 1 WHERE name = ?", [(name,) for name in status.dead])
    db.execute("DELETE FROM summary")
    hours = [dict(zip(("ago", "turns", "faults"), row, strict=True)) for row in db.execute(_HOURS, {"now": now})]
    told = (now, json.dumps(asdict(status), default=_plain), json.dumps(list(alerts_of(status))), json.dumps(hours))
    db.execute("INSERT INTO summary VALUES (?, ?, ?, ?)", told)
    return int(db.execute("SELECT count(*) FROM sites").fetchone()[0])


def _insert(db: sqlite3.Connection, table: str, conn: Connection, query: str, values: Mapping[str, object]) -> None:
    """Insert the rows of a query; they are read in pieces, and never all in memory."""
    with conn.cursor(name=f"catalogue_{table}", row_factory=psycopg_module().rows.tuple_row) as rows:
        rows.itersize = _ROWS
        rows.execute(query, values)
        names = [column.name for column in rows.description]
        marks = ", ".join("?" * len(names))
        db.executemany(f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)  # noqa: S608


def _plain(value: object) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else str(value)


def _take_heads(db: sqlite3.Connection, store: ObjectStore) -> None:
    """Fetch the HEADs that have moved since the catalogue was made; one that can't be read keeps what was known of it."""
    moved = db.execute(
        "SELECT s.site FROM sites s LEFT JOIN heads h ON h.site = s.site WHERE s.generation > coalesce(h.generation, 0)"
    ).fetchall()
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="heads") as pool:
        for first in range(0, len(moved), _CHUNK):
            names = [site for (site,) in moved[first : first + _CHUNK]]
            found = list(pool.map(lambda site: _head(store, site), names))
            with transaction(db):
                db.executemany("INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?, ?, ?, ?)", filter(None, found))
    db.execute("DELETE FROM heads WHERE site NOT IN (SELECT site FROM sites)")


def _head(store: ObjectStore, site: str) -> tuple[object, ...] | None:
    try:
        found = read_head(store, site)
        if found is None:
            return None
        files = listed_files(store, site, found[0])
    except WparchiveError:
        return None  # `fleet check` names it
    head: Head = found[0]
    return (
        site,
        head.generation,
        head.epoch,
        head.run,
        head.outcome,
        len(files),
        sum(one.size for one in files.values()),
    )
