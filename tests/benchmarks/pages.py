"""How fast the reading room answers in a large archive; run it by hand on a calm machine:

    python tests/benchmarks/pages.py [--posts 100000] [--rounds 20]

Three newsrooms are crawled, and their rows copied in the database until there are that many posts. Wanted, on two quiet
cores: p50 <= 60 ms and p95 <= 150 ms for every page, an article <= 20 ms, a word that nearly all posts have <= 100 ms, and
an overview of at most 40 kB.
"""

import argparse
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "browse")]

from newsrooms import Newsrooms  # noqa: E402
from reading import PREFIX, Reading  # noqa: E402

STEP = 100_000  # between the ids of an item and those of its copies
TITLE = "title || ' ' || n.n"
EARLIER = "strftime('%Y-%m-%dT%H:%M:%S', {0}, '-' || n.n || ' hours')"
# Table → what differs in a copy; all other columns stay as they are.
COPIED: Mapping[str, Mapping[str, str]] = {
    "posts": {
        "title": TITLE,
        "date_gmt": EARLIER.format("date_gmt"),
        "text_sha256": "text_sha256 || n.n",
        "link": "link || n.n",
    },
    "versions": {"title": TITLE},
    "comments": {"post": f"post + {STEP} * n.n", "post_item": "NULL"},
    "outbound": {},
    "links": {},
    "post_terms": {},
    "observations": {"title": TITLE, "observed_at": f"{EARLIER.format('observed_at')} || 'Z'"},
}
LIMITS = {"article": 20, "search for a word of all": 100}


def main() -> None:
    """Print the times of each page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    work = Path(tempfile.mkdtemp())
    try:
        Newsrooms(work).make()
        began = time.perf_counter()
        posts = grow(work / "archive.db", given.posts)
        size = (work / "archive.db").stat().st_size
        print(f"{posts:,} posts, {size / 1e6:,.0f} MB, copied in {time.perf_counter() - began:.0f} s")
        with Reading(work / "archive.db") as room:
            measure(room, given.rounds)
    finally:
        shutil.rmtree(work)


def grow(database: Path, wanted: int) -> int:
    """Copy every row until there are so many posts; return how many there are."""
    with closing(sqlite3.connect(database, isolation_level=None)) as conn:
        conn.execute("PRAGMA synchronous = OFF")
        (posts,) = conn.execute("SELECT count(*) FROM posts").fetchone()
        conn.execute("CREATE TEMP TABLE n (n INTEGER PRIMARY KEY)")
        numbers = "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?)"
        conn.execute(f"INSERT INTO n {numbers} SELECT n FROM c", (-(-wanted // posts) - 1,))
        conn.execute("BEGIN")
        for table in COPIED:
            copy(conn, table, COPIED[table])
        for table, kind in (("posts", "type"), ("comments", "'comment'")):
            title = "title" if table == "posts" else "author_name"
            conn.execute(f"INSERT OR IGNORE INTO items SELECT item, site, {kind}, wp_id, {title} FROM {table}")
        conn.execute("COMMIT")
        conn.execute("INSERT INTO posts_fts (posts_fts) VALUES ('rebuild')")
        conn.execute("ANALYZE")
        (posts,) = conn.execute("SELECT count(*) FROM posts").fetchone()
    return int(posts)


def copy(conn: sqlite3.Connection, table: str, differ: Mapping[str, str]) -> None:
    """Copy the rows of a table once for each number, with other ids."""
    names = [row[1] for row in conn.execute(f"PRAGMA table_info({table})")]
    changed = {"wp_id": f"wp_id + {STEP} * n.n", **differ}
    values = ", ".join(changed.get(name, f"t.{name}") for name in names)
    conn.execute(f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) SELECT {values} FROM {table} t, n")


def pages(room: Reading) -> dict[str, list[str]]:
    """Addresses by what they are; several where a page could be kept in memory."""
    some = "rowid % (SELECT max(rowid) / 12 FROM {0}) = 1"
    items = [row[0] for row in room.rows(f"SELECT item FROM posts WHERE {some.format('posts')}")]
    changed = [row[0] for row in room.rows("SELECT item FROM observations WHERE change = 'silently_edited' LIMIT 12")]
    captures = [row[0][9:] for row in room.rows("SELECT capture FROM captures WHERE kind = 'listing' LIMIT 8")]
    files = [row[0] for row in room.rows("SELECT DISTINCT sha256 FROM media_files WHERE sha256 IS NOT NULL LIMIT 8")]
    before = [
        row[0][:10] for row in room.rows(f"SELECT observed_at FROM observations WHERE {some.format('observations')}")
    ]
    run = room.one("SELECT run FROM observations")
    return {
        "overview": ["/"],
        "changes": ["/changes", *(f"/changes?before={day}" for day in before)],
        "changes, silent": ["/changes?kind=silently_edited"],
        "changes, feed": ["/changes.atom"],
        "vanished": ["/vanished"],
        "search for a rare word": [f"/search?q=inquiry+{n}" for n in range(2, 9)],
        "search for a word of all": ["/search?q=the", "/search?q=harbour"],
        "search, of a site": ["/search?q=the&site=coast-wire"],
        "search, newest": ["/search?q=the&sort=newest"],
        "pictures": ["/pictures"],
        "file": [f"/file/{sha256}" for sha256 in files],
        "people": ["/people"],
        "person": ["/person/harbour-ledger/3"],
        "sources": ["/sources"],
        "runs": ["/runs"],
        "run": [f"/run/{run}"],
        "site": [f"/site/{site}" for (site,) in room.rows("SELECT site FROM sites")],
        "article": [f"/item/{item}" for item in items],
        "timeline": [f"/item/{item}/timeline" for item in changed],
        "comparison": [f"/item/{item}/changes" for item in changed],
        "evidence": [f"/item/{item}/evidence" for item in changed],
        "comments": [f"/item/{item}/comments" for item in items],
        "capture": [f"/capture/{capture}" for capture in captures],
        "address": [f"/url?u={link}" for (link,) in room.rows("SELECT link FROM posts LIMIT 8")],
    }


def measure(room: Reading, rounds: int) -> None:
    """Print p50, p95 and size of each page, and mark what is over its limit."""
    print(f"{'page':28}{'p50 ms':>8}{'p95 ms':>8}{'kB':>7}")
    for name, paths in pages(room).items():
        times, size = [], 0
        for path in islice(cycle(paths), rounds + 2):
            began = time.perf_counter()
            answer = room.get(f"{PREFIX}{path}")
            times.append((time.perf_counter() - began) * 1000)
            size = max(size, len(answer.content))
            if answer.status_code != 200:
                print(f"{path}: {answer.status_code}")
        p50, p95 = statistics.median(times[2:]), statistics.quantiles(times[2:], n=20)[-1]
        over = p50 > LIMITS.get(name, 60) or p95 > 150 or (name == "overview" and size > 40_000)
        print(f"{name:28}{p50:8.1f}{p95:8.1f}{size / 1000:7.1f}{'  over its limit' if over else ''}")


if __name__ == "__main__":
    sys.exit(main())
