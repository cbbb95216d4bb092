"""The end of a run: what it says about items beyond what each capture showed.

`observe` is called once a run, after all its captures and facts are in the tables and before the next run's are. The items
that the run wrote, or saw again after they were gone, stand in `_wparchive_pending` with what the row said before the run:
`stood` (nothing, private: only credentials had shown it, part: chosen fields only, whole), `gone`, and once it changed the
item as it was, `old_raw`, and the capture that held it, `old_capture`. Changes that an item doesn't date itself are those that
the crawler confirmed by a second reading, as its facts tell. So observations follow from the ordered records alone.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from wparchive.apart import apart
from wparchive.index.database.creation import ensure_index
from wparchive.index.item_types import of_type
from wparchive.index.items.rows import Row
from wparchive.index.runs.confirmed import confirmed_changes, join_versions, unmoved
from wparchive.index.runs.vanished import find_gone, mark_missing
from wparchive.index.statements import insert
from wparchive.wordpress.changes.differences import Change, compare
from wparchive.wordpress.changes.digests import payload_sha256
from wparchive.wordpress.changes.learnt import SiteNoise
from wparchive.wordpress.payload.payload import read

__all__ = ["Ended", "observe"]


@dataclass(frozen=True, slots=True)
class Ended:
    """A run whose captures are all indexed, and the noise that it was told of."""

    site: str
    run: str
    noise: SiteNoise


class _Waiting(NamedTuple):
    """One row of `_wparchive_pending`."""

    type: str
    wp_id: int
    item_table: str
    stood: str
    before: str | None
    gone: str | None
    old_capture: str | None
    old_raw: str | None
    capture: str | None
    sighted: str


class _Now(NamedTuple):
    """What the row of an item says at the end of the run."""

    raw: str
    capture: str
    digest: str | None


Fields = Mapping[str, Any]

_OBSERVATION = insert("observations")
_WAITING = """
    SELECT type, wp_id, item_table, stood, before, gone, old_capture, old_raw, capture, sighted
    FROM _wparchive_pending WHERE site = ? ORDER BY type, wp_id"""
_LISTED = "SELECT 1 FROM captures WHERE capture IN (?, ?) AND kind = 'listing'"


def observe(conn: sqlite3.Connection, ended: Ended, doubt: Callable[[str], None]) -> None:
    """Derive observations and disappearances of the run from its captures and proofs; `doubt` hears what isn't understood."""
    site, run = ended.site, ended.run
    if not conn.execute("SELECT 1 FROM runs WHERE run = ?", (run,)).fetchone():
        return  # files of other tools: nothing says what was looked for when they were made
    ensure_index(conn, "captures", "run")  # a database made anew has its indexes only at the end
    rows = []
    gone = set()
    for one in find_gone(conn, site, run):
        gone.add((one.type, one.wp_id))
        fields = json.dumps(one.fields) if one.fields else None
        rows.append(_row(ended, one.type, one.wp_id, one.change, fields, one.before, one.after))
    mark_missing(conn, site, run)
    told = {_key(row): row for row in _changes(conn, ended, doubt)}
    told = {_key(row): row for row in confirmed_changes(conn, site, run)} | told
    rows += [told[key] for key in sorted(told) if key not in gone]
    conn.executemany(_OBSERVATION, rows)


def _changes(conn: sqlite3.Connection, ended: Ended, doubt: Callable[[str], None]) -> Iterator[Row]:
    """One observation at most for each item that the run wrote or saw again."""
    complete, still = _Complete(conn, ended), unmoved(conn, ended.site)
    for row in conn.execute(_WAITING, (ended.site,)):
        item = _Waiting(*row)
        if item.stood in ("nothing", "private"):
            # What only its id leads to (a pingback, say) may have been there all the time.
            new = complete.before(item.type) and conn.execute(_LISTED, (item.capture, item.sighted)).fetchone()
            now = _now(conn, ended.site, item) if new else None
            if now:
                yield _row(ended, item.type, item.wp_id, Change.APPEARED, None, None, now.capture)
        elif now := _now(conn, ended.site, item):
            rows: list[Row] = []
            with apart(doubt, f"change of {item.type} {item.wp_id}"):
                rows += _changed(conn, ended, item, now, still)
            yield from rows


