"""What an archive holds, per site, read from `archive.db`."""

import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from wparchive.ask.beyond_items import inventory_of, languages_of, pages_of, plug_ins_of
from wparchive.index.damage import damage_of
from wparchive.index.database.opening import reading
from wparchive.index.item_types import TYPE_OF
from wparchive.index.schema import ITEM_TABLES
from wparchive.wordpress.reading import READ_IN_PART

__all__ = ["SiteStatus", "held", "observed", "states", "status"]

_OF_RUN = ("outcome", "exit_code", "started_at", "finished_at", "requests")
_GAPS = "select run, route, first_position, last_position, reason from gaps where site = :site and run = :run"
_LISTINGS = tuple(
    f"select route, reason from listings where site = :site and run = :run and outcome = {which}"  # noqa: S608 - our own words
    for which in ("'complete' and not verified", "'refused' order by route")
)
_OBSERVED = " union all ".join(
    f"select {change}, count(*) from {table} where site = :site "  # noqa: S608 - our own words
    "and run = (select last_run from sites where site = :site) group by 1"
    for change, table in (("change", "observations"), ("'copied'", "copied"))
)
_IN_PART = f"select count(*) from captures where run = :run and site = :site and flags like '%\"{READ_IN_PART}\"%'"  # noqa: S608 - our own word


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteStatus:
    """The status of one site: its location, its last run, the items held by type, gaps, refusals, damage.

    `items` counts what the site still shows, `gone` what it doesn't show any more; both are held. `languages`,
    `plug_ins`, `pages` and `inventory` are as `beyond_items` returns them.
    """

    site: str
    home: str | None
    state: str | None
    reason: str | None
    last_run: str | None
    outcome: str | None
    exit_code: int | None
    started_at: str | None
    finished_at: str | None
    requests: int | None
    items: dict[str, int]
    gone: dict[str, int] = field(default_factory=dict)
    gaps: list[dict[str, object]]
    unverified: list[dict[str, object]] = field(default_factory=list)
    refused: list[dict[str, object]] = field(default_factory=list)
    links: dict[str, int]
    languages: list[dict[str, object]] = field(default_factory=list)
    plug_ins: dict[str, Any] = field(default_factory=dict)
    pages: dict[str, int] = field(default_factory=dict)
    inventory: dict[str, int] = field(default_factory=dict)
    observations: dict[str, int]
    damage: list[dict[str, object]] = field(default_factory=list)
    read_in_part: int = 0  # responses of the last run with an item too long to be read in full


def status(database: Path) -> Iterator[SiteStatus]:
    """Yield the status of every site in `database`; raises what `reading` raises."""
    with reading(database) as db:
        for row in db.execute("select * from sites order by site").fetchall():
            yield _site(db, row)


def held(database: Path, site: str) -> dict[str, int]:
    """Return how many items of each type `database` holds of `site`, but for those that are gone from it."""
    if not database.exists():
        return {}
    with reading(database) as db:
        return _items(db, site)


def observed(database: Path, site: str) -> dict[str, int]:
    """Return how many changes of each kind the last run over `site` saw."""
    with reading(database) as db:
        return _observed(db, site)


def states(database: Path) -> dict[str, str]:
    """Return the state of each site in `database`; raises what `reading` raises."""
    if not database.exists():
        return {}
    with reading(database) as db:
        return {str(site): str(state) for site, state in db.execute("select site, state from sites")}


def _observed(db: sqlite3.Connection, site: str) -> dict[str, int]:
    return {str(change): int(count) for change, count in db.execute(_OBSERVED, {"site": site})}


def _items(db: sqlite3.Connection, site: str, gone: str = "null") -> dict[str, int]:
    """Return the number of items of each type that are not gone, or with `gone` "not null" of those that are."""
    counts: dict[str, int] = {}
    for table, kind in TYPE_OF.items():
        if table not in ITEM_TABLES and gone != "null":
            continue
        still = f"and gone is {gone}" if table in ITEM_TABLES else ""
        query = f"select {kind}, count(*) from {table} where site = ? {still} group by 1"  # noqa: S608 - from the tables above
        counts.update((str(row[0]), int(row[1])) for row in db.execute(query, (site,)))
    return dict(sorted(counts.items()))


def _site(db: sqlite3.Connection, row: sqlite3.Row) -> SiteStatus:
    about = {"site": row["site"], "run": row["last_run"]}
    run = db.execute("select * from runs where run = :run", about).fetchone()
    ended: dict[str, Any] = {name: run[name] if run else None for name in _OF_RUN}
    gaps, unverified, refused = ([dict(one) for one in db.execute(query, about)] for query in (_GAPS, *_LISTINGS))
    links = db.execute("select outcome, count(*) from links where site = :site group by 1", about)
    return SiteStatus(
        **{name: row[name] for name in ("site", "home", "state", "last_run")},
        **ended,
        reason=_reason(row, run),
        items=_items(db, row["site"]),
        gone=_items(db, row["site"], "not null"),
        gaps=gaps,
        unverified=unverified,
        refused=refused,
        links={str(outcome): int(count) for outcome, count in links},
        languages=languages_of(db, row["site"]),
        plug_ins=plug_ins_of(db, row["site"]),
        pages=pages_of(db, row["site"]),
        inventory=inventory_of(db, row["site"]),
        observations=_observed(db, row["site"]),
        damage=_damage(db, row["site"]),
        read_in_part=db.execute(_IN_PART, about).fetchone()[0],
    )


def _reason(site: sqlite3.Row, run: sqlite3.Row | None) -> str | None:
    """Return the reason for the site's state, or for how its last run ended."""
    reasons = [row["reason"] for row in (site, run) if row is not None and "reason" in row.keys()]  # noqa: SIM118 - Row's `in`
    return next((reason for reason in reasons if reason), None)


def _damage(db: sqlite3.Connection, site: str) -> list[dict[str, object]]:
    if not db.execute("select 1 from sqlite_master where name = 'damage'").fetchone():
        return []  # indexed before that table existed; the next `wparchive index` creates it
    return [asdict(row) for row in damage_of(db, [site]) if not row.removed]
