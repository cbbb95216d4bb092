"""What a worker keeps on its disk between turns, and what becomes of it when another's turn was faster."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from crawlkit import SMALL
from fakewp import FakeWordPress
from turnworld import SITE, World

from wparchive.fleet.manifest import Head, write_head
from wparchive.fleet.turns.scratch import Mark


@pytest.fixture
def site() -> Iterator[FakeWordPress]:
    with FakeWordPress(**SMALL) as site:
        yield site


@pytest.fixture
def world(conn: Any, database: str, tmp_path: Path, site: FakeWordPress) -> World:
    return World(conn, database, tmp_path, site.url)


def test_the_last_three_capture_logs_are_kept(world: World) -> None:
    """The one that HEAD names among them, by whichever machine."""
    for number in range(5):
        world.turn(f"machine{number % 2}")
    states = sorted(one.key for one in world.store.list(f"{SITE}/state"))
    assert [int(key.rpartition("/")[2].partition("-")[0]) for key in states] == [3, 4, 5]
    assert world.head.state and f"{SITE}/{world.head.state.key}" in states
    assert world.head.generation == 5 and world.last() == ("complete", 0)


def test_a_folder_that_another_turn_has_overtaken_is_set_aside(world: World) -> None:
    """With its WARCs; the turn goes on from the store. The folder of the last commit is kept."""
    scratch = world.turn("one")
    kept = scratch.site(SITE).stat().st_ino
    world.turn("one")
    assert scratch.site(SITE).stat().st_ino == kept
    world.turn("two")
    world.turn("one")
    assert scratch.site(SITE).stat().st_ino != kept
    assert [path.name for path in (world.folder / "one" / "aside").iterdir()] == [f"{SITE}.1"]
    assert Mark.read(world.folder / "one" / "aside" / f"{SITE}.1") is not None
    assert len(world.head.files) == 4


def test_a_zombie_that_wakes_up_before_its_crawl_asks_nothing(world: World) -> None:
    """Its epoch is over: it leaves, and HEAD, store and row stay as they are."""
    slept = world.claimed()
    world.turn("two")
    head, objects = world.head, list(world.store.list())
    world.turn("one", slept)
    assert (world.head, list(world.store.list())) == (head, objects)
    assert world.conn.execute("SELECT job, generation FROM fleet.sites").fetchone() == {"job": None, "generation": 1}


def test_a_head_of_somebody_else_in_the_middle_fences_the_turn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Swapped while the turn ran: nothing of it is committed, its files are kept, the site is due again in a minute."""
    import wparchive.fleet.turns.turn as turning

    real = turning.push

    def push(*given: Any, **more: Any) -> Any:
        write_head(world.store, SITE, Head(url="http://other/", generation=1, epoch=99), None)
        return real(*given, **more)

    monkeypatch.setattr(turning, "push", push)
    world.turn("one")
    assert world.head.epoch == 99 and world.head.files == {}
    assert world.last() == ("fenced", 5)
    assert list((world.folder / "one" / "aside").glob(f"{SITE}.1/{SITE}/warc/*.warc.gz"))
    row = world.conn.execute(
        "SELECT job, due_at < fleet.now() + interval '61 seconds' AS soon FROM fleet.sites"
    ).fetchone()
    assert row == {"job": None, "soon": True}


def test_an_older_database_learns_the_epoch_from_the_store(world: World) -> None:
    """Restored from a copy: its first turn only catches up, the second turns."""
    for _ in range(3):
        world.turn("one")
    world.conn.execute("UPDATE fleet.sites SET epoch = 0, generation = 1")
    world.turn("two")
    row = world.conn.execute("SELECT epoch, generation, job FROM fleet.sites").fetchone()
    assert row == {"epoch": world.head.epoch, "generation": 3, "job": None}
    world.turn("two")
    assert world.head.generation == 4


def test_a_store_that_is_away_at_the_beginning_costs_a_minute_and_no_death(world: World) -> None:
    """Nothing was asked of the site."""
    objects = world.folder / "objects"
    world.turn("one")
    objects.rename(world.folder / "moved")
    objects.write_text("no folder", "utf-8")
    world.turn("one")
    assert world.last() == ("not-begun", 8)
    row = world.conn.execute(
        "SELECT deaths, failures, due_at < fleet.now() + interval '61 seconds' AS soon FROM fleet.sites"
    )
    assert row.fetchone() == {"deaths": 0, "failures": 0, "soon": True}
    objects.unlink()
    (world.folder / "moved").rename(objects)
    world.turn("one")
    assert world.last() == ("complete", 0)


