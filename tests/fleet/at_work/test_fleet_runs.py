"""A whole fleet: real PostgreSQL, real workers, sites on ports; what it gathers is what crawls in one folder give."""

import os
import random
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fleetlab import DEFAULTS, Fleet, Watched, served
from turnkit import PLAIN, TABLES, rows

from wparchive.audit import verify
from wparchive.config import SiteConfig
from wparchive.crawl.run import Options
from wparchive.events import quiet
from wparchive.fleet.local import crawl_all
from wparchive.fleet.manifest import read_head
from wparchive.fleet.queue.engine import ProcrastinateEngine
from wparchive.fleet.queue.reap import reap
from wparchive.fleet.queue.tables import connect
from wparchive.naming import site_name
from wparchive.store import Archive

SITES = int(os.environ.get("WPARCHIVE_FLEET_SITES", "5"))
KILLS = int(os.environ.get("WPARCHIVE_FLEET_KILLS", "1"))
pytestmark = pytest.mark.slow


@pytest.fixture
def fleet(tmp_path: Path, database: str) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path, database)
    yield fleet
    fleet.close()


def locally(folder: Path, sites: list[Watched]) -> dict[str, int]:
    """The same in one folder, by one process; returns how many requests each site took."""
    own = replace(PLAIN, contact="a@example.org", rotate=256 << 20)
    each = [SiteConfig(url=site.url, settings=own) for site in sites]
    done = crawl_all(Archive(folder), each, Options(), index=True, stop=threading.Event(), emit=quiet, jobs=2)
    return {one.report.site: one.report.tally.requests for one in done}


def gathered(fleet: Fleet, sites: list[Watched]) -> Archive:
    fleet.run("gather", *(site.url for site in sites), "-a", fleet.folder / "gathered")
    return Archive(fleet.folder / "gathered")


def change(sites: list[Watched]) -> None:
    """Every third site changes, each in its way."""
    for number, site in enumerate(sites[::3]):
        posts = site.ids("post")
        site.edit(posts[0], silent=bool(number % 2), content=f"<p>Edited {number}.</p>")
        site.delete(posts[1])
        site.add(title="New")


def same(one: Archive, other: Archive) -> None:
    held, expected = rows(one), rows(other)
    for table in TABLES:
        assert held[table] == expected[table], table


def test_two_workers_do_what_crawls_in_one_folder_do(fleet: Fleet) -> None:
    """Two turns of each site, the second incremental and on either machine; no host is asked by more than it allows."""
    with served(SITES) as sites:
        for site in sites:
            site.hold(1)
        fleet.run("add", *(site.url for site in sites), "--every", "12h")
        first, second = fleet.worker("one"), fleet.worker("two")
        fleet.wait(lambda: sum(site.is_holding for site in sites) > 2)  # more than one of them takes
        for site in sites:
            site.let_go()
        fleet.all_turned(1)
        assert max(site.most for site in sites) <= 2
        costs = [locally(fleet.folder / "local", sites)]
        change(sites)
        fleet.run("now", *(site_name(site.url) for site in sites))
        fleet.all_turned(2)
        costs.append(locally(fleet.folder / "local", sites))
    assert [fleet.end(first), fleet.end(second)] == [0, 0]
    assert "Traceback" not in fleet.said()
    turns = fleet.rows("SELECT site, requests FROM fleet.turns ORDER BY site, epoch")
    assert [row["requests"] for row in turns] == [cost[site] for site in sorted(costs[0]) for cost in costs]
    assert len({row["worker"] for row in fleet.rows("SELECT worker FROM fleet.turns")}) == 2
    assert fleet.rows("SELECT outcome, count(*) AS n FROM fleet.turns GROUP BY 1") == [
        {"outcome": "complete", "n": 2 * SITES}
    ]
    assert fleet.rows("SELECT 1 AS left_over FROM procrastinate_jobs") == []
    assert "nothing is off" in fleet.run("check")
    joined = gathered(fleet, sites)
    assert list(verify(joined)) == []
    same(joined, Archive(fleet.folder / "local"))


def reaped(fleet: Fleet) -> int:
    """Take back at once what workers held that are known to be dead, and call their sites."""
    with connect(fleet.database) as conn:
        count = reap(conn, ProcrastinateEngine(fleet.database), 0.0)
        conn.execute("UPDATE fleet.sites SET due_at = fleet.now() WHERE deaths > 0")
    fleet.hand_out()
    return count


def test_killed_workers_lose_nothing(fleet: Fleet) -> None:
    """At random moments: only turns in flight are done anew, by whoever takes them; no HEAD lacks what was pushed."""
    moments = random.Random(KILLS)
    with served(SITES, posts=40) as sites:
        fleet.run("add", *(site.url for site in sites), "--every", "12h")
        in_flight = 0
        for _ in range(KILLS):
            workers = [fleet.worker("one"), fleet.worker("two")]
            asked = sum(len(site.times) for site in sites) + moments.randrange(3, 90)
            fleet.wait(
                lambda asked=asked: (
                    sum(len(site.times) for site in sites) >= asked
                    or not fleet.number("SELECT count(*) AS n FROM fleet.sites WHERE generation = 0")
                )
            )
            for worker in workers:
                fleet.end(worker, signal.SIGKILL)
            in_flight += reaped(fleet)
        workers = [fleet.worker("one"), fleet.worker("two")]
        fleet.all_turned(1)
        locally(fleet.folder / "local", sites)
    assert [fleet.end(worker) for worker in workers] == [0, 0]
    outcomes = {
        row["outcome"]: row["n"] for row in fleet.rows("SELECT outcome, count(*) AS n FROM fleet.turns GROUP BY 1")
    }
    assert outcomes["complete"] >= SITES - outcomes.get("died", 0)
    assert sum(outcomes.values()) <= SITES + in_flight
    fleet.run("check", "--adopt")
    assert "nothing is off" in fleet.run("check")
    joined = gathered(fleet, sites)
    assert list(verify(joined)) == []
    held, expected = rows(joined), rows(Archive(fleet.folder / "local"))
    assert all(held[table] == expected[table] for table in ("posts", "media", "comments", "users", "terms"))


