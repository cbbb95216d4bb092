"""Fetching one target: attempts, redirects and patience around the wire."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Event
from time import monotonic
from typing import Final

from tenacity import RetryCallState, Retrying, retry_if_result, wait_exponential_jitter
from tenacity.wait import wait_base

from wparchive.fetch.credentials import Credentials
from wparchive.fetch.guard import Guard, RefusedUrl, joined, parse, uri
from wparchive.fetch.politeness import STRUGGLING, Breaker, Politeness, Stopped, retry_after
from wparchive.fetch.wire import Wire
from wparchive.message import Head
from wparchive.model import Exchange, Fetched, Privilege, Target, Verdict

__all__ = ["FetchPolicy", "Fetcher", "location"]

# 520-530 are those of the CDNs for an origin that they can't reach.
_RETRIED: Final = frozenset({408, 425, 429, 500, 502, 503, 504, *range(520, 531)})
_HOST_IS_DOWN: Final = frozenset({502, 504, *range(520, 531)})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
# What another attempt won't change.
_HOPELESS: Final = frozenset({"no-address", "certificate", "bad-request"})


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
    wait: wait_base = field(default_factory=lambda: wait_exponential_jitter(initial=1.0, max=60.0, jitter=1.0))
    breaker: int = 8
    cool_down: float = 60.0


class Fetcher:
    """Fetches targets, from any thread; the one seam between the crawl and the network.

    `robots` says whether a target may be fetched (asked again with the URL of each redirect), `is_challenge` whether an
    answer is a bot wall, which no retry gets past. `stop` ends everything that runs or waits.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        wire: Wire,
        politeness: Politeness,
        guard: Guard,
        *,
        robots: Callable[[Target], bool] = lambda _: True,
        credentials: Credentials | None = None,
        is_challenge: Callable[[Head, bytes], bool] = lambda _head, _body: False,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], object] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        stop: Event | None = None,
    ) -> None:
        self._policy = policy
        self._wire = wire
        self._politeness = politeness
        self._guard = guard
        self._robots = robots
        self._credentials = credentials
        self._is_challenge = is_challenge
        self._stop = stop or Event()
        self._sleep = sleep or self._stop.wait
        self._now = now
        self._breaker = Breaker(most=policy.breaker, cool_down=policy.cool_down, clock=clock)

    def fetch(self, target: Target) -> Fetched:
        """Fetch `target`, following redirects; every attempt and hop stands in the result, the last one counts.

        Never raises for what a server or a network does; raises StorageError when a body can't be spooled.
        """
        host = _host(target.url)
        if not self._breaker.admits(host):
            return Fetched(target=target, verdict=Verdict.FAILED, reason=f"circuit open: {host} doesn't answer")
        exchanges: list[Exchange] = []
        try:
            verdict, reason = self._travel(target, exchanges)
        except RefusedUrl as refused:
            verdict, reason = Verdict.GUARDED, refused.refusal.reason
        except Stopped:
            verdict, reason = Verdict.STOPPED, "stopped"
        if exchanges and verdict is not Verdict.STOPPED:
            self._breaker.note(_host(exchanges[-1].url), answered=not _unreachable(exchanges[-1]))
        return Fetched(target=target, verdict=verdict, exchanges=tuple(exchanges), reason=reason)

    def _travel(self, target: Target, exchanges: list[Exchange]) -> tuple[Verdict, str]:
        """Go from `target` from hop to hop; how it ended, and why."""
        url, seen = target.url, {uri(target.url)}
        for hop in range(self._policy.redirects + 1):
            refusal = self._guard.check(url)
            if refusal:
                return Verdict.GUARDED, refusal.reason
            if not self._robots(replace(target, url=url)):
                return Verdict.ROBOTS, f"robots.txt of {_host(url)}"
            exchange = self._persist(target, url, hop, exchanges)
            onward = location(exchange)
            if onward is None or exchange.error:
                return self._judge(exchange)
            if uri(onward) in seen:
                return Verdict.GUARDED, "redirected in a circle"
            url = onward
            seen.add(uri(url))
        return Verdict.GUARDED, f"more than {self._policy.redirects} redirects"

    def _persist(self, target: Target, url: str, hop: int, exchanges: list[Exchange]) -> Exchange:
        """Ask for `url` until there is an answer or our patience is spent; gives the last exchange."""
        attempts = 0

        def attempt() -> Exchange:
            nonlocal attempts
            attempts += 1
            exchange = self._ask(target, url, hop, attempts)
            exchanges.append(exchange)
            return exchange

        retrying = Retrying(
            retry=retry_if_result(self._worth_retrying),
            stop=lambda state: self._enough(target, state),
            wait=self._wait,
            sleep=self._pass,
            before_sleep=lambda state: self._hold_off(_host(url), state),
            retry_error_callback=_last,
        )
        exchange: Exchange = retrying(attempt)
        return exchange

    def _ask(self, target: Target, url: str, hop: int, attempt: int) -> Exchange:
        host = _host(url)
        secret = self._secret(target, url)
        with self._politeness.slot(host, self._stop):
            exchange = self._wire.exchange(
                target.method,
                url,
                target.headers,
                max_body=target.max_body,
                keep_body=target.keep_body,
                secret=secret,
                attempt=attempt,
                hop=hop,
                privilege=target.privilege,
                stop=self._stop,
            )
        self._politeness.note(host, status=exchange.status, seconds=exchange.elapsed)
        return exchange

    def _secret(self, target: Target, url: str) -> str | None:
        if target.privilege is Privilege.ANONYMOUS or self._credentials is None:
            return None
        return self._credentials.header_for(url)

    def _worth_retrying(self, exchange: Exchange) -> bool:
        if exchange.error:
            return exchange.truncated != "length" and not _HOPELESS & set(exchange.flags)
        return exchange.status in _RETRIED and not self._walled(exchange)

    def _walled(self, exchange: Exchange) -> bool:
        return exchange.head is not None and self._is_challenge(exchange.head, exchange.body or b"")

    def _enough(self, target: Target, state: RetryCallState) -> bool:
        """Whether to give up: out of retries, out of patience, or the run is ending."""
        retries = self._policy.retries if target.retries is None else target.retries
        if _throttled(_last(state)):
            # A host that asks us to wait says nothing about the target: its own number isn't meant for that.
            retries = max(retries, self._policy.retries)
        waited = state.idle_for + state.upcoming_sleep
        return state.attempt_number > retries or waited > self._policy.patience or self._stop.is_set()

    def _wait(self, state: RetryCallState) -> float:
        exchange = _last(state)
        if "stale-connection" in exchange.flags:
            return 0.0
        asked = retry_after(exchange.head, self._now()) if exchange.head else None
        return max(asked or 0.0, self._policy.wait(state))

    def _pass(self, seconds: float) -> None:
        self._sleep(seconds)

    def _hold_off(self, host: str, state: RetryCallState) -> None:
        """Let nobody else ask a host that told us to wait."""
        if _last(state).status in STRUGGLING:
            self._politeness.pause(host, state.upcoming_sleep)

    def _judge(self, exchange: Exchange) -> tuple[Verdict, str]:
        if exchange.error == "stopped" or (self._stop.is_set() and self._worth_retrying(exchange)):
            return Verdict.STOPPED, "stopped"
        if exchange.error:
            return Verdict.FAILED, exchange.error
        if not self._worth_retrying(exchange):
            return Verdict.ANSWERED, ""
        if _throttled(exchange):
            return Verdict.THROTTLED, f"HTTP {exchange.status} past our patience"
        return Verdict.FAILED, f"HTTP {exchange.status} in each attempt"


def location(exchange: Exchange) -> str | None:
    """Where a redirect leads, as an absolute URL; None when `exchange` is no redirect or leads nowhere."""
    if exchange.head is None or exchange.head.status not in _REDIRECTS:
        return None
    raw = exchange.head.get("location").encode("latin-1")
    return joined(exchange.url, raw.decode("utf-8", "replace")) if raw else None


def _last(state: RetryCallState) -> Exchange:
    assert state.outcome is not None
    exchange: Exchange = state.outcome.result()
    return exchange


def _throttled(exchange: Exchange) -> bool:
    """A 429, or a 503 that says when to come back: a bare 503 is as often one broken post."""
    head = exchange.head
    return head is not None and (head.status == 429 or (head.status == 503 and bool(head.get("retry-after"))))


def _unreachable(last: Exchange) -> bool:
    """Whether a host looks down: a 500 doesn't count, it comes from a server that works on other routes."""
    return last.head is None or last.head.status in _HOST_IS_DOWN


def _host(url: str) -> str:
    """The host of `url`, by which politeness counts; "" for what isn't a URL."""
    return getattr(parse(url), "host", "")
