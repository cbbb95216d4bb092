"""A crawl as a test sees it: run in this process, then read back from the archive alone."""

import pickle
import sqlite3
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import frugal
from fakewp import FakeWordPress
from fakewp.content import Sizes, generate

from wparchive.config import Settings, SiteConfig
from wparchive.crawl.report import RunReport
from wparchive.crawl.run import Options
from wparchive.crawl.seams import Seams
from wparchive.fleet.local import crawl_all
from wparchive.store import Archive

__all__ = ["IMPATIENT", "POSTS", "Crawling", "Ended", "Hurry", "bugs", "fake"]

POSTS = "/wp/v2/posts"
# A server on loopback that is silent for so long is silent for ever; a page of a hundred posts has 350 kB.
IMPATIENT = Settings(**frugal.SETTINGS, connect_timeout=2.0, read_timeout=1.5, total_timeout=4.0, max_body=1_000_000)


def fake(form: str = "pretty", *, brief: bool = False, **sizes: int) -> FakeWordPress:
    """A fake site of these sizes, its articles cut to a few lines if `brief`: to write them takes longer than to crawl."""
    return FakeWordPress(form, content=pickle.loads(_written(brief, tuple(sizes.items()))))


@cache
def _written(brief: bool, sizes: tuple[tuple[str, int], ...]) -> bytes:
    site = generate(Sizes(**dict(sizes)), 1)
    for post in site.posts.values() if brief else ():
        post.content = post.content[:300]
    return pickle.dumps(site)


class Hurry:
    """A clock whose waits pass at once; `waited` is what they would have taken, in seconds."""

    def __init__(self) -> None:
        self.waited = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return time.monotonic() + self.waited

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.waited += seconds


@dataclass(frozen=True, slots=True)
class Ended:
    """One run, as its report and the database tell of it."""

    report: RunReport
    database: Path
    events: list[tuple[str, Mapping[str, Any]]] = field(repr=False)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database answers."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(query, values).fetchall()

    @property
    def code(self) -> int:
        """The exit code that a crawl of this site alone ends with."""
        return int(self.report.exit_code)

    @property
    def requests(self) -> int:
        """Requests sent."""
        return self.report.tally.requests

    @property
    def posts(self) -> int:
        """Posts in the database with their content."""
        query = "SELECT count(*) FROM posts WHERE type = 'post' AND json_extract(raw, '$.content') IS NOT NULL"
        return int(self.rows(query)[0][0])

    @property
    def state(self) -> str:
        """The site's state in the database."""
        return str(self.rows("SELECT state FROM sites")[0][0])

    def outcome(self, route: str = POSTS) -> str | None:
        """The outcome of the run's proof of `route`; None without one."""
        query = "SELECT outcome FROM listings WHERE run = ? AND route = ?"
        found = self.rows(query, self.report.run, route)
        return str(found[0][0]) if found else None

    def gaps(self, route: str = POSTS) -> list[tuple[int, int | None]]:
        """First and last position of the run's gaps in `route`."""
        query = "SELECT first_position, last_position FROM gaps WHERE run = ? AND route = ? ORDER BY 1"
        return self.rows(query, self.report.run, route)  # type: ignore[return-value]

    @property
    def links(self) -> dict[str, int]:
        """How many links of the archive ended how."""
        return dict(self.rows("SELECT outcome, count(*) FROM links GROUP BY outcome"))


class Crawling:
    """Crawls of one archive."""

    def __init__(self, folder: Path, hurry: Hurry) -> None:
        self.archive = Archive(folder)
        self.seams = Seams(clock=hurry, sleep=hurry.sleep)
        self.hurry = hurry
        self.bugs_matter = True

    def __call__(self, url: str, *, index: bool = True, scope: str = "site", **settings: Any) -> Ended:
        """Crawl and index `url`, with `settings` beside those of IMPATIENT; a bug of ours is raised."""
        events: list[tuple[str, Mapping[str, Any]]] = []
        results = crawl_all(
            self.archive,
            [SiteConfig(url=url, settings=replace(IMPATIENT, **settings))],
            Options(debug=True, scope=scope),
            index=index,
            stop=threading.Event(),
            emit=lambda event, fields: events.append((event, fields)),
            seams=self.seams,
        )
        ended = Ended(results[0].report, self.archive.database, events)
        assert not self.bugs_matter or bugs(ended) == []
        return ended

    def raw(self) -> bytes:
        """Everything in the logs of the runs."""
        return b"".join(path.read_bytes() for path in sorted(self.archive.root.glob("*/runs/*.jsonl")))


def bugs(ended: Ended) -> list[str]:
    """What the program met and had no rule for: a bug of ours, whatever was sent, though it costs only what shows it."""
    said = [str(fields) for event, fields in ended.events if event == "fault"]
    said += [line for line in ended.report.failures if "not understood" in line]
    if ended.database.exists():
        said += [str(row) for row in ended.rows("SELECT url, error FROM captures WHERE flags LIKE '%not-understood%'")]
    return said


def disagreements(ended: Ended) -> list[str]:
    """Where the database of a first crawl, its listings, its gaps and the exit code don't say the same."""
    said = []
    query = (
        'SELECT l.route, l.held, l.outcome, c."table" FROM listings l JOIN collections c USING (site, route) '
        "WHERE l.run = ? ORDER BY l.route"
    )
    gaps = {route for (route,) in ended.rows("SELECT route FROM gaps WHERE run = ?", ended.report.run)}
    for route, held, outcome, table in ended.rows(query, ended.report.run):
        # What only its own id shows, a pingback say, no listing counts; and some lists show items of several types.
        if table == "other":
            found = ended.rows("SELECT count(*) FROM objects WHERE route = ?", route)
        else:
            found = ended.rows(_COUNTED.format(table), route.replace(" ", "%20"))
        ((count,),) = found
        if count != held and route not in gaps:
            said.append(f"{route}: {held} held, {count} rows, no gap")
        if outcome not in ("complete", "refused") and ended.code == 0:
            said.append(f"{route}: {outcome}, exit 0")
    if gaps and ended.code == 0:
        said.append(f"gaps in {sorted(gaps)}, exit 0")
    return said


_COUNTED = (
    "SELECT count(DISTINCT wp_id) FROM {} JOIN captures c USING (capture) WHERE NOT partial AND c.kind = 'listing' "
    "AND substr(c.route, 1, instr(c.route || '?', '?') - 1) = ?"
)
