"""A fast loopback WordPress for benchmarks, in a process of its own: what is slow is then the client.

    python tests/benchmarks/fastserver.py --posts 20000 [--form pretty] [--port 0]

Its first line on stdout is the site's URL. Pages of 100 posts in id order are rendered and gzipped before that; all
else is answered by the simulator's core, once, and then from memory. It ends when its stdin does, or on SIGTERM.
"""

import argparse
import asyncio
import contextlib
import gzip
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1])]

from fakewp.content import Sizes, generate  # noqa: E402 - the path comes first, so that it runs from anywhere
from fakewp.simulator.core import Core  # noqa: E402 - as above
from fakewp.simulator.http import Answer, Request  # noqa: E402 - as above
from fakewp.simulator.model import Site  # noqa: E402 - as above

__all__ = ["run"]

ROUTE = "/wp/v2/posts"
PAGE = 100
_WORDS = [
    "harbour",
    "council",
    "station",
    "letter",
    "winter",
    "garden",
    "museum",
    "river",
    "signal",
    "archive",
    "border",
    "paper",
    "engine",
    "question",
    "forest",
    "copper",
    "railway",
    "public",
]


def _paragraphs(chance: random.Random) -> list[str]:
    """A pool larger than gzip's window, so that pages compress about as those of a real site do (6 to 1)."""
    pool = []
    for n in range(1500):
        words = [
            chance.choice(_WORDS) + (str(chance.randrange(900)) if chance.random() < 0.12 else "") for _ in range(62)
        ]
        pool.append(
            f'<p>{" ".join(words).capitalize()}. <a href="https://example.org/a/{n}?x=1&amp;y=2">{words[0]}</a></p>\n'
        )
    return pool


def _fill(site: Site, chance: random.Random) -> None:
    """Give every post a text of the usual size: an item is then 6 to 8 kB of JSON."""
    pool = _paragraphs(chance)
    for post in site.of_type("post"):
        text = [chance.choice(pool) for _ in range(chance.randint(7, 10))]
        picture = f"{{home}}/wp-content/uploads/2024/02/picture-{post.id % 40 + 1}.png"
        image = f'<img decoding="async" src="{picture}" alt="" class="wp-image-{post.id}"/>'
        text.insert(2, f'<figure class="wp-block-image">{image}</figure>\n')
        post.content = "".join(text)


