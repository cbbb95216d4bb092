"""What a fleet says of itself: to people, to programs, to Prometheus, and by views to dashboards."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from crawlkit import invoke
from fleetrows import add_site, add_turn, add_worker, fleet_toml

from wparchive.fleet.queue.fleet_status import FIGURES, alerts_of, fleet_status, network_status, site_status

ROOT = Path(__file__).parents[2]
MINUTE = 60


def test_an_empty_fleet_has_nothing_to_say(conn: Any) -> None:
    """No site, no worker, no alert."""
    status = fleet_status(conn)
    assert (status.sites, status.due, status.idle, status.oldest_site) == (0, 0, 0.0, None)
    assert list(alerts_of(status)) == []


def test_lateness_is_that_of_what_is_due_and_not_begun(conn: Any) -> None:
    """Neither what runs, is paused, is another's double, nor what isn't due makes a fleet late."""
    for number in range(100):
        add_site(conn, f"{number}.example", late=number * MINUTE)
    add_site(conn, "running.example", late=10**6, job=1, lock="net#1")
    add_site(conn, "paused.example", late=10**6, paused=True)
    add_site(conn, "double.example", late=10**6, state="duplicate")
    add_site(conn, "later.example", late=-5)
    status = fleet_status(conn)
    assert status.due == 100
    assert status.lateness_p50 == pytest.approx(49.5 * MINUTE, abs=MINUTE / 2)
    assert status.lateness_p99 == pytest.approx(98.01 * MINUTE, abs=MINUTE / 2)
    assert status.lateness_p99_periods == pytest.approx(98.01 / 60, abs=0.01)
    assert (status.running, status.paused, status.duplicates) == (1, 1, 1)


@pytest.mark.parametrize(
    ("network", "idle"),
    [
        ("UPDATE fleet.networks SET slots_now = 0", 0),
        ("UPDATE fleet.networks SET paused_until = 'infinity'", 0),
        ("UPDATE fleet.networks SET paused_until = fleet.now() + interval '1 hour'", 0),
        ("UPDATE fleet.networks SET paused_until = fleet.now() - interval '1 hour'", 600),
        ("UPDATE fleet.networks SET slots_now = 2", 600),
    ],
)
def test_a_fleet_is_idle_only_while_something_could_be_begun(conn: Any, network: str, idle: float) -> None:
    """A network that is paused, or has all it may have, is no reason to call anybody at night."""
    add_site(conn, "one.example", late=1200)
    add_turn(conn, "one.example", 600, "complete")
    conn.execute(network)
    assert fleet_status(conn).idle == pytest.approx(idle, abs=30)


def test_each_alert_has_its_cause_and_goes_with_it(conn: Any) -> None:
    """Late, idle, unsent, dead, poison: a line each."""
    add_site(conn, "late.example", late=7200)
    add_site(conn, "bad.example", state="poison", deaths=3)
    add_worker(conn, "dead:1", 91, unsent=2 * 10**9)
    add_worker(conn, "alive:1", 10)
    add_worker(conn, "long-gone:1", 2 * 86_400)
    said = list(alerts_of(fleet_status(conn)))
    assert [line.partition(":")[0] for line in said] == ["late", "idle", "unsent", "dead", "poison"]
    assert "dead:1" in said[3] and "gone" not in said[3] and "bad.example" in said[4]
    conn.execute("DELETE FROM fleet.workers WHERE name = 'dead:1'")
    conn.execute("UPDATE fleet.sites SET state = 'waiting', due_at = fleet.now() + interval '1 hour'")
    assert list(alerts_of(fleet_status(conn))) == []


def test_turns_of_the_last_day_are_counted_by_outcome(conn: Any) -> None:
    """One that runs is counted as running, an older one not at all; the oldest last turn is named."""
    for name in ("a.example", "b.example", "never.example"):
        add_site(conn, name)
    add_turn(conn, "a.example", 2 * 86_400, "complete")
    add_turn(conn, "a.example", 3600, "complete")
    add_turn(conn, "a.example", 10, None)
    add_turn(conn, "b.example", 7200, "incomplete")
    status = fleet_status(conn)
    assert status.turns == {"complete": 1, "incomplete": 1, "running": 1}
    assert status.oldest_site == "b.example" and status.oldest_age == pytest.approx(7200, abs=30)
    assert status.never_turned == 3


def test_a_site_and_a_network_can_be_asked_for(conn: Any) -> None:
    """With the last turns, the newest first; a network with its sites by state."""
    add_site(conn, "a.example", late=5)
    for ago in (30, 20, 10):
        add_turn(conn, "a.example", ago, "complete", reason=str(ago))
    assert [turn["reason"] for turn in site_status(conn, "a.example")["turns"]] == ["10", "20", "30"]
    found = network_status(conn, "net")
    assert found is not None and (found["waiting"], found["running"]) == (1, 0)
    assert found["sites"] == [{"state": "new", "paused": False, "sites": 1}]
    assert network_status(conn, "none") is None


def test_the_commands_of_a_fleet(empty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From an empty database and an empty store to sites that are due: each step said in a line, repeats no error."""
    config = ("--config", str(fleet_toml(tmp_path, empty)))
    for _ in range(2):
        invoke("fleet", "init", *config)
    (tmp_path / "sites.txt").write_text("# two\nhttps://127.0.0.1:1/\n\nhttp://127.0.0.2/blog\n", "utf-8")
    added = invoke("fleet", "add", tmp_path / "sites.txt", "127.0.0.3", "--every", "12h", "--priority", "3", *config)
    assert added.stdout == "3 added, 0 were there already\n"
    assert invoke("fleet", "add", "127.0.0.3", *config).stdout == "0 added, 1 were there already\n"
    shown = json.loads(invoke("fleet", "status", "--json", *config).stdout)
    assert (shown["sites"], shown["due"], shown["never_turned"]) == (3, 3, 3)
    assert invoke("fleet", "pause", "127.0.0.3", *config).stdout == "1 site paused\n"
    assert invoke("fleet", "pause", "--network", "127.0.0.1", *config).stdout == "network 127.0.0.1 paused\n"
    assert "paused until it is resumed" in invoke("fleet", "status", *config).stdout
    assert json.loads(invoke("fleet", "status", "--json", *config).stdout)["due"] == 2
    assert invoke("fleet", "now", "127.0.0.3", *config).stdout == "1 site due now\n"
    assert invoke("fleet", "resume", "--network", "127.0.0.1", *config).stdout == "network 127.0.0.1 resumed\n"
    assert invoke("fleet", "drop", "http://127.0.0.2/blog", *config).stdout == "1 site dropped\n"
    assert "paused: False" in invoke("fleet", "status", "--site", "127.0.0.3", *config).stdout
    assert "waiting: 1" in invoke("fleet", "status", "--network", "127.0.0.3", *config).stdout
    unknown = invoke("fleet", "now", "127.0.0.4", *config, code=2)
    assert "not in this fleet" in unknown.stderr


