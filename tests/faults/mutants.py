"""Real responses, damaged: by chance, but with a liking for what hurts. By hand, with a figure at the end:

python tests/faults/mutants.py [NUMBER]
"""

import copy
import gzip
import json
import random
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from wparchive.http1.message import decode, head_length, parse_head, payload
from wparchive.index import index
from wparchive.model import Exchange, Fetched, Target, Verdict
from wparchive.store import Archive, SiteStore, StoredExchange
from wparchive.transit.spool import Spool
from wparchive.wordpress.changes.digests import payload_sha256, text_sha256
from wparchive.wordpress.discovery.discovery import discover
from wparchive.wordpress.discovery.questions import Answer
from wparchive.wordpress.judgement import is_challenge, judge
from wparchive.wordpress.links.aims import Link, aim, links_of
from wparchive.wordpress.links.decisions import decide
from wparchive.wordpress.listing import Sweep, read_reply
from wparchive.wordpress.payload.document import entries, items
from wparchive.wordpress.payload.payload import read
from wparchive.wordpress.routes import Root, RootForm
from wparchive.wordpress.text import references, visible_text
from wparchive.wordpress.values import text_of

__all__ = ["SEEDS", "Archived", "Mutant", "mutant", "survive"]

HOME = "http://127.0.0.1:8081/"
ROOT = Root(f"{HOME}wp-json/", RootForm.PRETTY)
DATA = Path(__file__).parents[1] / "wordpress_pure" / "data"
# What a real WordPress answered, and to which route.
ROUTES = {
    "posts-pretty.json": "/wp/v2/posts",
    "gallery-second.json": "/wp/v2/posts",
    "media-pretty.json": "/wp/v2/media",
    "comments-pretty.json": "/wp/v2/comments",
    "categories-pretty.json": "/wp/v2/categories",
    "users-pretty.json": "/wp/v2/users",
    "types-pretty.json": "/wp/v2/types",
    "taxonomies-pretty.json": "/wp/v2/taxonomies",
    "index-pretty.json": "/",
    "article-pretty.html": "",
}
SEEDS = [(route, _body) for name, route in ROUTES.items() for _body in ((DATA / name).read_bytes(),)]
COLLECTIONS = [
    {"route": route, "type": kind, "table": table, "skipped": None}
    for route, kind, table in (
        ("/wp/v2/posts", "post", "posts"),
        ("/wp/v2/media", "attachment", "media"),
        ("/wp/v2/comments", "comment", "comments"),
        ("/wp/v2/categories", "category", "terms"),
        ("/wp/v2/users", "user", "users"),
        ("/wp/v2/types", "type", "other"),
    )
]

