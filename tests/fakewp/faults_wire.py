"""Faults of the wire: bytes written on the socket as they should never be."""

import gzip
import socket
import struct
from typing import Any

from fakewp.faults_base import Fault, Options, due
from fakewp.simulator.http import Answer, Request

__all__ = ["WIRE"]

POSTS = "/wp/v2/posts"
SECOND = (101, 200)


def _wire(write: Any) -> Any:
    """A `wire` hook: `write(site, options, handler, answer)` sends the answer in its own way."""

    def wire(site: Any, options: Options, handler: Any, request: Request, route: str | None, answer: Answer) -> bool:
        if handler.command == "HEAD" or not due(site, options, request, route):
            return False
        try:
            write(site, options, handler, answer)
        except OSError:
            handler.close_connection = True  # the client went away, which is what it should do
        return True

    return wire


def _whole(answer: Answer, handler: Any) -> bytes:
    return bytes(handler.head(answer.status, [*answer.headers, ("Content-Length", str(len(answer.body)))]))


def _end(handler: Any, *, reset: bool = False) -> None:
    handler.wfile.flush()
    handler.close_connection = True
    if reset:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    else:
        handler.connection.shutdown(socket.SHUT_WR)


def _cut(*, reset: bool) -> Any:
    def write(site: Any, options: Options, handler: Any, answer: Answer) -> None:
        handler.wfile.write(_whole(answer, handler) + answer.body[: len(answer.body) // 2])
        _end(handler, reset=reset)

    return write


def _cut_chunks(site: Any, options: Options, handler: Any, answer: Answer) -> None:
    half = answer.body[: len(answer.body) // 2]
    head = handler.head(answer.status, [*answer.headers, ("Transfer-Encoding", "chunked")])
    handler.wfile.write(head + b"%x\r\n" % len(half) + half + b"\r\n")
    _end(handler)


def _closed_early(site: Any, options: Options, handler: Any, answer: Answer) -> None:
    _end(handler)


def _drip(site: Any, options: Options, handler: Any, answer: Answer) -> None:
    handler.wfile.write(_whole(answer, handler))
    handler.wfile.flush()
    for n in range(len(answer.body)):
        if site.release.wait(options["every"]):
            handler.wfile.write(answer.body[n:])
            break
        handler.wfile.write(answer.body[n : n + 1])
        handler.wfile.flush()
    _end(handler)


def _drip_head(site: Any, options: Options, handler: Any, answer: Answer) -> None:
    head = _whole(answer, handler)
    for n in range(len(head)):
        if site.release.wait(options["every"]):
            handler.wfile.write(head[n:] + answer.body)
            break
        handler.wfile.write(head[n : n + 1])
        handler.wfile.flush()
    _end(handler)


def _stall(site: Any, options: Options, handler: Any, answer: Answer) -> None:
    half = len(answer.body) // 2
    handler.wfile.write(_whole(answer, handler) + answer.body[:half])
    handler.wfile.flush()
    site.release.wait()
    handler.wfile.write(answer.body[half:])
    _end(handler)


def _endless_headers(site: Any, options: Options, handler: Any, answer: Answer) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    line = b"".join(b"X-Pad-%d: %s\r\n" % (n, b"a" * 1000) for n in range(64))
    while not site.release.is_set():
        handler.wfile.write(line)
    _end(handler)


def _long_header(site: Any, options: Options, handler: Any, answer: Answer) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not site.release.is_set():
        handler.wfile.write(b"a" * 65536)
    _end(handler)


def _endless_body(site: Any, options: Options, handler: Any, answer: Answer) -> None:
    handler.wfile.write(handler.head(answer.status, [*answer.headers, ("Transfer-Encoding", "chunked")]))
    block = b"10000\r\n" + b" " * 65536 + b"\r\n"
    while not site.release.is_set():
        handler.wfile.write(block)
    _end(handler)


def _reason(reason: bytes) -> Any:
    def write(site: Any, options: Options, handler: Any, answer: Answer) -> None:
        rest = _whole(answer, handler).partition(b"\r\n")[2]
        handler.wfile.write(b"HTTP/1.1 %d%s\r\n%s" % (answer.status, reason, rest) + answer.body)
        handler.wfile.flush()

    return write


def _early_hints(site: Any, options: Options, handler: Any, answer: Answer) -> None:
    handler.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload; as=style\r\n\r\n")
    handler.wfile.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" + _whole(answer, handler) + answer.body)
    handler.wfile.flush()


def _chunked(site: Any, options: Options, handler: Any, answer: Answer) -> None:
    """Chunk borders that differ from one answer to the next, an extension, a trailer, gzip inside."""
    body = gzip.compress(answer.body, mtime=0)
    options["_turn"] = turn = options.get("_turn", 0) + 1
    size, parts = (
        700 + 37 * turn,
        [
            handler.head(
                answer.status, [*answer.headers, ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]
            )
        ],
    )
    for start in range(0, len(body), size):
        part = body[start : start + size]
        parts.append(b"%X;turn=%d\r\n%s\r\n" % (len(part), turn, part))
    handler.wfile.write(b"".join(parts) + b"0\r\nX-Trailer: yes\r\n\r\n")
    handler.wfile.flush()


def _until_close(site: Any, options: Options, handler: Any, answer: Answer) -> None:
    head = handler.head(answer.status, [*answer.headers, ("Connection", "close")]).replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    handler.wfile.write(head + answer.body)
    _end(handler)


def _two_lengths(site: Any, options: Options, handler: Any, answer: Answer) -> None:
    handler.wfile.write(
        handler.head(
            answer.status, [*answer.headers, ("Content-Length", str(len(answer.body))), ("Content-Length", "5")]
        )
        + answer.body
    )
    _end(handler)


def _not_http(site: Any, options: Options, handler: Any, answer: Answer) -> None:
    handler.wfile.write(b"220 mail.example.org ESMTP\r\n")
    _end(handler)


def _cookies(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> Answer:
    answer.headers += [
        ("Set-Cookie", "wordpress_track=secret-cookie-value; path=/"),
        ("Set-Cookie", "PHPSESSID=secret-session; HttpOnly"),
    ]
    return answer


_ONCE: Options = {"route": POSTS, "times": 1}
_FOREVER: Options = {"route": POSTS, "rows": SECOND}
WIRE = {
    "truncated": Fault(
        says="Bodies of posts end in the middle, once for each page.", wire=_wire(_cut(reset=False)), options=_ONCE
    ),
    "truncated-forever": Fault(
        says="The second hundred posts end in the middle, for ever.", wire=_wire(_cut(reset=False)), options=_FOREVER
    ),
    "truncated-chunks": Fault(
        says="Chunked bodies of posts end without the last chunk, once for each page.",
        wire=_wire(_cut_chunks),
        options=_ONCE,
    ),
    "reset": Fault(
        says="The connection is reset in the middle of posts, once for each page.",
        wire=_wire(_cut(reset=True)),
        options=_ONCE,
    ),
    "reset-forever": Fault(
        says="The connection is reset in the middle of the second hundred posts, for ever.",
        wire=_wire(_cut(reset=True)),
        options=_FOREVER,
    ),
    "hang-up": Fault(
        says="The connection is closed without an answer, once for each page of posts.",
        wire=_wire(_closed_early),
        options=_ONCE,
    ),
    "drip": Fault(
        says="The second hundred posts come a byte at a time (`every` seconds), until `release` is set.",
        wire=_wire(_drip),
        options={**_FOREVER, "every": 0.02},
    ),
    "drip-head": Fault(
        says="Even the headers of the second hundred posts come a byte at a time.",
        wire=_wire(_drip_head),
        options={**_FOREVER, "every": 0.02},
    ),
    "stall": Fault(
        says="The second hundred posts stop in the middle until `release` is set.", wire=_wire(_stall), options=_FOREVER
    ),
    "endless-headers": Fault(
        says="The second hundred posts answer headers without end.", wire=_wire(_endless_headers), options=_FOREVER
    ),
    "long-header": Fault(
        says="The second hundred posts answer one header line without end.", wire=_wire(_long_header), options=_FOREVER
    ),
    "endless-body": Fault(
        says="The second hundred posts answer a chunked body without end.", wire=_wire(_endless_body), options=_FOREVER
    ),
    "odd-reason": Fault(
        says="The reason phrase holds bytes that are no ASCII.",
        wire=_wire(_reason(" Tr\xe8s bien \u2014 \u65e5\u672c".encode() + b"\xff")),
    ),
    "no-reason": Fault(says="The status line has no reason phrase, nor the space before it.", wire=_wire(_reason(b""))),
    "early-hints": Fault(says="Two 103 heads come before each answer.", wire=_wire(_early_hints)),
    "chunked": Fault(
        says="Answers are gzipped and chunked, borders differ each time, with extensions and a trailer.",
        wire=_wire(_chunked),
    ),
    "until-close": Fault(says="HTTP/1.0 answers that end when the connection does.", wire=_wire(_until_close)),
    "two-lengths": Fault(
        says="Two Content-Length headers that differ, for the second hundred posts.",
        wire=_wire(_two_lengths),
        options=_FOREVER,
    ),
    "not-http": Fault(
        says="The second hundred posts answer with something that is no HTTP.", wire=_wire(_not_http), options=_FOREVER
    ),
    "cookies": Fault(says="Every answer sets cookies.", after=_cookies),
}