def test_prometheus_reads_what_its_rules_ask_for(database: str, conn: Any, tmp_path: Path) -> None:
    """Every figure of ours that an alert asks for is written, as the text format wants it; no figure lacks its help."""
    add_site(conn, "a.example", late=5)
    add_turn(conn, "a.example", 30, 'od"d\n')
    target = tmp_path / "wparchive_fleet.prom"
    invoke("fleet", "status", "--prometheus", target, "--config", fleet_toml(tmp_path, database))
    text = target.read_text("utf-8")
    names = {line.split("{")[0].split()[0] for line in text.splitlines() if not line.startswith("#")}
    assert names == FIGURES.keys()
    assert r'wparchive_fleet_turns_last_day{outcome="od\"d\n"} 1' in text
    assert "wparchive_fleet_due 1" in text.splitlines()
    printed = invoke("fleet", "status", "--alert-rules").stdout
    assert printed == (ROOT / "wparchive" / "fleet" / "alerts.yaml").read_text("utf-8")
    asked = set(re.findall(r"expr: (wparchive_\w+)", printed))
    assert asked < names and len(asked) == 5
    assert printed.count("- alert: ") == printed.count("summary: ") == 6


def test_a_database_that_is_away_is_said_in_one_line(tmp_path: Path) -> None:
    """Exit 8, without the password; one without a fleet's tables is told what to do."""
    config = fleet_toml(tmp_path, "postgresql://me:hunter2@127.0.0.1:1/none")
    done = invoke("fleet", "status", "--config", config, code=8)
    assert len(done.stderr.splitlines()) == 1 and "hunter2" not in done.stderr


def test_a_database_without_tables_says_what_to_do(empty: str, tmp_path: Path) -> None:
    """The first step is named."""
    done = invoke("fleet", "status", "--config", fleet_toml(tmp_path, empty), code=2)
    assert "wparchive fleet init" in done.stderr
