"""An index costs as much as there is to read: of four times the runs or facts four times the work, counted, not timed."""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from archives import COLLECTIONS, HOME, ROOT, World

from wparchive.model import Privilege
from wparchive.wordpress.changes.learnt import SiteNoise

_N = 60
_STEPS = 100


class _Work:
    """What was done: steps of SQLite's machine, in hundreds, and calls of Python."""

    def __init__(self) -> None:
        self.steps = self.calls = 0

    def step(self) -> int:
        self.steps += 1
        return 0

    def call(self, _frame: Any, event: str, _what: Any) -> None:
        self.calls += event == "call"


@contextmanager
def _counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Work]:
    """What happens in here is counted, SQLite's part on every connection that is opened."""
    work, connect = _Work(), sqlite3.connect

    def watched(*args: Any, **options: Any) -> sqlite3.Connection:
        made: sqlite3.Connection = connect(*args, **options)
        made.set_progress_handler(work.step, _STEPS)
        return made

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", watched)
        sys.setprofile(work.call)
        try:
            yield work
        finally:
            sys.setprofile(None)


def _tell(world: World, facts: Callable[[int], dict[str, Any]], runs: range) -> None:
    """One WARC in which these runs say their facts."""
    run = world.run()
    writer = run.store._writers[Privilege.ANONYMOUS]
    for number in runs:
        writer._run = f"20261122{number:06}-{number:08x}"
        for name, value in facts(number).items():
            run.fact(name, value)
    run.store.close()


def _runs_alike(number: int) -> dict[str, Any]:
    about = {
        "home": HOME,
        "root": f"{ROOT}/",
        "root_form": "pretty",
        "aliases": [HOME],
        "name": "Example",
        "state": "ok",
    }
    proof = {
        "route": "/wp/v2/posts",
        "type": "post",
        "stated": 1,
        "held": 1,
        "outcome": "complete",
        "ids": "1",
        "gaps": [],
    }
    return {
        "start": {"mode": "full", "target": HOME, "settings": {}, "crawl": f"20261122{number:06}-{number:08x}"},
        "site": about,
        "collections": COLLECTIONS,
        "listing:/wp/v2/posts": proof,
    }


FACTS: dict[str, Callable[[int], dict[str, Any]]] = {
    "runs that say the same": _runs_alike,
    "runs with a collection of its own each": lambda number: {
        "collections": [{"route": f"/own/v1/t{number}", "type": f"t{number}", "table": "posts", "skipped": None}]
    },
    "runs with a host of its own each": lambda number: {
        "site": {"home": f"https://h{number}.example.org/", "state": "ok"}
    },
    "runs with noise of its own each": lambda number: {"volatile:1": {"post": [f"field:n{number}"]}},
    "runs with a type of its own each": lambda number: {"volatile:1": {f"t{number}": ["field:hits"]}},
    "runs told of noise of its own each": lambda number: {"start": {"settings": {"noise": [f"field:n{number}"]}}},
}


@pytest.mark.parametrize("facts", FACTS.values(), ids=FACTS)
def test_the_end_of_a_run_costs_the_same_after_many_others(
    facts: Callable[[int], dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice the step from n to 2n runs is that from 2n to 4n, with a tenth of what a quadratic part would add on top."""
    found = []
    for number, times in enumerate((1, 1, 2, 4), 1):  # the first pays for what is loaded and compiled once
        world = World(tmp_path / str(number))
        first = 1000 * number  # what one world had compiled is no help for the next
        _tell(world, facts, range(first, first + _N * times))
        with _counted(monkeypatch) as work:
            world.index()
        found.append((work.steps, work.calls))
    for one, two, four in zip(*found[1:], strict=True):
        assert four - two < 2.4 * (two - one), found


def test_what_a_site_learns_to_move_has_an_end() -> None:
    """However many places facts name, so many of a type count, the first; none of them is an expression of a stranger."""
    noise = SiteNoise()
    for number in range(700):
        noise.learn_all({"post": [f"field:a{number}"]})
    assert noise.of("post").strings == tuple(f"field:a{number}" for number in range(500))
    assert (
        noise.learn_all({"page": ["id:(a+)+$", "class:x", "field:", "place:", "place:<", "x", f"field:{'a' * 999}"]})
        == []
    )
    for number in range(2000):
        noise.learn(f"t{number}", ["field:hits"])
    assert noise.of("t1").strings and not noise.of("t1500").strings


def test_what_moves_is_the_same_after_an_index_that_went_on(world: World) -> None:
    """What is beyond the end counts neither in the run that learnt it nor in the next one, nor after a rebuild."""
    for half in range(2):
        run = world.run()
        run.fact("volatile:1", {"post": [f"field:{half}.{number:04}" for number in range(400)], "file": ["file:x"]})
        run.end()
        world.index()
    before = world.dump()
    assert world.one("SELECT count(*) FROM _wparchive_volatile") == 500
    assert world.rebuilt() == before
