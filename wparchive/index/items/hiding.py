"""Which of other tools' captures would hide what became of an item, unless what was read before them is settled first.

What became of an item is told when its captures are settled: its row is compared with the one before. So that no change
hides, one that comes again modified begins anew, over whatever route it comes; so does one that is shown after WordPress said
that it isn't there, and the other way round; and one that was modified, or is back, and comes in yet other words, so that the
change is told by the capture that first shows it. An older state that comes again (a cache has it) or noise begins none: else
each answer of a site with two caches would.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence

from wparchive.index.entries.captured import Read
from wparchive.index.items.catalogue import Catalogue
from wparchive.index.items.items import Found, Source
from wparchive.index.schema import ITEM_TABLES
from wparchive.index.statements import of_item
from wparchive.wordpress.age import moment
from wparchive.wordpress.changes.learnt import SiteNoise
from wparchive.wordpress.values import integer, utc

__all__ = ["Hiding"]

_DAY = 86400  # seconds
_MODIFIED = ("modified_gmt", "modified_utc")
_ABSENT = ("refused", "missing")
_WAITING = (
    "SELECT wp_id, gone IS NOT NULL FROM _wparchive_pending WHERE site = ? AND type = ? "
    "AND wp_id IN (SELECT value FROM json_each(?)) AND stood != 'private'"
)
_STANDS = {
    table: f"SELECT payload_sha256, modified_gmt FROM {table} WHERE {of_item(table)} AND wp_id = :wp_id "  # noqa: S608 - ours
    "AND privilege = :privilege AND NOT partial"
    for table, one in ITEM_TABLES.items()
    if "modified_gmt" in one.columns
}
# A modification after its own capture is no later one: a clock was wrong.
_NEWEST = """
    SELECT max(v.modified_gmt), max(iif(k.rowid < :since, v.modified_gmt, NULL)) FROM versions v
    LEFT JOIN captures k ON k.capture = v.capture
    WHERE v.site = :site AND v.type = :type AND v.wp_id = :wp_id AND v.privilege = :privilege
      AND julianday(v.modified_gmt) < julianday(v.first_seen) + 1"""
_REFUSED = (
    "SELECT route FROM captures WHERE rowid >= ? AND +site = ? AND kind = 'probe' AND answer IN ('refused', 'missing')"
)
_BEGUN = "SELECT min(rowid) FROM captures WHERE run IN (SELECT value FROM json_each(?))"
_NEXT = "SELECT coalesce(max(rowid), 0) + 1 FROM captures"


class Hiding:
    """What was read of a site since it was last settled: the captures from the rowid `since` on."""

    def __init__(self, conn: sqlite3.Connection, site: str, catalogue: Catalogue, noise: SiteNoise) -> None:
        self._conn, self._site, self._catalogue, self._noise = conn, site, catalogue, noise
        self._gone: set[tuple[str, int]] = set()
        self.since = 0

    def begin(self) -> None:
        """Begin anew; all captures before are written."""
        (self.since,) = self._conn.execute(_NEXT).fetchone()
        self._gone.clear()

    def resume(self, runs: Sequence[str], settled: str | None) -> None:
        """Continue in `runs`, which were settled up to the capture `settled`."""
        row = self._conn.execute("SELECT rowid + 1 FROM captures WHERE capture = ?", (settled,)).fetchone()
        (begun,) = row or self._conn.execute(_BEGUN, (json.dumps(runs),)).fetchone()
        self.begin()
        self.since = begun or self.since
        for (route,) in self._conn.execute(_REFUSED, (self.since, self._site)):
            self._note(route)

    def take(self, given: Read) -> None:
        """Note what a capture says of items that aren't there."""
        if _is_absence(given):
            self._note(given.capture["route"] if given.capture else None)

    def _note(self, route: str | None) -> None:
        if who := self._named(route):
            self._gone.add(who)

    def hides(self, given: Read) -> bool:
        """Return whether a capture would hide what those before it show."""
        if _is_absence(given) and given.capture and (who := self._named(given.capture["route"])):
            return bool(self._waits(who[0], [who[1]]))
        if given.source is None or not given.source.imported:
            return False
        groups: dict[tuple[str, str], dict[int, Found]] = defaultdict(dict)
        for one in given.found:
            groups[one.who.table, one.who.type][one.who.wp_id] = one
        return any(self._hide(given.source, *kind, items) for kind, items in groups.items())

    def _hide(self, source: Source, table: str, kind: str, items: dict[int, Found]) -> bool:
        if self._gone and any((kind, wp_id) in self._gone for wp_id in items):
            return True
        if source.partial or table not in _STANDS:
            return False
        waiting = self._waits(kind, list(items))
        return any(self._is_other(source, table, items[wp_id], is_back=bool(back)) for wp_id, back in waiting)

    def _is_other(self, source: Source, table: str, item: Found, *, is_back: bool) -> bool:
        """Return whether an item that waits to be settled comes in another state, so that one would hide the other."""
        about = {"site": self._site, "type": item.who.type, "wp_id": item.who.wp_id, "privilege": source.privilege}
        digest, stood = self._conn.execute(_STANDS[table], about).fetchone() or (None, None)
        digest_now = item.complete(source, self._noise.of(item.who.type)).digest
        if digest is None or digest == digest_now:
            return False
        when, stands = next(filter(None, (utc(item.fields.get(name)) for name in _MODIFIED)), ""), utc(stood) or ""
        if not when or not stands or (moment(when) - moment(source.seen)).total_seconds() >= _DAY:
            return False
        newest, before = (
            utc(one) or "" for one in self._conn.execute(_NEWEST, {**about, "since": self.since}).fetchone()
        )
        return is_back or bool(newest and when > newest) or bool(before and stands > before)

    def _waits(self, kind: str, ids: Sequence[int]) -> list[tuple[int, int]]:
        return self._conn.execute(_WAITING, (self._site, kind, json.dumps(ids))).fetchall()

    def _named(self, route: str | None) -> tuple[str, int] | None:
        """Return type and id of the item that a route names."""
        collection, _, last = (route or "").partition("?")[0].rpartition("/")
        kind, wp_id = self._catalogue.of(collection), integer(last)
        return (kind[0], wp_id) if kind and wp_id is not None else None


def _is_absence(given: Read) -> bool:
    row = given.capture
    return bool(row and row["kind"] == "probe" and row["final"] and row["answer"] in _ABSENT)
