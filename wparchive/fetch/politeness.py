"""Limits on requests to a host: slots, intervals, pauses, adaptive slowing, and a circuit breaker for dead hosts."""

import math
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from statistics import median
from threading import Condition, Event, Lock
from time import monotonic
from time import sleep as sleep_for

from wparchive.http1.message import Head

__all__ = ["STRUGGLING", "Breaker", "Hosts", "Politeness", "Stopped", "retry_after"]

STRUGGLING = frozenset({429, 503})
_SLICE = 0.2  # seconds between two checks of the stop event while all slots are taken
_WINDOW = 9  # responses whose median time is watched
_SLOWED = 4.0  # a median this many times the best one means that the host is slowing down ...
_SLOW = 2.0  # ... provided it exceeds this many seconds
_FIRST_PENALTY = 0.5  # seconds
_WORST_PENALTY = 60.0  # seconds
_CALM = 20  # good responses in a row before the limits are relaxed by one step


class Stopped(Exception):
    """The run is stopping; the slot that was waited for is no longer granted."""


@dataclass(slots=True)
# Times are seconds on the politeness's clock; `calm` counts good responses since the last change.
class _Host:
    slots: int
    active: int = 0
    next_start: float = -math.inf
    paused_until: float = -math.inf
    penalty: float = 0.0
    calm: int = 0
    best: float = math.inf
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=_WINDOW))


class Hosts:
    """What is known about hosts and IP addresses by the runs that share it; a run by itself has its own."""

    def __init__(self) -> None:
        self.condition = Condition()
        self.known: dict[str, _Host] = {}
        self.at_address: Counter[str] = Counter()  # requests in progress


