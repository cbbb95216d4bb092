"""A fleet as one person runs it on one machine: each command of the README, a worker of its own process, what comes out."""

import json
import os
import signal
import sqlite3
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import frugal
import pytest
from crawlkit import SMALL, invoke, launch
from fakewp import FakeWordPress
from fleetrows import add_site, fleet_toml
from loopback import HeldPort
from patience import PATIENCE
from stocking import put_database, put_site
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from wparchive.audit import verify
from wparchive.fleet.objects import ObjectStore
from wparchive.fleet.queue.dispatch import dispatch
from wparchive.fleet.queue.engine import ProcrastinateEngine
from wparchive.fleet.queue.tables import connect
from wparchive.store import Archive

pytestmark = pytest.mark.slow

ITEMS = "SELECT site, type, wp_id, title, text_sha256 FROM versions ORDER BY 1, 2, 3"


@pytest.fixture
def sites() -> Iterator[list[FakeWordPress]]:
    servers = [FakeWordPress(**{**SMALL, "posts": number}) for number in (3, 4, 5)]
    for server in servers:
        server.start()
    yield servers
    for server in servers:
        server.close()


def rows(archive: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(archive / "archive.db")) as conn:
        return conn.execute(query).fetchall()


def wait_until(database: str, query: str) -> None:
    """Wait until the query has no row in it."""

    def left() -> bool:
        with connect(database) as conn:
            return conn.execute(query).fetchone() is not None

    Retrying(retry=retry_if_result(bool), stop=stop_after_delay(240), wait=wait_fixed(0.1))(left)


def test_from_an_empty_database_to_an_archive_on_this_disk(
    empty: str, sites: list[FakeWordPress], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """init, add, worker, status, check, gather, catalogue, parquet: what is gathered equals what a crawl of it here gives."""
    monkeypatch.setenv("WPARCHIVE_FLEET_BY_PORT", "1")
    config = fleet_toml(tmp_path, empty)
    config.write_text(f'{config.read_text()}scratch_free = 1000\n[defaults]\nmedia = "originals"\n', "utf-8")
    monkeypatch.setenv("WPARCHIVE_FLEET", str(config))
    listed = tmp_path / "sites.txt"
    listed.write_text("\n".join(site.url for site in sites), "utf-8")
    invoke("fleet", "init")
    invoke("fleet", "add", listed, "--every", "1h")
    at_hand = {name: os.environ[name] for name in ("WPARCHIVE_FLEET_BY_PORT", "WPARCHIVE_FLEET")}
    worker = launch("fleet", "worker", "--turns", "2", "--scratch", tmp_path / "scratch", env=at_hand)
    try:
        wait_until(empty, "SELECT 1 FROM fleet.sites WHERE generation = 0 OR job IS NOT NULL")
        with connect(empty) as conn:
            first = conn.execute("UPDATE fleet.sites SET index_due_at = fleet.now() RETURNING site").fetchall()
            hand_out = Retrying(retry=retry_if_result(lambda count: count is None), wait=wait_fixed(0.1))
            hand_out(dispatch, conn, ProcrastinateEngine(empty))  # as the worker does, within ten seconds
        wait_until(empty, "SELECT 1 FROM fleet.sites WHERE indexed < generation")
    finally:
        worker.send_signal(signal.SIGTERM)
        _, said = worker.communicate(timeout=PATIENCE)
    assert worker.returncode == 0, said
    assert [line.split()[-1] for line in said.splitlines()[-1:]] == ["ended"], said
    status = json.loads(invoke("fleet", "status", "--json").stdout)
    assert (status["sites"], status["never_turned"], status["unindexed"]) == (3, 0, 0)
    assert status["turns"] == {"complete": 3} and status["workers"] == []
    assert "nothing is off" in invoke("fleet", "check").stdout
    names = sorted(row["site"] for row in first)
    gathered, crawled = tmp_path / "gathered", tmp_path / "crawled"
    assert "3 sites; 3 WARCs" in invoke("fleet", "gather", *names, "-a", gathered).stdout
    assert list(verify(Archive(gathered))) == []
    invoke("crawl", *[site.url for site in sites], "-a", crawled, "--no-seal", "--pages", "none", "--no-inventory")
    assert rows(gathered, ITEMS) == rows(crawled, ITEMS)
    assert invoke("fleet", "catalogue", tmp_path / "catalogue.db").stdout.endswith("3 sites\n")
    assert "3 sites written" in invoke("fleet", "parquet", tmp_path / "parquet").stdout


def test_a_worker_without_a_fleet_ends_at_once(empty: str, tmp_path: Path) -> None:
    """It waits for a database that was there, not for tables that nobody has made."""
    config = fleet_toml(tmp_path, empty)
    assert "wparchive fleet init" in invoke("fleet", "worker", "--config", config, code=2).stderr


@contextmanager
def served(config: Path) -> Iterator[str]:
    """`wparchive serve --fleet`, until it is interrupted; its address."""
    held = HeldPort()
    process = launch("serve", "--fleet", config, "--port", str(held.number))
    try:
        said = ""
        for line in process.stderr or ():
            said += line
            if "Uvicorn running on" in line:
                break
        else:
            raise AssertionError(said)
        yield held.url
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        held.close()


def text(url: str) -> str:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return str(answer.read().decode())


def test_a_fleet_is_served_to_browsers(database: str, tmp_path: Path) -> None:
    """The front page is that of the fleet, a site is read out of the store, and what was read is open the next time."""
    config = fleet_toml(tmp_path, database)
    invoke("fleet", "init", "--config", config)
    archive, store = Archive(tmp_path / "archive"), ObjectStore((tmp_path / "objects").as_uri())
    with FakeWordPress(**SMALL) as site:
        invoke("crawl", site.url, "-a", archive.root, *frugal.OPTIONS, "--site-name", "one.example", "--no-seal")
        put_site(store, archive, "one.example", url=site.url)
    put_database(store, archive, "one.example", tmp_path / "alone")
    with connect(database) as conn:
        add_site(conn, "one.example", generation=1, indexed=1)
    with served(config) as url:
        assert "1 site ·" in text(f"{url}/") and "one.example" in text(f"{url}/fleet/sites")
        assert "/-/wparchive/@one.example/changes" in text(f"{url}/fleet/read/one.example")
        assert "one.example" in text(f"{url}/catalogue/sites")
    with served(config) as url:
        assert "Articles" in text(f"{url}/-/wparchive/@one.example/site/one.example")
    gone = config.with_name("gone.toml")
    gone.write_text(config.read_text().replace(database, "postgresql://127.0.0.1:1/none"), "utf-8")
    assert "the fleet's database" in invoke("serve", "--fleet", gone, "--port", "0", code=8).stderr
