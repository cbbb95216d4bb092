"""Which parts of the WARCs could not be indexed, and why: rows of `damage`, derived from the files alone."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wparchive.events import clean
from wparchive.index.database.opening import reading
from wparchive.index.statements import insert
from wparchive.store import Damage, Record, SiteFolder, Stray, losses_noted
from wparchive.store.log.database import noted_in
from wparchive.store.warc.writing.tombstones import Statement

__all__ = [
    "DamageRow",
    "damage_in",
    "damage_of",
    "forget_vanished",
    "is_named",
    "name_damage",
    "name_double",
    "name_removed",
    "name_strays",
    "removal_said",
]

_FORGET_STRAYS = "DELETE FROM damage WHERE site = :site AND kind NOT IN (SELECT value FROM json_each(:parts))"
_PUT = insert("damage", verb="INSERT OR REPLACE")
_LONGER = (
    "UPDATE damage SET length = length + :length "
    "WHERE warc = :warc AND kind = 'double' AND reason = :reason AND offset + length = :offset"
)
_LOST = ("broken", "torn")
REMOVED = "removed"
_PARTS = (*_LOST, "double", REMOVED)  # kinds of a part of a file; all others are of a whole one


@dataclass(frozen=True, slots=True, kw_only=True)
class DamageRow:
    """A stretch of a WARC that is not indexed; `offset` and `length` are in bytes.

    `kind` is broken, torn, double, removed (on purpose, by `remove`), or that of a whole file (`store.strays`).
    `held_again` is the run since which everything that the site shows is completely held again.
    """

    site: str
    warc: str
    offset: int
    length: int
    kind: str
    reason: str
    record: str | None
    run: str | None
    held_again: str | None

    @property
    def lost(self) -> bool:
        """Whether data is lost that is not held elsewhere."""
        return self.kind in _LOST

    @property
    def removed(self) -> bool:
        """Whether a person had it removed."""
        return self.kind == REMOVED


def damage_of(conn: sqlite3.Connection, sites: Sequence[str]) -> list[DamageRow]:
    """Return the damage of `sites`, in file order."""
    names = ", ".join(DamageRow.__slots__)
    query = f"SELECT {names} FROM damage WHERE site IN (SELECT value FROM json_each(?)) ORDER BY site, warc, offset"  # noqa: S608
    rows = conn.execute(query, (json.dumps(list(sites)),))
    return [DamageRow(**dict(zip(DamageRow.__slots__, row, strict=True))) for row in rows]


def damage_in(database: Path, sites: Sequence[str]) -> list[DamageRow]:
    """Return the damage from the database file. Raises what `reading` raises."""
    with reading(database) as conn:
        return damage_of(conn, sites)


def _row(site: str, warc: str, offset: int, length: int, kind: str, reason: str) -> dict[str, object]:
    row = {"site": site, "warc": warc, "offset": offset, "length": length, "kind": kind, "reason": reason}
    return row | {"record": None, "run": None, "held_again": None}


def name_damage(conn: sqlite3.Connection, site: str, warc: str, damage: Damage, run: str | None) -> None:
    """Record a stretch that is not a record; `run` is the run of the records around it."""
    kind = "torn" if damage.torn else "broken"
    row = _row(site, warc, damage.offset, damage.length, kind, damage.reason)
    conn.execute(_PUT, row | {"record": damage.record_id or None, "run": run})


def name_double(conn: sqlite3.Connection, site: str, record: Record, first: str) -> None:
    """Record that `record` is not indexed, because the file `first` contains it already."""
    row = _row(site, record.warc, record.offset, record.length, "double", f"it stands in {first} already")
    if not conn.execute(_LONGER, row).rowcount:
        conn.execute(_PUT, row | {"record": record.record_id})


def removal_said(statement: Statement) -> str:
    """Return in one line what a tombstone says."""
    order = f" ({statement.order})" if statement.order else ""
    return clean(f"{statement.at[:10]}: {statement.reason}{order}")


def name_removed(conn: sqlite3.Connection, site: str, record: Record, reason: str, run: str | None) -> None:
    """Record that a tombstone, the resource record `record`, stands for records of `run` that were removed."""
    row = _row(site, record.warc, record.offset, record.length, REMOVED, reason)
    conn.execute(_PUT, row | {"record": record.record_id, "run": run})


def name_strays(conn: sqlite3.Connection, site: str, strays: Iterable[Stray]) -> None:
    """Record the files in the site's folder that are not read, and remove those that are gone."""
    conn.execute(_FORGET_STRAYS, {"site": site, "parts": json.dumps(_PARTS)})
    conn.executemany(_PUT, [_row(site, one.warc, 0, one.size, one.kind, one.reason) for one in strays])


def is_named(conn: sqlite3.Connection, site: str, strays: Iterable[Stray], present: set[str]) -> bool:
    """Return whether the rows of `site` name exactly these strays, and nothing in missing files."""
    rows = damage_of(conn, [site])
    whole = {(row.warc, row.length, row.kind) for row in rows if row.kind not in _PARTS}
    named = {(one.warc, one.size, one.kind) for one in strays}
    return whole == named and all(row.warc in present for row in rows if row.kind in _PARTS)


def misses_damage(conn: sqlite3.Connection, folder: SiteFolder, ends: Mapping[str, int]) -> bool:
    """Return whether the last crawl found damage in a part that is indexed as intact."""
    named = {(row.warc, row.offset) for row in damage_of(conn, [folder.name])}
    noted = [(f"{folder.name}/{loss.file}", loss.offset) for loss in losses_noted(noted_in(folder.path, "damage"))]
    return any((warc, at) not in named and ends.get(warc, 0) > at for warc, at in noted)


def forget_vanished(conn: sqlite3.Connection, site: str, present: set[str]) -> None:
    """Remove the damage of missing files, and the note that they were read."""
    for (warc,) in conn.execute("SELECT warc FROM _wparchive_files WHERE site = ?", (site,)).fetchall():
        if warc not in present:
            conn.execute("DELETE FROM damage WHERE warc = ?", (warc,))
            conn.execute("DELETE FROM _wparchive_files WHERE warc = ?", (warc,))