class Politeness:
    """Grants the right to send a request to a host, from any thread.

    At most `concurrency` requests to a host run at a time, and `delay` seconds pass between the starts of two; runs
    that share their `hosts` keep both limits together. Both tighten when the host responds with 429 or 503, or when its
    median response time grows to several times its best; they relax again slowly. `backs_off` is called with a host
    and the seconds that a request to it waits because of that.
    """

    def __init__(
        self,
        *,
        concurrency: int = 2,
        delay: float = 0.0,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], object] | None = None,
        hosts: Hosts | None = None,
        backs_off: Callable[[str, float], None] = lambda _host, _seconds: None,
    ) -> None:
        self._concurrency = max(concurrency, 1)
        self._delay = delay
        self._clock = clock
        self._sleep = sleep
        self._hosts = hosts or Hosts()
        self._condition = self._hosts.condition
        self._backs_off = backs_off

    @contextmanager
    def slot(self, host: str, stop: Event | None = None) -> Iterator[None]:
        """Wait for the right to send a request to `host`, and hold it; raises Stopped once `stop` is set."""
        state = self._state(host)
        while (wait := self._take(state, stop)) > 0:
            if wait > self._delay and state.next_start > state.paused_until:  # whoever made the pause reported it
                self._backs_off(host, wait)
            self._wait_for(wait, stop)
        try:
            yield
        finally:
            with self._condition:
                state.active -= 1
                self._condition.notify_all()

    def at_address(self, address: str, stop: Event | None = None) -> Callable[[], None]:
        """Wait for the right to send a request to an IP address; returns the function that gives it back.

        At most `concurrency` requests to an address run at a time, whatever host they are for. Raises Stopped once
        `stop` is set.
        """
        running, address = self._hosts.at_address, address.removeprefix("::ffff:")

        def leave() -> None:
            with self._condition:
                running[address] -= 1
                self._condition.notify_all()

        with self._condition:
            while running[address] >= self._concurrency:
                if stop is not None and stop.is_set():
                    raise Stopped
                self._condition.wait(_SLICE)
            running[address] += 1
        return leave

    def note(self, host: str, *, status: int | None, seconds: float) -> None:
        """Adapt to a response of `host`; `status` is None when there was none."""
        state = self._state(host)
        with self._condition:
            if status in STRUGGLING:
                self._back_off(state, _FIRST_PENALTY)
            elif status is not None and self._slowed(state, seconds):
                self._back_off(state, state.recent[-1] / 4)
                # The same slow responses must not count twice.
                state.recent.clear()
            elif status is not None:
                self._relax(state)

    def pause(self, host: str, seconds: float) -> None:
        """Start no request to `host` for `seconds`."""
        state = self._state(host)
        with self._condition:
            state.next_start = max(state.next_start, self._clock() + seconds)
            state.paused_until = state.next_start

    def _state(self, host: str) -> _Host:
        with self._condition:
            return self._hosts.known.setdefault(host, _Host(self._concurrency))

    def _take(self, state: _Host, stop: Event | None) -> float:
        """Take a slot and return 0, or return the seconds to wait before trying again."""
        with self._condition:
            while True:
                if stop is not None and stop.is_set():
                    raise Stopped
                now = self._clock()
                if state.next_start > now:
                    return state.next_start - now
                if state.active < min(state.slots, self._concurrency):  # another run may allow more
                    state.active += 1
                    state.next_start = now + self._delay + state.penalty
                    return 0.0
                self._condition.wait(_SLICE)

    def _wait_for(self, seconds: float, stop: Event | None) -> None:
        if self._sleep is not None:
            self._sleep(seconds)
        elif stop is not None:
            stop.wait(seconds)
        else:
            sleep_for(seconds)

    def _back_off(self, state: _Host, penalty: float) -> None:
        # Back off fast, relax slowly.
        state.slots = max(state.slots // 2, 1)
        state.penalty = min(max(2 * state.penalty, penalty), _WORST_PENALTY)
        state.calm = 0

    def _relax(self, state: _Host) -> None:
        state.calm += 1
        if state.calm >= _CALM and (state.penalty or state.slots < self._concurrency):
            state.calm = 0
            state.penalty = state.penalty / 2 if state.penalty > _FIRST_PENALTY / 4 else 0.0
            state.slots = max(state.slots, min(state.slots + 1, self._concurrency))

    @staticmethod
    def _slowed(state: _Host, seconds: float) -> bool:
        state.recent.append(seconds)
        if len(state.recent) < _WINDOW:
            return False
        usual = median(state.recent)
        state.best = min(state.best, usual)
        return usual > max(_SLOWED * state.best, _SLOW)


class Breaker:
    """Stops requests to a host after `most` targets in a row got no response from it.

    Every `cool_down` seconds one more target is let through, to see whether the host is back.
    """

    def __init__(self, *, most: int = 8, cool_down: float = 60.0, clock: Callable[[], float] = monotonic) -> None:
        self._most = most
        self._cool_down = cool_down
        self._clock = clock
        self._failures: dict[str, int] = {}
        self._shut_until: dict[str, float] = {}
        self._lock = Lock()

    def admits(self, host: str) -> bool:
        """Whether a request to `host` may be tried now."""
        with self._lock:
            if self._failures.get(host, 0) < self._most:
                return True
            now = self._clock()
            if now < self._shut_until.get(host, now):
                return False
            self._shut_until[host] = now + self._cool_down
            return True

    def note(self, host: str, *, answered: bool) -> None:
        """Record how fetching a target from `host` ended."""
        with self._lock:
            failures = 0 if answered else self._failures.get(host, 0) + 1
            self._failures[host] = failures
            if failures == self._most:
                self._shut_until[host] = self._clock() + self._cool_down


def retry_after(head: Head, now: datetime) -> float | None:
    """Return the seconds that Retry-After asks for; None without one, or when it is invalid.

    A date is compared with the response's own Date, or with `now` without one: the server's clock may be wrong.
    """
    value = head.get("retry-after").strip()
    if not value:
        return None
    try:
        # Python's float() also takes "1e9" and "inf", which the header's grammar doesn't have.
        seconds = float(value) if value[0].isdigit() and "e" not in value.lower() else None
        if seconds is None:
            seconds = (_date(value) - (_server_time(head) or now)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(seconds, 0.0)


def _server_time(head: Head) -> datetime | None:
    try:
        return _date(head.get("date"))
    except (ValueError, TypeError, OverflowError):
        return None


def _date(value: str) -> datetime:
    moment = parsedate_to_datetime(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
