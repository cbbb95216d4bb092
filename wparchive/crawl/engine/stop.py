"""What ends a run early: a signal, or the operator's limits on time and requests, of one run or of several together."""

import threading
import time
from collections.abc import Callable

from wparchive.errors import CutShort, Interrupted

__all__ = ["Budget", "Halt"]


class Budget:
    """The requests that several runs may send together, from any thread; `most` None means any number."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._ended = 0
        self._running: dict[object, int] = {}

    @property
    def used_up(self) -> bool:
        """Whether no request is left."""
        with self._lock:
            return self._most is not None and self._used() >= self._most

    def take(self, run: object, requests: int) -> bool:
        """Reserve one request for `run`, which has sent or put in flight `requests` so far; False if none is left."""
        with self._lock:
            self._running[run] = requests
            if self._most is not None and self._used() >= self._most:
                return False
            self._running[run] = requests + 1
            return True

    def end(self, run: object, requests: int) -> None:
        """Record that `run` has ended after so many requests."""
        with self._lock:
            self._running.pop(run, None)
            self._ended += requests

    def _used(self) -> int:
        return self._ended + sum(self._running.values())


class Halt(threading.Event):
    """An event that is set when `stop` is, or when the run's time is up; so every wait on it ends too.

    A run may take `seconds` from now on `clock`, and send `max_requests`; None means no limit. All runs together have
    the `budget`.
    """

    def __init__(
        self,
        stop: threading.Event,
        *,
        seconds: float | None = None,
        max_requests: int | None = None,
        budget: Budget | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._stop = stop
        self._deadline = None if seconds is None else clock() + seconds
        self._max_requests = max_requests
        self._budget = budget or Budget()
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
        if not self._budget.take(self, requests):
            raise CutShort("stopped at --max-requests")

    def end(self, requests: int) -> None:
        """Settle the run's part of the budget: it sent so many requests in all."""
        self._budget.end(self, requests)

    def _left(self) -> float | None:
        return None if self._deadline is None else max(0.0, self._deadline - self._clock())
