"""A server on loopback that takes what is posted to it."""

import json
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from loopback import serving

__all__ = ["Posted", "Webhooks"]


@dataclass(frozen=True, slots=True)
class Posted:
    """One request: its path, its headers, and what the JSON holds."""

    path: str
    headers: dict[str, str]
    message: dict[str, Any]


class Webhooks:
    """`asked` are all requests, `taken` those that were answered with success.

    `statuses` are the answers to the next requests (200 when there are no more); with `down`, all are answered 503.
    """

    def __init__(self) -> None:
        self.asked: list[Posted] = []
        self.taken: list[Posted] = []
        self.statuses: list[int] = []
        self.headers: dict[str, str] = {}
        self.down = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                posted = Posted(self.path, dict(self.headers), json.loads(body))
                outer.asked.append(posted)
                status = 503 if outer.down else outer.statuses.pop(0) if outer.statuses else 200
                if 200 <= status < 300:
                    outer.taken.append(posted)
                self.send_response(status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *args: Any) -> None:
                del args

        class Server(ThreadingHTTPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/desk/s3cret"
        self._serving = serving(self._server)

    def __enter__(self) -> Self:
        self._serving.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._serving.__exit__(kind, error, trace)
