"""What fails around a fleet: the database, the store, the disk, a site; nothing is lost, and nobody else is held up."""

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fleetlab import Fleet, Watched, served, spans_at_once
from pgserver import PGServer
from s3server import BUCKET, S3Server
from shutdoor import Door

from wparchive.audit import verify
from wparchive.fleet.manifest import read_head
from wparchive.fleet.queue.engine import BIG
from wparchive.naming import site_name
from wparchive.store import Archive

AWAY = float(os.environ.get("WPARCHIVE_FLEET_AWAY", "0"))  # seconds for which the store is away at least
pytestmark = pytest.mark.slow


@pytest.fixture
def started() -> Iterator[list[Fleet]]:
    """Fleets to be ended with the test."""
    fleets: list[Fleet] = []
    yield fleets
    for fleet in fleets:
        fleet.close()


def begun(started: list[Fleet], *given: Any) -> Fleet:
    started.append(Fleet(*given))
    return started[-1]


def whole(fleet: Fleet, sites: list[Watched]) -> None:
    """All that a fleet has is as it should be."""
    assert "nothing is off" in fleet.run("check")
    fleet.run("gather", *(site.url for site in sites), "-a", fleet.folder / "gathered")
    assert list(verify(Archive(fleet.folder / "gathered"))) == []


def test_a_network_never_has_more_turns_than_slots(tmp_path: Path, database: str, started: list[Fleet]) -> None:
    """By what its sites saw themselves; another network goes on beside it, and no host is asked by more than two at a time."""
    shared = '[[networks]]\nname = "shared"\ncidr = ["127.0.0.2/32"]\nslots = 2\n'
    with served(5, "127.0.0.2") as crowded, served(2) as others:
        fleet = begun(started, tmp_path, database, shared)
        for site in crowded:
            site.hold(1)
        fleet.run("add", *(site.url for site in (*crowded, *others)), "--every", "12h")
        workers = [fleet.worker("one", 3), fleet.worker("two", 3)]
        fleet.wait(lambda: sum(site.is_holding for site in crowded) > 1)
        for site in crowded:
            site.let_go()
        fleet.all_turned(1)
        assert spans_at_once(crowded) == 2
        assert max(site.most for site in (*crowded, *others)) <= 2
        assert [fleet.end(worker) for worker in workers] == [0, 0]


def test_a_network_that_says_429_is_left_alone_by_all(tmp_path: Path, database: str, started: list[Fleet]) -> None:
    """For as long as it asks, by every worker: the turn that met it ends, none begins; then it has half its slots."""
    shared = '[[networks]]\nname = "shared"\ncidr = ["127.0.0.2/32"]\nslots = 2\n'
    with served(1, "127.0.0.2") as refusing, served(3, "127.0.0.2") as beside, served(1) as others:
        refusing[0].fault("throttle-forever", seconds=7200, since=1)
        fleet = begun(started, tmp_path, database, shared)
        fleet.run("add", refusing[0].url, "--every", "1h")
        workers = [fleet.worker("one"), fleet.worker("two")]
        fleet.until("SELECT count(*) AS n FROM fleet.turns WHERE outcome = 'refused'")
        fleet.run("add", *(site.url for site in (*beside, *others)), "--every", "12h")
        fleet.until("SELECT count(*) AS n FROM fleet.sites WHERE generation > 0 AND network != 'shared'")
        fleet.run("now", site_name(others[0].url))
        fleet.until("SELECT count(*) AS n FROM fleet.sites WHERE generation > 1 AND network != 'shared'")
        assert [len(site.times) for site in beside] == [0, 0, 0]
        (row,) = fleet.rows(
            "SELECT slots_now, extract(epoch FROM paused_until - fleet.now())::float8 AS left FROM fleet.networks "
            "WHERE network = 'shared'"
        )
        assert row["slots_now"] == 1 and 7200 - 300 < row["left"] <= 7200
        fleet.change("UPDATE fleet.networks SET paused_until = fleet.now()")
        fleet.hand_out()
        fleet.until("SELECT count(*) >= 3 AS done FROM fleet.sites WHERE generation > 0 AND network = 'shared'")
        assert spans_at_once(beside) == 1
        assert [fleet.end(worker) for worker in workers] == [0, 0]


