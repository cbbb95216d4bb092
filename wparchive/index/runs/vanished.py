"""Items that a site no longer shows. Missing from a listing and confirmed as gone are two separate facts.

An item is `unpublished` or `deleted` only if WordPress says so about this very item, in a capture of kind `probe`, and
unpublished only while strangers could read others of its collection. It
is `missing` if a complete listing lacks it and nothing says why; a plug-in that answers 404 says only that, unless its API
is known to tell what is deleted from what is hidden. A missing route, HTML, or a 5xx prove nothing. Source:
core's `WP_REST_Posts_Controller::get_item` and its permission checks.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from wparchive.index.item_types import kin, of_type
from wparchive.index.runs.readable import Readable
from wparchive.index.runs.tongues import ELSEWHERE
from wparchive.index.schema import ITEM_TABLES
from wparchive.wordpress.age import OLD, made, made_at_latest, moment
from wparchive.wordpress.changes.differences import ChangeKind
from wparchive.wordpress.collections.plugins import probed_at, tells_why
from wparchive.wordpress.judgement import Judgement, Meaning
from wparchive.wordpress.languages.codes import language_of_route
from wparchive.wordpress.routes import Route
from wparchive.wordpress.values import integer

__all__ = ["Gone", "find_gone", "mark_missing"]

_BACK = """EXISTS (SELECT 1 FROM _wparchive_pending p WHERE p.site = :site AND p.wp_id = :wp_id AND p.item_table = :table
    AND p.type != :type AND p.gone IS NOT NULL)"""
# A listing that lacks more than this share of its items is more likely broken than right.
_COLLAPSE, _CONFIRMING = 0.2, 2


class Gone(NamedTuple):
    """An item that a probe showed to be gone: its type and id, the change, the captures before and after, and the fields."""

    type: str
    wp_id: int
    change: ChangeKind
    before: str | None
    after: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Probe:
    """What WordPress said about one item; `change` is None for a plug-in's that doesn't show why it isn't there."""

    table: str
    type: str
    wp_id: int
    change: ChangeKind | None
    capture: str
    at: str
    age: int
    place: int
    imported: bool
    dated: str | None

    def is_outdated(self, last_seen: str) -> bool:
        """Return whether it is older than when the item was `last_seen`: from a cache, or by another tool's clock."""
        if self.imported:
            return made_at_latest(self.at, self.dated, self.age) < moment(last_seen)
        return self.age >= OLD and made(self.at, self.age) < moment(last_seen)


# Clocks may be set back, so the order of records decides, not their dates.
_PROBES = """
    SELECT route, answer, status, code, capture, captured_at, coalesce(age, 0), rowid, clock, dated, run FROM captures
    WHERE rowid >= ? AND +site = ? AND kind = 'probe' AND final AND privilege = 'anonymous' AND answer IN ('refused', 'missing')
    AND coalesce(flags, '') NOT LIKE '%"clock-differs"%' ORDER BY rowid"""
_SHOWN_LATER = "SELECT 1 FROM captures WHERE site = ? AND captured_at = ? AND rowid > ?"
_CHANGES = {"deleted": ChangeKind.DELETED, "unpublished": ChangeKind.UNPUBLISHED}
_COLLECTION = 'SELECT type, "table" FROM collections WHERE site = ? AND (route = ? OR type IN ({}))'


def find_gone(conn: sqlite3.Connection, site: str, since: int) -> Iterator[Gone]:
    """Set `gone` for the items that the probes from the rowid `since` on confirm, and yield those for which it is news."""
    for probe in list(_probes(conn, site, since)):
        where, key = _item(probe.table), {"site": site, "type": probe.type, "wp_id": probe.wp_id}
        query = f"SELECT gone, capture, last_seen, privilege FROM {probe.table} WHERE {where}"  # noqa: S608 - our own names
        row = conn.execute(query, key).fetchone()
        if (
            row is None
            or row[3] != "anonymous"
            or row[0] == (probe.change or "missing")
            or _was_shown_since(conn, site, probe, row[2])
        ):
            continue
        moved = _shown_as_another_type(conn, probe, key, row[2])
        gone = "missing" if moved or not probe.change else str(probe.change)
        mark = f"UPDATE {probe.table} SET gone = :gone, gone_since = :at WHERE {where}"  # noqa: S608 - our own names
        conn.execute(mark, {**key, "gone": gone, "at": probe.at})
        if moved:
            fields = (ITEM_TABLES[probe.table].type_field,)
            yield Gone(probe.type, probe.wp_id, ChangeKind.EDITED, row[1], moved, fields)
        elif probe.change:
            yield Gone(probe.type, probe.wp_id, probe.change, row[1], probe.capture)


def _was_shown_since(conn: sqlite3.Connection, site: str, probe: _Probe, last_seen: str) -> bool:
    """Return whether the item was shown after the answer was made, or by the run itself afterwards."""
    if probe.is_outdated(last_seen):
        return True
    return conn.execute(_SHOWN_LATER, (site, last_seen, probe.place)).fetchone() is not None


def _shown_as_another_type(
    conn: sqlite3.Connection, probe: _Probe, key: Mapping[str, object], last_seen: str
) -> str | None:
    """Return the capture that shows the id as an item of another type: then it was moved, not deleted.

    Posts, pages, custom types and attachments share one counter of ids, as do the terms of all taxonomies. Requested
    under its former type, such an item is reported by WordPress as missing.
    """
    if probe.change is not ChangeKind.DELETED:
        return None
    for table in kin(probe.table):
        other = f"NOT ({of_type(table)})" if table == probe.table else "true"
        query = (
            f"SELECT capture FROM {table} WHERE site = :site AND wp_id = :wp_id AND {other} "  # noqa: S608 - our own names
            f"AND gone IS NULL AND privilege = 'anonymous' AND (first_seen > :last_seen OR {_BACK}) ORDER BY capture LIMIT 1"
        )
        if row := conn.execute(query, {**key, "last_seen": last_seen, "table": table}).fetchone():
            return str(row[0])
    return None


