"""Serve a recorded site on a loopback port: `with ReplayedSite("pretty") as site: print(site.url)`."""

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from wparchive.demo.recording import Answer, Recording

__all__ = ["ReplayedSite"]


class ReplayedSite(ThreadingHTTPServer):
    """The site as recorded with `pretty` or `plain` permalinks; serves while the context is open."""

    daemon_threads = True
    block_on_close = False  # a client may keep its connection open

    def __init__(self, form: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        host = f"127.0.0.1:{self.server_port}"
        self.url, self.recording = f"http://{host}/", Recording(form, host)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors: a client may close its connection at any time."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: ReplayedSite

    def do_GET(self) -> None:
        answer = self.server.recording.answer(self.path)
        headers, body = list(answer.headers), answer.body
        if self._wants_gzip(answer):
            headers.append(("Content-Encoding", "gzip"))
            # Without a time, equal responses have equal bytes.
            body = gzip.compress(body, 5, mtime=0)
        self.send_response(answer.status)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if self.command == "GET" else b"")

    do_HEAD = do_GET  # noqa: N815 - http.server calls it

    def _wants_gzip(self, answer: Answer) -> bool:
        asked = "gzip" in self.headers.get("Accept-Encoding", "")
        packed = answer.header("Content-Type").startswith(("image/", "application/pdf"))
        return asked and len(answer.body) > 256 and not packed

    def version_string(self) -> str:
        """Return the value of the `Server` header."""
        return "demo"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing."""
