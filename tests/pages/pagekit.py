"""A WordPress whose pages and files answer as a test says, and crawls of it with pages."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from crawlkit import PLAIN, Crawled, crawl
from fakewp import FakeWordPress
from fakewp.content import Sizes, generate
from fakewp.simulator.http import Answer, Request
from fakewp.simulator.server import Handler
from mediakit import Static

__all__ = ["PageSite", "asked", "crawl_pages", "html", "paths"]

Play = Callable[[Handler, Request], None]


class PageSite(FakeWordPress):
    """A small site; `plays` says what is at a path, `robots` what stands in its robots.txt."""

    def __init__(self, *, address: str = "127.0.0.1", **sizes: int) -> None:
        small = {"posts": 1, "pages": 1, "books": 0, "media": 0, "comments": 0, "users": 1, "terms": 1, **sizes}
        self.plays: dict[str, Play] = {}
        self.robots = ""
        super().__init__(content=generate(Sizes(**small), 1), address=address)

    def respond(self, handler: Handler, request: Request) -> None:
        if self.robots and request.path == "/robots.txt":
            handler.send(Answer(200, [("Content-Type", "text/plain")], self.robots.encode()))
        elif request.path in self.plays:
            self.plays[request.path](handler, request)
        else:
            super().respond(handler, request)

    def put(self, path: str, body: bytes | str | Play, mime: str = "text/css") -> str:
        """Have something at a path; gives its URL. Bytes are served as a web server would."""
        data = body.encode() if isinstance(body, str) else body
        self.plays[path] = Static(data, mime) if isinstance(data, bytes) else data
        return f"{self.url.rstrip('/')}{path}"

    def path_of(self, number: int) -> str:
        """The path at which readers find a post."""
        address: str = self.core.urls.post(self.site.posts[number])
        return f"/{address.removeprefix(self.url)}"

    def show(self, number: int, head: str = "", body: str = "") -> str:
        """Have the page of a post say this, in a theme of the test's own; gives its path."""
        path = self.path_of(number)
        self.put(
            path, html(head, f"<article>{self.site.posts[number].content}</article>{body}"), "text/html; charset=UTF-8"
        )
        return path

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(one.target == path for one in self.requests)


def html(head: str = "", body: str = "") -> str:
    """A page."""
    return f"<!DOCTYPE html>\n<html lang='en'><head><title>A page</title>{head}</head><body>{body}</body></html>\n"


def crawl_pages(folder: Path, site: FakeWordPress, pages: str = "changed", **changes: Any) -> Crawled:
    """Crawl a site with its pages and what shows them, and index it."""
    options = {name: changes.pop(name) for name in ("full", "scope", "seams", "index") if name in changes}
    return crawl(folder, site.url, settings=PLAIN, changes={"pages": pages, "retries": 0, **changes}, **options)


def asked(site: FakeWordPress, since: int = 0) -> list[str]:
    """What a site was asked for that isn't its API, in order."""
    return [one.target for one in site.requests[since:] if "/wp-json" not in one.target]


def paths(crawled: Crawled, query: str, *values: object) -> list[Any]:
    """The rows of a query, those of one column as values, URLs without their host."""
    found: Sequence[tuple[Any, ...]] = crawled.rows(query, *values)
    return [row[0] if len(row) == 1 else row for row in found]
