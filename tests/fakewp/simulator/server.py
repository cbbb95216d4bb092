"""A simulated WordPress on a loopback port: `with serve() as site: print(site.url)`."""

import gzip
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from loopback import HeldPort

from fakewp.simulator.content import load
from fakewp.simulator.core import Core
from fakewp.simulator.http import Answer, Request
from fakewp.simulator.model import Site

__all__ = ["Handler", "Logged", "SimulatedSite", "serve"]


@dataclass(frozen=True, slots=True)
class Logged:
    """A request that arrived; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]


class _Server(ThreadingHTTPServer):
    """One that can be closed at once, whatever its connections are doing."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, app: "SimulatedSite") -> None:
        self.app = app
        self.open: dict[socket.socket, threading.Thread] = {}
        self._held = HeldPort(app.address)
        super().__init__((app.address, self._held.number), Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        self.open[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.open.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""

    def finish(self) -> None:
        """End every connection and wait for its thread; the port stays nobody's for a while."""
        self._held.leave()
        for connection, thread in list(self.open.items()):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            thread.join(5)


class Handler(BaseHTTPRequestHandler):
    """Reads requests, lets the site answer, writes what it answered."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(headers.get("content-length") or 0)
        self.rfile.read(length)
        app = self.server.app
        app.requests.append(Logged(self.command, self.path, headers))
        app.respond(self, Request.of(self.command, self.path, headers))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815 - http.server calls them

    def send(self, answer: Answer, *, reason: str | None = None) -> None:
        """Write a whole answer, gzipped if that was asked for and worth it."""
        headers, body = list(answer.headers), answer.body
        if (
            answer.status not in (204, 206, 304)
            and answer.header("Content-Encoding") is None
            and self._wants_gzip(answer)
        ):
            body = gzip.compress(body, 5, mtime=0)
            headers.append(("Content-Encoding", "gzip"))
        if answer.status not in (204, 304) and answer.header("Content-Length") is None:
            headers.append(("Content-Length", str(len(body))))
        self.wfile.write(self.head(answer.status, headers, reason))
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def head(self, status: int, headers: list[tuple[str, str]], reason: str | None = None) -> bytes:
        """Status line and headers as bytes."""
        reason = HTTPStatus(status).phrase if reason is None else reason
        lines = [f"HTTP/1.1 {status} {reason}", "Server: demo", f"Date: {formatdate(usegmt=True)}"]
        lines += [f"{name}: {value}" for name, value in headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")

    def _wants_gzip(self, answer: Answer) -> bool:
        kind = answer.header("Content-Type") or ""
        return (
            len(answer.body) > 256
            and "gzip" in self.headers.get("Accept-Encoding", "")
            and not kind.startswith(("image/", "application/pdf"))
        )

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


class SimulatedSite:
    """A site being served; a context manager.

    `form` is how it spells REST URLs (pretty, index.php, plain), `path` the folder it is installed in (`/blog`),
    `version` the WordPress that it behaves like, `address` the one on loopback that it listens at. `url` is its home
    page, `root` its REST root, `requests` what has been asked, in order.
    """

    def __init__(
        self,
        form: str = "pretty",
        *,
        path: str = "",
        version: tuple[int, int] = (6, 9),
        content: Site | None = None,
        address: str = "127.0.0.1",
    ) -> None:
        self.address = address
        self.requests: list[Logged] = []
        self._server = _Server(self)
        self._thread: threading.Thread | None = None
        home = f"http://{address}:{self._server.server_port}{path}"
        self.core = self.make_core(content or load(), home, form=form, path=path, version=version)

    def make_core(self, site: Site, home: str, *, form: str, path: str, version: tuple[int, int]) -> Core:
        """What answers; a subclass may give another."""
        return Core(site, home, form=form, path=path, version=version)

    @property
    def url(self) -> str:
        """The home page, with a trailing slash."""
        return f"{self.core.urls.home}/"

    @property
    def root(self) -> str:
        """The REST root in the site's own form."""
        return self.core.urls.rest()

    def url_of(self, route: str, params: Mapping[str, Any] | None = None) -> str:
        """The URL of a route, spelled in the site's own form."""
        if self.core.form == "plain":
            return self.root[:-1] + route + ("&" + self.core.urls.view("/", params).split("&", 1)[1] if params else "")
        return self.core.urls.view(route, params or {})

    def hits(self, route: str) -> int:
        """How many requests asked for `route`, in any form and with any parameters."""
        asked = (self.core.route_of(Request.of(one.method, one.target, one.headers)) for one in self.requests)
        return sum(one is not None and one.rstrip("/").lower() == route.rstrip("/").lower() for one in asked)

    def respond(self, handler: Handler, request: Request) -> None:
        """Answer one request on its connection."""
        handler.send(self.core.answer(request))

    def start(self) -> Self:
        """Begin to serve, in a thread."""
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop serving and close every connection."""
        if self._thread:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()
        self._server.finish()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.close()


def serve(form: str = "pretty", *, path: str = "", version: tuple[int, int] = (6, 9)) -> SimulatedSite:
    """The Harbour Ledger on an ephemeral loopback port, to be used in a `with`."""
    return SimulatedSite(form, path=path, version=version)