def test_a_database_that_is_restarted_costs_nothing(tmp_path: Path, postgres: PGServer, started: list[Fleet]) -> None:
    """In the middle of turns: they go on, push, and say so when it is back; the workers stay."""
    with served(4) as sites:
        for site in sites:
            site.hold(4)
        fleet = begun(started, tmp_path, postgres.make())
        fleet.run("add", *(site.url for site in sites), "--every", "12h")
        workers = [fleet.worker("one"), fleet.worker("two")]
        fleet.wait(lambda: all(site.is_holding for site in sites))
        postgres.down()
        asked = [len(site.times) for site in sites]
        for site in sites:
            site.let_go()
        fleet.wait(lambda: all(len(site.times) > before for site, before in zip(sites, asked, strict=True)))
        postgres.up()
        fleet.all_turned(1)
        assert [fleet.end(worker) for worker in workers] == [0, 0]
    assert fleet.number("SELECT count(*) AS n FROM fleet.sites WHERE state = 'poison'") == 0
    whole(fleet, sites)


def test_a_database_made_anew_goes_on_from_the_heads(tmp_path: Path, postgres: PGServer, started: list[Fleet]) -> None:
    """Dropped and rebuilt: the next turns are incremental, their epochs go on from those in the store."""
    with served(3) as sites:
        fleet = begun(started, tmp_path, postgres.make())
        fleet.run("add", *(site.url for site in sites))
        first = fleet.worker("one")
        fleet.all_turned(1)
        assert fleet.end(first) == 0
        before = [read_head(fleet.store, site_name(site.url)) for site in sites]
        again = begun(started, tmp_path, postgres.make())
        again.run("check", "--rebuild-database")
        again.run("now", *(site_name(site.url) for site in sites))
        second = again.worker("two")
        again.all_turned(2)
        assert again.end(second) == 0
        after = [read_head(fleet.store, site_name(site.url)) for site in sites]
    for one, other in zip(before, after, strict=True):
        assert one and other and (other[0].generation, other[0].files.keys() > one[0].files.keys()) == (2, True)
        assert other[0].epoch > one[0].epoch
    runs = [json.loads(path.read_text("utf-8").splitlines()[0]) for path in tmp_path.glob("two/sites/*/turn.jsonl")]
    assert [one["mode"] for one in runs] == ["incremental"] * 3
    whole(again, sites)


