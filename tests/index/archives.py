"""Archives made with the store's own writer from answers given as bytes, without a network."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from wparchive.http1.message import parse_head
from wparchive.index import IndexReport, index, logical_dump
from wparchive.model import Capture, Exchange, Fetched, Privilege, Target, Verdict
from wparchive.store import Archive, SiteStore
from wparchive.transit.spool import Spool

HOME = "https://example.org/"
ROOT = f"{HOME}wp-json"
SITE = "example.org"
COLLECTIONS = [
    {"route": "/wp/v2/types", "type": "type", "table": "other", "skipped": None},
    {"route": "/wp/v2/posts", "type": "post", "table": "posts", "skipped": None},
    {"route": "/wp/v2/pages", "type": "page", "table": "posts", "skipped": None},
    {"route": "/wp/v2/book", "type": "book", "table": "posts", "skipped": None},
    {"route": "/wp/v2/media", "type": "attachment", "table": "media", "skipped": None},
    {"route": "/wp/v2/comments", "type": "comment", "table": "comments", "skipped": None},
    {"route": "/wp/v2/users", "type": "user", "table": "users", "skipped": None},
    {"route": "/wp/v2/categories", "type": "category", "table": "terms", "skipped": None},
    {"route": "/wp/v2/tags", "type": "post_tag", "table": "terms", "skipped": None},
]


class Clock:
    """A clock that moves on by a second whenever it is read."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 4, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def exchange(
    url: str,
    body: bytes,
    began: datetime,
    *,
    status: int = 200,
    mime: str = "application/json; charset=UTF-8",
    headers: Iterable[tuple[str, str]] = (),
    privilege: Privilege = Privilege.ANONYMOUS,
    cut: str | None = None,
) -> Exchange:
    """What the wire would have made of this answer."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {mime}", f"Content-Length: {len(body)}"]
    head = ("\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers)]) + "\r\n\r\n").encode()
    digest = sha256(body).hexdigest()
    return Exchange(
        url=url,
        method="GET",
        began=began,
        elapsed=0.01,
        request=f"GET {url} HTTP/1.1\r\n\r\n".encode(),
        block=Spool.of(head + body),
        head_size=len(head),
        head=parse_head(head),
        payload_sha256=digest,
        payload_size=len(body),
        body=body,
        body_sha256=digest,
        privilege=privilege,
        truncated=cut,
        error=cut,
    )


class Run:
    """One run over a site, written by hand: `get` stores an answer, `fact` what only the crawler knows."""

    def __init__(
        self, archive: Archive, clock: Clock, site: str, start: Mapping[str, Any] | None, rotate_at: int
    ) -> None:
        self._clock = clock
        self.store = SiteStore.open(archive, site, clock=clock, rotate_at=rotate_at)
        if start is not None:
            self.store.begin(
                {"mode": "full", "target": HOME, "settings": {}, "wparchive": "0", "user_agent": "t", **start}
            )

    def get(
        self,
        route: str,
        value: object,
        *,
        kind: str = "listing",
        status: int = 200,
        privilege: Privilege = Privilege.ANONYMOUS,
        verdict: Verdict = Verdict.ANSWERED,
        **more: Any,
    ) -> Capture:
        """Store an answer to `route`; `value` is its JSON, or its bytes."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        url = f"{ROOT}{route}"
        made = exchange(url, body, self._clock(), status=status, privilege=privilege, **more)
        target = Target(url=url, key=route, kind=kind, route=route, privilege=privilege)
        fetched = Fetched(target=target, verdict=verdict, exchanges=(made,))
        return self.store.put(self.store.prepare(fetched))[-1]

    def site(self, **facts: Any) -> Self:
        """The facts of an ordinary site."""
        about = {
            "home": HOME,
            "root": f"{ROOT}/",
            "root_form": "pretty",
            "aliases": [HOME],
            "name": "Example",
            "state": "ok",
        }
        self.store.fact("site", {**about, **facts})
        self.store.fact("collections", COLLECTIONS)
        return self

    def proof(self, route: str, kind: str, capture: Capture, **facts: Any) -> None:
        """The proof of a listing."""
        about = {"route": route, "type": kind, "stated": 1, "held": 1, "withheld": 0, "pages": 1, "outcome": "complete"}
        fact = {**about, "verified": True, "gaps": [], "capture": capture.capture, "reason": "", **facts}
        self.store.fact(f"listing:{route}", fact)

    def fact(self, name: str, value: object) -> None:
        """Any other fact."""
        self.store.fact(name, value)

    def end(self, **facts: Any) -> None:
        """End as a run should."""
        figures = {"requests": 1, "captures": 1, "revisits": 0, "bytes": 1, "gaps": 0}
        self.store.finish({"outcome": "complete", "exit_code": 0, "state": "ok", **figures, **facts})

    def kill(self) -> None:
        """End as SIGKILL would: no fact, and the file left open."""
        for writer in self.store._writers.values():
            writer.sync()
            writer.abandon()
        self.store.log.close()


