"""Fixtures of the tests of `export wacz`: an archive that is made once and only read, and packages of it."""

import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from crawlkit import crawl
from fakewp import FakeWordPress
from wacz_reading import Wacz

from wparchive.config import Settings
from wparchive.crawl.seams import Seams
from wparchive.export.wacz.package import Made, Wanted, make_wacz
from wparchive.store import Archive

__all__ = ["NOW", "Exporting", "Kept", "export", "kept", "programs"]

NOW = datetime(2026, 11, 27, 12, 0, 30, tzinfo=UTC)
SIZES = {"posts": 12, "pages": 2, "books": 2, "media": 4, "comments": 6, "users": 3, "terms": 6}
HOSTILE = (
    '<p>Quillhaven <b>ferry</b></p><script>alert("PLANTED-SCRIPT")</script><img src=x onerror="PLANTED-HANDLER()">'
    '<a href="javascript:PLANTED">x</a></article></body><iframe src="https://canary.example/"></iframe>'
)


@dataclass(frozen=True, slots=True)
class Kept:
    """An archive of one site, crawled `runs` times, and the posts of it that tests speak of."""

    folder: Path
    runs: list[str]
    edited: int
    hostile: int
    gone: int

    @property
    def archive(self) -> Archive:
        return Archive(self.folder)

    @property
    def site(self) -> str:
        return self.archive.sites()[0].name

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.folder / 'archive.db'}?mode=ro", uri=True)) as conn:
            return conn.execute(query, values).fetchall()


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Three crawls of a small site with its files: one post is edited twice, one vanishes, one holds what attackers write."""
    folder = tmp_path_factory.mktemp("canary-folder") / "archive"
    with FakeWordPress(**SIZES) as site:
        edited, hostile, gone, *_ = site.ids("post")
        site.edit(hostile, title='Ferry </title><script>x</script> "quoted" \u202e', content=HOSTILE)
        for day, told in enumerate(("", "Eleven", "Fourteen")):
            if told:
                site.edit(edited, content=f"<p>{told} were hurt at the breakwater.</p>")
            if day == 1:
                site.delete(gone)
            crawl(folder, site.url, settings=Settings(), seams=_at(day), full=day == 2)
    with closing(sqlite3.connect(folder / "archive.db")) as conn:
        runs = [row[0] for row in conn.execute("SELECT run FROM runs ORDER BY started_at")]
    return Kept(folder, runs, edited, hostile, gone)


def _at(day: int) -> Seams:
    ticks = count()
    return Seams(now=lambda: NOW + timedelta(days=day - 9, milliseconds=next(ticks)))


Exporting = Callable[..., Wacz]


@pytest.fixture
def export(tmp_path: Path) -> Exporting:
    """`export(archive, run=..., site=...)` makes a package and reads it; `made` of it is what was told."""

    def made(
        archive: Archive, *, now: datetime = NOW, sign: Any = None, name: str = "made.wacz", **wanted: Any
    ) -> Wacz:
        told: Made = make_wacz(
            archive,
            tmp_path / name,
            Wanted(**wanted),
            now=lambda: now,
            sign=sign,
            tell=lambda damage: pytest.fail(str(damage)),
        )
        package = Wacz(tmp_path / name)
        package.made = told  # type: ignore[attr-defined]
        return package

    return made


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder of the programs that are installed for the tests: wacz, cdxj-indexer, warcio."""
    return Path(os.path.dirname(sys.executable))
