"""Fetch one target: attempts, redirects and waits around `Wire`."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event
from time import monotonic
from typing import Final

from tenacity import RetryCallState, Retrying, retry_if_result
from tenacity.nap import sleep_using_event

from wparchive.events import Emit, quiet
from wparchive.fetch.credentials import Credentials
from wparchive.fetch.guard import Guard, RefusedUrl, parse
from wparchive.fetch.politeness import STRUGGLING, Breaker, Politeness, Stopped
from wparchive.fetch.retrying import FetchPolicy, WaitAsAsked, enough, last_exchange, may_pass, reconnecting, throttled
from wparchive.fetch.wire import Wire
from wparchive.http1.message import Head, decoded, payload
from wparchive.http1.ranges import KEPT, LEAST, Chain, piece
from wparchive.model import ECHOED, UNSEARCHED, Exchange, Fetched, Privilege, Target, Verdict, timestamp
from wparchive.urls import join, uri

__all__ = ["Fetcher", "location"]

# Statuses by which a gateway reports that the host behind it doesn't respond.
_HOST_IS_DOWN: Final = frozenset({502, 504, *range(520, 531)})
_LONG: Final = 2.0  # seconds
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_UNREAD: Final = {
    ECHOED: "the site sent the password back",
    UNSEARCHED: "it may hold the password, as its coding is unknown",
}


class Fetcher:
    """Fetches targets, from any thread; the only way from the crawl to the network.

    `robots` returns whether a target may be fetched, `acts` why it may not since the site might act upon it (both are
    called again with the URL of each redirect), `strays` whether a redirect leads to something else than the target,
    `is_challenge` whether a response is a bot wall, which no retry gets past. Setting `stop` ends everything that
    runs or waits. `emit` receives the event `waiting` for every wait of more than two seconds that wasn't ordered by
    the operator.
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
        acts: Callable[[Target], str] = lambda _: "",
        strays: Callable[[Target, str], bool] = lambda _target, _url: False,
        is_challenge: Callable[[Head, bytes], bool] = lambda _head, _body: False,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], None] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        stop: Event | None = None,
        emit: Emit = quiet,
    ) -> None:
        self.emit = emit
        self._now = now
        self._policy = policy
        self._wire = wire
        self._politeness = politeness
        self._guard = guard
        self._robots = robots
        self._credentials = credentials
        self._acts = acts
        self._strays = strays
        self._is_challenge = is_challenge
        self._stop = stop or Event()
        self._sleep = sleep or sleep_using_event(self._stop)
        self._reconnecting = reconnecting(self._sleep, self._stop)
        self._wait = WaitAsAsked(policy.wait, now)
        self._breaker = Breaker(most=policy.breaker, cool_down=policy.cool_down, clock=clock)

    def authorise(self, credentials: Credentials) -> None:
        """Send `credentials` with targets of privilege `authenticated`; responses that echo them become private."""
        self._credentials = credentials

    def fetch(self, target: Target) -> Fetched:
        """Fetch `target`, following redirects; the result holds every attempt and hop, and the last one counts.

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
        # An exchange that we stopped says nothing about the host.
        if exchanges and verdict is not Verdict.STOPPED:
            self._note(target, exchanges[-1])
        return Fetched(target=target, verdict=verdict, exchanges=tuple(exchanges), reason=reason)

    def _note(self, target: Target, last: Exchange) -> None:
        """Report the host's state to the breaker.

        A failed target with its own number of retries doesn't count against the host.
        """
        # A 500 doesn't count: it comes from a server that may work on other routes.
        answered = last.head is not None and last.head.status not in _HOST_IS_DOWN
        if answered or target.retries is None or "not-sent" in last.flags:
            self._breaker.note(_host(last.url), answered=answered)

    def _travel(self, target: Target, exchanges: list[Exchange]) -> tuple[Verdict, str]:
        """Follow `target` from hop to hop; returns how it ended, and why."""
        url, seen = target.url, {uri(target.url)}
        for hop in range(self._policy.redirects + 1):
            refusal, acting = self._guard.check(url), self._acts(replace(target, url=url))
            if refusal or acting:
                return Verdict.GUARDED, refusal.reason if refusal else acting
            # Each host on the way has rules of its own.
            if not self._robots(replace(target, url=url)):
                return Verdict.ROBOTS, f"robots.txt of {_host(url)}"
            exchange, transfer = self._persist(target, url, hop, exchanges)
            onward = location(exchange)
            if onward is None or exchange.error:
                return self._judge(exchange, transfer)
            if self._strays(target, onward):
                return Verdict.GUARDED, f"redirected to another answer than that asked for, at {onward[:200]}"
            if uri(onward) in seen:
                return Verdict.GUARDED, "redirected in a circle"
            url = onward
            seen.add(uri(url))
        return Verdict.GUARDED, f"more than {self._policy.redirects} redirects"

    def _persist(self, target: Target, url: str, hop: int, exchanges: list[Exchange]) -> tuple[Exchange, "_Transfer"]:
        """Request `url` until there is a response or patience is spent; returns the last exchange and the transfer."""
        transfer = _Transfer(target)
        before = len(exchanges)

        def attempt() -> Exchange:
            exchange = self._ask(target, url, hop, len(exchanges) - before + 1, transfer.headers)
            transfer.take(exchange)
            if exchanges:  # only the last answer is read
                exchanges[-1] = replace(exchanges[-1], body=None)
            exchanges.append(exchange)
            return exchange

        patient = Retrying(
            retry=retry_if_result(lambda exchange: transfer.unfinished or self._worth_retrying(exchange)),
            stop=enough(self._policy, target.retries, lambda: transfer.gains, self._stop),
            wait=self._wait,
            sleep=self._sleep,
            before_sleep=partial(self._hold_off, _host(url)),
            retry_error_callback=last_exchange,
        )
        return patient(self._reconnecting, attempt), transfer

    def _ask(self, target: Target, url: str, hop: int, attempt: int, headers: tuple[tuple[str, str], ...]) -> Exchange:
        host = _host(url)
        secret = None
        if self._credentials and target.privilege is not Privilege.ANONYMOUS:
            secret = self._credentials.header_for(url)
        with self._politeness.slot(host, self._stop):
            exchange = self._wire.exchange(
                target.method,
                url,
                (*target.headers, *headers),
                max_body=target.max_body,
                keep_body=target.keep_body,
                secret=secret,
                attempt=attempt,
                hop=hop,
                privilege=target.privilege,
                stop=self._stop,
                total_timeout=target.timeout,
            )
        self._politeness.note(host, status=exchange.status, seconds=exchange.elapsed)
        # Responses to anonymous requests may hold the password too, if the site kept it from an earlier one.
        if self._credentials is None:
            return exchange
        if _echoes(exchange, self._credentials):
            return _unread(exchange, ECHOED)
        return _unread(exchange, UNSEARCHED) if _is_closed(exchange) else exchange

    def _worth_retrying(self, exchange: Exchange) -> bool:
        return may_pass(exchange) and (bool(exchange.error) or not self._walled(exchange))

    def _walled(self, exchange: Exchange) -> bool:
        return exchange.head is not None and self._is_challenge(exchange.head, exchange.body or b"")

    def _hold_off(self, host: str, state: RetryCallState) -> None:
        """Let nobody else send requests to a host that responded with 429 or 503; a long wait is reported."""
        last = last_exchange(state)
        if last.status in STRUGGLING:
            self._politeness.pause(host, state.upcoming_sleep)
        asked = last.head is not None and bool(last.head.get("retry-after"))
        answer = f"HTTP {last.status}{', Retry-After' if asked else ''}" if last.status else last.error or "no answer"
        self.waits(host, state.upcoming_sleep, answer, paused=last.status in STRUGGLING)

    def waits(
        self, host: str, seconds: float, reason: str = "asked less often, as it struggles", *, paused: bool = True
    ) -> None:
        """Report a wait before the next request to `host`, of all or only of one, if people may wonder why."""
        if seconds > _LONG:
            until = timestamp(self._now() + timedelta(seconds=seconds))
            fields = {"host": host, "seconds": round(seconds, 3), "until": until, "reason": reason, "paused": paused}
            self.emit("waiting", fields)

    def _judge(self, exchange: Exchange, transfer: "_Transfer") -> tuple[Verdict, str]:
        for flag, why in _UNREAD.items():
            if flag in exchange.flags:
                return Verdict.FAILED, f"{why}: kept in warc/private, and not read"
        if exchange.error == "stopped" or (self._stop.is_set() and self._worth_retrying(exchange)):
            return Verdict.STOPPED, "stopped"
        if exchange.error:
            return Verdict.FAILED, exchange.error
        if transfer.unfinished:
            return Verdict.FAILED, "only parts of it came, and they don't fit together"
        if not self._worth_retrying(exchange):
            return Verdict.ANSWERED, ""
        if throttled(exchange):
            return Verdict.THROTTLED, f"HTTP {exchange.status} past our patience"
        return Verdict.FAILED, f"HTTP {exchange.status} in each attempt"


class _Transfer:
    """What has come of a target that may be fetched in pieces; does nothing for other targets."""

    def __init__(self, target: Target) -> None:
        self._chain = None if target.resume is None else Chain()
        self._partial = False
        self.gains = 0
        for held in target.resume or ():
            if self._chain:
                self._chain.take(held)

    def take(self, exchange: Exchange) -> None:
        if self._chain is None:
            return
        head = exchange.head
        values = {name: head.get(name) for name in KEPT} if head else {}
        came = piece(exchange.status, exchange.payload_size, cut=bool(exchange.truncated), headers=values)
        belongs = self._chain.take(came)
        self._partial = exchange.status == 206
        self.gains += belongs and came.size >= LEAST and not self._chain.whole

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The request headers for the missing bytes."""
        return self._chain.headers if self._chain else ()

    @property
    def unfinished(self) -> bool:
        """Whether the last response was a part that doesn't complete the file."""
        return self._partial and self._chain is not None and not self._chain.whole