def _changed(
    conn: sqlite3.Connection, ended: Ended, item: _Waiting, now: _Now, still: set[tuple[str, int]]
) -> list[Row]:
    """What became of an item that was held before, if there is anything to tell."""
    old, new = _states(item, now)
    found = compare(old, new, ended.noise.of(item.type), item.item_table)
    if _says_the_same(item, now, ended.noise, still, old, new):
        about = {"site": ended.site, "type": item.type, "wp_id": item.wp_id}
        join_versions(conn, about, old=item.before, new=now.digest, capture=now.capture)
    # Of a change that the item itself doesn't date only a second reading may tell.
    change, after = found.change if found.dated else None, now.capture
    if item.gone:
        change, after = Change.RESTORED, item.capture or item.sighted
    fields = json.dumps(found.fields)
    return [_row(ended, item.type, item.wp_id, change, fields, item.old_capture, after)] if change else []


def _says_the_same(
    item: _Waiting, now: _Now, noise: SiteNoise, still: set[tuple[str, int]], old: Fields, new: Fields
) -> bool:
    """Whether the states of an item, whose digests differ, were found in this run to say the same."""
    if not old or not item.before or item.before == now.digest:
        return False
    of_type = noise.of(item.type)
    learnt = of_type is not noise.told and payload_sha256(old, of_type) == payload_sha256(new, of_type)
    return learnt or (item.type, item.wp_id) in still


def _states(item: _Waiting, now: _Now) -> tuple[Fields, Fields]:
    """An item as it was and as it is; nothing of it where it didn't stand whole."""
    if item.stood != "whole" or item.old_raw is None:
        return {}, {}
    old, new = (read(raw.encode("utf-8", "replace")).value for raw in (item.old_raw, now.raw))
    return (old, new) if isinstance(old, dict) and isinstance(new, dict) else ({}, {})


def _now(conn: sqlite3.Connection, site: str, item: _Waiting) -> _Now | None:
    """The item's row, None when only credentials show it."""
    query = (
        f"SELECT raw, capture, payload_sha256 FROM {item.item_table} WHERE site = :site AND wp_id = :wp_id "  # noqa: S608
        f"AND privilege = 'anonymous' AND {of_type(item.item_table)}"
    )  # the names are our own
    row = conn.execute(query, {"site": site, "wp_id": item.wp_id, "type": item.type}).fetchone()
    return _Now(*row) if row else None


class _Complete:
    """Whether what a run shows for the first time is new: the listing before its crawl was complete, so it wasn't there."""

    # From the last run backwards: mostly the one before listed it, and there may be as many runs as hours.
    _LAST = """
        SELECT l.outcome FROM runs r CROSS JOIN collections c ON c.site = :site
        CROSS JOIN listings l ON l.run = r.run AND l.site = :site AND l.route = c.route
        WHERE c.type = :type AND c."table" != 'other' AND coalesce(r.crawl, r.run) != :crawl
        ORDER BY r.rowid DESC LIMIT 1"""

    def __init__(self, conn: sqlite3.Connection, ended: Ended) -> None:
        query = "SELECT coalesce(crawl, run) FROM runs WHERE run = ?"
        self._about = {"site": ended.site, "crawl": conn.execute(query, (ended.run,)).fetchone()[0]}
        self._conn = conn
        self._answers: dict[str, bool] = {}

    def before(self, kind: str) -> bool:
        """Whether the last listing of the items of type `kind` that is of an earlier crawl was complete."""
        if kind not in self._answers:
            row = self._conn.execute(self._LAST, {**self._about, "type": kind}).fetchone()
            self._answers[kind] = row is not None and row[0] == "complete"
        return self._answers[kind]


def _row(
    ended: Ended, kind: str, wp_id: int, change: Change, fields: str | None, before: str | None, after: str
) -> Row:
    about = {"run": ended.run, "site": ended.site, "type": kind, "wp_id": wp_id}
    captures = {"before": before, "after": after, "confirmed": None}
    return {**about, "change": str(change), "fields": fields, **captures}


def _key(row: Row) -> tuple[str, int]:
    return row["type"], row["wp_id"]
