"""One HTTP exchange, captured to the byte below the HTTP parser."""

import hashlib
import os
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, ClassVar

from requests import PreparedRequest, RequestException
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from wparchive.errors import InexactError
from wparchive.events import Emit, quiet
from wparchive.fetch.connection import Adapter, Recorder, Turns, recording
from wparchive.fetch.guard import Guard, Refusal, RefusedUrl, parse
from wparchive.fetch.response import Incoming, WireLimits
from wparchive.fetch.sockets import Cut, Watch, describe, spare
from wparchive.http1.message import decode, decoded, payload, whole_number
from wparchive.model import Exchange, Privilege
from wparchive.urls import Place, uri

__all__ = ["Wire"]

_FIRST_REPORT, _REPORT_EVERY = 1.0, 0.5  # seconds
_SECRET_HEADER = re.compile(rb"(?im)^((?:proxy-)?authorization|cookie):[^\r\n]*")
# The wire sets these itself, or they could carry a secret to where it doesn't belong.
_NEVER_SENT = {"cookie", "authorization", "proxy-authorization", "host", "content-length", "transfer-encoding"}
# WordPress treats X-HTTP-Method-Override as the method (WP_REST_Server::serve_request).
_NEVER_SENT_PREFIX = "x-http-method"


class Wire:
    """Makes exchanges from any thread, over connections that it keeps alive.

    `user_agent` is sent with every request. Time-outs are in seconds: to connect (for each address), between two reads,
    and for the whole exchange. Large responses go to temporary files in `spool_folder`. TLS is verified against
    certifi's authorities, or those of `authorities`, REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE. `turns` waits until a
    request may be sent to an IP address. `emit` receives the event `receiving` while a response takes long.
    """

    methods: ClassVar[frozenset[str]] = frozenset({"GET", "HEAD"})

    def __init__(
        self,
        *,
        user_agent: str,
        guard: Guard,
        spool_folder: Path | None = None,
        connect_timeout: float = 15.0,
        read_timeout: float = 60.0,
        total_timeout: float = 600.0,
        limits: WireLimits | None = None,
        authorities: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        turns: Turns = lambda _address, _stop: lambda: None,
        emit: Emit = quiet,
    ) -> None:
        self.user_agent = user_agent
        self.guard = guard
        self._turns = turns
        self._emit = emit
        self._folder = spool_folder
        self._timeouts = (connect_timeout, read_timeout)
        self._total = total_timeout
        self._limits = limits or WireLimits()
        bundle = authorities or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
        self._verify: bool | str = bundle or True
        self._now = now
        self._adapter = Adapter(pool_connections=64, pool_maxsize=16, max_retries=0)

    def spool_in(self, folder: Path) -> None:
        """Put temporary files into `folder` from now on."""
        self._folder = folder

    def close(self) -> None:
        """Close the connections that are kept alive."""
        self._adapter.close()

    def exchange(
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]] = (),
        *,
        max_body: int = 1 << 24,
        keep_body: bool = True,
        secret: str | None = None,
        attempt: int = 1,
        hop: int = 0,
        privilege: Privilege = Privilege.ANONYMOUS,
        stop: Event | None = None,
        total_timeout: float | None = None,
    ) -> Exchange:
        """Send one request and read the response; failures are recorded in the exchange that is returned.

        `secret` is the value of an Authorization header; it is redacted in the result. Raises RefusedUrl when the guard
        refuses the URL or its addresses, StorageError when a large body can't be written to disk, ValueError for a
        method that isn't one of `methods`.
        """
        if method not in self.methods:
            raise ValueError(f"{method}: only {' and '.join(sorted(self.methods))} are ever sent")
        refusal, place = self.guard.check(url), parse(url)
        if refusal or isinstance(place, Refusal):
            raise RefusedUrl(refusal or Refusal(url, "not a proper URL"))
        began, start = self._now(), monotonic()
        answer = Incoming(self._folder)
        recorder = Recorder(
            place=place,
            guard=self.guard,
            watch=Watch(start + (total_timeout or self._total), stop),
            answer=answer,
            head_limit=self._limits.head,
            connect_timeout=self._timeouts[0],
            read_timeout=self._timeouts[1],
            turns=self._turns,
            heard=_Meter(url, answer, self._emit),
        )
        request = self._prepared(method, place, headers, secret)
        try:
            cut = self._run(request, recorder, method, max_body, keep_body)
        except BaseException:
            if answer.block:
                answer.block.close()
            raise
        elapsed = monotonic() - start - recorder.waited
        flags = [*answer.flags, *_circumstances(recorder, cut, secret)]
        body, body_sha256 = self._body(answer, keep_body, max_body, flags)
        return Exchange(
            url=uri(url),
            method=method,
            began=began + timedelta(seconds=recorder.waited),
            elapsed=elapsed,
            request=_redacted(recorder.request or _unsent(request, place)),
            block=answer.block,
            head_size=answer.head_size,
            head=answer.head,
            interim=answer.interim,
            payload_sha256=answer.payload_sha256,
            payload_size=answer.payload_size,
            body=body,
            body_sha256=body_sha256,
            peer=recorder.peer,
            protocols=_protocols(answer, recorder.tls),
            tls=recorder.tls,
            error=cut.error if cut else None,
            truncated=cut.truncated if cut and answer.block else None,
            attempt=attempt,
            hop=hop,
            flags=tuple(dict.fromkeys(flags)),
            privilege=privilege,
        )

    def _prepared(
        self, method: str, place: Place, headers: Iterable[tuple[str, str]], secret: str | None
    ) -> PreparedRequest:
        """Return the request as given; PreparedRequest.prepare would rewrite the URL and add cookies."""
        request = PreparedRequest()
        request.method = method
        request.url = place.origin + place.target
        request.headers = CaseInsensitiveDict(
            {"User-Agent": self.user_agent, "Accept-Encoding": "gzip", "Accept": "*/*", "Connection": "keep-alive"}
        )
        for name, value in headers:
            if name.lower() not in _NEVER_SENT and not name.lower().startswith(_NEVER_SENT_PREFIX):
                request.headers[name] = value
        if secret:
            request.headers["Authorization"] = secret
        return request

    def _run(
        self, request: PreparedRequest, recorder: Recorder, method: str, max_body: int, keep_body: bool
    ) -> Cut | None:
        """Send `request` and read the response into the recorder; returns what cut it short, if anything did."""
        token = recording.set(recorder)
        raw: Any = None
        keep = False
        try:
            recorder.watch.check()
            response = self._adapter.send(request, stream=True, timeout=self._timeouts, verify=self._verify, proxies={})
            raw = response.raw
            if recorder.reader is None:
                raise InexactError("urllib3 read an answer past our own reader; install the versions of the README")
            recorder.answer.read_body(recorder.reader, method, max_body, cut_short=keep_body)
            keep = recorder.answer.keeps_alive
        except Cut as cut:
            # As it was raised it holds the stack that called us, and with that this answer, until cycles are looked for.
            return Cut(cut.error, cut.truncated, cut.flag)
        except (RequestException, HTTPError, HTTPException, OSError) as error:
            spare(error)
            return Cut(describe(error))
        except ValueError as error:
            # Without the error's text: http.client quotes the header that it refuses, which may hold the secret.
            return Cut(f"the request can't be written ({type(error).__name__})", flag="bad-request")
        finally:
            recording.reset(token)
            if raw is not None:
                _release(raw, keep)
            recorder.end_turn()
        return None

    def _body(self, answer: Incoming, keep: bool, max_body: int, flags: list[str]) -> tuple[bytes | None, str]:
        """Return the decoded body, if it is kept, and its digest, which is empty when decoding wasn't complete."""
        head, block = answer.head, answer.block
        if head is None or block is None:
            return None, ""
        raw = payload(block.chunks(answer.head_size), head)
        if not keep:
            return None, _digest(decoded(raw, head, flags), max_body, flags) if head.codings else answer.payload_sha256
        # A decoded body may have four times the bytes allowed on the wire, within the memory limit.
        body = decode(raw, head, max(max_body, min(4 * max_body, self._limits.decoded)))
        flags += body.flags
        if "bomb" in body.flags:
            return body.data, ""
        return body.data, hashlib.sha256(body.data).hexdigest() if head.codings else answer.payload_sha256


