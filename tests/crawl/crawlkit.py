"""Crawls as a test sees them: run in this process or as a user starts them, read back from the archive alone."""

import hashlib
import io
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import frugal
import pytest
from fakewp.simulator.server import Logged
from patience import PATIENCE

from wparchive.audit import verify
from wparchive.config import Settings, SiteConfig
from wparchive.crawl.run import Options
from wparchive.crawl.seams import MACHINE, Seams
from wparchive.errors import ExitCode
from wparchive.fleet.local import SiteResult, crawl_all
from wparchive.index import logical_dump
from wparchive.store import Archive

__all__ = [
    "ITEMS",
    "PLAIN",
    "SMALL",
    "Crawled",
    "committed",
    "crawl",
    "end",
    "invoke",
    "kill_at",
    "launch",
    "mounted",
    "sound",
    "wait_for_requests",
]

PLAIN = Settings(**frugal.SETTINGS)
# A site whose listings take one page each.
SMALL = {"posts": 7, "pages": 2, "books": 2, "media": 3, "comments": 4, "users": 2, "terms": 6}
# Table → how its items are named; all but `posts` are compared by what the site sent.
ITEMS = {
    "posts": "type || '/' || wp_id",
    "media": "'attachment/' || wp_id",
    "comments": "'comment/' || wp_id",
    "users": "'user/' || wp_id",
    "terms": "taxonomy || '/' || wp_id",
}


@dataclass(frozen=True, slots=True)
class Crawled:
    """An archive after a crawl; without a result when only the archive is looked at. `asked`: what the site was asked."""

    folder: Path
    results: Sequence[SiteResult] = ()
    events: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list, repr=False)
    asked: Sequence[Logged] = field(default=(), repr=False)

    @property
    def result(self) -> SiteResult:
        return self.results[0]

    @property
    def code(self) -> ExitCode:
        return self.result.report.exit_code

    @property
    def archive(self) -> Archive:
        return Archive(self.folder)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of archive.db."""
        with closing(sqlite3.connect(f"file:{self.folder / 'archive.db'}?mode=ro", uri=True)) as connection:
            return connection.execute(query, values).fetchall()

    def number(self, query: str, *values: object) -> int:
        return int(self.rows(query, *values)[0][0])

    def ids(self, kind: str) -> list[int]:
        """Ids held of a post type, `attachment`, `comment`, `user` or a taxonomy."""
        return sorted(int(name.partition("/")[2]) for name in self.items() if name.partition("/")[0] == kind)

    def items(self) -> dict[str, str]:
        """Every item, `type/id` to a digest of what was sent."""
        found: dict[str, str] = {}
        for table, name in ITEMS.items():
            for key, raw in self.rows(f"SELECT {name}, raw FROM {table}"):
                found[key] = hashlib.sha256(raw.encode()).hexdigest()
        return found

    def digests(self) -> list[tuple[Any, ...]]:
        """What identifies the content of every post and page."""
        return self.rows("SELECT site, type, wp_id, payload_sha256, text_sha256, raw FROM posts ORDER BY 1, 2, 3")

    @property
    def links(self) -> dict[str, int]:
        """How many links ended how."""
        return dict(self.rows("SELECT outcome, count(*) FROM links GROUP BY outcome"))

    def warcs(self) -> list[Path]:
        return sorted(self.folder.glob("*/warc/**/*.warc.gz*"))

    def dump(self) -> list[str]:
        return list(logical_dump(self.folder / "archive.db"))


def crawl(
    folder: Path,
    *urls: str,
    settings: Settings = PLAIN,
    index: bool = True,
    stop: threading.Event | None = None,
    changes: Mapping[str, Any] | None = None,
    seams: Seams = MACHINE,
    **options: Any,
) -> Crawled:
    """Crawl `urls` into the archive `folder`; a bug of ours is raised."""
    settings = replace(settings, **(changes or {}))
    events: list[tuple[str, Mapping[str, Any]]] = []
    results = crawl_all(
        Archive(folder),
        [SiteConfig(url=url, settings=settings) for url in urls],
        Options(debug=True, **options),
        index=index,
        stop=stop or threading.Event(),
        emit=lambda event, fields: events.append((event, fields)),
        seams=seams,
    )
    return Crawled(folder, results, events)


@dataclass(frozen=True, slots=True)
class Said:
    """What an invocation printed, and how it ended."""

    returncode: int
    raw: bytes
    stderr: str

    @property
    def stdout(self) -> str:
        return self.raw.decode()


def invoke(*arguments: str | Path, code: int | None = 0) -> Said:
    """Run `wparchive` in this process, which saves its start; checks the exit code (None: any)."""
    from wparchive.cli import main

    out, err, ended = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO(), 0
    argv, sys.argv = sys.argv, ["wparchive", *map(str, arguments)]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as leaving:
        ended = int(leaving.code or 0)
    finally:
        sys.argv = argv
    out.flush()
    said = Said(ended, out.buffer.getvalue(), err.getvalue())  # type: ignore[attr-defined]
    assert code is None or ended == code, f"{arguments}: exit {ended}\n{said.stdout}\n{said.stderr}"
    return said


def launch(*arguments: str | Path, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    """Start `wparchive` as a user does, its output piped."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WPARCHIVE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "wparchive", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**clean, **(env or {})},
    )


def wait_for_requests(site: Any, count: int, process: "subprocess.Popen[str]") -> bool:
    """Wait until `site` has been asked `count` times in all; False when the process ended before that."""
    while len(site.requests) < count:
        try:
            process.wait(0.01)
        except subprocess.TimeoutExpired:
            continue
        return False
    return True


def end(process: "subprocess.Popen[str]", number: int = signal.SIGTERM) -> tuple[int, str, str]:
    """Send a signal; gives exit code, stdout, stderr."""
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def kill_at(site: Any, folder: Path, moment: float, *arguments: str, after: int = 1) -> bool:
    """Crawl `site` into `folder` and SIGKILL it `moment` seconds after its request number `after`.

    False when it had ended by then.
    """
    asked = len(site.requests)
    process = launch("crawl", site.url, "-a", folder, *frugal.OPTIONS, "--silent", *arguments)
    try:
        wait_for_requests(site, asked + after, process)
        process.wait(moment)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()
    return process.returncode == -signal.SIGKILL


@contextmanager
def mounted(point: Path, *options: str) -> Iterator[None]:
    """Something mounted at `point`; skips the test where that isn't allowed."""
    done = subprocess.run(["mount", *options, str(point)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"needs to mount, which takes root: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(point)], check=False)


def committed(folder: Path) -> list[tuple[str, str, int]]:
    """What the frontiers of an archive say is safe: capture, WARC, offset."""
    rows: list[tuple[str, str, int]] = []
    for path in folder.glob("*/frontier.db"):
        with closing(sqlite3.connect(path)) as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'captures'").fetchone():
                rows += connection.execute("SELECT capture, warc, offset FROM captures").fetchall()
    return rows


def sound(folder: Path) -> Iterator[str]:
    """Everything that `verify` and `gzip -t` find wrong with an archive."""
    yield from (f"{finding.kind}: {finding.where}: {finding.message}" for finding in verify(Archive(folder)))
    files = [str(path) for path in folder.glob("*/warc/**/*.warc.gz")]
    done = subprocess.run(["gzip", "-t", *files], capture_output=True, text=True, check=False)
    yield from done.stderr.splitlines()
