"""Derives the observations of a run: what happened to items between it and earlier runs.

`observe` is called once per run, after all its captures and facts are in the tables and before the next run's are.
`_wparchive_pending` contains the items that the run wrote, or saw again after they were gone, with the state of their
row before the run: `stood` (nothing; private: shown only with credentials; part: selected fields; whole), `gone`, and,
once changed, the previous item `old_raw` and its capture `old_capture`. Changes that the item's own modification date
does not show count only if the crawler confirmed them by a second reading, as its facts record. So observations follow
from the ordered records alone.
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
from wparchive.index.runs.known_before import is_known_before
from wparchive.index.runs.twins import noticed_once
from wparchive.index.runs.vanished import find_gone, mark_missing
from wparchive.index.statements import insert
from wparchive.wordpress.changes.differences import ChangeKind, compare
from wparchive.wordpress.changes.digests import payload_sha256
from wparchive.wordpress.changes.learnt import SiteNoise
from wparchive.wordpress.languages.codes import list_of
from wparchive.wordpress.payload.payload import read
from wparchive.wordpress.routes import Route

__all__ = ["NOTICED", "Ended", "observe"]


@dataclass(frozen=True, slots=True)
class Ended:
    """A run whose captures are all indexed, and its noise; `since` is the rowid of its first capture.

    Of imports, what was read up to where it has to be told (`items.hiding`): captures of one run, of a part, or of several.
    """

    site: str
    run: str
    noise: SiteNoise
    since: int


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
    """What the row of an item contains at the end of the run."""

    raw: str
    capture: str
    digest: str | None


Fields = Mapping[str, Any]

NOTICED = ("run", "site", "type", "wp_id", "change", "fields", "before", "after", "confirmed")
"""The columns of an observation when it is made; `register` completes them at the end of the run."""

_OBSERVATION = insert("observations", NOTICED)
_WAITING = """
    SELECT type, wp_id, item_table, stood, before, gone, old_capture, old_raw, capture, sighted
    FROM _wparchive_pending WHERE site = ? ORDER BY type, wp_id"""
_LISTED = "SELECT route FROM captures WHERE capture IN (?, ?) AND kind = 'listing'"


def observe(conn: sqlite3.Connection, ended: Ended, doubt: Callable[[str], None]) -> None:
    """Write the run's observations from its captures and proofs; `doubt` is called with what cannot be processed."""
    site, run = ended.site, ended.run
    if not conn.execute("SELECT 1 FROM runs WHERE run = ?", (run,)).fetchone():
        return  # other tools' files: nothing says what was looked for when they were made
    ensure_index(conn, "captures", "run")  # a new database gets its indexes only at the end
    rows = []
    gone = set()
    for one in find_gone(conn, site, ended.since):
        gone.add((one.type, one.wp_id))
        fields = json.dumps(one.fields) if one.fields else None
        rows.append(_row(ended, one.type, one.wp_id, one.change, fields, one.before, one.after))
    mark_missing(conn, site, run)
    changed = {_key(row): row for row in _changes(conn, ended, doubt)}
    changed = {_key(row): row for row in confirmed_changes(conn, site, run)} | changed
    rows += [changed[key] for key in sorted(changed) if key not in gone]
    conn.executemany(_OBSERVATION, noticed_once(conn, site, run, rows))


def _changes(conn: sqlite3.Connection, ended: Ended, doubt: Callable[[str], None]) -> Iterator[Row]:
    """Yield at most one observation for each item that the run wrote or saw again."""
    complete, still = _Complete(conn, ended), unmoved(conn, ended.site)
    for row in conn.execute(_WAITING, (ended.site,)):
        item = _Waiting(*row)
        if item.stood in ("nothing", "private"):
            # An item that is reachable only by its id (such as a pingback) may have existed all the time.
            shown = conn.execute(_LISTED, (item.capture, item.sighted)).fetchone() if complete.may_tell else None
            now = _now(conn, ended.site, item) if shown and complete.before(item.type, *shown) else None
            if now:
                yield _row(ended, item.type, item.wp_id, ChangeKind.APPEARED, None, None, now.capture)
        elif now := _now(conn, ended.site, item):
            rows: list[Row] = []
            with apart(doubt, f"change of {item.type} {item.wp_id}"):
                rows += _changed(conn, ended, item, now, still)
            yield from rows