def test_a_turn_that_slept_too_long_cannot_commit(tmp_path: Path, database: str) -> None:
    """Stopped, taken over, and gone on: its HEAD is refused, its files are kept aside, and adopted."""
    fleet = Fleet(tmp_path, database, 'scratch = "one"')
    try:
        with served(1) as sites:
            sites[0].hold(8)
            fleet.run("add", sites[0].url)
            sleeper = fleet.worker("one", turns=1)
            fleet.wait(lambda: sites[0].is_holding)
            os.killpg(sleeper.pid, signal.SIGSTOP)
            assert reaped(fleet) == 1
            sites[0].let_go()
            taker = fleet.worker("two", turns=1)
            fleet.all_turned(1)
            head = read_head(fleet.store, site_name(sites[0].url))
            os.killpg(sleeper.pid, signal.SIGCONT)
            fleet.wait(lambda: list((tmp_path / "one" / "aside").glob("*/*/warc/*")))
            assert read_head(fleet.store, site_name(sites[0].url)) == head
            assert [fleet.end(taker), fleet.end(sleeper)] == [0, 0]
        outcomes = fleet.rows("SELECT outcome FROM fleet.turns ORDER BY id")
        assert [row["outcome"] for row in outcomes] == ["died", "complete"]
        assert "WARCs adopted" in fleet.run("check", "--adopt")
        assert "nothing is off" in fleet.run("check")
        assert list(verify(gathered(fleet, sites))) == []
    finally:
        fleet.close()


def test_a_site_that_takes_more_than_a_turn_goes_on_at_once(tmp_path: Path, database: str) -> None:
    """Turn after turn, each on from the last, whoever takes it; in all little more is asked than in one go."""
    fleet = Fleet(tmp_path, database, f"{DEFAULTS}max_requests = 11\n")
    try:
        with served(1, posts=120) as sites:
            fleet.run("add", sites[0].url, "--every", "12h")
            workers = [fleet.worker("one", 1), fleet.worker("two", 1)]
            fleet.until("SELECT count(*) AS n FROM fleet.turns WHERE outcome = 'complete'")
            asked = len(sites[0].times)
            assert [fleet.end(worker) for worker in workers] == [0, 0]
            alone = locally(tmp_path / "local", sites)[site_name(sites[0].url)]
        turns = fleet.rows("SELECT outcome, waited FROM fleet.turns ORDER BY epoch")
        assert [row["outcome"] for row in turns] == ["incomplete"] * (len(turns) - 1) + ["complete"] and len(turns) > 2
        assert asked < alone + 8 * len(turns)  # each discovers anew what the site is
        assert "nothing is off" in fleet.run("check")
        joined = gathered(fleet, sites)
        assert list(verify(joined)) == []
        assert rows(joined)["posts"] == rows(Archive(tmp_path / "local"))["posts"]
    finally:
        fleet.close()


def test_a_worker_that_is_told_to_end_pushes_what_it_has(fleet: Fleet) -> None:
    """Within its grace, with exit code 0: the turn is committed as interrupted, and the site due at once."""
    with served(1, posts=300) as sites:
        fleet.run("add", sites[0].url, "--every", "12h")
        worker = fleet.worker("one", 1)
        fleet.wait(lambda: len(sites[0].times) > 6)
        assert fleet.end(worker) == 0
        (turn,) = fleet.rows("SELECT outcome, code, stored > 0 AS stored FROM fleet.turns")
        assert turn == {"outcome": "interrupted", "code": 130, "stored": True}
        assert fleet.number("SELECT count(*) AS n FROM fleet.sites WHERE due_at <= fleet.now() AND job IS NULL") == 1
        assert fleet.rows("SELECT name FROM fleet.workers") == []
        assert "nothing is off" in fleet.run("check")
        other = fleet.worker("two", 1)
        fleet.until("SELECT count(*) AS n FROM fleet.turns WHERE outcome = 'complete'")
        assert fleet.end(other) == 0
    assert list(verify(gathered(fleet, sites))) == []


def test_rows_are_made_where_heads_moved(fleet: Fleet) -> None:
    """By workers that take indexing; gathering takes rows from the store, and they are those that a crawl makes.

    A second worker in the same scratch says what to do, and ends with exit code 5.
    """
    with served(2) as sites:
        fleet.run("add", *(site.url for site in sites), "--every", "12h")
        worker = fleet.worker("one", 2, "turns,index")
        fleet.until("SELECT count(*) AS n FROM fleet.workers")
        said = fleet.run("worker", "--scratch", fleet.folder / "one", code=5)
        assert "give each worker a --scratch of its own" in said
        for generation in (1, 2):
            fleet.run("now", *(site_name(site.url) for site in sites))
            fleet.all_turned(generation)
            locally(fleet.folder / "local", sites)
            fleet.change("UPDATE fleet.sites SET index_due_at = fleet.now()")
            fleet.hand_out()
            fleet.until("SELECT count(*) = 0 AS done FROM fleet.sites WHERE indexed < generation")
            change(sites)
        assert fleet.end(worker) == 0
    said = fleet.run("gather", *(site.url for site in sites), "-a", fleet.folder / "gathered")
    assert "rows of 2 from the store" in said
    same(Archive(fleet.folder / "gathered"), Archive(fleet.folder / "local"))