class World:
    """An archive, its clock, and its database."""

    def __init__(self, root: Path) -> None:
        self.archive = Archive(root)
        self.clock = Clock()

    def run(self, site: str = SITE, *, start: Mapping[str, Any] | None = None, rotate_at: int = 10**9) -> Run:
        """Begin a run."""
        return Run(self.archive, self.clock, site, start or {}, rotate_at)

    def index(self, **options: Any) -> IndexReport:
        """Index, as the command does."""
        for folder in self.archive.sites():
            self.archive.finish(folder.name)
        return index(self.archive, **options)

    def rows(self, query: str, *given: object) -> list[tuple[Any, ...]]:
        """The rows of a query on `archive.db`."""
        with closing(sqlite3.connect(self.archive.database)) as conn:
            return conn.execute(query, given).fetchall()

    def one(self, query: str, *given: object) -> Any:
        """The first column of the only row."""
        ((value, *_),) = self.rows(query, *given)
        return value

    def dump(self) -> list[str]:
        """The logical dump."""
        return list(logical_dump(self.archive.database))

    def rebuilt(self) -> list[str]:
        """The logical dump of a database that is made anew from the WARCs, all other files deleted."""
        self.archive.database.unlink(missing_ok=True)
        for folder in self.archive.sites():
            for file in folder.path.glob("frontier.db*"):
                file.unlink()
        self.index()
        return self.dump()


def post(wp_id: int, content: str = "<p>Text of a post.</p>", **fields: Any) -> dict[str, Any]:
    """A post as core shows it."""
    links = {
        "self": [{"href": f"{ROOT}/wp/v2/posts/{wp_id}"}],
        "collection": [{"href": f"{ROOT}/wp/v2/posts"}],
        "about": [{"href": f"{ROOT}/wp/v2/types/post"}],
        "author": [{"embeddable": True, "href": f"{ROOT}/wp/v2/users/1"}],
        "replies": [{"embeddable": True, "href": f"{ROOT}/wp/v2/comments?post={wp_id}"}],
        "version-history": [{"count": 2, "href": f"{ROOT}/wp/v2/posts/{wp_id}/revisions"}],
        "predecessor-version": [{"id": wp_id + 9, "href": f"{ROOT}/wp/v2/posts/{wp_id}/revisions/{wp_id + 9}"}],
        "wp:attachment": [{"href": f"{ROOT}/wp/v2/media?parent={wp_id}"}],
        "wp:term": [
            {"taxonomy": "category", "embeddable": True, "href": f"{ROOT}/wp/v2/categories?post={wp_id}"},
            {"taxonomy": "post_tag", "embeddable": True, "href": f"{ROOT}/wp/v2/tags?post={wp_id}"},
        ],
        "curies": [{"name": "wp", "href": "https://api.w.org/{rel}", "templated": True}],
    }
    return {
        "id": wp_id,
        "date": "2026-01-02T03:04:05",
        "date_gmt": "2026-01-02T02:04:05",
        "guid": {"rendered": f"{HOME}?p={wp_id}"},
        "modified": "2026-01-03T03:04:05",
        "modified_gmt": "2026-01-03T02:04:05",
        "slug": f"post-{wp_id}",
        "status": "publish",
        "type": "post",
        "link": f"{HOME}post-{wp_id}/",
        "title": {"rendered": f"Post &amp; <b>{wp_id}</b>"},
        "content": {"rendered": content, "protected": False},
        "excerpt": {"rendered": "<p>Text of</p>", "protected": False},
        "author": 1,
        "featured_media": 0,
        "sticky": False,
        "categories": [3, 4],
        "tags": [7],
        "_links": links,
        **fields,
    }
