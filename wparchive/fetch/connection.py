"""Connection classes for requests and urllib3: they do pooling and TLS, while every byte passes through our code.

The classes depend on internals of http.client and urllib3 (`response_class`, `_new_conn`, `pool_classes_by_scheme`);
`selftest.check_exact` finds out at start-up when one of them has changed.
"""

import hashlib
import socket
import ssl
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from http.client import HTTPMessage, HTTPResponse
from threading import Event
from time import monotonic
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from wparchive.fetch.guard import Address, Guard, Refusal, RefusedUrl
from wparchive.fetch.response import Incoming
from wparchive.fetch.sockets import Cut, SocketReader, Watch, connect, describe, spare
from wparchive.urls import Place

__all__ = ["Adapter", "Heard", "Recorder", "Turns", "recording"]

Turns = Callable[[str, Event | None], Callable[[], None]]  # waits for a turn at an IP address; returns what ends it
Heard = Callable[[int], None]  # called with the number of bytes of each read

_NOTICED = 0.001  # seconds: less is no wait


@dataclass(slots=True)
class Recorder:
    """The exchange in progress: what the connection needs for it, and what it records.

    `waited` is in seconds: it has a turn at one IP address at a time, and waiting for that is no part of the exchange.
    """

    place: Place
    guard: Guard
    watch: Watch
    answer: Incoming
    head_limit: int
    connect_timeout: float
    read_timeout: float
    turns: Turns
    heard: Heard | None = None
    waited: float = 0.0
    reader: SocketReader | None = None
    leave: Callable[[], None] | None = None
    request: bytes = b""
    connected: bool = False
    peer: str | None = None
    tls: tuple[tuple[str, str], ...] = ()

    def turn_at(self, address: str) -> None:
        """Wait for a turn at `address`; the one at another address is given up."""
        self.end_turn()
        began = monotonic()
        self.leave = self.turns(address, self.watch.stop)
        waited = monotonic() - began
        if waited >= _NOTICED:
            self.waited += waited
            self.watch = replace(self.watch, deadline=self.watch.deadline + waited)

    def end_turn(self) -> None:
        """Give up the turn, if there is one."""
        if self.leave:
            self.leave()
            self.leave = None


# urllib3 creates the connection and the response itself; a context variable is the only way to reach them.
recording: ContextVar[Recorder] = ContextVar("recording")


class _Response(HTTPResponse):
    """Reads the head with our own reader and leaves the body to `Wire`."""

    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self._sock = sock  # `fp` only keeps the descriptor open after the connection has released it

    def begin(self) -> None:
        recorder = recording.get()
        recorder.reader = SocketReader(
            self._sock, silence=recorder.read_timeout, watch=recorder.watch, heard=recorder.heard
        )
        head = recorder.answer.read_head(recorder.reader, recorder.head_limit)
        self.code = self.status = head.status
        self.version, self.reason = 11, ""
        # urllib3 and requests get no headers at all, so that no cookie, length or coding of an untrusted server affects them.
        self.headers = self.msg = HTTPMessage()
        self.chunked, self.length, self.will_close = False, None, False


class _Connection(HTTPConnection):
    """Connects only to addresses that the guard allows, and records what is sent."""

    response_class = _Response
    peer: str | None = None
    tls: tuple[tuple[str, str], ...] = ()

    def _new_conn(self) -> socket.socket:
        recorder = recording.get()
        try:
            addresses = recorder.guard.resolve(self._dns_host.strip("[]"), self.port or 80, recorder.place.origin)
        except (OSError, UnicodeError) as error:
            spare(error)
            raise Cut(f"no address for {self.host}: {describe(error)}", flag="no-address") from None
        if isinstance(addresses, Refusal):
            raise RefusedUrl(addresses)
        sock = _connected(addresses, recorder)
        self.peer = recorder.peer = sock.getpeername()[0]
        return sock

    def connect(self) -> None:
        recorder = recording.get()
        recorder.connected = True
        self.tls = ()
        try:
            super().connect()
        except ssl.SSLCertVerificationError as error:
            raise Cut(f"certificate refused: {error.verify_message}", flag="certificate") from None
        except (OSError, HTTPError) as error:
            spare(error)
            raise Cut(f"no TLS connection: {describe(error)}") from None
        self.tls = _tls(self.sock)

    def putrequest(self, method: str, _url: str, *args: Any, **options: Any) -> None:  # type: ignore[override]
        recorder = recording.get()
        if recorder.leave is None and self.peer:  # the connection was kept alive
            recorder.turn_at(self.peer)
        # The target as the site spells it: requests and urllib3 would change the case of its percent-encodings.
        super().putrequest(method, recorder.place.target, *args, **options)

    def send(self, data: Any) -> None:
        recorder = recording.get()
        try:
            super().send(data)
        finally:
            if self.sock is not None:
                recorder.request += data
            recorder.peer, recorder.tls = self.peer, self.tls


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class Adapter(HTTPAdapter):
    """requests' transport with our connection classes; no proxies, redirects, retries or cookies."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        raise NotImplementedError(f"exchanges through the proxy {proxy} can't be captured to the byte")


def _connected(addresses: list[Address], recorder: Recorder) -> socket.socket:
    """Return a socket connected to the first of `addresses` that accepts, with a turn at that one; raises Cut."""
    failure = Cut("no address to connect to")
    for address in addresses:
        recorder.turn_at(address.sockaddr[0])
        try:
            return connect([address], timeout=recorder.connect_timeout, watch=recorder.watch)
        except Cut as error:
            recorder.watch.check()
            failure = error
    raise failure


def _tls(sock: Any) -> tuple[tuple[str, str], ...]:
    """Return the facts about a TLS connection that a record holds; none for a plain connection."""
    if not isinstance(sock, ssl.SSLSocket):
        return ()
    certificate = sock.getpeercert(binary_form=True) or b""
    details = sock.getpeercert() or {}
    cipher = sock.cipher()
    facts = {
        "version": sock.version() or "",
        "cipher": cipher[0] if cipher else "",
        "certificate-sha256": hashlib.sha256(certificate).hexdigest() if certificate else "",
        "subject": _name(details.get("subject", ())),
        "issuer": _name(details.get("issuer", ())),
        "not-before": str(details.get("notBefore", "")),
        "not-after": str(details.get("notAfter", "")),
    }
    return tuple((key, value) for key, value in facts.items() if value)


def _name(parts: Any) -> str:
    return ", ".join(f"{key}={value}" for part in parts for key, value in part)
