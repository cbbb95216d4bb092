"""Handing out and taking back: slots, order, the dead and the poisonous; one owner a site whatever happens."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fleetrows import add_site, fleet_toml

from wparchive.fleet.queue.dispatch import dispatch
from wparchive.fleet.queue.engine import BIG, INDEX, TURNS, Job, ProcrastinateEngine
from wparchive.fleet.queue.fleet_file import FleetFile, load_fleet
from wparchive.fleet.queue.reap import MOST_DEATHS, died, reap
from wparchive.fleet.queue.rhythm import Next
from wparchive.fleet.queue.tables import connect
from wparchive.fleet.turns.claims import Claim, Ended, claim, give_back, rest


@pytest.fixture
def engine(database: str) -> ProcrastinateEngine:
    return ProcrastinateEngine(database)


@pytest.fixture
def fleet(database: str, tmp_path: Path) -> FleetFile:
    return load_fleet(fleet_toml(tmp_path, database))


def worker(conn: Any, turns: int, *queues: str, name: str = "w", ago: float = 0) -> None:
    conn.execute(
        "INSERT INTO fleet.workers (name, turns, queues, seen_at) VALUES (%s, %s, %s, fleet.now() - make_interval(secs => %s))",
        (name, turns, list(queues or (TURNS,)), ago),
    )


def out(conn: Any) -> dict[str, str]:
    """Which sites are handed out, and their slots."""
    return {
        row["site"]: row["lock"] for row in conn.execute("SELECT site, lock FROM fleet.sites WHERE job IS NOT NULL")
    }


def queued(conn: Any) -> list[tuple[str, str, str]]:
    found = conn.execute(
        "SELECT queue_name, args->>'site' AS site, lock FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id"
    )
    return [(row["queue_name"], row["site"], row["lock"]) for row in found]


def job_of(conn: Any, site: str) -> Job:
    return Job(conn.execute("SELECT job FROM fleet.sites WHERE site = %s", (site,)).fetchone()["job"], TURNS, site)


def owned(conn: Any, database: str, site: str, name: str = "w") -> Claim:
    found = claim(database, job_of(conn, site), name)
    assert found
    return found


def test_each_network_gets_its_slots_and_no_more(conn: Any, engine: ProcrastinateEngine) -> None:
    """Its sites that waited longest, each with a slot of its own; job and row agree."""
    worker(conn, 50)
    for network, slots in (("a", 2), ("b", 1), ("c", 3)):
        conn.execute("INSERT INTO fleet.networks VALUES (%s, %s, %s)", (network, slots, slots))
        for number in range(4):
            add_site(conn, f"{network}{number}", network, late=100 * number)
    assert dispatch(conn, engine) == 6
    assert out(conn) == {"a3": "a#1", "a2": "a#2", "b3": "b#1", "c3": "c#1", "c2": "c#2", "c1": "c#3"}
    assert sorted((site, lock) for _, site, lock in queued(conn)) == sorted(out(conn).items())
    assert dispatch(conn, engine) == 0
    conn.execute("UPDATE fleet.sites SET job = NULL, lock = NULL, due_at = 'infinity' WHERE site = 'a3'")
    conn.execute("DELETE FROM procrastinate_jobs WHERE args->>'site' = 'a3'")
    assert dispatch(conn, engine) == 1
    assert out(conn)["a1"] == "a#1"


def test_no_more_is_handed_out_than_the_living_can_take(conn: Any, engine: ProcrastinateEngine) -> None:
    """Two jobs for each turn of a worker that was seen within 90 seconds; the most urgent first."""
    for number in range(30):
        add_site(conn, f"s{number:02}", f"net{number}", late=number, priority=5 * (number == 3))
    worker(conn, 2)
    worker(conn, 9, name="dead", ago=91)
    worker(conn, 9, INDEX, name="other")
    assert dispatch(conn, engine) == 4
    assert [site for _, site, _ in queued(conn)] == ["s03", "s29", "s28", "s27"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE fleet.sites SET paused = true",
        "UPDATE fleet.sites SET state = 'duplicate'",
        "UPDATE fleet.sites SET due_at = fleet.now() + interval '1 second'",
        "UPDATE fleet.networks SET paused_until = 'infinity'",
        "UPDATE fleet.networks SET paused_until = fleet.now() + interval '1 second'",
    ],
)
def test_what_is_to_rest_rests(change: str, conn: Any, engine: ProcrastinateEngine) -> None:
    worker(conn, 2)
    add_site(conn, "a", late=1)
    conn.execute(change)
    assert dispatch(conn, engine) == 0
    assert queued(conn) == []


def test_one_process_at_a_time_hands_out(conn: Any, database: str, engine: ProcrastinateEngine) -> None:
    """Many at once hand out each site once, and never more than the slots."""
    worker(conn, 40)
    for number in range(40):
        add_site(conn, f"s{number}", f"net{number % 5}", late=1)

    def one() -> None:
        with connect(database) as own:
            dispatch(own, engine)

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(queued(conn)) == len({lock for _, _, lock in queued(conn)}) == len(out(conn)) == 10


def test_who_finds_another_at_it_is_told(conn: Any, database: str, engine: ProcrastinateEngine) -> None:
    """The other may have looked before the slot was free that one knows of: whoever took it for done left that slot empty."""
    worker(conn, 2)
    add_site(conn, "a", late=1)
    with connect(database) as other, other.transaction():
        other.execute("SELECT pg_advisory_xact_lock(hashtext('wparchive dispatch'))")
        assert dispatch(conn, engine) is None
    assert dispatch(conn, engine) == 1


def test_poison_goes_to_workers_that_take_it_and_stops_nobody(conn: Any, engine: ProcrastinateEngine) -> None:
    """While there is none, it holds neither a slot nor a place in the queue."""
    worker(conn, 2)
    for number in range(8):
        add_site(conn, f"bad{number}", "net", late=10**6, state="poison")
    add_site(conn, "good", "net", late=1)
    assert dispatch(conn, engine) == 1
    assert list(out(conn)) == ["good"]
    worker(conn, 1, BIG, name="big")
    assert dispatch(conn, engine) == 1
    assert queued(conn)[1][0] == BIG and queued(conn)[1][2] == "net#2"


def test_a_job_that_nobody_took_is_in_nobodys_way(conn: Any, engine: ProcrastinateEngine) -> None:
    """A site whose job is queued although its row knows nothing of it isn't handed out twice; all others are."""
    worker(conn, 9)
    for number in range(3):
        add_site(conn, f"s{number}", f"net{number}", late=1)
    with conn.transaction():
        engine.defer(conn, TURNS, "s1", "net1#1")
    assert dispatch(conn, engine) == 2
    assert sorted(out(conn)) == ["s0", "s2"]


