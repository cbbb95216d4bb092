"""What ends a run early: a signal, or the operator's limits on time and requests."""

import threading
import time
from collections.abc import Callable

from wparchive.errors import CutShort, Interrupted

__all__ = ["Halt"]


class Halt(threading.Event):
    """An event that is set when `stop` is, or when the run's time is up; so every wait on it ends too.

    A run may take `seconds` from now on `clock`, and send `max_requests`; None means no limit.
    """

    def __init__(
        self,
        stop: threading.Event,
        *,
        seconds: float | None = None,
        max_requests: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._stop = stop
        self._deadline = None if seconds is None else clock() + seconds
        self._max_requests = max_requests
        self._clock = clock

    def is_set(self) -> bool:
        """Whether to stop now."""
        return self._stop.is_set() or self._left() == 0

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the run has to stop, at most `timeout` seconds."""
        limits = [seconds for seconds in (timeout, self._left()) if seconds is not None]
        self._stop.wait(min(limits, default=None))
        return self.is_set()

    def check(self, requests: int) -> None:
        """Raise Interrupted after a signal, CutShort when the time is up or `requests` reach the limit."""
        if self._stop.is_set():
            raise Interrupted("stopped by a signal; run the same command again to resume")
        if self._max_requests is not None and requests >= self._max_requests:
            raise CutShort("stopped at --max-requests")
        if self._left() == 0:
            raise CutShort("stopped at --max-time")

    def _left(self) -> float | None:
        return None if self._deadline is None else max(0.0, self._deadline - self._clock())
