"""SIGINT and SIGTERM: the first one requests a stop, the second one ends the process at once."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from wparchive.bell import Bell

__all__ = ["signals"]


@contextmanager
def signals() -> Iterator[threading.Event]:
    """Yield an event that SIGINT and SIGTERM set. A second signal ends the process; that is safe, as after any crash."""
    stop = threading.Event()
    bell, seen = Bell(stop), list[int]()

    def on_signal(number: int, frame: object) -> None:
        del frame
        seen.append(number)
        if len(seen) > 1:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        bell.ring()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        bell.close()
