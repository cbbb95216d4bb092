"""Rows of a fleet's tables, as its parts write them, and its configuration."""

from pathlib import Path
from typing import Any

__all__ = ["add_site", "add_turn", "add_worker", "fleet_toml"]


def add_site(conn: Any, name: str, network: str = "net", *, late: float = -3600, **columns: Any) -> None:
    """Put a site into the tables that is late by so many seconds; one that isn't due has less than none."""
    conn.execute("INSERT INTO fleet.networks (network) VALUES (%s) ON CONFLICT DO NOTHING", (network,))
    values = {
        "site": name,
        "url": f"https://{name}/",
        "every": 3600,
        "every_max": 3600,
        "pace": 3600,
        "network": network,
    }
    values |= columns
    names = ", ".join([*values, "due_at"])
    marks = ", ".join(f"%({one})s" for one in values)
    conn.execute(
        f"INSERT INTO fleet.sites ({names}) VALUES ({marks}, fleet.now() - make_interval(secs => %(late)s))",
        {**values, "late": late},
    )


def add_turn(conn: Any, site: str, ago: float, outcome: str | None, **columns: Any) -> None:
    values = {"site": site, "epoch": 1, "worker": "w", "outcome": outcome, **columns}
    names, marks = ", ".join(values), ", ".join(f"%({one})s" for one in values)
    conn.execute(
        f"INSERT INTO fleet.turns ({names}, began, ended) VALUES ({marks}, fleet.now() - make_interval(secs => %(ago)s), "
        "CASE WHEN %(outcome)s::text IS NULL THEN NULL ELSE fleet.now() - make_interval(secs => %(ago)s) END)",
        {**values, "ago": ago},
    )


def add_worker(conn: Any, name: str, ago: float, unsent: int = 0) -> None:
    conn.execute(
        "INSERT INTO fleet.workers (name, turns, queues, scratch_free, unsent, seen_at) "
        "VALUES (%s, 4, '{turns}', 1000, %s, fleet.now() - make_interval(secs => %s))",
        (name, unsent, ago),
    )


def fleet_toml(folder: Path, database: str) -> Path:
    path = folder / "fleet.toml"
    store = (folder / "objects").as_uri()
    path.write_text(f'[fleet]\ndatabase = "{database}"\nstore = "{store}"\ncontact = "a@example.org"\n', "utf-8")
    return path