def _changed(
    conn: sqlite3.Connection, ended: Ended, item: _Waiting, now: _Now, still: set[tuple[str, int]]
) -> list[Row]:
    """Return the observation for an item that was held before, if there is one."""
    old, new = _states(item, now)
    found = compare(old, new, ended.noise.of(item.type), item.item_table)
    if _says_the_same(item, now, ended.noise, still, old, new):
        about = {"site": ended.site, "type": item.type, "wp_id": item.wp_id}
        join_versions(conn, about, old=item.before, new=now.digest, capture=now.capture)
    # A change that the item's own date does not show needs a second reading.
    change, after = found.change if found.dated else None, now.capture
    about = {
        "run": ended.run,
        "site": ended.site,
        "type": item.type,
        "wp_id": item.wp_id,
        "digest": now.digest,
        "since": ended.since,
    }
    fields = found.fields
    if change and is_known_before(conn, about, (item.old_capture, after), (old, new)):
        change, fields = None, ()
    if item.gone:
        change, after = ChangeKind.RESTORED, item.capture or item.sighted
    named = json.dumps(fields)
    return [_row(ended, item.type, item.wp_id, change, named, item.old_capture, after)] if change else []


def _says_the_same(
    item: _Waiting, now: _Now, noise: SiteNoise, still: set[tuple[str, int]], old: Fields, new: Fields
) -> bool:
    """Return whether this run found that two states of an item say the same, although their digests differ."""
    if not old or not item.before or item.before == now.digest:
        return False
    of_type = noise.of(item.type)
    learnt = of_type is not noise.configured and payload_sha256(old, of_type) == payload_sha256(new, of_type)
    return learnt or (item.type, item.wp_id) in still


def _states(item: _Waiting, now: _Now) -> tuple[Fields, Fields]:
    """Return the previous and the present state of an item; empty if the previous one was not whole."""
    if item.stood != "whole" or item.old_raw is None:
        return {}, {}
    old, new = (read(raw.encode("utf-8", "replace")).value for raw in (item.old_raw, now.raw))
    return (old, new) if isinstance(old, dict) and isinstance(new, dict) else ({}, {})


def _now(conn: sqlite3.Connection, site: str, item: _Waiting) -> _Now | None:
    """Return the item's row; None if only credentials show it."""
    query = (
        f"SELECT raw, capture, payload_sha256 FROM {item.item_table} WHERE site = :site AND wp_id = :wp_id "  # noqa: S608
        f"AND privilege = 'anonymous' AND {of_type(item.item_table)}"
    )  # the names are our own
    row = conn.execute(query, {"site": site, "wp_id": item.wp_id, "type": item.type}).fetchone()
    return _Now(*row) if row else None


class _Complete:
    """Whether an item shown for the first time is new: it is, if the listing of the previous crawl was complete.

    Of a list in one language, that is the previous listing in this language. `may_tell`: there may be new items at all.
    """

    # From the last run backwards: usually the previous one listed it, and there may be thousands of runs.
    _LAST = """
        SELECT l.outcome FROM runs r CROSS JOIN collections c ON c.site = :site
        CROSS JOIN listings l ON l.run = r.run AND l.site = :site AND l.route = c.route
        WHERE c.type = :type AND c."table" != 'other' AND coalesce(r.crawl, r.run) != :crawl
        ORDER BY r.rowid DESC LIMIT 1"""
    _EARLIER = "SELECT 1 FROM runs WHERE site = :site AND coalesce(crawl, run) != :crawl LIMIT 1"
    _LAST_IN_LANGUAGE = """
        SELECT l.outcome FROM listings l JOIN runs r ON r.run = l.run WHERE l.site = :site AND l.route = :list
        AND coalesce(r.crawl, r.run) != :crawl ORDER BY r.rowid DESC LIMIT 1"""

    def __init__(self, conn: sqlite3.Connection, ended: Ended) -> None:
        query = "SELECT coalesce(crawl, run), mode FROM runs WHERE run = ?"
        crawl, mode = conn.execute(query, (ended.run,)).fetchone()
        self._about = {"site": ended.site, "crawl": crawl}
        earlier = conn.execute(self._EARLIER, self._about).fetchone() is not None
        self.may_tell = earlier and mode != "import"  # other tools took what they met, so a first sighting says nothing
        self._conn = conn
        self._answers: dict[tuple[str, str], bool] = {}

    def before(self, kind: str, route: str | None) -> bool:
        """Return whether the last listing of items of type `kind` in an earlier crawl, as at `route`, was complete."""
        listed = list_of(Route.parse(route or ""))
        which = (kind, listed if "?" in listed else "")
        if which not in self._answers:
            query = self._LAST_IN_LANGUAGE if which[1] else self._LAST
            row = self._conn.execute(query, {**self._about, "type": kind, "list": listed}).fetchone()
            self._answers[which] = row is not None and row[0] == "complete"
        return self._answers[which]


def _row(
    ended: Ended, kind: str, wp_id: int, change: ChangeKind, fields: str | None, before: str | None, after: str
) -> Row:
    about = {"run": ended.run, "site": ended.site, "type": kind, "wp_id": wp_id}
    captures = {"before": before, "after": after, "confirmed": None}
    return {**about, "change": str(change), "fields": fields, **captures}


def _key(row: Row) -> tuple[str, int]:
    return row["type"], row["wp_id"]
