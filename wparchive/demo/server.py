"""A recorded site on a loopback port: `with serve("pretty") as site: print(site.url)`."""

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from wparchive.demo.recording import Recording

__all__ = ["DemoSite", "serve"]


class DemoSite(ThreadingHTTPServer):
    """A context manager that serves while it is open; `unrecorded` lists the targets that the recording doesn't hold."""

    daemon_threads = True
    block_on_close = False  # a client may keep its connection open

    def __init__(self, form: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        host = f"127.0.0.1:{self.server_port}"
        self.url = f"http://{host}/"
        self.recording = Recording(form, host)
        self.unrecorded: list[str] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "demo", ""
    disable_nagle_algorithm = True
    wbufsize = -1
    server: DemoSite

    def do_GET(self) -> None:
        if not self.server.recording.holds(self.path):
            self.server.unrecorded.append(self.path)
        answer = self.server.recording.answer(self.path)
        headers, body = list(answer.headers), answer.body
        if self._gzipped(answer.header("Content-Type"), len(body)):
            headers.append(("Content-Encoding", "gzip"))
            body = gzip.compress(body, 5, mtime=0)
        self.send_response(answer.status)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    do_HEAD = do_GET  # noqa: N815 - http.server calls it

    def _gzipped(self, mime: str, length: int) -> bool:
        asked = "gzip" in self.headers.get("Accept-Encoding", "")
        return asked and length > 256 and not mime.startswith(("image/", "application/pdf"))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


def serve(form: str) -> DemoSite:
    """The site recorded with `pretty` or `plain` permalinks, on a port that the system chooses."""
    return DemoSite(form)
