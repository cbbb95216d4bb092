"""Crawls of a site that puts any JSON value at any place of its answers, and any bytes in its headers, pages and files.

What such a crawl doesn't ask `poisoned_errands` does. By hand, with a figure at the end (20,000 take some twenty minutes):

PYTHONPATH=.:tests python tests/faults/poisoned_answers.py [NUMBER] [SEED]
"""

import copy
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from crawling import Crawling, Ended, Hurry, disagreements, fake
from fakewp import FAULTS, FakeWordPress, Fault
from fakewp.faults_base import Options
from fakewp.simulator.http import Answer, Request
from fakewp.simulator.pictures import png
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from mutants import TOKENS
from poisoned_errands import abroad, embed, errands

from wparchive.index import index, logical_dump

__all__ = ["contradictions", "drawn"]

TOGETHER = 200  # poisons in one site, each at a place of its own
SECRET = "abcd EFGH 1234 ijkl MNOP 5678"
SIZES = {"posts": 24, "pages": 10, "books": 10, "media": 20, "comments": 20, "users": 10, "terms": 30}
# Which route lists what, and where its rows are: table, column of the type, type.
LISTED = {
    "/wp/v2/posts": ("post", "posts", "type"),
    "/wp/v2/pages": ("page", "posts", "type"),
    "/library/v1/books": ("book", "posts", "type"),
    "/wp/v2/media": ("attachment", "media", ""),
    "/wp/v2/comments": ("comment", "comments", ""),
    "/wp/v2/users": ("user", "users", ""),
    "/wp/v2/categories": ("category", "terms", "taxonomy"),
    "/wp/v2/tags": ("post_tag", "terms", "taxonomy"),
}
DOCUMENTS = ("/", "/wp/v2/types", "/wp/v2/taxonomies", "/wp/v2/statuses", "/wp/v2/users/me")
ERRORS = ("/wp/v2/menus", "/wp/v2/menu-items", "/wp/v2/menu-locations", "revisions")

# ---- what is put there

_CHARACTERS = st.characters(codec=None)  # halves of surrogate pairs and controls too
_STRINGS = st.one_of(
    st.text(_CHARACTERS, max_size=12),
    st.sampled_from(
        [
            *(
                "",
                "\0",
                "\ud800",
                "a\udfffb",
                "\ud83d",
                "x" * 70_000,
                "{id}",
                "%",
                "%00",
                "%ud800",
                "../" * 40,
                "0",
                "007",
            ),
            *(
                "/" * 9000,
                "\u202e\u2028",
                "<img src=x",
                "<a href='http://[",
                "&#xD800;",
                "&#99999999999;",
                "<!--" * 400,
            ),
            *("0000-00-00T00:00:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59", "2024-13-45T99:99:99", "-1-01-01"),
            *("10000-01-01T00:00:00", "2024-02-30T00:00:00", "1e999", "inf", "nan", "9" * 5000, "-9223372036854775809"),
            *("/wp-json/wp/v2/posts/" + "9" * 30, "/wp-json/wp/v2/posts/" + "9" * 4500, "/wp-json/wp/v2/types/\ud800"),
            *(
                "/wp-json/wp/v2/posts/18446744073709551616/revisions",
                "?rest_route=/wp/v2/users/\udfff",
                "/wp-json/\ud8ff/a/b",
            ),
            *(
                "/wp-json/wp/v2/tags?post=\ud800",
                "/wp-json/wp/v2/pages/\u0663",
                "/wp-json/wp/v2/posts/1/revisions/" + "8" * 400,
            ),
            *(
                "javascript:x",
                "http://[::1",
                "http://\ud800/",
                "//x\udc00/y",
                "http:///",
                "https://x:99999/",
                "?rest_route=",
            ),
            *(
                "http://127.0.0.1/wp-json/wp/v2/posts/1",
                "/wp-json/wp/v2/posts/\ud800",
                "http://x/%2f..%2f",
                "\\\\x\\y",
                "#",
            ),
            *(
                "attachment",
                "comment",
                "user",
                "revision",
                "post",
                "post_type:post",
                "taxonomy:a",
                "image/\ud800",
                "a/b/c",
            ),
        ]
    ),
).map(json.dumps)
_NUMBERS = st.one_of(
    st.integers(-(10**30), 10**30).map(str),
    st.integers(-3, 9).map(str),
    st.floats().map(lambda number: json.dumps(number)),
    st.sampled_from(
        ["1e999", "-1e999", "1e-999", "NaN", "Infinity", "-Infinity", "-0", "-0.0", "1.0", "9" * 5000, "1" + "0" * 400]
        + [str((1 << bits) + more) for bits in (31, 32, 53, 63, 64) for more in (-1, 0, 1)]
    ),
)
_DEEP = st.builds(
    lambda depth, ends: ends[0] * depth + "1" + ends[1] * depth,
    st.sampled_from([3, 60, 199, 201, 330, 450, 700, 900, 4000]),
    st.sampled_from([("[", "]"), ('{"a":', "}"), ('[{"href":', "}]")]),
)
_VALUES = st.recursive(
    st.one_of(st.sampled_from(["null", "true", "false", "[]", "{}"]), _STRINGS, _NUMBERS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda values: f"[{','.join(values)}]"),
        st.lists(st.tuples(_STRINGS, inner), max_size=3).map(
            lambda pairs: "{" + ",".join(f"{name}:{value}" for name, value in pairs) + "}"
        ),
        st.sampled_from(
            ["href", "rendered", "code", "status", "id", "slug", "rest_base", "sizes", "source_url"]
        ).flatmap(lambda name: inner.map(lambda value: f'{{"{name}":{value}}}')),
    ),
    max_leaves=5,
)
_BYTES = st.one_of(st.binary(max_size=60), st.sampled_from(TOKENS))