def test_a_slot_whose_job_is_not_over_is_not_given(conn: Any, engine: ProcrastinateEngine) -> None:
    """A turn gives its row back a moment before its job ends; a job with the same lock would lie in the queue, unnoticed."""
    worker(conn, 9)
    conn.execute("INSERT INTO fleet.networks VALUES ('net', 2, 2)")
    for number in range(3):
        add_site(conn, f"s{number}", "net", late=9 - number)
    assert dispatch(conn, engine) == 2
    conn.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    conn.execute("UPDATE fleet.sites SET job = NULL, lock = NULL, due_at = 'infinity' WHERE site = 's0'")
    assert dispatch(conn, engine) == 0
    conn.execute("DELETE FROM procrastinate_jobs WHERE args->>'site' = 's0'")
    assert dispatch(conn, engine) == 1
    assert out(conn) == {"s1": "net#2", "s2": "net#1"}


def test_indexing_is_handed_out_daily_where_the_head_moved(conn: Any, engine: ProcrastinateEngine) -> None:
    worker(conn, 9, INDEX)
    for number in range(3):
        add_site(conn, f"s{number}", generation=2, indexed=2 - (number > 0), late=-60)
    conn.execute("UPDATE fleet.sites SET index_due_at = fleet.now() WHERE site != 's2'")
    assert dispatch(conn, engine) == 1
    assert queued(conn) == [(INDEX, "s1", "index:s1")]
    conn.execute("UPDATE fleet.sites SET index_due_at = fleet.now()")
    assert dispatch(conn, engine) == 2, "a job that waits for longer than a day stops nothing"
    assert [site for _, site, _ in queued(conn)] == ["s1", "s2"]


