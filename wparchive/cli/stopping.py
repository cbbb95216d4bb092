"""SIGINT and SIGTERM: the first one asks to stop, the second one doesn't wait."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["signals"]


@contextmanager
def signals() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set; a second one ends the process at once, as everything is crash-safe."""
    stop = threading.Event()
    seen: list[int] = []

    def on_signal(number: int, frame: object) -> None:
        del frame
        # Noted here and not asked of the event: a second signal may come while that is being set, and its lock is held.
        seen.append(number)
        if len(seen) > 1:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
