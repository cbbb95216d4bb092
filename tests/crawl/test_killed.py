"""SIGKILL at random moments: the next run ends with what an uninterrupted crawl holds, and nothing that was safe is lost.

WPARCHIVE_KILLS sets how many crawls are killed (default 8), WPARCHIVE_SEED the moments.
"""

import os
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from crawlkit import Crawled, committed, crawl, kill_at, launch, sound, wait_for_requests
from fakewp import FakeWordPress

from wparchive.errors import ExitCode
from wparchive.index import index, logical_dump
from wparchive.store import Archive

KILLS = int(os.environ.get("WPARCHIVE_KILLS", "8"))
SEED = os.environ.get("WPARCHIVE_SEED", "wparchive")
IN_FLIGHT = 2 * 2 + 2  # what may have been asked and not kept: two workers and their queue, and one batch


@pytest.fixture(scope="module")
def span(site: FakeWordPress, tmp_path_factory: pytest.TempPathFactory) -> float:
    """Seconds from the first request of an uninterrupted crawl to the end of its process."""
    asked = len(site.requests)
    folder = tmp_path_factory.mktemp("span") / "archive"
    process = launch("crawl", site.url, "-a", folder, "--media", "none", "--silent")
    wait_for_requests(site, asked + 1, process)
    began = time.monotonic()
    process.communicate()
    return time.monotonic() - began


@pytest.mark.parametrize("number", range(KILLS))
def test_killed_and_run_again(site: FakeWordPress, whole: Crawled, span: float, tmp_path: Path, number: int) -> None:
    """Items and digests equal an uninterrupted crawl; what was committed stands; every file is whole; nothing twice."""
    chance = random.Random(f"{SEED}/{number}")
    folder = tmp_path / "archive"
    before = len(site.requests)
    kills = [kill_at(site, folder, chance.uniform(0, span)) for _ in range(1 + number % 2)]
    safe = committed(folder)
    finished = _finished(folder)

    again = crawl(folder, site.url)

    assert again.code is ExitCode.COMPLETE
    assert again.digests() == whole.digests()
    assert again.items() == whole.items()
    assert again.links == whole.links
    assert set(again.rows("SELECT capture, warc, offset FROM captures")) >= set(safe)
    assert list(sound(folder)) == []
    assert [path.name for path in again.warcs() if path.suffix == ".open"] == []
    assert again.rows("SELECT * FROM observations") == []
    if not finished:  # the second run took over rather than beginning anew
        assert again.result.report.mode == "full"
        assert len(site.requests) - before <= len(whole.asked) + len(kills) * IN_FLIGHT
        assert again.number("SELECT count(*) FROM runs WHERE outcome = 'killed' AND finished_at IS NULL") >= bool(safe)
    assert _rebuilt(folder) == again.dump()


def _finished(folder: Path) -> bool:
    """Whether any run of the archive said how it ended."""
    for path in folder.glob("*/frontier.db"):
        with closing(sqlite3.connect(path)) as connection:
            return bool(connection.execute("SELECT 1 FROM runs WHERE finished_at IS NOT NULL").fetchone())
    return False


def _rebuilt(folder: Path) -> list[str]:
    """The dump of a database made anew from the WARCs alone."""
    archive = Archive(folder)
    index(archive, rebuild=True)
    return list(logical_dump(archive.database))
