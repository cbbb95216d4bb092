"""A whole fleet on this machine: sites on ports, workers as processes of their own, and what each site saw of them."""

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import frugal
from crawlkit import invoke
from fakewp import FakeWordPress
from patience import PATIENCE

from wparchive.fleet.objects import ObjectStore
from wparchive.fleet.queue.dispatch import dispatch
from wparchive.fleet.queue.engine import ProcrastinateEngine
from wparchive.fleet.queue.tables import connect

__all__ = ["DEFAULTS", "Fleet", "Watched", "served", "spans_at_once"]

# Seconds until a test gives up on what must come.
_PATIENCE = PATIENCE + 5 * int(os.environ.get("WPARCHIVE_FLEET_SITES", "0"))
DEFAULTS = f"[defaults]\n{frugal.LINES}"
_BY_PORT = {"WPARCHIVE_FLEET_BY_PORT": "1"}


class Watched(FakeWordPress):
    """A site that notes when it was asked, and by how many at a time; it can keep what asks it waiting."""

    def __init__(self, *given: Any, **more: Any) -> None:
        self.times: list[float] = []
        self.most = self._now = 0
        self._noting, self._goes_on = threading.Lock(), threading.Event()
        self._answers: float = math.inf
        super().__init__(*given, **more)

    def hold(self, after: int) -> None:
        """Answer so many more requests, and none from then on until `let_go`: whatever turn is at it lasts so long."""
        self._goes_on.clear()
        self._answers = len(self.times) + after

    def let_go(self) -> None:
        """Answer all that wait, and whatever comes."""
        self._answers = math.inf
        self._goes_on.set()

    @property
    def is_holding(self) -> bool:
        """Whether somebody waits."""
        return len(self.times) > self._answers

    def close(self) -> None:
        self.let_go()
        super().close()

    def respond(self, handler: Any, request: Any) -> None:
        with self._noting:
            self._now += 1
            self.most = max(self.most, self._now)
            self.times.append(time.monotonic())
            waits = self.is_holding
        try:
            if waits:
                self._goes_on.wait(_PATIENCE)
            super().respond(handler, request)
        finally:
            with self._noting:
                self._now -= 1


@contextmanager
def served(count: int, address: str = "127.0.0.1", **sizes: int) -> Iterator[list[Watched]]:
    """So many small sites, all different, each on a port of its own."""
    small = {"pages": 1, "books": 1, "media": 1, "comments": 2, "users": 1, "terms": 2} | sizes
    sites = [Watched(address=address, **{"posts": 3 + number % 7, **small}) for number in range(count)]
    for site in sites:
        site.start()
    yield sites
    for site in sites:
        site.close()


def spans_at_once(sites: Sequence[Watched]) -> int:
    """At how many of `sites` turns were at work at a time, each from its first request to its last."""
    spans = [(min(site.times), max(site.times)) for site in sites if site.times]
    return max(sum(first <= moment <= last for first, last in spans) for moment, _ in spans)


class Fleet:
    """A fleet in `folder`: its configuration (`more` is put below [fleet] as it is), its tables, its workers."""

    def __init__(self, folder: Path, database: str, more: str = "", store: str = "") -> None:
        self.folder, self.database = folder, database
        self.url = store or (folder / "objects").as_uri()
        self.config = folder / "fleet.toml"
        self.config.write_text(
            f'[fleet]\ndatabase = "{database}"\nstore = "{self.url}"\ncontact = "a@example.org"\n'
            f"scratch_free = 0\nturn = 60\n{more}\n{DEFAULTS if '[defaults]' not in more else ''}",
            "utf-8",
        )
        self.workers: list[subprocess.Popen[bytes]] = []
        self._engine = ProcrastinateEngine(database)
        self.run("init")

    @property
    def store(self) -> ObjectStore:
        """Its store."""
        return ObjectStore(self.url)

    def run(self, command: str, *words: str | Path, code: int | None = 0) -> str:
        """Run a command of it; returns what it says."""
        before = {name: os.environ.get(name) for name in _BY_PORT}
        os.environ.update(_BY_PORT)
        try:
            said = invoke("fleet", command, *words, "--config", self.config, code=code)
        finally:
            for name, value in before.items():
                os.environ.pop(name, None) if value is None else os.environ.update({name: value})
        if command in ("add", "now"):
            self.hand_out()
        return said.stdout + said.stderr

    def hand_out(self) -> None:
        """Hand out what is due, as each worker does, but at once and not within 10 seconds."""
        with connect(self.database) as conn:
            self.wait(lambda: dispatch(conn, self._engine) is not None)

    def worker(self, scratch: str = "one", turns: int = 2, queues: str = "turns") -> "subprocess.Popen[bytes]":
        """Start a worker in a session of its own; what it says goes into a file next to its scratch."""
        words = ("--turns", str(turns), "--queues", queues, "--scratch", str(self.folder / scratch), "--grace", "20")
        with (self.folder / f"{scratch}.said").open("ab") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "wparchive", "fleet", "worker", *words, "--config", str(self.config)],
                stdout=said,
                stderr=said,
                start_new_session=True,
                env={**os.environ, **_BY_PORT},
            )
        self.workers.append(process)
        return process

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Rows of the database."""
        with connect(self.database) as conn:
            return list(conn.execute(query, values).fetchall())

    def number(self, query: str, *values: object) -> int:
        """The one number that a query gives."""
        return int(next(iter(self.rows(query, *values)[0].values())) or 0)

    def change(self, query: str, *values: object) -> None:
        """Change rows of the database."""
        with connect(self.database) as conn:
            conn.execute(query, values)

    def until(self, query: str, *values: object) -> None:
        """Wait until a query gives true."""
        with connect(self.database) as conn:  # one for all: a connection costs more than the question
            self.wait(lambda: bool(next(iter(conn.execute(query, values).fetchone().values()))), query)

    def wait(self, done: Any, what: str = "it") -> None:
        """Wait until `done()`; fails with what the workers said."""
        end = time.monotonic() + _PATIENCE
        while not done():
            assert time.monotonic() < end, f"still not {what}\n{self.said()}"
            time.sleep(0.05)

    def all_turned(self, generation: int = 1) -> None:
        """Wait until every site has a head of that generation, and no turn runs."""
        self.until(
            "SELECT count(*) FILTER (WHERE generation < %s OR job IS NOT NULL) = 0 AS done FROM fleet.sites", generation
        )

    def said(self) -> str:
        """What the workers said."""
        return "\n".join(path.read_text("utf-8", "replace") for path in sorted(self.folder.glob("*.said")))

    def end(self, process: "subprocess.Popen[bytes]", number: int = signal.SIGTERM) -> int:
        """Send a signal to a worker, and return its exit code."""
        process.send_signal(number)
        return process.wait(PATIENCE)

    def close(self) -> None:
        """End all that is left, with no regard."""
        for process in self.workers:
            if process.poll() is None:
                process.kill()
                process.wait()