def _probes(conn: sqlite3.Connection, site: str, since: int) -> Iterator[_Probe]:
    readable = Readable(conn, site)
    for route, answer, status, code, capture, at, age, place, clock, dated, run in conn.execute(
        _PROBES, (since, site)
    ).fetchall():
        collection, _, last = (route or "").rpartition("/")
        others = probed_at(collection)
        found = conn.execute(_COLLECTION.format(", ".join("?" * len(others))), (site, collection, *others)).fetchall()
        change = _CHANGES.get(Judgement(Meaning(answer), status, code or "").gone)
        wp_id = integer(last)  # foreign data may have any number of digits
        if wp_id is None or change is None:
            continue
        if change is ChangeKind.UNPUBLISHED and not (
            readable.elsewhere(collection, place, at) if clock else readable.in_crawl(run, collection, place)
        ):
            continue
        for kind, table in found:
            if table in ITEM_TABLES:
                said = change if tells_why(kind) else None
                yield _Probe(table, kind, wp_id, said, capture, at, age, place, clock == "foreign", dated)


def _item(table: str) -> str:
    return f"site = :site AND wp_id = :wp_id AND {of_type(table)}"


# A cached list says nothing about what came later.
_LISTED = """
    SELECT c.type, c."table", k.captured_at, l.route FROM listings l
    JOIN collections c ON c.site = l.site AND c.route = substr(l.route, 1, instr(l.route || '?', '?') - 1)
    JOIN captures k ON k.capture = l.capture
    WHERE l.run = :run AND l.site = :site AND l.outcome = 'complete' AND coalesce(l.how, 'walk') != 'check'
      AND coalesce(k.age, 0) < :old
    ORDER BY l.route"""
_BEGAN = """
    SELECT min(min(s.started_at, coalesce((SELECT min(captured_at) FROM captures WHERE run = s.run), s.started_at)))
    FROM runs s, (SELECT coalesce(crawl, run) AS crawl FROM runs WHERE run = :run) t
    WHERE s.site = :site AND (s.crawl = t.crawl OR (s.run = t.crawl AND s.crawl IS NULL))"""
_SHOWN_BY_LISTING = """
    ({1} OR EXISTS (SELECT 1 FROM versions v JOIN captures k ON k.capture = v.capture WHERE v.site = {0}.site
     AND v.type = :type AND v.wp_id = {0}.wp_id AND k.kind IN ('listing', 'foreign')))"""


def _language(route: str) -> str:
    """Return the language of a list in one language; "" for a usual list."""
    found = language_of_route(Route.parse(route))
    return found[1] if found else ""


def _is_whole(route: str) -> bool:
    return "?" not in route or (len(Route.parse(route).params) == 1 and bool(_language(route)))


def _shown_there(table: str, language: str) -> str:
    """Return the SQL condition that a row of `table` is of the list in `language`, or ("") of none in one language."""
    if "language" not in ITEM_TABLES[table].columns:
        return ""
    return " AND language = :language" if language else f" AND NOT {ELSEWHERE.format(table)}"


def mark_missing(conn: sqlite3.Connection, site: str, run: str) -> None:
    """Record since when complete listings lack items that nothing in the crawl of `run` showed, but listings had shown.

    "Nothing showed it" means that its last sighting precedes the crawl, by the earliest of the crawl's dates, so that a
    clock that was set back makes no item missing that was shown. Items reachable only by their id (pingbacks, items of
    a closed parent) are in no listing, so listings prove nothing about them.
    """
    key = {"run": run, "site": site}
    found = conn.execute(_LISTED, {**key, "old": OLD}).fetchall()
    # Of the filtered lists, those in one language are whole lists too.
    listed = [
        (*row[:3], _language(row[3]), row[3].partition("?")[0])
        for row in found
        if row[1] in ITEM_TABLES and _is_whole(row[3])
    ]
    if not listed:
        return
    (began,) = conn.execute(_BEGAN, key).fetchone()
    for kind, table, at, language, route in listed:
        public = f"site = :site AND privilege = 'anonymous' AND {of_type(table)}{_shown_there(table, language)}"
        about = {"site": site, "type": kind, "at": at, "began": began, "run": run}
        about |= {"language": language, "route": route}
        # What only a feed has shown was in no list: a list that lacks it says nothing.
        swept = "(partial AND via IS NULL)" if "via" in ITEM_TABLES[table].columns else "partial"
        absent = f"{public} AND last_seen < :began AND {_SHOWN_BY_LISTING.format(table, swept)}"
        query = (
            f"SELECT count(*), count(*) FILTER (WHERE gone IS NULL AND {absent}), "  # noqa: S608 - our own names
            f"count(*) FILTER (WHERE gone_since >= :began AND gone != 'missing') FROM {table} "
            f"WHERE {public} AND (gone IS NULL OR gone_since >= :began)"
        )
        held, lost, confirmed = conn.execute(query, about).fetchone()
        if lost > held * _COLLAPSE and confirmed < _CONFIRMING:
            continue
        for change, which in (
            ("missing_since = :at", f"missing_since IS NULL AND (gone IS NULL OR gone_since >= :began) AND {absent}"),
            ("gone = 'missing', gone_since = :at", f"gone IS NULL AND {absent}"),
        ):
            conn.execute(f"UPDATE {table} SET {change} WHERE {which}", about)  # noqa: S608 - our own names
