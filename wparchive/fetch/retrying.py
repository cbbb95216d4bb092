"""The retry policy, composed of tenacity's values: when to retry, how long to wait, when to give up.

A failed attempt is a result like any other (an exchange with an error), never an exception.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Final

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_result,
    stop_after_attempt,
    stop_when_event_set,
    wait_exponential_jitter,
    wait_none,
)
from tenacity.stop import stop_base
from tenacity.wait import wait_base

from wparchive.fetch.politeness import retry_after
from wparchive.model import Exchange

__all__ = ["FetchPolicy", "WaitAsAsked", "enough", "last_exchange", "may_pass", "reconnecting", "throttled"]

# 520-530 are CDN codes for an origin that can't be reached.
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504, *range(520, 531)})
# Failures that another attempt within the run won't mend.
_HOPELESS: Final = frozenset({"no-address", "certificate", "bad-request"})
_RECONNECTED: Final = 3  # times in a row; a pool may hold several connections that the server has closed


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPolicy:
    """How long to keep trying.

    `retries` is the number after the first attempt at each hop, unless the target has its own; `patience` is the most
    seconds spent waiting between the attempts of one hop. `wait` returns the seconds between two attempts when the
    server sends no Retry-After. After `breaker` targets in a row without a response, a host is left alone for
    `cool_down` seconds.
    """

    retries: int = 4
    patience: float = 900.0
    redirects: int = 5
    wait: wait_base = field(default_factory=lambda: wait_exponential_jitter(max=60.0))
    breaker: int = 8
    cool_down: float = 60.0


@dataclass(frozen=True)
class WaitAsAsked(wait_base):
    """Wait as long as the response's Retry-After says, and at least `usual`. Source: RFC 9110, 10.2.3."""

    usual: wait_base
    now: Callable[[], datetime]

    def __call__(self, state: RetryCallState) -> float:
        head = last_exchange(state).head
        asked = retry_after(head, self.now()) if head else None
        return max(asked or 0.0, self.usual(state))


def enough(policy: FetchPolicy, own: int | None, gains: Callable[[], int], stop: Event) -> stop_base:
    """Return when to give up: no retries left, patience spent, or the run is stopping.

    `own` is the target's own number of retries; responses that ask us to wait don't count against it. `gains` returns
    the number of attempts that delivered another piece of the file; those don't count at all.
    """
    few = policy.retries if own is None else own
    return (
        stop_when_event_set(stop)
        | _StopBeforeWaiting(policy.patience)
        | _StopAfterVain(1 + max(few, policy.retries), gains)
        | (_StopAfterVain(1 + few, gains) & _StopUnless(throttled))
    )


def reconnecting(sleep: Callable[[float], None], stop: Event) -> Retrying:
    """Retry at once when the server closed an idle connection: that says nothing about the target."""
    return Retrying(
        retry=retry_if_result(lambda exchange: "stale-connection" in exchange.flags),
        stop=stop_when_event_set(stop) | stop_after_attempt(1 + _RECONNECTED),
        wait=wait_none(),
        sleep=sleep,
        retry_error_callback=last_exchange,
    )


def may_pass(exchange: Exchange) -> bool:
    """Whether what is wrong with `exchange`, if anything, may be gone at another attempt."""
    if exchange.error:
        return exchange.truncated != "length" and not _HOPELESS & set(exchange.flags)
    return exchange.status in _PASSING


def throttled(exchange: Exchange) -> bool:
    """Whether the response is a 429, or a 503 with Retry-After. A bare 503 may as well be one broken post."""
    head = exchange.head
    return head is not None and (head.status == 429 or (head.status == 503 and bool(head.get("retry-after"))))


def last_exchange(state: RetryCallState) -> Exchange:
    """Return the exchange of the last attempt."""
    assert state.outcome is not None
    exchange: Exchange = state.outcome.result()
    return exchange


@dataclass(frozen=True)
class _StopBeforeWaiting(stop_base):
    """Stop when all waits, the next one included, would exceed `most` seconds. The attempts' own time doesn't count."""

    most: float

    def __call__(self, state: RetryCallState) -> bool:
        return state.idle_for + state.upcoming_sleep > self.most


class _StopAfterVain(stop_after_attempt):
    """Stop after that many attempts, not counting those that gained a piece of the file."""

    def __init__(self, attempts: int, gains: Callable[[], int]) -> None:
        super().__init__(attempts)
        self._gains = gains

    def __call__(self, state: RetryCallState) -> bool:
        return state.attempt_number - self._gains() >= self.max_attempt_number


@dataclass(frozen=True)
class _StopUnless(stop_base):
    """Stop unless `such` holds for the last exchange."""

    such: Callable[[Exchange], bool]

    def __call__(self, state: RetryCallState) -> bool:
        return not self.such(last_exchange(state))