TOKENS = [
    *(
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xc3(",
        b"\0",
        b"\x1b[2J",
        b"\r\n",
        b"\\",
        b'"',
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
    ),
    *(b"null", b"NaN", b"-Infinity", b"1e999", b"-0", b"9" * 5000, b"18446744073709551616", b"\\ud800", b"\\u0000"),
    *(
        b"[" * 2000,
        b'{"a":' * 1500,
        b"<!DOCTYPE html><html>",
        b"<br />\n<b>Notice</b>: x in <b>/x.php</b> on line <b>1</b>",
    ),
    *(
        b"<!-- cached -->",
        b"\xed\xa0\x80",
        "\u202e\u2028\U0001f680".encode(),
        b"<script>",
        b"%00",
        b"../../",
        b"a" * 9000,
    ),
]
VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1 << 63, 1 << 64, 10**400, 1.5, float("inf"), "", "0", "-0001-11-30T00:00:00", [], {}),
    *([[]], [None], {"rendered": None}, {"rendered": []}, {"": ""}, "x" * 5000, "\ud800", "\0", "{id}", [1, "2", {}]),
    *(
        {"href": 5},
        [{"href": None}],
        "javascript:alert(1)",
        "http://[::1",
        "http://127.0.0.1:8081/wp-json/wp/v2/posts/1",
    ),
]
HEADERS = [
    *(
        b"X-WP-Total: -5",
        b"X-WP-Total: 99999999999999999999",
        b"X-WP-TotalPages: 1e9",
        b"X-WP-Total: 3, 3",
        b"X-WP-Total:",
    ),
    *(
        b"Content-Type: text/html",
        b"Content-Type: \xff\x00",
        b"Link: <>; rel=,,;",
        b"Retry-After: -1",
        b"Retry-After: x",
    ),
    *(
        b"Location: //[",
        b"Location: http://10.0.0.1/",
        b"cf-mitigated: challenge",
        b"Set-Cookie: a=b",
        b"X: " + b"y" * 9000,
    ),
]
STATUSES = [*[b"200"] * 30, *(b"201 206 304 301 400 401 403 404 429 500 503 999 2 abc".split())]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A damaged response to `route`, as bytes on the wire."""

    route: str
    response: bytes


def mutant(dice: random.Random) -> Mutant:
    """A real response with up to six damages: in its values, in its bytes, in its coding, in its head."""
    route, body = dice.choice(SEEDS)
    if route and dice.random() < 0.6:
        body = odd_values(body, dice)
    for _ in range(dice.randrange(0, 4)):
        body = odd_bytes(body, dice)
    head, body = _odd_coding(body, dice)
    response = b"HTTP/1.1 " + dice.choice(STATUSES) + b" OK\r\n" + b"\r\n".join(head) + b"\r\n\r\n" + body
    for _ in range(dice.randrange(0, 2)):
        at = dice.randrange(200)
        response = response[:at] + dice.choice(TOKENS) + response[at + dice.randrange(4) :]
    return Mutant(route, response)


def odd_values(body: bytes, dice: random.Random) -> bytes:
    """Other values in places of the document."""
    document = json.loads(body)
    for _ in range(dice.randrange(1, 4)):
        at: Any = document
        while isinstance(at, dict | list) and at:
            key = dice.choice(list(at) if isinstance(at, dict) else range(len(at)))
            if dice.random() < 0.4 or not isinstance(at[key], dict | list):
                at[key] = copy.deepcopy(dice.choice(VALUES))
                break
            at = at[key]
    if dice.random() < 0.1:
        document = {str(n): one for n, one in enumerate(document)} if isinstance(document, list) else [document]
    return json.dumps(document, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")


def odd_bytes(body: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(body) + 1)
    size, token = dice.randrange(1, 400), dice.choice(TOKENS)
    ways: list[Callable[[], bytes]] = [
        lambda: body[:at],
        lambda: body[:at] + body[at + size :],
        lambda: body[:at] + token + body[at:],
        lambda: body[:at] + body[at : at + size] * 3 + body[at:],
        lambda: body[:at] + bytes([dice.randrange(256)]) + body[at + 1 :],
        lambda: token + body,
        lambda: body + token,
        lambda: body[at:] + body[:at],
        lambda: b"",
    ]
    return dice.choice(ways)()


def _odd_coding(body: bytes, dice: random.Random) -> tuple[list[bytes], bytes]:
    """Heads and body in some coding, that the head names or not."""
    head = [b"Content-Type: application/json; charset=UTF-8", b"X-WP-Total: 3", b"X-WP-TotalPages: 1"]
    head += dice.sample(HEADERS, dice.randrange(0, 3))
    names = dice.choice([(), (), (), (b"gzip",), (b"gzip", b"gzip"), (b"deflate",), (b"br",), (b"gzip", b"x-none")])
    for name in names:
        packed = {b"gzip": gzip.compress, b"deflate": zlib.compress}.get(name, bytes)(body)
        body = packed if dice.random() < 0.8 else body
        body = body[: -dice.randrange(1, 30)] if dice.random() < 0.2 else body
    if names and dice.random() < 0.9:
        head.append(b"Content-Encoding: " + b", ".join(names))
    if dice.random() < 0.2:
        head.append(b"Transfer-Encoding: chunked")
        cut = dice.randrange(len(body) + 1)
        parts = [part for part in (body[:cut], body[cut:]) if part]
        body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
        body += dice.choice([b"0\r\n\r\n", b"", b"0\r\nX: y\r\n\r\n", b"zz\r\n"])
    return head, body


class _Nothing:
    """Holdings of nobody: every link is judged as if it were the first."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


def survive(made: Mutant) -> str:
    """Do everything that a crawl does with an answer, short of keeping it; gives what it was taken for. Must not raise."""
    exchange = exchange_of(made, datetime(2026, 1, 1, tzinfo=UTC))
    head, body = exchange.head, exchange.body or b""
    answer = judge(head, body)
    if head:
        is_challenge(head, body)
    _search(exchange)
    sweep = Sweep("/wp/v2/posts", "post", ceiling=8)
    while not sweep.done:
        for page in sweep.wanted(3):
            sweep.feed(page, read_reply(head, exchange.body, capture="x"))
    sweep.proof()
    document = read(body)
    for item in (*items(document), *entries(document)):
        payload_sha256(item.value)
        text_sha256(item.value)
        for link in links_of(item.value):
            _decide(link)
        for name in ("title", "content", "excerpt"):
            html = text_of(item.value.get(name))
            visible_text(html)
            list(references(html, HOME))
    return str(answer.meaning)