def test_a_capture_log_that_was_altered_in_the_store_stops_the_site(world: World) -> None:
    """It is said, and tried again with the usual patience."""
    world.turn("one")
    assert world.head.state
    (world.folder / "objects" / SITE / world.head.state.key).write_bytes(b"other")
    world.turn("two")
    assert world.last() == ("not-begun", 8)
    row = world.conn.execute(
        "SELECT note, due_at > fleet.now() + interval '50 minutes' AS later FROM fleet.sites"
    ).fetchone()
    assert "altered" in row["note"] and row["later"]


def test_room_is_made_of_what_can_be_fetched_again(world: World) -> None:
    """Of committed turns and of indexes, but for what is at work; what was never committed, or not as a whole, stays."""
    scratch = world.turn("one")
    root = world.folder / "one"
    Mark("open.example", "http://o/", 0, 1).write(scratch.site("open.example"))
    Mark("full.example", "http://f/", 1, 1, "", "storage").write(scratch.site("full.example"))
    Mark("torn.example", "http://t/", 1, 1, "", "storage").write(scratch.site("torn.example"))
    (scratch.site("torn.example") / "some.warc.gz.open").write_bytes(b"")
    Mark("busy.example", "http://b/", 1, 1, "run", "complete").write(scratch.site("busy.example"))
    (root / "index" / "rows.example").mkdir(parents=True)
    (root / "aside" / "kept.example.1").mkdir(parents=True)
    scratch.make_room(0, set())
    assert scratch.site(SITE).exists()
    scratch.make_room(shutil.disk_usage(root).free + (1 << 40), {"busy.example"})
    left = sorted(path.relative_to(root).as_posix() for path in root.glob("*/*"))
    assert left == ["aside/kept.example.1", "sites/busy.example", "sites/open.example", "sites/torn.example"]
    world.turn("one")
    assert world.last() == ("complete", 0)


def test_a_network_rests_while_a_turn_in_it_was_asked_to_wait(world: World, site: FakeWordPress) -> None:
    """The turn itself waits and goes on; nobody begins another there meanwhile, and no slot is lost."""
    site.fault("throttle-seconds", times=1, seconds=3, route="/wp/v2/comments")  # late: all after it goes slower
    world.turn()
    row = world.conn.execute("SELECT paused_until IS NOT NULL AS paused, slots_now FROM fleet.networks").fetchall()
    assert world.last() == ("complete", 0) and {"paused": True, "slots_now": 2} in row


def test_a_turn_whose_time_is_over_goes_on_at_once(world: World) -> None:
    """From where it was: the next asks only for what is left, and discovers anew what the site is."""
    settings = {"max_time": 0.5, "delay": 0.2}
    world.conn.execute("UPDATE fleet.sites SET settings = %s", (json.dumps(settings),))
    world.turn()
    assert world.last() == ("incomplete", 3)
    row = world.conn.execute("SELECT job, due_at <= fleet.now() AS due FROM fleet.sites").fetchone()
    assert row == {"job": None, "due": True}
    world.conn.execute("UPDATE fleet.sites SET settings = '{}'")
    world.turn()
    assert world.last() == ("complete", 0)


@pytest.mark.parametrize(("asks", "rests"), [(7_200, 7_200), (60 * 86_400, 7 * 86_400)])
def test_a_refusal_is_believed_for_a_week_at_most(world: World, site: FakeWordPress, asks: int, rests: int) -> None:
    """The site and its network rest for as long, with half of the slots."""
    site.fault("throttle-forever", seconds=asks)
    world.turn()
    assert world.last() == ("refused", 6)
    query = """
        SELECT extract(epoch FROM due_at - fleet.now())::float8 AS due, slots_now,
            extract(epoch FROM paused_until - fleet.now())::float8 AS paused
        FROM fleet.sites NATURAL JOIN fleet.networks"""
    row = world.conn.execute(query).fetchone()
    assert row["slots_now"] == 1
    assert row["due"] == pytest.approx(rests, abs=120) and row["paused"] == pytest.approx(rests, abs=120)


def test_a_turn_without_memory_is_a_death(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It isn't told as the site's fault: whoever has more memory is to take it."""
    import wparchive.fleet.turns.turn as turning

    def crawl_site(*given: Any, **more: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(turning, "crawl_site", crawl_site)
    with pytest.raises(MemoryError):
        world.turn()
    assert world.last() == (None, None)
