"""Crawls of a site whose listings answer with damaged pages: what is counted has its rows, or there is a gap, and exit 3.

By hand, with a figure at the end (2,400 pages take about five minutes):

PYTHONPATH=.:tests python tests/faults/mutated_pages.py [NUMBER] [SEED] [TOGETHER]

With few together (2, say) some crawls have nothing but damage that passes, and must end with exit 0.
"""

import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from crawling import Crawling, Ended, Hurry, disagreements, fake
from fakewp import FAULTS, FakeWordPress, Fault
from fakewp.faults_base import Options
from fakewp.simulator.http import Answer, Request
from mutants import DATA, HEADERS, VALUES, odd_bytes, odd_values

from wparchive.audit import verify
from wparchive.index import index, logical_dump

__all__ = ["TOGETHER", "crawl_mutants", "mutated"]

TOGETHER = 24  # listings of one site, each of them damaged in its own way
NAMESPACE = "mutants/v1"
PAGES = ("posts-pretty.json", "media-pretty.json", "comments-pretty.json", "gallery-second.json")
# 429 and walls end a whole crawl, so that of its other listings nothing could be seen.
STATUSES = (200, 200, 200, 201, 202, 203, 204, 206, 226, 299, 304, 301, 400, 401, 403, 404, 410, 500, 502)
TOTALS = ("0", "1", "2", "4", "100", "-5", "3, 3", "", "99999999999999999999", "x")


@cache
def _page(name: str) -> bytes:
    """A page that a real WordPress sent."""
    return (DATA / name).read_bytes()


def _items(body: bytes, dice: random.Random) -> bytes:
    """Whole items change: they go, come twice, change places, are something else, or lose or change their ids."""
    rows = json.loads(body)
    at, to = dice.randrange(len(rows)), dice.randrange(len(rows) + 1)
    one = rows[at]
    ways: list[Callable[[], Any]] = [
        lambda: rows[:at] + rows[at + 1 :],
        lambda: [*rows[:to], one, *rows[to:]],
        lambda: dice.sample(rows, len(rows)),
        lambda: [*rows[:to], dice.choice(VALUES), *rows[to:]],
        lambda: [*rows[:at], dice.choice(VALUES), *rows[at + 1 :]],
        lambda: [{**row, "id": str(row["id"])} for row in rows],
        lambda: [*rows[:at], {**one, "id": dice.choice(VALUES)}, *rows[at + 1 :]],
        lambda: [*rows[:at], {name: one[name] for name in one if name != "id"}, *rows[at + 1 :]],
        lambda: (
            [*rows[:at], {**one, "type": dice.choice(["post", "page", "book", "mutant0", 7, None])}, *rows[at + 1 :]]
        ),
        lambda: [*rows[:at], {**one, "_links": dice.choice(VALUES)}, *rows[at + 1 :]],
        lambda: {str(place * dice.choice([1, 2])): row for place, row in enumerate(rows)},
        lambda: {"body": rows, "status": 200, "headers": {}},
        lambda: {row["id"]: row for row in rows},
        lambda: [rows],
        lambda: one,
        list,
        dict,
        lambda: {"code": "rest_no_route", "message": "", "data": {"status": 404}},
        lambda: {"code": "rest_cannot_read", "message": "", "data": {"status": dice.choice([401, 403])}},
        lambda: {"code": "odd", "message": "", "data": None},
    ]
    return json.dumps(dice.choice(ways)(), separators=(",", ":")).encode("utf-8", "surrogatepass")


def _tokens(body: bytes, dice: random.Random) -> bytes:
    """A token of JSON becomes another: what a plug-in that prints into the middle, or writes JSON by hand, makes of a page."""
    swaps = [
        *(
            (b"true", b"True"),
            (b"false", b"False"),
            (b"null", b"None"),
            (b"null", b"undefined"),
            (b":", b""),
            (b":", b"=>"),
        ),
        *(
            (b",", b""),
            (b",", b",,"),
            (b'"', b""),
            (b'"', b"'"),
            (b'\\"', b'"'),
            (b"{", b""),
            (b"}", b"}}"),
            (b"[", b""),
        ),
        *((b"]", b"],"), (b"\\/", b"/"), (b"\\n", b"\n"), (b"},{", b"}{"), (b"},{", b"},,{"), (b"},{", b"}, null, {")),
    ]
    old, new = dice.choice(swaps)
    places = [at for at in range(len(body)) if body.startswith(old, at)]
    at = dice.choice(places) if places else 0
    return body[:at] + new + body[at + len(old) :] if places else body


WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (_items, _tokens, odd_values, odd_bytes)


def mutated(answer: Answer, dice: random.Random) -> Answer:
    """`answer`, a page that is sound, damaged: its items, its JSON, its bytes, its headers, its status."""
    body = dice.choice(WAYS)(answer.body, dice) if dice.random() < 0.9 else answer.body
    body = dice.choice((_tokens, odd_bytes))(body, dice) if dice.random() < 0.2 else body
    made = replace(answer, body=body, headers=list(answer.headers))
    if dice.random() < 0.2:
        made.status = dice.choice(STATUSES)
    if dice.random() < 0.2:
        made.replace(dice.choice(["X-WP-Total", "X-WP-TotalPages"]), dice.choice(TOTALS))
    if dice.random() < 0.1:
        made.replace("Content-Type", dice.choice(["text/html", "application/json", "text/plain; charset=utf-16", ""]))
    if dice.random() < 0.1:
        name, _, value = dice.choice(HEADERS).decode("latin-1").partition(": ")
        if name not in ("cf-mitigated", "Location"):
            made.headers.append((name, value))
    if dice.random() < 0.05:
        made.headers = [pair for pair in made.headers if not pair[0].lower().startswith("x-wp-")]
    return made


