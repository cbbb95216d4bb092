"""Compares the listings' claims with the rows: the ids of each proof are looked up, and those without a row are a gap.

The latest claim of each listing is kept in `_wparchive_held`, and what of it has no row in `lacking`. Rows are never
deleted, so of a new claim only those ids are looked up that were not in the previous one, or had no row then.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wparchive.index.database.opening import reading
from wparchive.index.item_types import of_type
from wparchive.index.items.catalogue import Catalogue
from wparchive.index.schema import ITEM_TABLES
from wparchive.index.statements import insert
from wparchive.wordpress.canonical_routes import lists_all
from wparchive.wordpress.listing.idranges import Ranges, parsed, ranges, size, spelled, without

__all__ = ["Unheld", "claims_without_rows", "hold_to_rows", "record_gaps"]


@dataclass(frozen=True, slots=True)
class Unheld:
    """A listing that claims or shows more than the rows hold; `reason` names the ids."""

    site: str
    run: str
    route: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a listing claims about one collection, or one view of it. `table` is where it is looked up (None: unknown)."""

    site: str
    route: str
    type: str
    table: str | None
    ids: str
    slugs: tuple[str, ...]

    @property
    def collection(self) -> str:
        return self.route.partition("?")[0]


_CLAIMS = (
    "SELECT h.route, h.ids, h.slugs, h.how, l.outcome FROM _wparchive_held h JOIN listings l USING (run, site, route) "
    "WHERE h.run = ? AND h.site = ? ORDER BY h.route"
)
_STANDING = "SELECT run, route, ids, slugs FROM _wparchive_held WHERE site = ? ORDER BY route"
_GAP = insert("gaps")
_LAST = "SELECT ids, slugs, lacking FROM _wparchive_held WHERE site = ? AND route = ? AND run != ?"
_LACKING = "UPDATE _wparchive_held SET lacking = ? WHERE run = ? AND site = ? AND route = ?"
_FORGOTTEN = "DELETE FROM _wparchive_held WHERE site = ? AND route = ? AND run != ?"
_SHORT = (
    "UPDATE listings SET outcome = iif(outcome = 'complete', 'short', outcome), verified = 0, held = max(0, held - :less) "
    "WHERE run = :run AND site = :site AND route = :route"
)
_LESS = (
    "UPDATE runs SET gaps = coalesce(gaps, 0) + :gaps, outcome = iif(outcome = 'complete', 'incomplete', outcome), "
    "exit_code = iif(exit_code = 0, 3, exit_code), state = iif(state = 'ok', 'partial', state) WHERE run = :run"
)
# What a listing counts may have been removed since its run, or since an earlier one.
_REMOVED = "SELECT 1 FROM damage WHERE site = ? AND kind = 'removed' AND coalesce(run, '') <= ? LIMIT 1"
_PARTIAL = "UPDATE sites SET state = 'partial' WHERE site = ? AND state = 'ok'"
_SHOWN = (
    "SELECT captured_at, route FROM captures WHERE run = ? AND kind = 'listing' AND final AND privilege = 'anonymous' "
    "AND route >= ? || '?' AND route < ? || '@'"
)
_NAMED = 20  # ranges of ids in one reason


def hold_to_rows(conn: sqlite3.Connection, site: str, run: str, catalogue: Catalogue) -> list[Unheld]:
    """Compare the listings of `run`, whose captures are all indexed, with the rows; a difference is a gap."""
    found: list[Unheld] = []
    for route, ids, slugs, how, outcome in conn.execute(_CLAIMS, (run, site)).fetchall():
        claim = _claim(site, route, ids, slugs, catalogue)
        last = conn.execute(_LAST, (site, route, run)).fetchone()
        lacking, less = _lacking(conn, claim, last)
        since = " since records were removed" if lacking and _is_removed(conn, site, run) else ""
        reasons = [f"held by the listing, but in no row{since}: {lacking}"] if lacking else []
        if outcome == "complete" and how == "walk" and "?" not in route:
            more = _uncounted(conn, claim, run)
            reasons += [f"in a row, but not counted by the listing: ids {_named(more)}"] if more else []
        found += [Unheld(site, run, route, reason) for reason in reasons]
        if reasons:
            conn.execute(_SHORT, {"run": run, "site": site, "route": route, "less": less})
        conn.execute(_LACKING, (lacking, run, site, route))
        conn.execute(_FORGOTTEN, (site, route, run))
    return record_gaps(conn, found)


def record_gaps(conn: sqlite3.Connection, found: list[Unheld]) -> list[Unheld]:
    """Record as gaps what a run turned out not to hold; return it."""
    for one in found:
        row = {"run": one.run, "site": one.site, "route": one.route, "reason": one.reason}
        conn.execute(_GAP, row | {"first_position": None, "last_position": None})
    if found:
        conn.execute(_LESS, {"gaps": len(found), "run": found[0].run})
        conn.execute(_PARTIAL, (found[0].site,))
    return found