def test_a_network_gets_its_slots_back_by_halves_after_calm_days(conn: Any, engine: ProcrastinateEngine) -> None:
    conn.execute("INSERT INTO fleet.networks VALUES ('net', 8, 1, NULL, fleet.now() - interval '25 hours')")
    seen = []
    for _ in range(5):
        dispatch(conn, engine)
        dispatch(conn, engine)
        seen.append(conn.execute("SELECT slots_now FROM fleet.networks").fetchone()["slots_now"])
        conn.execute("UPDATE fleet.networks SET calm_since = fleet.now() - interval '25 hours'")
    assert seen == [2, 4, 8, 8, 8]
    conn.execute("UPDATE fleet.networks SET slots_now = 1, paused_until = fleet.now() + interval '1 hour'")
    dispatch(conn, engine)
    assert conn.execute("SELECT slots_now FROM fleet.networks").fetchone()["slots_now"] == 1


# -- one owner


@pytest.fixture
def handed(conn: Any, engine: ProcrastinateEngine) -> Iterator[Any]:
    """A site whose turn is handed out."""
    worker(conn, 2)
    add_site(conn, "a", "net", late=1, every=60, every_max=600, pace=60)
    dispatch(conn, engine)
    yield conn


def test_two_workers_given_one_job_one_turns(handed: Any, database: str) -> None:
    """The second finds the epoch moved on: what the first has is refused, what the second has counts."""
    job = job_of(handed, "a")
    first, second = claim(database, job, "w1"), claim(database, job, "w2")
    assert first and second and second.epoch == first.epoch + 1


def test_a_claim_is_of_this_job_alone(handed: Any, database: str) -> None:
    job = job_of(handed, "a")
    assert claim(database, Job(job.number + 1, TURNS, "a"), "w") is None
    assert claim(database, Job(job.number, TURNS, "b"), "w") is None


def test_what_follows_is_written_once_and_by_the_owner_alone(handed: Any, database: str, fleet: FleetFile) -> None:
    """Whoever is only believed dead changes nothing."""
    old = owned(handed, database, "a")
    new = owned(handed, database, "a", "w2")
    ended = Ended("complete", 0, Next(60, 90), 3, changed=True, home="http://a/", requests=7, held={"posts": 2})
    assert not give_back(fleet, old, ended)
    assert give_back(fleet, new, ended)
    assert not give_back(fleet, new, ended)
    row = handed.execute("SELECT *, due_at - fleet.now() < interval '61 seconds' AS soon FROM fleet.sites").fetchone()
    assert (row["job"], row["lock"], row["state"], row["generation"], row["pace"]) == (None, None, "waiting", 3, 90)
    assert (row["home"], row["held"], row["soon"], row["changed_at"] is None) == (
        "http://a/",
        {"posts": 2},
        True,
        False,
    )
    assert row["index_due_at"] is not None
    turns = handed.execute("SELECT outcome, requests FROM fleet.turns ORDER BY epoch").fetchall()
    assert turns == [{"outcome": None, "requests": None}, {"outcome": "complete", "requests": 7}]


