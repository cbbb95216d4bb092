"""The simulated fleet keeps the rules of the real one: slots, due times, machines that die, the rhythm."""

import sys
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import fleet_simulation as simulation
from fleet_turns import DAY, DEAD, OPEN, Fleet, Plan, Turn

COUNT = 300
SLOTS = 2
MONTH = 28 * DAY
PLAN = Plan(machines=4, slots=SLOTS, turns=4, longest=120.0, deaths=4.0)  # a machine lives a quarter of an hour


@pytest.fixture(scope="module")
def swept() -> tuple[Fleet, list[Turn]]:
    """The first full crawls of newsrooms, many of which take several turns."""
    sites, _ = simulation.make(simulation.CASES[2], COUNT, 1)
    turns: list[Turn] = []
    return simulation.sweep(sites, PLAN, 1, turns.append), turns


@pytest.fixture(scope="module")
def kept() -> tuple[Fleet, list[Turn]]:
    """Five weeks of sites that are all held, in a rhythm that adapts."""
    sites, _ = simulation.make(simulation.CASES[0], COUNT, 1, adaptive=True)
    turns: list[Turn] = []
    return simulation.steady(sites, replace(PLAN, deaths=0.05), 35, 1, turns.append), turns


def most_at_once(turns: list[Turn]) -> dict[int, int]:
    """The greatest number of turns that ran at one moment in each network; one that ends makes room for one that begins."""
    moments = sorted([(one.began, 1, one.lane) for one in turns] + [(one.ended, -1, one.lane) for one in turns])
    running, most = Counter[int](), Counter[int]()
    for _, change, lane in moments:
        running[lane] += change
        most[lane] = max(most[lane], running[lane])
    return most


def by_site(turns: list[Turn]) -> dict[int, list[Turn]]:
    """The turns of each site, in order."""
    found = defaultdict(list)
    for one in sorted(turns, key=lambda one: one.began):
        found[one.site].append(one)
    return found


def test_no_network_has_more_turns_than_slots(swept: tuple[Fleet, list[Turn]], kept: tuple[Fleet, list[Turn]]) -> None:
    """Slots are full when there is much to do, and never more than full, whatever dies."""
    for _, turns in (swept, kept):
        most = most_at_once(turns)
        assert [most[lane] for lane in (1, 2, 3, 4) if most[lane] > SLOTS] == []
    assert most_at_once(swept[1])[1] == SLOTS


def test_one_turn_of_a_site_at_a_time(swept: tuple[Fleet, list[Turn]]) -> None:
    for turns in by_site(swept[1]).values():
        assert all(first.ended <= second.began for first, second in pairwise(turns))


def test_no_more_turns_than_the_machines_have(swept: tuple[Fleet, list[Turn]]) -> None:
    moments = sorted([(one.began, 1) for one in swept[1]] + [(one.ended, -1) for one in swept[1]])
    running = 0
    for _, change in moments:
        running += change
        assert running <= PLAN.machines * PLAN.turns


def test_every_due_site_is_turned(swept: tuple[Fleet, list[Turn]], kept: tuple[Fleet, list[Turn]]) -> None:
    """Each site gets its first full crawl; later nobody waits for long, and nobody comes before the time."""
    fleet, turns = swept
    assert {one.site for one in turns} == set(range(COUNT))
    assert max(site.held_at for site in fleet.sites) == fleet.now
    fleet, turns = kept
    assert [one for turn in (swept[1], turns) for one in turn if one.began < one.due] == []
    assert max(one.began - one.due for one in turns) < 15 * 60
    assert {one.site for one in turns} == set(range(COUNT))


def test_what_died_is_done_again_and_nothing_else(swept: tuple[Fleet, list[Turn]]) -> None:
    """A turn before the next is due follows one that ran out of time or died, and then at once or in 150 seconds."""
    fleet, turns = swept
    died = [one for one in turns if one.outcome == "died"]
    assert len(died) == fleet.seen.died > 20
    for number, its in by_site(turns).items():
        for first, second in pairwise(its):
            rest = second.due - first.ended
            if first.outcome == "died":
                assert rest == pytest.approx(150) or rest >= 7 * DAY
            elif first.outcome == "cut":
                assert rest == 0
            else:
                assert rest >= fleet.sites[number].every - 0.001


def test_the_work_of_a_dead_turn_is_all_to_do(swept: tuple[Fleet, list[Turn]]) -> None:
    """What dies adds nothing: the turns that count of a first full crawl take as long as they would undisturbed."""
    calm = simulation.sweep(simulation.make(simulation.CASES[2], COUNT, 1)[0], replace(PLAN, deaths=0.0), 1, log := [])
    assert calm.seen.died == 0
    for number, its in by_site(swept[1]).items():
        spans = [one.ended - one.began for one in its if one.outcome != "died"]
        undisturbed = [one.ended - one.began for one in by_site(log)[number]]
        both = min(len(spans), len(undisturbed))
        assert spans[:both] == pytest.approx(undisturbed[:both])


def test_the_pace_stays_between_its_ends(kept: tuple[Fleet, list[Turn]]) -> None:
    """Between `every` and `every_max`, both of which are reached; the dead alone are asked at most every 28 days."""
    fleet, _ = kept
    alive = [site for site in fleet.sites if site.kind != DEAD]
    assert [site for site in alive if not site.every <= site.pace <= site.every_max] == []
    assert any(site.pace == site.every for site in alive)
    assert any(site.pace == site.every_max for site in alive)
    assert any(site.every < site.pace < site.every_max for site in alive if site.kind == OPEN)
    assert {site.pace for site in fleet.sites if site.kind == DEAD} == {MONTH}


def test_a_fixed_rhythm_stays_fixed(swept: tuple[Fleet, list[Turn]]) -> None:
    assert [site for site in swept[0].sites if site.kind != DEAD and site.pace != site.every] == []


def test_the_table_has_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints what the design's table has, with a ratio for each of its figures, and says what is off."""
    simulation.main(["--sites", str(COUNT), "--seed", "2"])
    text = capsys.readouterr().out
    lines = text.splitlines()
    for row in simulation.ROWS:
        assert any(line[2:].startswith(row.name) for line in lines), row.name
    assert "300 sites, seed 2" in text