def _rows(name: str, number: int, route: str) -> list[dict[str, Any]]:
    """The items of a real page, as those of the listing with this number at `route`."""
    rows: list[dict[str, Any]] = json.loads(_page(name))
    for row in rows:
        row["id"] += 10_000 * (number + 1)
        row["type"] = f"mutant{number}"
        row["_links"] |= {"self": [{"href": f"{route}/{row['id']}"}], "collection": [{"href": route}]}
    return rows


def _after(site: FakeWordPress, options: Options, request: Request, route: str | None, answer: Answer) -> Answer | None:
    if not route or not route.startswith(f"/{NAMESPACE}/mutant") or answer.document is None:
        return None
    number = int(route.rsplit("mutant", 1)[1].split("/")[0])
    rows = _rows(PAGES[number % len(PAGES)], number, f"{site.url.rstrip('/')}/wp-json/{NAMESPACE}/mutant{number}")
    if route.rsplit("/", 1)[1].isdecimal():  # one item alone, which is sound
        found = [row for row in rows if str(row["id"]) == route.rsplit("/", 1)[1]]
        return replace(answer, status=200, document=found[0], body=json.dumps(found[0]).encode()) if found else None
    size, page = int(str(request.params.get("per_page", 10))), int(str(request.params.get("page", 1)))
    start = int(str(request.params.get("offset", (page - 1) * size)))
    rows = rows[::-1] if request.params.get("order") == "desc" else rows
    shown = rows[start : start + size]
    body = json.dumps(shown, separators=(",", ":")).replace("/", "\\/").encode()
    sound = Answer(200, [("Content-Type", "application/json; charset=UTF-8")], body, shown)
    sound.replace("X-WP-Total", str(len(rows)))
    sound.replace("X-WP-TotalPages", str(-(-len(rows) // size)))
    # Half of the damage passes; the other half hits each answer of the listing, not always in the same way.
    dice = random.Random(f"{options['seed']} {number}")
    lasting, stuck = dice.random() < 0.5, dice.random() < 0.5
    seen = options.setdefault("_seen", Counter())
    seen[number] += 1
    if not shown or (seen[number] > 1 and not lasting):
        return sound
    return mutated(sound, dice if stuck else random.Random(f"{options['seed']} {number} {request.target}"))


_MUTANTS = Fault(says="Listings of `mutants/v1` answer with real pages, damaged by `seed`.", after=_after)


def crawl_mutants(crawling: Crawling, seed: int, together: int = TOGETHER) -> Ended:
    """Crawl a site with so many damaged listings."""
    with fake(brief=True, posts=2, pages=1, books=1, media=1, comments=1, terms=2, users=1) as site:
        book = site.site.types["book"]
        for number in range(together):
            slug = f"mutant{number}"
            site.site.types[slug] = replace(book, slug=slug, base=slug, namespace=NAMESPACE, taxonomies=())
        FAULTS["mutants"] = _MUTANTS
        try:
            site.fault("mutants", seed=seed)
            return crawling(site.url, sweep_every=30)
        finally:
            site.mend()
            del FAULTS["mutants"]


def faults_of(crawling: Crawling, ended: Ended, *, thorough: bool) -> list[str]:
    """What contradicts itself in a crawl of mutants."""
    found = disagreements(ended)
    found += [
        f"{route}: {why}" for route, why in ended.rows("SELECT route, reason FROM gaps WHERE reason LIKE '%in a row%'")
    ]
    found += [
        f"{route}: {why}" for route, why in ended.rows("SELECT route, reason FROM gaps WHERE reason LIKE '%in no row%'")
    ]
    if ended.code not in (0, 3, 6):
        found.append(f"exit {ended.code}: {ended.report.reason}")
    if thorough:
        found += [finding.message for finding in verify(crawling.archive)]
        before = list(logical_dump(crawling.archive.database))
        index(crawling.archive, rebuild=True)
        found += [] if list(logical_dump(crawling.archive.database)) == before else ["a rebuild gives another database"]
    return found


def main(number: int = 2400, seed: int = 1, together: int = TOGETHER) -> None:
    """Crawl `number` damaged listings, and say what contradicts itself."""
    clock = Hurry()
    outcomes, codes, wrong, began = Counter[str](), Counter[int](), 0, time.monotonic()
    for at in range(0, number, together):
        with tempfile.TemporaryDirectory() as folder:
            crawling = Crawling(Path(folder), clock)
            try:
                ended = crawl_mutants(crawling, seed + at, together)
            except Exception:
                print(f"seed {seed + at}:", flush=True)
                raise
            for fault in faults_of(crawling, ended, thorough=not at % (together * 10)):
                wrong += 1
                print(f"seed {seed + at}: {fault}", flush=True)
            query = f"SELECT outcome, count(*) FROM listings WHERE route LIKE '/{NAMESPACE}/%' GROUP BY 1"
            outcomes.update(dict(ended.rows(query)))
            codes[ended.code] += 1
    kinds = ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.most_common())
    ends = ", ".join(f"{count} with {code}" for code, count in codes.most_common())
    print(
        f"{outcomes.total():,} damaged listings ({kinds}) in {codes.total()} crawls ({ends}), {wrong} contradictions, ",
        end="",
    )
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
