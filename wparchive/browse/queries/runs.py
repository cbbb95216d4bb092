"""Runs: what they did, what they proved, and what they could not reach."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

__all__ = [
    "Run",
    "days",
    "gaps_of",
    "latest_gaps",
    "listings_of",
    "run_of",
    "runs",
    "shown_of",
    "sources_of",
    "unended",
    "warcs_of",
]


@dataclass(frozen=True, slots=True)
class Run:
    """One run as its row says it."""

    run: str
    site: str
    mode: str
    started_at: str
    finished_at: str
    outcome: str
    exit_code: int | None
    requests: int | None
    captures: int | None
    bytes: int | None
    gaps: int
    changes: int
    reason: str
    settings: dict[str, Any]


_CHANGES = (
    "((SELECT count(*) FROM observations o WHERE o.run = r.run) + (SELECT count(*) FROM copied o WHERE o.run = r.run))"
)
_RUNS = """
    SELECT r.*, {changes} AS changes FROM runs r WHERE {where} ORDER BY r.started_at DESC, r.rowid DESC LIMIT ? OFFSET ?"""


_DAYS = """
    SELECT substr(r.started_at, 1, 10), count(*), sum(coalesce(r.gaps, 0) > 0),
      sum({changes})
    FROM runs r {where} GROUP BY 1 ORDER BY 1 DESC LIMIT 371"""


def _run(row: sqlite3.Row) -> Run:
    try:
        settings = json.loads(row["settings"] or "{}")
    except ValueError:
        settings = {}
    texts: Any = {
        name: row[name] or "" for name in ("run", "site", "mode", "started_at", "finished_at", "outcome", "reason")
    }
    numbers: Any = {name: row[name] for name in ("exit_code", "requests", "captures", "bytes")}
    return Run(
        **texts,
        **numbers,
        gaps=row["gaps"] or 0,
        changes=row["changes"],
        settings=settings if isinstance(settings, dict) else {},
    )


def runs(conn: sqlite3.Connection, site: str = "", *, size: int = 50, offset: int = 0) -> list[Run]:
    """Return runs, the newest first; one more than `size` if there are more."""
    where, values = ("r.site = ?", [site]) if site else ("1", [])
    return [_run(row) for row in conn.execute(_RUNS.format(changes=_CHANGES, where=where), [*values, size + 1, offset])]


def run_of(conn: sqlite3.Connection, run: str) -> Run | None:
    """Return one run; None if the archive has none of that name."""
    row = conn.execute(_RUNS.format(changes=_CHANGES, where="r.run = ?"), (run, 1, 0)).fetchone()
    return _run(row) if row else None


def listings_of(conn: sqlite3.Connection, run: str) -> list[dict[str, Any]]:
    """Return what a run proved, a line for each list."""
    rows = conn.execute("SELECT * FROM listings WHERE run = ? ORDER BY route", (run,))
    return [dict(row) for row in rows]


def shown_of(conn: sqlite3.Connection, run: str) -> list[dict[str, Any]]:
    """Return what an import's captures show of lists, a line for each."""
    rows = conn.execute("SELECT * FROM coverage WHERE run = ? ORDER BY route", (run,))
    return [dict(row) for row in rows]


def sources_of(conn: sqlite3.Connection, run: str) -> list[dict[str, Any]]:
    """Return the files from which an import took the captures of a run, at most 200, and how many of each."""
    rows = conn.execute(
        "SELECT s.name, s.source, s.software, count(*) AS taken FROM captures k "
        "JOIN sources s ON s.site = k.site AND s.source = k.source WHERE k.run = ? "
        "GROUP BY s.name, s.source ORDER BY s.name, s.source LIMIT 200",
        (run,),
    )
    return [dict(row) for row in rows]


def gaps_of(conn: sqlite3.Connection, run: str) -> list[dict[str, Any]]:
    """Return the gaps that a run left."""
    rows = conn.execute("SELECT * FROM gaps WHERE run = ? ORDER BY route, first_position LIMIT 500", (run,))
    return [dict(row) for row in rows]


def latest_gaps(conn: sqlite3.Connection, site: str = "") -> list[dict[str, Any]]:
    """Return the gaps of each site's last run, which are those that still stand."""
    where, values = ("AND s.site = ?", [site]) if site else ("", [])
    query = (
        f"SELECT g.* FROM gaps g JOIN sites s ON s.last_run = g.run WHERE 1 {where} ORDER BY g.site, g.route LIMIT 200"  # noqa: S608 - ours
    )
    return [dict(row) for row in conn.execute(query, values)]


def unended(conn: sqlite3.Connection, site: str = "") -> list[dict[str, Any]]:
    """Return the last runs of sites that did not end as complete: that they noted no gaps says nothing."""
    where, values = ("AND s.site = ?", [site]) if site else ("", [])
    query = (
        "SELECT r.run, r.site, r.outcome FROM sites s JOIN runs r ON r.run = s.last_run "  # noqa: S608 - ours
        f"WHERE coalesce(r.outcome, '') != 'complete' {where} ORDER BY r.site LIMIT 50"
    )
    return [dict(row) for row in conn.execute(query, values)]


def warcs_of(conn: sqlite3.Connection, run: str) -> list[tuple[str, int]]:
    """Return the WARC files with captures of a run, and how many."""
    query = "SELECT warc, count(*) FROM captures WHERE run = ? GROUP BY warc ORDER BY warc"
    return [(str(warc), int(count)) for warc, count in conn.execute(query, (run,))]


def days(conn: sqlite3.Connection, site: str = "") -> dict[str, tuple[int, int, int]]:
    """Return, by day, how many runs there were, how many left gaps, and how many changes were noticed."""
    where, values = ("WHERE r.site = ?", [site]) if site else ("", [])
    rows = conn.execute(_DAYS.format(changes=_CHANGES, where=where), values)
    return {str(day): (int(count), int(broken or 0), int(changes or 0)) for day, count, broken, changes in rows}
