"""A fleet of one site, whose turns run in the process of the test."""

from pathlib import Path
from threading import Event
from typing import Any

import frugal
from fleetrows import add_site, fleet_toml

from wparchive.fleet.manifest import Head, read_head
from wparchive.fleet.objects import ObjectStore
from wparchive.fleet.queue.dispatch import dispatch
from wparchive.fleet.queue.engine import TURNS, Job, ProcrastinateEngine
from wparchive.fleet.queue.fleet_file import FleetFile, load_fleet
from wparchive.fleet.turns.claims import Claim, claim
from wparchive.fleet.turns.scratch import Scratch
from wparchive.fleet.turns.turn import run_turn

__all__ = ["SITE", "World"]

SITE = "one.example"


class World:
    """A fleet of one site, and turns of it in this process."""

    def __init__(self, conn: Any, database: str, folder: Path, url: str) -> None:
        self.conn, self.database, self.folder = conn, database, folder
        config = fleet_toml(folder, database)
        config.write_text(f"{config.read_text('utf-8')}[defaults]\n{frugal.LINES}", "utf-8")
        self.fleet: FleetFile = load_fleet(config)
        self.store = ObjectStore(self.fleet.store)
        self.engine = ProcrastinateEngine(database)
        conn.execute("INSERT INTO fleet.workers (name, turns, queues, seen_at) VALUES ('w', 4, '{turns}', 'infinity')")
        add_site(conn, SITE, "net", late=1, url=url)

    def claimed(self) -> Claim:
        self.conn.execute("DELETE FROM procrastinate_jobs")
        self.conn.execute("UPDATE fleet.sites SET due_at = fleet.now(), job = NULL, lock = NULL")
        assert dispatch(self.conn, self.engine) == 1
        job = self.conn.execute("SELECT job FROM fleet.sites").fetchone()["job"]
        found = claim(self.database, Job(job, TURNS, SITE), "w")
        assert found
        return found

    def turn(self, machine: str = "one", claimed: Claim | None = None) -> Scratch:
        scratch = Scratch(self.folder / machine)
        run_turn(self.fleet, claimed or self.claimed(), scratch, Event())
        return scratch

    @property
    def head(self) -> Head:
        found = read_head(self.store, SITE)
        assert found
        return found[0]

    def last(self) -> tuple[str | None, int | None]:
        row = self.conn.execute("SELECT outcome, code FROM fleet.turns ORDER BY id DESC LIMIT 1").fetchone()
        return row["outcome"], row["code"]
