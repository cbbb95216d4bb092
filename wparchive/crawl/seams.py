"""Clock, sleep and name look-up of the machine, as values that tests replace."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Lock
from typing import Any

__all__ = ["MACHINE", "Seams", "Ticking"]


_NOW = partial(datetime.now, UTC)
_STEP = timedelta(microseconds=1)
_STILL = timedelta(seconds=1)  # a clock that is further back was set back: its times are others anyway


class Ticking:
    """The clock `now`, no time of which comes twice: of two captures one is the later, also where it stands still."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now, self._last = now, datetime.min.replace(tzinfo=UTC)
        self._lock = Lock()

    def __call__(self) -> datetime:
        with self._lock:
            now = self._now()
            self._last = self._last + _STEP if timedelta(0) <= self._last - now < _STILL else now
            return self._last

    def follow(self, latest: Callable[[datetime, datetime], datetime | None]) -> None:
        """Begin after the times of earlier runs; `latest` returns the last one that lies between two times."""
        now = self()
        with self._lock:
            self._last = max(self._last, latest(now, now + _STILL) or self._last)


def _look_up(host: Any, port: Any, **how: Any) -> list[Any]:
    return socket.getaddrinfo(host, port, **how)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seams:
    """What a run uses of the machine: the date `now`, a monotonic `clock` in seconds, `sleep`, and `look_up`.

    `look_up` is `socket.getaddrinfo` or its like. Without `sleep`, a run waits on its stop event, with a time-out.
    """

    now: Callable[[], datetime] = _NOW
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] | None = None
    look_up: Callable[..., list[Any]] = _look_up


MACHINE = Seams()