def _decide(link: Link) -> None:
    where = aim(link, ROOT)
    decide(where, _Nothing())  # type: ignore[arg-type]
    if where.route:
        ROOT.spellings(where.route)


def _search(exchange: Exchange) -> None:
    """Discovery where every question is answered with this."""
    questions = discover(HOME)
    try:
        ask = next(questions)
        for _ in range(40):
            ask = questions.send(Answer(ask.url, exchange.head, exchange.body or b"", capture="x"))
    except StopIteration:
        return
    raise AssertionError("discovery doesn't end")


def exchange_of(made: Mutant, began: datetime) -> Exchange:
    """What the wire makes of a response that ends where its bytes end."""
    size = max(head_length(made.response), 0)
    head = parse_head(made.response[:size]) if size else None
    content = b"".join(payload([made.response[size:]], head)) if head else b""
    body = decode([content], head, 1 << 24) if head else None
    return Exchange(
        url=ROOT.url_for(made.route) if made.route else HOME,
        method="GET",
        began=began,
        elapsed=0.01,
        request=b"GET / HTTP/1.1\r\n\r\n",
        block=Spool.of(made.response) if made.response else None,
        head_size=size,
        head=head,
        payload_sha256=sha256(content).hexdigest() if head else "",
        payload_size=len(content),
        body=body.data if body else None,
        body_sha256=sha256(body.data).hexdigest() if body else "",
        error=None if head else "no proper status line",
        flags=body.flags if body else (),
    )


class Archived:
    """An archive that mutants are put into, as a run would, and indexed."""

    def __init__(self, root: Path) -> None:
        self.archive = Archive(root)
        self._now = datetime(2026, 1, 1, tzinfo=UTC)
        self._count = 0

    def _clock(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    def take(self, mutants: list[Mutant]) -> None:
        """One run that got `mutants`; what stands in the WARC is what was on the wire. Must not raise."""
        with SiteStore.open(self.archive, "127.0.0.1_8081", clock=self._clock) as store:
            store.begin({"mode": "full", "target": HOME, "settings": {}})
            store.fact("site", {"home": HOME, "root": ROOT.url, "root_form": "pretty", "aliases": [], "state": "ok"})
            store.fact("collections", COLLECTIONS)
            for made in mutants:
                self._count += 1
                route = f"{made.route}?n={self._count}" if made.route else None
                target = Target(
                    url=HOME, key=route or f"home {self._count}", kind="listing" if route else "home", route=route
                )
                exchange = exchange_of(made, self._clock())
                verdict = Verdict.ANSWERED if exchange.head else Verdict.FAILED
                fetched = Fetched(target=target, verdict=verdict, exchanges=(exchange,))
                (capture,) = store.put(store.prepare(fetched))
                _check(store.read(capture), made.response)
            store.finish({"outcome": "complete", "exit_code": 0, "state": "ok"})
        assert index(self.archive).damaged == []


def _check(stored: StoredExchange, response: bytes) -> None:
    """What stands in the WARC is what was on the wire; of a payload that was held already, the head and a reference."""
    if stored.capture.record_type == "response":
        assert b"".join(stored.raw()) == response
    elif stored.capture.record_type == "revisit":
        size = head_length(response)
        assert stored.head_bytes == response[:size]
        assert b"".join(stored.payload()) == b"".join(payload([response[size:]], parse_head(response)))


def _batches(dice: random.Random, number: int, size: int) -> Iterator[list[Mutant]]:
    while number > 0:
        yield [mutant(dice) for _ in range(min(size, number))]
        number -= size


def main(number: int) -> None:
    """Put `number` mutants through everything, and say what they were taken for."""
    dice, taken, began = random.Random(20260101), Counter[str](), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        archived = Archived(Path(folder))
        for batch in _batches(dice, number, 500):
            taken.update(survive(made) for made in batch)
            archived.take(batch)
    seconds = time.monotonic() - began
    kinds = ", ".join(f"{count:,} {meaning}" for meaning, count in taken.most_common())
    print(f"{taken.total():,} mutated responses in {seconds:.0f} s, 0 crashes: {kinds}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
