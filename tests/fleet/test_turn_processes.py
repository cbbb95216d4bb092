"""Processes of turns: one that is asked to end does so politely, however early it is asked, and whoever is asked beside it."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import forkserver
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from patience import PATIENCE
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from wparchive.fleet.turns.child import ForkedChild, guarded, listen, server

POLITE, KILLED = 3, -signal.SIGKILL


def until_asked() -> None:
    """What a turn does: work until it is asked to end."""
    stop = Event()
    listen(stop)
    sys.exit(POLITE if stop.wait(PATIENCE) else 1)


def deaf() -> None:
    """A turn that hangs."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    Event().wait(PATIENCE)


def bound() -> None:
    """A turn that says that it has begun, and goes on."""
    guarded(0)
    print(os.getpid(), flush=True)
    Event().wait(PATIENCE)


@pytest.fixture(scope="module")
def forks() -> Iterator[Any]:
    yield server()
    forkserver._forkserver._stop()  # type: ignore[attr-defined]  # it would live as long as the tests


def code_of(child: ForkedChild, seconds: float = PATIENCE) -> int:
    return asyncio.run(child.wait(seconds))


def test_one_that_is_asked_before_it_listens_ends_politely(forks: Any) -> None:
    """Told to stop in its first moments, a worker took its own signal for the site's death: three make a site poison."""
    children = [ForkedChild(forks, until_asked) for _ in range(8)]
    for child in children:
        child.ask_to_end()
    assert [code_of(child) for child in children] == [POLITE] * 8
    assert all(child.has_ended for child in children)


def test_where_all_of_a_service_is_asked_to_end_turns_end_politely(forks: Any) -> None:
    """As systemd asks, by default: the server that turns are forked from stays, for its end would kill them."""
    child = ForkedChild(forks, until_asked)
    os.kill(forkserver._forkserver._forkserver_pid, signal.SIGTERM)  # type: ignore[attr-defined]
    child.ask_to_end()
    assert code_of(child) == POLITE
    after = ForkedChild(forks, until_asked)
    after.ask_to_end()
    assert code_of(after) == POLITE


def test_one_whose_time_is_over_is_asked_and_then_killed(forks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wparchive.fleet.turns.child._KILLED_AFTER", 0.0)
    assert code_of(ForkedChild(forks, deaf), 0.0) == KILLED
    monkeypatch.undo()
    assert code_of(ForkedChild(forks, until_asked), 0.0) == POLITE


WORKER = """
import sys
sys.path[:0] = sys.argv[1:]
from test_turn_processes import bound
from wparchive.fleet.turns.child import ForkedChild, server
if __name__ == "__main__":
    children = [ForkedChild(server(), bound) for _ in range(2)]
    children[0]._process.join()
"""


def test_turns_end_with_their_worker_even_if_it_is_killed() -> None:
    """Whoever takes its sites next isn't joined by the dead at the sites' doors."""
    command = [sys.executable, "-c", WORKER, *map(str, Path(__file__).parents[:2])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as worker:
        assert worker.stdout
        turns = [Path("/proc") / worker.stdout.readline().decode().strip() for _ in range(2)]
        worker.kill()
        gone = Retrying(retry=retry_if_result(bool), stop=stop_after_delay(PATIENCE), wait=wait_fixed(0.05))
        gone(lambda: any(turn.exists() for turn in turns))
