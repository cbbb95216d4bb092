"""When a target is asked for again, how long is waited before, and when it is given up: tenacity's values, composed.

An attempt that failed is a result like any other, an exchange with an error, and never an exception.
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

# 520-530 are those of the CDNs for an origin that they can't reach.
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504, *range(520, 531)})
_HOPELESS: Final = frozenset({"no-address", "certificate", "bad-request"})
_RECONNECTED: Final = 3  # times in a row; a pool holds few connections


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPolicy:
    """How long we keep trying.

    `retries` after the first attempt at each hop, unless the target has its own number; `patience` is the most seconds
    that are waited between the attempts of one hop. `wait` gives the seconds between two attempts when the host doesn't
    say. After `breaker` targets in a row at a host that doesn't answer it is left alone for `cool_down` seconds.
    """

    retries: int = 4
    patience: float = 900.0
    redirects: int = 5
    wait: wait_base = field(default_factory=lambda: wait_exponential_jitter(max=60.0))
    breaker: int = 8
    cool_down: float = 60.0


@dataclass(frozen=True)
class WaitAsAsked(wait_base):
    """Wait as long as the answer's Retry-After asks, and no shorter than `usual`. Source: RFC 9110, 10.2.3."""

    usual: wait_base
    now: Callable[[], datetime]

    def __call__(self, state: RetryCallState) -> float:
        head = last_exchange(state).head
        asked = retry_after(head, self.now()) if head else None
        return max(asked or 0.0, self.usual(state))


def enough(policy: FetchPolicy, own: int | None, gains: Callable[[], int], stop: Event) -> stop_base:
    """When to give up: out of retries, out of patience, or the run is ending.

    `own` is the target's own number of retries, which a host that asks us to wait doesn't use up; `gains` counts the
    attempts that brought a good piece of the whole: they cost nothing.
    """
    few = policy.retries if own is None else own
    return (
        stop_when_event_set(stop)
        | _StopBeforeWaiting(policy.patience)
        | _StopAfterVain(1 + max(few, policy.retries), gains)
        | (_StopAfterVain(1 + few, gains) & _StopUnless(throttled))
    )


def reconnecting(sleep: Callable[[float], None], stop: Event) -> Retrying:
    """Tries at once where a server hung up between two requests, which says nothing about the target."""
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
    """A 429, or a 503 that says when to come back: a bare 503 is as often one broken post."""
    head = exchange.head
    return head is not None and (head.status == 429 or (head.status == 503 and bool(head.get("retry-after"))))


def last_exchange(state: RetryCallState) -> Exchange:
    """What the last attempt brought."""
    assert state.outcome is not None
    exchange: Exchange = state.outcome.result()
    return exchange


@dataclass(frozen=True)
class _StopBeforeWaiting(stop_base):
    """Stop where the waits, the next one included, would take more than `most` seconds; attempts take what they take."""

    most: float

    def __call__(self, state: RetryCallState) -> bool:
        return state.idle_for + state.upcoming_sleep > self.most


class _StopAfterVain(stop_after_attempt):
    """Stop after as many attempts, those that gained something not counted."""

    def __init__(self, attempts: int, gains: Callable[[], int]) -> None:
        super().__init__(attempts)
        self._gains = gains

    def __call__(self, state: RetryCallState) -> bool:
        return state.attempt_number - self._gains() >= self.max_attempt_number


@dataclass(frozen=True)
class _StopUnless(stop_base):
    """Stop unless the last exchange is such a one."""

    such: Callable[[Exchange], bool]

    def __call__(self, state: RetryCallState) -> bool:
        return not self.such(last_exchange(state))