@dataclass(frozen=True, slots=True)
class Poison:
    """A value, as JSON text, and bytes; `where` and `at` choose, of what there is, what is poisoned and which place in it.

    `how`: the value there becomes another, its name does, it is written behind the text that stood there, or the whole is
    something else.
    """

    where: int
    at: int
    how: str
    value: str
    name: str
    data: bytes


POISONS = st.builds(
    Poison,
    where=st.integers(0, 1 << 20),
    at=st.integers(0, 1 << 20),
    how=st.sampled_from(["value", "value", "value", "behind", "name", "whole"]),
    value=st.one_of(_VALUES, _DEEP),
    name=_STRINGS,
    data=_BYTES,
)

# ---- where it is put


class Places:
    """What of a site is poisoned with what. `struck` are the routes and items that may be lost by it."""

    def __init__(self, site: FakeWordPress, poisons: list[Poison], *, by_rsd: bool = False) -> None:
        self.by_rsd = by_rsd  # nothing else on its pages names the REST root
        units: list[tuple[str, Any]] = []
        for route, (kind, *_) in LISTED.items():
            ids = site.ids(kind)
            units += [("item", (route, number)) for number in ids[: len(ids) // 2]] * 2
        units += [("file", number) for number in range(1, SIZES["media"] + 1)]
        units += [("document", route) for route in DOCUMENTS[:4]] * 2 + [("document", DOCUMENTS[4])]
        units += [("error", route) for route in ERRORS]
        units += [("entry", route) for route in DOCUMENTS[1:3]] * 2
        units += [("header", route) for route in ("home", *[*LISTED][1:3])] + [
            ("redirect", route) for route in [*LISTED][-1:]
        ]
        units += [("revision", None), *(("page", name) for name in ("home", "robots", "rsd", "article"))]
        units += [("header", name) for name in ("rsd", "article")]
        self.of: dict[tuple[str, Any], list[Poison]] = {}
        for poison in poisons:
            unit = units[poison.where % len(units)]
            if unit == ("document", "/") and poison.how == "whole" and poison.at % 8:
                poison = replace(poison, how="value")
            self.of.setdefault(unit, []).append(poison)
        self.struck: set[tuple[str, str]] = set()  # documents, and what of them is no longer as it was

    def spoils(self, route: str) -> bool:
        """Whether a whole listing may be lost."""
        kind, table, _ = LISTED[route]
        document = "/wp/v2/taxonomies" if table == "terms" else "/wp/v2/types"
        whole = (document, "") in self.struck and any(one == "/" for one, _ in self.struck)
        own = not {(document, kind), (document, f"{kind}/")}.isdisjoint(self.struck) or ("/", "") in self.struck
        return own or whole or any(name in self.of for name in (("redirect", route), ("header", route)))

    def item(self, route: str, number: int) -> list[Poison]:
        return self.of.get(("item", (route, number)), [])


def _nodes(value: Any, into: list[tuple[Any, Any, Any]], top: Any = None) -> list[tuple[Any, Any, Any]]:
    """Every place of a document: what holds it, its name or number in that, and in which member of the whole it is."""
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        into.append((value, key, key if top is None else top))
        _nodes(one, into, key if top is None else top)
    return into


class _Written:
    """A document with poison in it: what JSON of ours can't say stands in it as a word until it is written."""

    def __init__(self, document: Any) -> None:
        self.whole = [copy.deepcopy(document)]
        self._texts: dict[str, str] = {}

    def word(self, text: str) -> str:
        name = f"@@{len(self._texts)}@@"
        self._texts[name] = text
        return name

    def put(self, holder: Any, key: Any, poison: Poison) -> str:
        """Poison the place `key` of `holder`, or a place below it; gives in which member (`name/` below it), "" for all of it."""
        nodes = _nodes(holder[key], [])
        if poison.how == "whole" or not nodes:
            holder[key] = self.word(poison.value)
            return ""
        inner, name, top = nodes[poison.at % len(nodes)]
        if poison.how == "name" and isinstance(inner, dict):
            named = [(self.word(poison.name) if one == name else one, value) for one, value in inner.items()]
            inner.clear()
            inner.update(named)
        elif poison.how == "behind" and isinstance(inner[name], str):
            inner[name] = self.word(json.dumps(inner[name])[:-1] + poison.name[1:])
        else:
            inner[name] = self.word(poison.value)
        return f"{top}" if inner is holder[key] else f"{top}/"

    def add(self, poison: Poison) -> None:
        """One entry more in a map of types or taxonomies."""
        names = ("slug", "name", "rest_base", "rest_namespace", "hierarchical", "taxonomies", "_links")
        values = [self.word(text) for text in (poison.name, poison.value, json.dumps(str(poison.at)))]
        entry = {name: values[(poison.at >> 2 * at) % 3] for at, name in enumerate(names) if (poison.where >> at) % 4}
        if isinstance(self.whole[0], dict):
            self.whole[0][self.word(poison.name)] = entry

    def body(self) -> bytes:
        text = json.dumps(self.whole[0], separators=(",", ":")).replace("/", "\\/")
        for name, poison in reversed(self._texts.items()):
            text = text.replace(f'"{name}"', poison)
        return text.encode("utf-8", "surrogatepass")


def _after(site: FakeWordPress, options: Options, request: Request, route: str | None, answer: Answer) -> Answer | None:
    places: Places = options["places"]
    if route is None:
        return _page(places, request, answer)
    collection, _, last = route.rstrip("/").rpartition("/")
    listed = route if route in LISTED else collection if collection in LISTED and last.isdecimal() else None
    written = _Written(answer.document)
    touched = False
    if listed and answer.status == 200:
        rows, key = (written.whole[0], None) if route == listed else (written.whole, 0)
        for at, row in enumerate(list(rows)) if key is None else [(0, rows[0])]:
            for poison in places.item(listed, row["id"]) if isinstance(row, dict) and "id" in row else ():
                written.put(rows, at, poison)
                touched = True
    if route == listed:
        for poison in places.of.get(("redirect", route), ())[:1]:
            return Answer(302, [("Location", _header(poison.data))], b"", None)
    kinds = [("document", route if route in DOCUMENTS else None), ("error", route)]
    kinds += [("revision", None), ("error", "revisions")] if "/revisions" in route else []
    for kind, name in kinds:
        if (kind == "revision" and answer.status != 200) or (kind == "error" and answer.status < 400):
            continue
        for poison in places.of.get((kind, name), ()):
            member = written.put(written.whole, 0, poison)
            if kind == "document" and name and (name != "/" or member in ("", "namespaces", "routes")):
                places.struck.add((name, member if name != "/" else ""))
            touched = True
    for poison in places.of.get(("entry", route), ()):
        written.add(poison)
        touched = True
    if touched:
        answer = replace(answer, body=written.body(), headers=list(answer.headers))
    return _with_headers(places.of.get(("header", route), ()), answer)


# What names the REST root in a page's head, beside the RSD document.
_NAMED = re.compile(rb"<link [^>]*(?:api\.w\.org|application/json|oembed)[^>]*>\n?")


def _page(places: Places, request: Request, answer: Answer) -> Answer:
    if request.path.startswith("/wp-content/"):
        number = request.path.rpartition("picture-")[2].partition(".")[0]
        wanted = places.of.get(("file", int(number) if number.isdecimal() else 0))
        if not wanted or answer.status != 200:
            return answer
        odd = replace(answer, body=poisoned_file(wanted[0]))
        return _with_headers(wanted[:1], odd) if wanted[0].where % 2 else odd
    name = {"/": "home", "/robots.txt": "robots", "/xmlrpc.php": "rsd"}.get(request.path, "article")
    if places.by_rsd and name == "home":
        kept = [pair for pair in answer.headers if pair[0].lower() != "link"]
        answer = replace(answer, headers=kept, body=_NAMED.sub(b"", answer.body))
    for poison in places.of.get(("page", name), ()):
        at = poison.at % (len(answer.body) + 1)
        answer = replace(answer, body=answer.body[:at] + poison.data + answer.body[at + poison.at % 40 :])
    return _with_headers(places.of.get(("header", name), ()), answer)


_NAMES = (
    *(
        "Link",
        "Link",
        "X-WP-Total",
        "X-WP-TotalPages",
        "Content-Type",
        "Date",
        "Age",
        "Last-Modified",
        "ETag",
        "X-Pingback",
    ),
    *(
        "Retry-After",
        "Set-Cookie",
        "Content-Disposition",
        "Content-Language",
        "Vary",
        "X-Odd",
        "Allow",
        "Cache-Control",
    ),
)


def _header(data: bytes) -> str:
    return data.replace(b"\r", b"").replace(b"\n", b"").decode("utf-8", "surrogateescape")


def _with_headers(poisons: Any, answer: Answer) -> Answer:
    for poison in poisons:
        answer = replace(answer, headers=list(answer.headers))
        name, value = _NAMES[poison.at % len(_NAMES)], _header(poison.data)
        kept = f'<{value}>; rel="https://api.w.org/"; {value}' if name == "Link" and poison.at % 3 else value
        answer.replace(name, kept)
    return answer


_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %s 1"><g/></svg>'


def poisoned_file(poison: Poison) -> bytes:
    """Bytes that begin as a picture does, mostly; or a picture some of whose bytes are others."""
    text = poison.value.strip('"').encode("utf-8", "replace").decode()
    starts = [
        *(
            b"",
            b"II*\0\x08\0\0\0",
            b"MM\0*\0\0\0\x08",
            b"\xff\xd8\xff\xe1\0\x40Exif\0\0II*\0\x08\0\0\0",
            b"GIF89a",
            b"BM",
        ),
        *(
            b"RIFF\xff\xff\xff\xffWEBPVP8X",
            b"\0\0\0\x1cftypavif",
            b"%PDF-1.7\n",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            b"<svg ",
        ),
        (_SVG % (text, text, text)).encode(),
    ]
    if poison.at % 2:
        return starts[poison.at // 2 % len(starts)] + poison.data * (1 + poison.at % 5)
    whole = bytearray(png(8, 8, 1))
    at = poison.at // 2 % len(whole)
    whole[at : at + len(poison.data)] = poison.data
    return bytes(whole[: len(whole) - poison.at % 3])


# ---- what must be so

_FAULT = Fault(says="Any value at any place of the answers, by `places`.", after=_after)


def _expected(site: FakeWordPress, places: Places) -> Iterator[tuple[str, str, str, int]]:
    """Route, table, condition and id of everything that no poison can take away."""
    for route, (kind, table, column) in LISTED.items():
        if places.spoils(route):
            continue
        for number in site.ids(kind):
            if not places.item(route, number):
                yield route, table, f"{column} = '{kind}'" if column else "1", number


def _way(poisons: list[Poison]) -> tuple[str, tuple[int, ...], str, dict[str, Any], int]:
    """How the site spells its root, in which of two runs it is poisoned, and how it is crawled."""
    dice = random.Random(sum(poison.at for poison in poisons))
    os.environ["POISONED_PASSWORD"] = SECRET
    part = dice.choice([(1, 2), (2,), (1,)])
    known = {"user": "editor", "password_env": "POISONED_PASSWORD", "drafts": dice.random() < 0.5}
    return (
        dice.choice(["pretty", "pretty", "plain", "index.php"]),
        part,
        dice.choice(["originals", "used", "all"]),
        known if dice.random() < 0.5 else {},
        dice.randrange(2),
    )


def contradictions(crawling: Crawling, poisons: list[Poison]) -> list[str]:
    """What goes wrong in two crawls of a site with these poisons, and in a rebuild of the database."""
    form, part, media, known, sweep = _way(poisons)
    with fake(form, brief=True, **SIZES) as site, fake(brief=True, **SIZES) as other:
        site.account("editor", SECRET)
        embed(site, other)
        FAULTS["poisoned-answers"] = _FAULT
        few = sum(poison.at for poison in poisons) % 100
        whole = [replace(poison, how="whole") if poison.at % 3 == 0 else poison for poison in poisons[:few]]
        other.fault("poisoned-answers", places=Places(other, whole, by_rsd=few % 2 == 0))
        try:
            places, found = Places(site, poisons), []
            for run in (1, 2):
                site.mend()
                if run in part:
                    site.fault("poisoned-answers", places=places)
                if run == 2 and len(part) == 1:
                    for number in (*site.ids("post"), *site.ids("page"), *site.ids("attachment")):
                        site.edit(number, silent=number % 2 == 0, title=f"Other {number}")
                ended = crawling(site.url, media=media, sweep_every=sweep, **abroad(other), **known)
                gone = Places(site, []) if run not in part else places
                found += [
                    f"crawl {run}: {fault}" for fault in _faults(ended, site, gone, first=run == 1, drafts=bool(known))
                ]
            site.mend()
            site.fault("poisoned-answers", places=places)
            clean = not places.spoils("/wp/v2/posts") and not any(one == "/" for one, _ in places.struck)
            clean = clean and ("page", "robots") not in places.of
            found += errands(crawling, site, other, ended, clean=clean)
        finally:
            site.mend()
            other.mend()
            del FAULTS["poisoned-answers"]
    before = list(logical_dump(crawling.archive.database))
    index(crawling.archive, rebuild=True)
    after = list(logical_dump(crawling.archive.database))
    return found + ([] if before == after else [f"a rebuild differs: {_first_difference(before, after)}"])


def _faults(ended: Ended, site: FakeWordPress, places: Places, *, first: bool, drafts: bool) -> list[str]:
    # What its document doesn't say is asked for by itself where links name it.
    found = [
        one
        for one in disagreements(ended)
        if first and not drafts and one.partition(":")[0] not in {route for route, _ in places.struck}
    ]
    if ended.code == 2 and "isn't accepted" in ended.report.reason and ("document", DOCUMENTS[4]) in places.of:
        return []  # who the site says that we are isn't who we said
    if ended.code == 7 and "robots.txt asks" in ended.report.reason and ("page", "robots") in places.of:
        return []  # a rule of it, cut short, forbids everything
    if ended.code not in (0, 3) and not (ended.code == 7 and ("/", "") in places.struck):
        found.append(f"exit {ended.code}: {ended.report.reason}")
    for route, table, condition, number in _expected(site, places):
        query = f"SELECT 1 FROM {table} WHERE {condition} AND wp_id = ? AND NOT partial AND privilege = 'anonymous'"
        if not ended.rows(query, number):
            found.append(f"{route}: {number} isn't held")
    return found


def _first_difference(before: list[str], after: list[str]) -> str:
    return next(
        (f"{one!r:.300} / {other!r:.300}" for one, other in zip(before, after, strict=False) if one != other), "length"
    )


def drawn(number: int) -> list[Poison]:
    """The poisons of the site with this number, drawn in a process of its own: what is drawn hangs on what is loaded."""
    path = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    told = subprocess.run(
        [sys.executable, __file__, "draw", str(number)], env=path, check=True, capture_output=True, text=True
    ).stdout
    return [Poison(**one | {"data": bytes.fromhex(one["data"])}) for one in json.loads(told)]


def _draw(number: int) -> list[Poison]:
    found: list[list[Poison]] = []

    # The first that is drawn is the plainest of all.
    @seed(number)
    @settings(
        max_examples=2, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck]
    )
    @given(st.lists(POISONS, min_size=TOGETHER, max_size=TOGETHER))
    def draw(poisons: list[Poison]) -> None:
        found.append(poisons)

    draw()
    return found[-1]


def tried(number: int, clock: Hurry) -> list[str]:
    """What goes wrong with the site of this number, faults of ours too."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return contradictions(Crawling(Path(folder) / "archive", clock), drawn(number))
        except Exception:  # noqa: BLE001 - the next is tried all the same
            return [traceback.format_exc(-5)]


def main(number: int = 20_000, start: int = 1) -> None:
    """Poison `number` places, and say what goes wrong and which site cost the most."""
    clock = Hurry()
    wrong, began, sites = 0, time.monotonic(), max(1, number // TOGETHER)
    costs: dict[int, float] = {}
    for at in range(start, start + sites):
        spent = time.process_time()
        for one in tried(at, clock):
            wrong += 1
            print(f"seed {at}: {one}", flush=True)
        costs[at] = time.process_time() - spent
        print(f"\r{(at - start + 1) * TOGETHER:,} poisons", end="", file=sys.stderr, flush=True)
    dearest = max(costs, key=costs.__getitem__)
    print(f"{sites * TOGETHER:,} poisons in {sites} sites, crawled twice: {wrong} contradictions, ", end="")
    print(f"{time.monotonic() - began:.0f} s; most CPU: seed {dearest}, {costs[dearest]:.1f} s")


if __name__ == "__main__" and sys.argv[1:2] == ["draw"]:
    print(json.dumps([asdict(one) | {"data": one.data.hex()} for one in _draw(int(sys.argv[2]))]))
elif __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
