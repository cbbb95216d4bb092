"""What ends every wait of a run: a signal, or the operator's own time limit."""

import threading
import time
from collections.abc import Callable

__all__ = ["Halt"]


class Halt(threading.Event):
    """An event that is set once `stop` is, or once `deadline` (seconds on `clock`; None: never) has passed."""

    def __init__(
        self, stop: threading.Event, deadline: float | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._stop = stop
        self._deadline = deadline
        self._clock = clock

    def is_set(self) -> bool:
        """Whether to stop now."""
        return self._stop.is_set() or self._left() == 0

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is time to stop, at most `timeout` seconds."""
        limits = [seconds for seconds in (timeout, self._left()) if seconds is not None]
        self._stop.wait(min(limits, default=None))
        return self.is_set()

    def _left(self) -> float | None:
        return None if self._deadline is None else max(0.0, self._deadline - self._clock())