def test_the_second_address_of_a_site_is_a_duplicate(handed: Any, engine: Any, database: str, fleet: FleetFile) -> None:
    """Never due; the first stays."""
    add_site(handed, "b", "net", late=1, home="http://same/")
    assert give_back(fleet, owned(handed, database, "a"), Ended("complete", 0, Next(0, 60), 1, home="http://same/"))
    rows = {row["site"]: row for row in handed.execute("SELECT * FROM fleet.sites")}
    assert (rows["a"]["state"], rows["a"]["job"], rows["b"]["state"]) == ("duplicate", None, "new")
    assert "http://same/" in rows["a"]["note"]
    assert handed.execute("SELECT ended IS NOT NULL AS over FROM fleet.turns").fetchone()["over"]
    handed.execute("DELETE FROM procrastinate_jobs")
    dispatch(handed, engine)
    assert list(out(handed)) == ["b"]


def test_a_refusal_pauses_the_network_and_halves_its_slots(handed: Any, database: str, fleet: FleetFile) -> None:
    """A turn that is asked to wait pauses it too, for no less than was asked before."""
    handed.execute("UPDATE fleet.networks SET slots = 2, slots_now = 2")
    given = owned(handed, database, "a")
    rest(database, "net", 600)
    rest(database, "net", 5)
    paused = "SELECT slots_now, extract(epoch FROM paused_until - fleet.now()) AS left FROM fleet.networks"
    row = handed.execute(paused).fetchone()
    assert row["slots_now"] == 2 and 500 < row["left"] <= 600
    assert give_back(fleet, given, Ended("refused", 6, Next(7200, 60, 0, network_pause=7200), 0))
    row = handed.execute(paused).fetchone()
    assert row["slots_now"] == 1
    assert 7000 < row["left"] <= 7200


def test_deaths_move_the_epoch_on_and_three_in_a_row_set_a_site_apart(handed: Any, engine: Any, database: str) -> None:
    """Due in a minute, and after the third in a week; one that is only late finds its site gone."""
    for number in range(1, MOST_DEATHS + 1):
        given = owned(handed, database, "a")
        died(handed, job_of(handed, "a"), "killed")
        row = handed.execute("SELECT *, extract(epoch FROM due_at - fleet.now()) AS wait FROM fleet.sites").fetchone()
        assert (row["deaths"], row["epoch"], row["job"], row["lock"]) == (number, given.epoch + 1, None, None)
        assert row["state"] == ("poison" if number == MOST_DEATHS else "new")
        assert row["wait"] == pytest.approx(604_800 if number == MOST_DEATHS else 60, abs=5)
        handed.execute("UPDATE fleet.sites SET due_at = fleet.now()")
        handed.execute("DELETE FROM procrastinate_jobs")
        dispatch(handed, engine)
    assert handed.execute("SELECT count(*) AS n FROM fleet.turns WHERE outcome = 'died'").fetchone()["n"] == MOST_DEATHS


def test_a_job_that_ended_without_its_row_is_found(handed: Any, engine: Any, database: str) -> None:
    """Its worker was killed between the two; a job that still waits, or is worked on, is left alone."""
    assert reap(handed, engine) == 0
    owned(handed, database, "a")
    handed.execute("DELETE FROM procrastinate_jobs")
    assert reap(handed, engine) == 1
    assert handed.execute("SELECT job, deaths FROM fleet.sites").fetchone() == {"job": None, "deaths": 1}
    assert reap(handed, engine) == 0


def test_jobs_of_the_dead_are_ended_and_not_tried_again(handed: Any, engine: Any, database: str) -> None:
    """Those of workers that gave no sign for 90 seconds, and no others."""
    handed.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '80 seconds')")
    handed.execute(
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT max(id) FROM procrastinate_workers)"
    )
    assert reap(handed, engine) == 0
    handed.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '91 seconds'")
    assert reap(handed, engine) == 1
    assert handed.execute("SELECT count(*) AS n FROM procrastinate_jobs").fetchone()["n"] == 0
    assert out(handed) == {}
