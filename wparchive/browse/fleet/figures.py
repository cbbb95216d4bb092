"""What the pages of a fleet show, read from its catalogue."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["SHOWN", "listed", "one_site", "overview"]

_MOST: Final = 50
_LAST: Final = 15
SHOWN: Final[Mapping[str, tuple[str, str]]] = {
    "": ("All", "1"),
    "due": ("Due", "NOT running AND NOT paused AND state != 'duplicate' AND due_at <= (SELECT made_at FROM summary)"),
    "running": ("Running", "running"),
    "paused": ("Paused", "paused"),
    "never": ("Never read", "generation = 0 AND state != 'duplicate'"),
    "gaps": ("With gaps", "code = 3"),
    "person": ("Need a person", "site IN (SELECT site FROM needs_a_person)"),
    "poison": ("Poison", "state = 'poison'"),
    "duplicate": ("Doubles", "state = 'duplicate'"),
}
"""What lists of sites there are: name → heading, and the SQL of which sites are in it."""


def _rows(conn: sqlite3.Connection, query: str, *values: object) -> list[dict[str, Any]]:
    cursor = conn.execute(query, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def overview(conn: sqlite3.Connection) -> dict[str, Any]:
    """Return the figures of the whole fleet, its alerts, the networks that wait, workers, poison and the last turns."""
    made_at, status, alerts, counted = conn.execute("SELECT made_at, status, alerts, hours FROM summary").fetchone()
    by_hour = _hours(json.loads(counted))
    return {
        "made_at": made_at,
        "status": json.loads(status),
        "alerts": json.loads(alerts),
        "networks": _rows(
            conn,
            "SELECT * FROM networks WHERE waiting > 0 OR running > 0 OR paused OR slots_now < slots "
            "ORDER BY waiting DESC, running DESC, network LIMIT 12",
        ),
        "workers": _rows(conn, "SELECT * FROM workers ORDER BY dead DESC, name LIMIT 100"),
        "poison": _rows(conn, "SELECT * FROM sites WHERE state = 'poison' ORDER BY last_turn DESC LIMIT 12"),
        "turns": _rows(conn, "SELECT * FROM turns ORDER BY began DESC LIMIT ?", _LAST),
        "hours": by_hour,
        "most": max(hour["turns"] for hour in by_hour),
    }


def _hours(counted: list[dict[str, int]]) -> list[dict[str, int]]:
    """Return for each of the last 24 hours how many turns began, and how many of them weren't complete."""
    by_hour = {row["ago"]: row for row in counted}
    return [{"ago": ago, "turns": 0, "faults": 0, **by_hour.get(ago, {})} for ago in range(23, -1, -1)]


def listed(
    conn: sqlite3.Connection, *, show: str, words: str, network: str, after: str
) -> tuple[list[dict[str, Any]], str]:
    """Return the sites of a list, those whose name or address has `words` in it, and the name after which more come."""
    conditions, values = [f"({SHOWN[show][1]})", "site > ?"], [after]
    if words:
        conditions.append("(instr(site, ?) OR instr(url, ?) OR instr(coalesce(home, ''), ?))")
        values += [words] * 3
    if network:
        conditions.append("network = ?")
        values.append(network)
    query = f"SELECT * FROM sites WHERE {' AND '.join(conditions)} ORDER BY site LIMIT {_MOST + 1}"  # noqa: S608 - our own
    found = _rows(conn, query, *values)
    return found[:_MOST], found[_MOST - 1]["site"] if len(found) > _MOST else ""


def one_site(conn: sqlite3.Connection, site: str) -> dict[str, Any] | None:
    """Return all that the catalogue has of a site, with `head`, `held` and its last `turns`; None for an unknown one."""
    found = _rows(conn, "SELECT * FROM sites WHERE site = ?", site)
    if not found:
        return None
    heads = _rows(conn, "SELECT * FROM heads WHERE site = ?", site)
    return {
        **found[0],
        "head": heads[0] if heads else None,
        "held": _rows(conn, "SELECT type, items FROM held WHERE site = ? ORDER BY items DESC", site),
        "turns": _rows(conn, "SELECT * FROM turns WHERE site = ? ORDER BY began DESC LIMIT 30", site),
    }
