"""The start-up self-test: does this Python, with this urllib3, capture exchanges to the byte?"""

import socket
import threading
import zlib
from collections.abc import Callable
from contextlib import closing
from typing import Final

from urllib3.util import ssl_

from wparchive.errors import InexactError, scarcity
from wparchive.fetch.guard import Guard
from wparchive.fetch.wire import Wire
from wparchive.model import Exchange

__all__ = ["check_exact"]

_JSON: Final = b'{"id":9007199254740993}'
_PACKED = zlib.compressobj(wbits=31)
_GZIP: Final = _PACKED.compress(_JSON) + _PACKED.flush()
_INTERIM: Final = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
# Each response with the method of its request; all but the last share one connection.
_ANSWERS: Final = (
    (
        "GET",
        b"HTTP/1.1 200 Tr\xe8s  bien\r\nx-ODD:  a\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3;n=1\r\n" + _GZIP[:3] + b"\r\n%x\r\n" % (len(_GZIP) - 3) + _GZIP[3:] + b"\r\n0\r\nX-Trailer: t\r\n\r\n",
    ),
    ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 23\r\n\r\n"),
    ("GET", b"HTTP/1.1 404 Not Found\r\nSet-Cookie: a=b\r\nContent-Length: 23\r\n\r\n" + _JSON),
    ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + _JSON),
)
_ADVICE = (
    "this Python or urllib3 can't be captured to the byte ({what}); install the versions that wparchive was tested with"
)


def _plain_wire(guard: Guard) -> Wire:
    return Wire(user_agent="wparchive self-test", guard=guard, read_timeout=5.0, total_timeout=20.0)


def check_exact(wire_factory: Callable[[Guard], Wire] = _plain_wire) -> None:
    """Make some odd exchanges over loopback; raises InexactError unless each is captured to the byte.

    `wire_factory` builds the wire to test from a guard that allows the test's own server.
    """
    # HTTP/2 has no HTTP/1.1 message to capture.
    if ssl_.ALPN_PROTOCOLS != ["http/1.1"]:
        raise InexactError(_ADVICE.format(what="HTTP/2 was injected into urllib3"))
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(5)
        port = listener.getsockname()[1]
        asked: list[bytes] = []
        trouble: list[OSError] = []
        server = threading.Thread(target=_serve, args=(listener, asked, trouble), daemon=True)
        server.start()
        wire = wire_factory(Guard([f"http://127.0.0.1:{port}"]))
        try:
            exchanges = [
                wire.exchange(
                    method, f"http://127.0.0.1:{port}/%c3%A9?n={n}", secret="Basic c2VjcmV0" if not n else None
                )
                for n, (method, _) in enumerate(_ANSWERS)
            ]
        finally:
            wire.close()
            server.join(5)
    if trouble and (ours := scarcity(trouble[0], certain=True)):
        raise ours
    for n, exchange in enumerate(exchanges):
        _compare(n, exchange, asked)


def _serve(listener: socket.socket, asked: list[bytes], trouble: list[OSError]) -> None:
    try:
        with closing(listener.accept()[0]) as sock:
            sock.settimeout(5)
            _answer(sock, asked)
    except OSError as error:
        trouble.append(error)
        listener.close()  # so that the client's connection fails instead of waiting for a response


def _answer(sock: socket.socket, asked: list[bytes]) -> None:
    for _, answer in _ANSWERS:
        request = b""
        while b"\r\n\r\n" not in request:
            piece = sock.recv(65536)
            if not piece:
                return
            request += piece
        asked.append(request)
        sock.sendall(_INTERIM + answer)


def _compare(n: int, exchange: Exchange, asked: list[bytes]) -> None:
    block = exchange.block.read() if exchange.block else b""
    sent = asked[n].replace(b"Basic c2VjcmV0", b"[redacted]") if n < len(asked) else b"nothing"
    # The last response is shorter than its Content-Length.
    last = n == len(_ANSWERS) - 1
    checks = {
        "answer": block == _ANSWERS[n][1],
        "interim head": exchange.interim == _INTERIM,
        "request": exchange.request == sent and b"/%c3%A9?n=" in sent,
        "body": exchange.body == (b"" if exchange.method == "HEAD" else _JSON),
        "completeness": exchange.truncated == ("disconnect" if last else None),
    }
    wrong = [name for name, right in checks.items() if not right]
    if exchange.block:
        exchange.block.close()
    if wrong:
        raise InexactError(_ADVICE.format(what=f"exchange {n + 1}: {', '.join(wrong)}, {exchange.error or 'no error'}"))