def claims_without_rows(database: Path) -> Iterator[Unheld]:
    """Yield every listing with a current claim in `database` that exceeds the rows, unless records were removed since.

    Raises what `reading` raises.
    """
    with reading(database) as conn:
        for (site,) in conn.execute("SELECT site FROM sites ORDER BY site").fetchall():
            known = conn.execute('SELECT route, type, "table" FROM collections WHERE site = ?', (site,)).fetchall()
            catalogue = Catalogue(known)
            for run, route, ids, slugs in conn.execute(_STANDING, (site,)).fetchall():
                if _is_removed(conn, site, run):
                    continue  # its gap says so
                lacking, _ = _lacking(conn, _claim(site, route, ids, slugs, catalogue), None)
                if lacking:
                    yield Unheld(site, run, route, f"held by the listing, but in no row: {lacking}")


def _is_removed(conn: sqlite3.Connection, site: str, run: str) -> bool:
    return conn.execute(_REMOVED, (site, run)).fetchone() is not None


def _claim(site: str, route: str, ids: str | None, slugs: str | None, catalogue: Catalogue) -> _Claim:
    kind, table = catalogue.of(route.partition("?")[0]) or ("", None)
    return _Claim(site, route, kind, table, ids or "", tuple(json.loads(slugs)) if slugs else ())


def _lacking(conn: sqlite3.Connection, claim: _Claim, last: tuple[str, str, str] | None) -> tuple[str, int]:
    """Return in words what of a claim has no row, and how many items; `last` is the previous claim, already looked up."""
    if last and last == (claim.ids, json.dumps(claim.slugs) if claim.slugs else None, ""):
        return "", 0
    slugs = sorted(set(claim.slugs) - _slugs(conn, claim)) if claim.slugs else []
    wanted = parsed(claim.ids)
    if last and not last[2]:
        wanted = without(wanted, parsed(last[0] or ""))
    lost = _without_rows(conn, claim, wanted) if wanted else []
    words = (f"ids {_named(lost)}" if lost else "", _first_of(slugs))
    return "; ".join(filter(None, words)), size(lost) + len(slugs)


def _first_of(slugs: list[str]) -> str:
    return ", ".join(slugs[:_NAMED]) + (f" and {len(slugs) - _NAMED} more" if len(slugs) > _NAMED else "")


def _slugs(conn: sqlite3.Connection, claim: _Claim) -> set[str]:
    query = "SELECT slug FROM objects WHERE site = ? AND route = ?"
    return {slug for (slug,) in conn.execute(query, (claim.site, claim.collection))}


def _without_rows(conn: sqlite3.Connection, claim: _Claim, wanted: Ranges) -> list[tuple[int, int]]:
    """Return the ids without a whole public row. Lists of posts may show other types, which share one counter of ids."""
    lost = list(wanted)
    for table, narrow in _places(claim):
        if not lost:
            break
        query = (
            f"SELECT wp_id FROM {table} WHERE site = :site AND NOT partial AND privilege = 'anonymous'"  # noqa: S608
            f" AND wp_id BETWEEN :first AND :last{narrow}"
        )  # the names are our own
        about = {"site": claim.site, "type": claim.type, "first": lost[0][0], "last": lost[-1][1]}
        lost = without(lost, ranges(row[0] for row in conn.execute(query, about)))
    return lost if claim.table in (*ITEM_TABLES, None) else []


def _places(claim: _Claim) -> Iterator[tuple[str, str]]:
    """Yield the tables in which a claim's ids may stand, each with a further condition on its rows."""
    for table in ITEM_TABLES if claim.table is None else {claim.table} & ITEM_TABLES.keys():
        narrow = f" AND {of_type(table)}" if ITEM_TABLES[table].type_column and claim.table else ""
        if narrow:
            yield table, narrow
        if table == "posts" or not narrow:
            yield table, ""


def _uncounted(conn: sqlite3.Connection, claim: _Claim, run: str) -> list[tuple[int, int]]:
    """Return the ids that the walk's pages showed, so that they have rows, but that the walk did not count."""
    if claim.table not in ITEM_TABLES:
        return []
    query = (
        f"SELECT wp_id, last_seen FROM {claim.table} WHERE site = :site AND NOT partial AND gone IS NULL "  # noqa: S608
        f"AND privilege = 'anonymous' AND {of_type(claim.table)}"
    )  # the names are our own
    rows = conn.execute(query, {"site": claim.site, "type": claim.type}).fetchall()
    more = without(ranges(row[0] for row in rows), parsed(claim.ids))
    if not more:
        return []
    pages = _pages(conn, claim, run)
    beyond = {wp_id for wp_id, seen in rows if seen in pages}
    return without(ranges(beyond), parsed(claim.ids))


def _pages(conn: sqlite3.Connection, claim: _Claim, run: str) -> set[str]:
    """Return the capture times of the pages of the walk over the whole collection."""
    found = conn.execute(_SHOWN, (run, claim.route, claim.route))
    return {at for at, route in found if lists_all(route)}


def _named(found: Iterable[tuple[int, int]]) -> str:
    given = list(found)
    more = f" and {size(given[_NAMED:]):,} more" if len(given) > _NAMED else ""
    return spelled(given[:_NAMED]).replace(",", ", ") + more
