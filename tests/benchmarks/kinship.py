"""What finding kin costs beside indexing, over many sites; run by hand:

    python tests/benchmarks/kinship.py [--posts 100000] [--sites 50] [--work DIR]

wanted: kinship <= 20 % of what indexing costs without it, of a new archive and of a week's increment; peak memory no more
than 300 MB above indexing; database <= 5 % larger; a query by item <= 50 ms; a rebuild gives equal rows
"""

import argparse
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent.parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "kinship"))
sys.path.insert(0, str(Path(__file__).parent.parent / "index"))

from archives import World, post
from invented_articles import LANGUAGES, Story, Writer

from wparchive.ask.kinship.relatives import kin_of
from wparchive.index import indexer
from wparchive.index.database.opening import reading
from wparchive.store import Archive

PAGE = 100
TABLES = ("kinship", "clusters", "_wparchive_sketches", "_wparchive_frequent", "_wparchive_repeated")
SIZES = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name"


def articles(count: int, seed: int) -> Iterator[list[str]]:
    """Lines of articles; one in twenty takes an earlier one, whole, in part or reworded."""
    random = Random(seed)
    writers = [Writer(language, seed) for language in LANGUAGES]
    kept: list[Story] = []
    for _ in range(count):
        if kept and random.random() < 0.05:
            story = random.choice(kept)
            lines = story.writer.changed(story, random.choice((0, 0, 0.1, 0.2))).lines
            yield lines if random.random() < 0.7 else lines[: len(lines) // 2 + 1]
            continue
        writer = random.choice(writers)
        story = writer.story(writer.topic(), random.randint(3, 9))
        kept = [*kept[-400:], story]
        yield story.lines


def write(world: World, posts: int, sites: int, first: int) -> None:
    """A run of each site in which so many posts were read, with ids from `first`."""
    made = articles(posts, first)
    for number in range(sites):
        run = world.run(f"site{number:02}.test").site()
        for page in range(0, posts // sites, PAGE):
            ids = range(first + page, first + min(page + PAGE, posts // sites))
            run.get("/wp/v2/posts", [post(n, "".join(f"<p>{line}</p>" for line in next(made))) for n in ids])
        run.end()
    for folder in world.archive.sites():
        world.archive.finish(folder.name)


def measure(path: str, option: str) -> None:
    """Index in this process, and print what it cost with and without kinship."""
    spent: list[float] = []
    peaks: list[int] = []
    fill = indexer.fill_kinship

    def timed(conn: sqlite3.Connection) -> int:
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        began = time.process_time()
        found = fill(conn)
        spent.append(time.process_time() - began)
        return found

    indexer.fill_kinship = timed  # type: ignore[assignment]
    began = time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    indexer.index(Archive(Path(path)), rebuild=option == "rebuild")
    whole = time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"whole": whole, "kin": spent[0], "peak": peak / 1024, "before": peaks[0] / 1024}))


def indexed(folder: Path, what: str, option: str = "") -> None:
    """Index in a process of its own; print the costs."""
    command = [sys.executable, __file__, "--measure", str(folder), option]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    rest = found["whole"] - found["kin"]
    print(
        f"{what}: indexing {rest:.1f} s, kinship {found['kin']:.1f} s ({100 * found['kin'] / rest:.1f} %), "
        f"peak {found['peak']:.0f} MB ({found['before']:.0f} MB before kinship)"
    )


def rows(database: Path) -> list[Any]:
    """All rows of kinship."""
    with closing(sqlite3.connect(database)) as conn:
        return [sorted(conn.execute(f"SELECT * FROM {name}")) for name in TABLES]


def look(database: Path) -> None:
    """Print how large the tables are, and how long a query by item takes."""
    with closing(sqlite3.connect(database)) as conn:
        sizes = dict(conn.execute(SIZES).fetchall())
        own = sum(size for name, size in sizes.items() if any(f"{table}" in name for table in TABLES))
        whole = sum(sizes.values())
        print(f"database {whole / 1e6:.0f} MB, kinship {own / 1e6:.1f} MB: {100 * own / (whole - own):.1f} % larger")
        print(conn.execute("SELECT kind, count(*) FROM kinship GROUP BY kind").fetchall())
        items = [item for (item,) in conn.execute("SELECT item FROM kinship ORDER BY random() LIMIT 200")]
    times = []
    with reading(database) as conn:
        for item in items:
            began = time.perf_counter()
            list(kin_of(conn, item))
            times.append(time.perf_counter() - began)
    print(f"kin of an item: median {1000 * sorted(times)[len(times) // 2]:.1f} ms, worst {1000 * max(times):.1f} ms")


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--sites", type=int, default=50)
    parser.add_argument("--work")
    parser.add_argument("--measure", nargs=2)
    given = parser.parse_args()
    if given.measure:
        measure(*given.measure)
        return
    with tempfile.TemporaryDirectory(dir=given.work) as work:
        world = World(Path(work) / "archive")
        write(world, given.posts, given.sites, 1)
        indexed(world.archive.root, f"{given.posts:,} posts over {given.sites} sites")
        write(world, given.sites * 20, given.sites, given.posts + 1)
        indexed(world.archive.root, f"{given.sites * 20:,} more")
        look(world.archive.database)
        stands = rows(world.archive.database)
        indexed(world.archive.root, "rebuilt", "rebuild")
        print("rebuild equal" if rows(world.archive.database) == stands else "REBUILD DIFFERS")


if __name__ == "__main__":
    main()