def test_a_store_that_is_away_gets_everything_at_last(
    tmp_path: Path, database: str, s3: S3Server, started: list[Fleet], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No turn dies of it and no site is poisoned; while something is unsent, nothing more is begun."""
    door = Door(s3.port)
    monkeypatch.setenv("AWS_ENDPOINT_URL", door.url)
    with served(4) as sites:
        fleet = begun(started, tmp_path, database, "", f"s3://{BUCKET}/{uuid4().hex}")
        fleet.run("add", *(site.url for site in sites[:2]), "--every", "12h")
        worker = fleet.worker("one")
        fleet.wait(lambda: sum(len(site.times) for site in sites) > 5)
        door.refusing = 10**6
        fleet.run("add", *(site.url for site in sites[2:]), "--every", "12h")
        back = time.monotonic() + AWAY
        fleet.wait(lambda: door.refusing < 10**6 - 3 and time.monotonic() > back)
        door.refusing = 0
        fleet.all_turned(1)
        assert fleet.end(worker) == 0
        states = {row["state"] for row in fleet.rows("SELECT state FROM fleet.sites")}
        assert (
            states == {"waiting"} and fleet.number("SELECT count(*) AS n FROM fleet.turns WHERE outcome = 'died'") == 0
        )
        whole(fleet, sites)
    door.close()


def test_what_could_not_be_pushed_is_pushed_at_last(tmp_path: Path, database: str, started: list[Fleet]) -> None:
    """The store refuses for good: the turn ends as unsent with exit code 8, no other begins, until the store is mended."""
    with served(3) as sites:
        fleet = begun(started, tmp_path, database)
        store = tmp_path / "objects"
        fleet.run("add", sites[0].url, "--every", "12h")
        blocked = store / site_name(sites[0].url) / "warc"
        blocked.parent.mkdir(parents=True)
        blocked.symlink_to(tmp_path)  # which is never followed
        worker = fleet.worker("one")
        fleet.until("SELECT count(*) AS n FROM fleet.turns WHERE outcome = 'unsent' AND code = 8")
        fleet.run("add", *(site.url for site in sites[1:]), "--every", "12h")
        fleet.until("SELECT count(*) AS n FROM fleet.workers WHERE unsent > 0 AND turns = 0")
        assert [len(site.times) for site in sites[1:]] == [0, 0]
        blocked.unlink()
        fleet.all_turned(1)
        assert fleet.end(worker) == 0
        assert len(fleet.rows("SELECT 1 AS turn FROM fleet.turns")) == 3
        assert "pushed at last" in fleet.said()
        whole(fleet, sites)


def test_a_disk_without_room_takes_no_turns(tmp_path: Path, database: str, started: list[Fleet]) -> None:
    """What can be fetched again is removed first; another worker, with room, does it."""
    with served(2) as sites:
        fleet = begun(started, tmp_path, database)
        fleet.run("add", sites[0].url, "--every", "12h")
        first = fleet.worker("one")
        fleet.all_turned(1)
        assert fleet.end(first) == 0
        free = shutil.disk_usage(tmp_path).free
        plain = fleet.config.read_text("utf-8")
        fleet.config.write_text(plain.replace("scratch_free = 0", f"scratch_free = {free + (1 << 40)}"), "utf-8")
        full = fleet.worker("one")
        fleet.until("SELECT count(*) AS n FROM fleet.workers WHERE turns = 0")
        assert not (tmp_path / "one" / "sites" / site_name(sites[0].url)).exists()
        fleet.run("add", sites[1].url, "--every", "12h")
        fleet.config.write_text(plain, "utf-8")
        other = fleet.worker("two")
        fleet.all_turned(1)
        assert fleet.rows("SELECT DISTINCT worker FROM fleet.turns WHERE site = %s", site_name(sites[1].url)) == [
            {"worker": row["name"]} for row in fleet.rows("SELECT name FROM fleet.workers WHERE turns > 0")
        ]
        assert [fleet.end(full), fleet.end(other)] == [0, 0]
        whole(fleet, sites)


def test_a_site_whose_turns_die_is_set_apart(tmp_path: Path, database: str, started: list[Fleet]) -> None:
    """Killed three times: then only a worker for such sites takes it. All others are done meanwhile."""
    with served(1) as deadly, served(2) as others:
        name = site_name(deadly[0].url)
        deadly[0].hold(5)
        fleet = begun(started, tmp_path, database)
        fleet.run("add", deadly[0].url, *(site.url for site in others), "--every", "12h")
        worker = fleet.worker("one")
        for deaths in range(1, 4):
            fleet.wait(lambda: deadly[0].is_holding)
            fleet.wait(lambda: kill_turn_of(name))
            fleet.until("SELECT deaths >= %s AS yes FROM fleet.sites WHERE site = %s", deaths, name)
            deadly[0].hold(5)
            fleet.change("UPDATE fleet.sites SET due_at = fleet.now() WHERE deaths > 0")
            fleet.hand_out()
        deadly[0].let_go()
        fleet.until("SELECT count(*) = 2 AS done FROM fleet.sites WHERE generation > 0")
        assert fleet.rows("SELECT site FROM fleet.sites WHERE state = 'poison'") == [{"site": name}]
        asked = len(deadly[0].times)
        fleet.run("now", site_name(others[0].url))
        fleet.until("SELECT count(*) = 1 AS done FROM fleet.sites WHERE generation > 1")
        assert len(deadly[0].times) == asked
        big = fleet.worker("big", 1, BIG)
        fleet.all_turned(1)
        assert fleet.rows("SELECT state, deaths FROM fleet.sites WHERE site = %s", name) == [
            {"state": "waiting", "deaths": 0}
        ]
        assert [fleet.end(worker), fleet.end(big)] == [0, 0]
        fleet.run("check", "--adopt")  # of a killed turn that had pushed
        whole(fleet, [*deadly, *others])


def kill_turn_of(site: str) -> bool:
    """Kill the process that has the site's capture log open; returns whether there was one."""
    found = [int(one.name) for one in Path("/proc").iterdir() if one.name.isdecimal() and has_open(one, site)]
    for number in found:
        os.kill(number, signal.SIGKILL)
    return bool(found)


def has_open(process: Path, site: str) -> bool:
    found = []
    with suppress(OSError):  # it ended meanwhile, or isn't ours
        for one in (process / "fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                found.append(str(one.readlink()))
    return any("frontier.db" in target and site in target for target in found)
