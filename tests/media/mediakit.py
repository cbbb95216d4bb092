"""A WordPress with files of the test's own making: each path answers as the test says, faithful unless told otherwise."""

import hashlib
import re
import sqlite3
import struct
import threading
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fakewp import FakeWordPress
from fakewp.content import Sizes, generate
from fakewp.simulator.http import Answer, Request
from fakewp.simulator.model import Post, Site
from fakewp.simulator.server import Handler

from wparchive.config import Settings

__all__ = ["ORIGINALS", "FileSite", "Static", "files", "jpeg", "payloads", "png", "sha256"]

ORIGINALS = Settings(media="originals", pages="none", inventory=False, retries=0, read_timeout=5.0, file_timeout=20.0)
_DAY = "2025-01-01T00:00:00"
_MODIFIED = "Mon, 06 Jan 2025 10:00:00 GMT"
_SPAN = re.compile(r"bytes=(\d+)-")

Play = Callable[[Handler, Request], None]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def png(seed: int = 0, width: int = 40, height: int = 30, size: int = 0) -> bytes:
    """A valid PNG; `size` pads it, in a chunk that readers pass over, to about so many bytes that don't compress."""
    from fakewp.simulator.pictures import png as drawn

    data = drawn(width, height, seed)
    if not size:
        return data
    noise = b"".join(hashlib.sha256(b"%d %d" % (seed, n)).digest() for n in range(size // 32))
    chunk = b"teSt" + noise
    return data[:-12] + struct.pack(">I", len(noise)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[-12:]


def jpeg(width: int, height: int, rest: bytes = b"") -> bytes:
    """The bones of a JPEG: enough to be told as one, and measured."""
    frame = b"\xff\xc0\0\x11\x08" + struct.pack(">HH", height, width) + b"\x03" + bytes(9)
    return b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(9) + frame + b"\xff\xda\0\x02" + rest + b"\xff\xd9"


@dataclass
class Static:
    """A file as a web server serves it: validators, conditional requests, ranges.

    `cut` bytes of the body are sent, once for each number in it, before the connection is closed.
    """

    data: bytes
    mime: str = "image/png"
    validators: bool = True
    ranges: bool = True
    cut: list[int] = field(default_factory=list)
    etag: str = ""
    sent: int = 0

    @property
    def tag(self) -> str:
        return self.etag or f'"{sha256(self.data)[:16]}"'

    def __call__(self, handler: Handler, request: Request) -> None:
        asked = request.headers
        headers = [("Content-Type", self.mime)]
        if self.validators:
            headers += [("ETag", self.tag), ("Last-Modified", _MODIFIED), ("Accept-Ranges", "bytes")]
            known = asked.get("if-none-match")
            if known == self.tag or (known is None and asked.get("if-modified-since") == _MODIFIED):
                handler.send(Answer(304, headers[1:3]))
                return
        start = 0
        span = _SPAN.fullmatch(asked.get("range", "")) if self.ranges and self.validators else None
        status = 200
        if span and asked.get("if-range", self.tag) == self.tag:
            start, status = int(span[1]), 206
            if start >= len(self.data):
                handler.send(Answer(416, [("Content-Range", f"bytes */{len(self.data)}")]))
                return
            headers.append(("Content-Range", f"bytes {start}-{len(self.data) - 1}/{len(self.data)}"))
        headers.append(("Content-Length", str(len(self.data) - start)))
        body = self.data[start:]
        handler.wfile.write(handler.head(status, headers))
        if request.method == "HEAD":
            handler.wfile.flush()
            return
        count = self.cut.pop(0) if self.cut else len(body)
        self.sent += min(count, len(body))
        handler.wfile.write(body[:count])
        handler.wfile.flush()
        if count < len(body):
            handler.close_connection = True


class FileSite(FakeWordPress):
    """A small site whose attachments are given by `attach`; `gate` holds back what waits for it."""

    def __init__(self, form: str = "pretty", **sizes: int) -> None:
        small = {"posts": 3, "pages": 1, "books": 0, "media": 0, "comments": 0, "users": 1, "terms": 3, **sizes}
        self.plays: dict[str, Play] = {}
        self.gate = threading.Event()
        self.robots = ""
        super().__init__(form, content=_content(small))

    def respond(self, handler: Handler, request: Request) -> None:
        path = request.path.removeprefix("/wp-content/uploads/")
        if self.robots and request.path == "/robots.txt":
            handler.send(Answer(200, [("Content-Type", "text/plain")], self.robots.encode()))
        elif path in self.plays and path != request.path:
            self.plays[path](handler, request)
        else:
            super().respond(handler, request)

    def close(self) -> None:
        self.gate.set()
        super().close()

    def attach(self, name: str, play: Play | bytes | None = None, *, mime: str = "image/png", **fields: Any) -> int:
        """An attachment whose file is `2025/01/NAME`; gives its id. Bytes are served as a web server would."""
        path = name if "/" in name else f"2025/01/{name}"
        if play is not None:
            self.plays[path] = Static(play, mime) if isinstance(play, bytes) else play
        number = max(self.site.posts, default=0) + 1
        dates = {"date": _DAY, "date_gmt": _DAY, "modified": _DAY, "modified_gmt": _DAY}
        slug = name.rpartition("/")[2].rpartition(".")[0].lower()
        about = {"slug": slug, "title": name, "file": path, "mime": mime, "details": {}}
        self.site.add(Post(id=number, type="attachment", status="inherit", author=1, **{**dates, **about, **fields}))
        return number

    def also(self, path: str, play: Play | bytes, mime: str = "image/png") -> str:
        """A file that is no attachment's; gives its URL."""
        self.plays[path] = Static(play, mime) if isinstance(play, bytes) else play
        return self.upload(path)

    def upload(self, path: str) -> str:
        """The URL of a file by its path under the uploads folder."""
        return f"{self.url}wp-content/uploads/{path}"

    def write(self, content: str, **fields: Any) -> int:
        """A post with this content."""
        return self.add(content=content, **fields)

    def asked_for(self, path: str, *methods: str) -> list[Any]:
        """The requests for a file, in order."""
        target = f"/wp-content/uploads/{path}"
        return [one for one in self.requests if one.target == target and (not methods or one.method in methods)]


def _content(sizes: dict[str, int]) -> Site:
    return generate(Sizes(**sizes))


def files(folder: Path, columns: str = "url, status, problem, bytes, sha256") -> dict[str, tuple[Any, ...]]:
    """The rows of media_files, by the names that their URLs end in."""
    with closing(sqlite3.connect(f"file:{folder / 'archive.db'}?mode=ro", uri=True)) as db:
        rows = db.execute(f"SELECT url, {columns.removeprefix('url, ')} FROM media_files ORDER BY url").fetchall()
    return {row[0].rpartition("/")[2]: row[1:] for row in rows}


def payloads(folder: Path) -> dict[str, str]:
    """What the WARCs say: WARC-Payload-Digest of each whole response of a file, by its URL; read with our reader."""
    from wparchive.store import Archive, StoredExchange, exchanges

    archive = Archive(folder)
    found = {}
    for site in archive.sites():
        for path in site.warcs():
            for entry in exchanges(path):
                if isinstance(entry, StoredExchange) and entry.capture.kind == "file" and entry.capture.status == 200:
                    found[entry.capture.url] = sha256(b"".join(entry.payload()))
    return found