class _Meter:
    """Emits `receiving` now and then while the response to `url` comes in."""

    __slots__ = ("_answer", "_began", "_emit", "_next", "_url")

    def __init__(self, url: str, answer: Incoming, emit: Emit) -> None:
        self._url, self._answer, self._emit = url, answer, emit
        self._began = monotonic()
        self._next = self._began + _FIRST_REPORT

    def __call__(self, count: int) -> None:
        del count  # what was read, chunk heads included; `answer` counts the payload
        now = monotonic()
        if now < self._next:
            return
        self._next = now + _REPORT_EVERY
        answer = self._answer
        stated = answer.head.get("content-length") if answer.head else ""
        self._emit(
            "receiving",
            {
                "url": self._url,
                "bytes": answer.payload_size,
                "of": whole_number(stated),
                "seconds": round(now - self._began, 3),
            },
        )


def _digest(pieces: Iterable[bytes], most: int, flags: list[str]) -> str:
    """Return the SHA-256 of `pieces`; empty when they exceed `most` bytes."""
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
        if size > most:
            flags.append("bomb")
            return ""
    return digest.hexdigest()


def _release(raw: Any, keep: bool) -> None:
    """Close the response's descriptor and return its connection to the pool, closed unless it can be reused."""
    connection = raw._connection
    raw._original_response.close()
    if not keep and connection is not None:
        connection.close()
    raw.release_conn()


def _circumstances(recorder: Recorder, cut: Cut | None, secret: str | None) -> list[str]:
    flags = [cut.flag] if cut and cut.flag else []
    if not recorder.request:
        flags.append("not-sent")
    # A kept-alive connection that ends without a response was closed by the server while it was idle.
    elif cut and not recorder.connected and recorder.answer.block is None:
        flags.append("stale-connection")
    if secret:
        flags.append("authorization-redacted")
    return flags


def _protocols(answer: Incoming, tls: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Return the values of WARC-Protocol: `http/1.1`, `tls/1.3`."""
    version = answer.head.version.lower() if answer.head else ""
    valid = (version,) if re.fullmatch(r"http/[0-9](\.[0-9])?", version) else ()  # a server may send 100 kB here
    return (*valid, *(value.lower().replace("tlsv", "tls/") for key, value in tls if key == "version"))


def _redacted(request: bytes) -> bytes:
    return _SECRET_HEADER.sub(rb"\1: [redacted]", request)


def _unsent(request: PreparedRequest, place: Place) -> bytes:
    """Return what would have been sent, had a connection been made."""
    lines = [f"{request.method} {place.target} HTTP/1.1", f"Host: {place.origin.partition('://')[2]}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