class Server:
    """The answers, ready to be written."""

    def __init__(self, home: str, posts: int, form: str) -> None:
        chance = random.Random(11)
        site = generate(Sizes(posts=posts, media=60, comments=400, users=12, terms=90, pages=20, books=30))
        _fill(site, chance)
        self.core = Core(site, home, form=form)
        self.cache: dict[tuple[str, str, bool], tuple[bytes, bytes]] = {}
        self.date = (0, b"")
        rows = [post for post in site.of_type("post") if post.status == "publish"]
        size = 0
        for start in range(0, len(rows), PAGE):
            part = [Core.encode(self.core.views.post(post)) for post in rows[start : start + PAGE]]
            size += sum(map(len, part))
            self._ready(start // PAGE + 1, len(rows), b"[" + b",".join(part) + b"]")
        self.average = size // max(len(rows), 1)

    def _ready(self, page: int, total: int, body: bytes) -> None:
        """Render a page of posts in id order under the spellings of its request that clients use."""
        params = {"context": "view", "per_page": str(PAGE), "page": str(page), "orderby": "id", "order": "asc"}
        request = Request("GET", "", {}, "", {name: value for name, value in params.items() if name != "context"})
        answer = self._paged(request, body, total, page)
        key = self._key(request.params)
        self.cache[key] = self._written(answer)
        if page == 1:
            self.cache[self._key({name: value for name, value in request.params.items() if name != "page"})] = (
                self.cache[key]
            )
        first = {name: value for name, value in request.params.items() if name != "page"} | {
            "offset": str((page - 1) * PAGE)
        }
        self.cache[self._key(first)] = self.cache[key]

    def _paged(self, request: Request, body: bytes, total: int, page: int) -> Answer:
        pages = -(-total // PAGE)
        params = request.params
        links = []
        if page > 1:
            links.append(f'<{self.core.urls.view(ROUTE, params | {"page": page - 1})}>; rel="prev"')
        if page < pages:
            links.append(f'<{self.core.urls.view(ROUTE, params | {"page": page + 1})}>; rel="next"')
        headers = [pair for pair in self.core._common() if pair[0] != "Link"]
        headers += [
            ("X-WP-Total", str(total)),
            ("X-WP-TotalPages", str(pages)),
            ("Link", ", ".join(links)),
            ("Allow", "GET"),
            ("Vary", "Origin"),
        ]
        return Answer(200, [pair for pair in headers if pair[1]], body)

    @staticmethod
    def _key(params: dict[str, object]) -> tuple[str, str, bool]:
        return (
            "GET",
            "&".join(f"{name}={value}" for name, value in sorted(params.items()) if name != "rest_route"),
            True,
        )

    def _written(self, answer: Answer, packed: bool = True) -> tuple[bytes, bytes]:
        headers, body = list(answer.headers), answer.body
        if packed and len(body) > 256 and not (answer.header("Content-Type") or "").startswith("image/"):
            body = gzip.compress(body, 5, mtime=0)
            headers.append(("Content-Encoding", "gzip"))
        headers.append(("Content-Length", str(len(body))))
        lines = [
            f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
            "Server: fast",
            *(f"{n}: {v}" for n, v in headers),
        ]
        return ("\r\n".join(lines) + "\r\n").encode(), body

    def answer(self, method: str, target: str, headers: dict[str, str]) -> tuple[bytes, bytes]:
        """Head (without Date and the empty line) and body."""
        packed = "gzip" in headers.get("accept-encoding", "")
        known = self.cache.get((method, target, packed))
        if known is not None:
            return known
        request = Request.of("GET" if method == "HEAD" else method, target, headers)
        if packed and (self.core.route_of(request) or "").rstrip("/") == ROUTE and "_fields" not in request.params:
            ready = self.cache.get(self._key(request.params))
            if ready is not None:
                self.cache[method, target, packed] = ready
                return ready
        written = self._written(self.core.answer(replace(request, headers=headers)), packed)
        if (
            not {"range", "if-none-match", "if-modified-since", "authorization"} & headers.keys()
            and len(self.cache) < 20_000
        ):
            self.cache[method, target, packed] = written
        return written


class Connection(asyncio.Protocol):
    """One client: requests without bodies, answered in order."""

    def __init__(self, server: Server) -> None:
        self.server, self.held = server, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]  # of a TCP server it is one

    def data_received(self, data: bytes) -> None:
        data = self.held + data
        while (end := data.find(b"\r\n\r\n")) >= 0:
            head, data = data[:end].decode("latin-1").split("\r\n"), data[end + 4 :]
            method, target, _ = head[0].split(" ")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            start, body = self.server.answer(method, target, headers)
            top = start + b"Date: " + formatdate(usegmt=True).encode() + b"\r\n\r\n"
            if len(body) > 8192 and method != "HEAD":
                self.transport.writelines((top, body))
            else:
                self.transport.write(top if method == "HEAD" else top + body)
            if headers.get("connection", "").lower() == "close":
                self.transport.close()
        self.held = data


async def _serve(posts: int, form: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    server: list[Server] = []
    listening = await loop.create_server(lambda: Connection(server[0]), "127.0.0.1", port, start_serving=False)
    home = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    server.append(Server(home, posts, form))
    await listening.start_serving()
    print(f"{home}/", flush=True)
    print(f"{posts} posts of {server[0].average} bytes", file=sys.stderr, flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


@contextlib.contextmanager
def run(posts: int, form: str = "pretty") -> Iterator[str]:
    """The server in a process of its own; gives the site's URL."""
    command = [sys.executable, str(Path(__file__).resolve()), "--posts", str(posts), "--form", form]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdin
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.terminate()
            process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--posts", type=int, default=2000)
    parser.add_argument("--form", choices=("pretty", "index.php", "plain"), default="pretty")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    asyncio.run(_serve(options.posts, options.form, options.port))
