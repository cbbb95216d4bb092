"""A signal asks to stop whatever it interrupts, also the very code that waits for it."""

import subprocess
import sys

import pytest
from patience import PATIENCE

# Who waits for an event holds its lock for moments; a signal that comes in one of them is to set it all the same.
WHILE_ITS_LOCK_IS_HELD = """
import faulthandler, signal, threading
faulthandler.dump_traceback_later(60, exit=True)
{begin}
with stop._cond:
    signal.raise_signal(signal.{name})
assert stop.wait(120)
"""
OF_A_COMMAND = "from wparchive.cli.stopping import signals; given = signals(); stop = given.__enter__()"
OF_A_TURN = "from wparchive.fleet.turns.child import listen; stop = threading.Event(); listen(stop)"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
@pytest.mark.parametrize("begin", [OF_A_COMMAND, OF_A_TURN], ids=["command", "turn"])
def test_a_signal_that_interrupts_the_wait_for_it_is_heard(begin: str, name: str) -> None:
    script = WHILE_ITS_LOCK_IS_HELD.format(begin=begin, name=name)
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_what_was_done_for_signals_is_undone() -> None:
    """Commands are called in one process by tests and by fleets: no thread, no open file and no handler is left of one."""
    script = """
import os, signal, threading
from wparchive.cli.stopping import signals
def left():
    return len(os.listdir("/proc/self/fd")), threading.active_count(), signal.getsignal(signal.SIGTERM)
before = left()
for _ in range(3):
    with signals() as stop:
        signal.raise_signal(signal.SIGTERM)
        assert stop.wait(120)
    with signals() as stop:
        pass
for thread in threading.enumerate()[1:]:
    thread.join(120)
assert left() == before, (left(), before)
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
