"""Exchanges and stores to test with: real files, a clock that ticks by itself."""

import gzip
import hashlib
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from wparchive.http1.message import decode, parse_head, payload
from wparchive.model import Exchange, Fetched, Privilege, Target, Verdict
from wparchive.store import Archive, SiteStore
from wparchive.transit.spool import Spool

SITE = "example.org"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nX-WP-Total: 3\r\n\r\n"
IMAGE = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n"
VIDEO = b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n"
PACKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
)


class Ticking:
    """A clock that goes on by a second each time that it is read."""

    def __init__(self, start: str = "2026-03-01T12:00:00+00:00") -> None:
        self.now = datetime.fromisoformat(start)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def packed(body: bytes, size: int = 1000) -> bytes:
    """`body` gzipped and in chunks of `size`: what follows PACKED."""
    data = gzip.compress(body, mtime=0)
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def exchange(url: str, body: bytes = b'{"id": 1}', head: bytes = HEAD, **other: object) -> Exchange:
    """What the wire makes of `head` and `body`."""
    parsed = parse_head(head)
    content = b"".join(payload([body], parsed))
    decoded = decode([content], parsed, 1 << 30).data
    fields: dict[str, object] = {
        "url": url,
        "method": "GET",
        "began": datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC),
        "elapsed": 0.25,
        "request": b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
        "block": Spool.of(head + body),
        "head_size": len(head),
        "head": parsed,
        "payload_sha256": hashlib.sha256(content).hexdigest(),
        "payload_size": len(content),
        "body": decoded,
        "body_sha256": hashlib.sha256(decoded).hexdigest(),
        "peer": "127.0.0.1",
        "protocols": ("http/1.1",),
    }
    return Exchange(**{**fields, **other})  # type: ignore[arg-type]


def silent(url: str, **other: object) -> Exchange:
    """An exchange to which nothing came back."""
    return Exchange(
        url=url,
        method="GET",
        began=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
        elapsed=1.5,
        request=b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
        error="connection refused",
        **other,  # type: ignore[arg-type]
    )


def fetched(*exchanges: Exchange, key: str | None = None, kind: str = "item", verdict: str = "answered") -> Fetched:
    """One target's fetching."""
    url = exchanges[0].url
    target = Target(url=url, key=key or url, kind=kind, route="/wp/v2/posts/1", via="http://example.org/", hops=2)
    return Fetched(
        target=target, verdict=Verdict(verdict), exchanges=exchanges, reason="" if verdict == "answered" else "why"
    )


def open_store(root: Path, clock: Callable[[], datetime] | None = None, **options: object) -> SiteStore:
    """The store of SITE in the archive at `root`, the lock aside."""
    return SiteStore.open(Archive(root), SITE, clock=clock or Ticking(), info={"robots": "obey"}, **options)  # type: ignore[arg-type]


def fill(store: SiteStore, count: int = 6, seed: int = 0) -> None:
    """Put `count` exchanges of every shape that occurs into `store`, and some facts."""
    rng = random.Random(seed)
    for number in range(count):
        url = f"http://example.org/wp-json/wp/v2/posts?page={number}"
        text = b'[{"id": %d, "content": "%s"}]' % (number, rng.randbytes(300).hex().encode())
        shapes = (
            fetched(exchange(url, text)),
            fetched(exchange(url, packed(text), PACKED)),
            fetched(silent(url), exchange(url, text, attempt=2)),
            fetched(exchange(url, rng.randbytes(3000), IMAGE), kind="file"),
            fetched(exchange(url, b"x" * 70_000, HEAD, truncated="length")),
            fetched(silent(url), verdict="failed"),
        )
        store.put(store.prepare(shapes[number % len(shapes)]))
        route = f"/wp/v2/posts?page={number}"
        store.fact(f"listing:{route}", {"route": route, "held": number})


def filled(root: Path, count: int = 6, **options: object) -> Archive:
    """An archive with one finished run."""
    with open_store(root, **options) as store:
        store.begin({"target": "http://example.org/", "settings": {"delay": 0}})
        store.fact("site", {"home": "http://example.org/", "root": "http://example.org/wp-json/", "aliases": []})
        fill(store, count)
        store.finish({"outcome": "complete"})
    return Archive(root)


__all__ = ["Privilege"]