def _echoes(exchange: Exchange, credentials: Credentials) -> bool:
    """Whether the response contains the password anywhere, as it came or decoded."""
    if exchange.block is None:
        return credentials.occurs_in([exchange.interim])
    plain: Iterable[bytes] = ()
    head, closed = exchange.head, _is_closed(exchange)
    if exchange.body is not None and not closed:
        plain = (exchange.body,)
    elif head and (head.codings or head.chunked) and not closed:
        plain = decoded(payload(exchange.block.chunks(exchange.head_size), head), head, [])
    return any(map(credentials.occurs_in, ([exchange.interim], exchange.block.chunks(), plain)))


def _is_closed(exchange: Exchange) -> bool:
    """Whether the body's content coding can't be fully undone, so that its contents are unknown."""
    return any(flag in ("bomb", "too-many-codings") or flag.startswith("unknown-") for flag in exchange.flags)


def _unread(exchange: Exchange, flag: str) -> Exchange:
    """Return `exchange` with nothing of the response but its status: anything read from it could carry the password on."""
    head = exchange.head and Head(exchange.head.status, "", exchange.head.version, ())
    flags = (*exchange.flags, flag)
    error = exchange.error and "no usable answer"
    return replace(exchange, head=head, body=b"", error=error, flags=flags, privilege=Privilege.AUTHENTICATED)


def location(exchange: Exchange) -> str | None:
    """Return where a redirect leads, as an absolute URL; None when `exchange` is no redirect or has no usable Location."""
    if exchange.head is None or exchange.head.status not in _REDIRECTS:
        return None
    # Headers are kept as Latin-1; sites put raw UTF-8 into Location.
    raw = exchange.head.get("location").encode("latin-1")
    return join(exchange.url, raw.decode("utf-8", "replace")) or None if raw else None


def _host(url: str) -> str:
    """Return the host of `url`, the key of the politeness limits; "" when `url` isn't one."""
    return getattr(parse(url), "host", "")
