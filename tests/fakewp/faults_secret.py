"""Faults of a server that keeps no secret: it sends the password back that it was asked with."""

import gzip
import json
from collections.abc import Callable
from typing import Any

from fakewp.faults_base import Fault, Options, due
from fakewp.simulator.http import Answer, Request

__all__ = ["CODINGS", "PLACES", "SECRETS"]

_JSON = ("Content-Type", "application/json; charset=UTF-8")


def _body(said: str) -> Answer:
    item = {"id": 990099, "parent": 1, "slug": said, "title": {"rendered": said}, "link": f"https://example.org/{said}"}
    # What is escaped already is escaped as it stands: JSON's own backslashes aren't doubled.
    return Answer(200, [_JSON], json.dumps([item]).replace("\\\\u", "\\u").encode())


def _packed(said: str) -> Answer:
    plain = _body(said)
    return Answer(200, [_JSON, ("Content-Encoding", "gzip")], gzip.compress(plain.body))


def _coded(coding: str, change: Callable[[bytes], bytes]) -> Callable[[str], Answer]:
    return lambda said: Answer(200, [_JSON, ("Content-Encoding", coding)], change(_body(said).body))


def _error(said: str) -> Answer:
    return Answer(403, [_JSON], json.dumps({"code": said, "message": said, "data": {"status": 403}}).encode())


def _header(name: str, value: str, status: int = 200) -> Callable[[str], Answer]:
    return lambda said: Answer(status, [_JSON, (name, value.format(said))], b"[]")


# Codings that nobody here can undo: what stands in them isn't shown by their bytes, as with a rotation by one.
CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "unknown": ("x-unknown", lambda data: bytes((byte + 1) % 256 for byte in data)),
    "unknown in gzip": ("x-unknown, gzip", lambda data: gzip.compress(bytes((byte + 1) % 256 for byte in data))),
    "six codings": (", ".join(["gzip"] * 6), lambda data: gzip.compress(gzip.compress(data))),
}
_ANSWERS: dict[str, Callable[[str], Answer]] = {
    "body": _body,
    "gzip": _packed,
    **{name: _coded(*how) for name, how in CODINGS.items()},
    "error": _error,
    "header": _header("X-Debug", "{}"),
    "mime": lambda said: Answer(200, [("Content-Type", f"application/json; was={said}")], b"[]"),
    "folded": _header("Content-Type", "application/json; was={}"),
    "status line": lambda said: Answer(200, [_JSON], b"[]"),
    "no HTTP": lambda said: Answer(200, [_JSON], b"[]"),
    "link": _header("Link", '<https://example.org/{}>; rel="next"'),
    "location": _header("Location", "/wp-json/wp/v2/posts?key={}", 302),
    "reason": lambda said: Answer(500, [_JSON], b"[]"),
}


def _echo(site: Any, options: Options, handler: Any, request: Request, route: str | None, _: Answer) -> bool:
    asked = "authorization" in request.headers
    if not due(site, options, request, route) or asked == options["strangers"]:
        return False
    said = options["spell"](next(iter(site.accounts.values())))
    answer = _ANSWERS[options["where"]](said)
    headers = [*answer.headers, ("Content-Length", str(len(answer.body)))]
    reason = said if options["where"] == "reason" else None
    head = handler.head(answer.status, headers, reason)
    if options["where"] == "folded":
        head = head.replace(said.encode(), said[:8].encode() + b"\r\n " + said[8:].lstrip().encode())
    elif options["where"] == "status line":
        head = head.replace(b"HTTP/1.1 200", b"HTTP/1.1 " + said.encode() + b" 200", 1)
    elif options["where"] == "no HTTP":
        head = said.encode() + b"\r\n" + head
    handler.wfile.write(head + answer.body)
    handler.wfile.flush()
    return True


SECRETS = {
    "echo": Fault(
        says="Whoever asks with a password (or with `strangers`, whoever asks without) gets it, spelled and placed somewhere.",
        wire=_echo,
        options={"where": "body", "spell": str, "strangers": False},
    ),
}
PLACES = tuple(name for name in _ANSWERS if name not in CODINGS)
