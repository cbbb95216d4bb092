"""SIGKILL at random moments: the next run ends with what an uninterrupted crawl holds, and nothing that was safe is lost.

WPARCHIVE_KILLS sets how many crawls are killed (default 8), WPARCHIVE_SEED the moments.
"""

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from crawlkit import Crawled, committed, crawl, kill_at, sound
from fakewp import FakeWordPress

from wparchive.errors import ExitCode
from wparchive.index import index, logical_dump
from wparchive.store import Archive

KILLS = int(os.environ.get("WPARCHIVE_KILLS", "8"))
SEED = os.environ.get("WPARCHIVE_SEED", "wparchive")
IN_FLIGHT = 2 * 2 + 2  # what may have been asked and not kept: two workers and their queue, and one batch


@pytest.mark.parametrize("number", range(KILLS))
def test_killed_and_run_again(site: FakeWordPress, whole: Crawled, tmp_path: Path, number: int) -> None:
    """Items and digests equal an uninterrupted crawl; what was committed stands; every file is whole; nothing twice."""
    chance = random.Random(f"{SEED}/{number}")
    folder = tmp_path / "archive"
    before = len(site.requests)
    kills = [_kill(site, folder, chance, len(whole.asked)) for _ in range(2 if number % 4 == 3 else 1)]
    safe = committed(folder)

    again = crawl(folder, site.url)

    assert again.code is ExitCode.COMPLETE
    assert again.digests() == whole.digests()
    assert again.items() == whole.items()
    assert again.links == whole.links
    assert set(again.rows("SELECT capture, warc, offset FROM captures")) >= set(safe)
    assert list(sound(folder)) == []
    assert [path.name for path in again.warcs() if path.suffix == ".open"] == []
    assert again.rows("SELECT * FROM observations") == []
    if not _finished(again):  # the second run took over rather than beginning anew
        assert again.result.report.mode == "full"
        assert len(site.requests) - before <= len(whole.asked) + len(kills) * IN_FLIGHT
        assert again.number("SELECT count(*) FROM runs WHERE outcome = 'killed' AND finished_at IS NULL") >= bool(safe)
    assert _rebuilt(folder) == again.dump()


def _kill(site: FakeWordPress, folder: Path, chance: random.Random, requests: int) -> bool:
    """Kill a crawl at any of its requests, or in the time of indexing after the last one."""
    count = chance.randint(1, requests + requests // 4)
    return kill_at(site, folder, chance.uniform(0, 0.03 if count < requests else 0.4), after=min(count, requests))


def _finished(again: Crawled) -> bool:
    """Whether any run before the last said how it ended; its WARC tells that, whatever else it had no time to note."""
    query = "SELECT count(*) FROM runs WHERE finished_at IS NOT NULL AND run != ?"
    return again.number(query, again.result.report.run) > 0


def _rebuilt(folder: Path) -> list[str]:
    """The dump of a database rebuilt from the WARCs alone."""
    archive = Archive(folder)
    index(archive, rebuild=True)
    return list(logical_dump(archive.database))


@dataclass(frozen=True)
class Updated:
    """A site that changed since it was archived in `before`; `after` is what an uninterrupted update makes of that."""

    site: FakeWordPress
    before: Path
    after: Crawled
    requests: int


@pytest.fixture(scope="module")
def updated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Updated]:
    """Edits on both pages of what changed, a new post, a deleted one, one in the trash, a retagged one, a comment."""
    folder = tmp_path_factory.mktemp("updated")
    with FakeWordPress(posts=130, media=5, comments=9) as site:
        crawl(folder / "before", site.url)
        ids = site.ids("post")
        for wp_id in (*ids[:104], ids[-3]):
            site.edit(wp_id, title=f"Edited {wp_id}")
        site.add(title="New")
        site.delete(ids[110])
        site.trash(ids[111])
        site.retag(ids[112], category=[site.ids("category")[0]])
        site.comment(ids[3])
        site.pass_time(24 * 3)
        site.edit(ids[5], content="<p>Edited long after the others.</p>")
        shutil.copytree(folder / "before", folder / "after")
        asked = len(site.requests)
        after = crawl(folder / "after", site.url)
        assert after.result.report.mode == "incremental" and after.code is ExitCode.COMPLETE
        yield Updated(site, folder / "before", after, len(site.requests) - asked)


def _noticed(crawled: Crawled) -> list[tuple[object, ...]]:
    return crawled.rows("SELECT type, wp_id, change FROM observations ORDER BY 1, 2, 3")


@pytest.mark.parametrize("number", range(max(1, KILLS // 4)))
def test_an_update_killed_and_run_again(updated: Updated, tmp_path: Path, number: int) -> None:
    """Every change is found, the observations are those of an uninterrupted update, and each is made once."""
    chance = random.Random(f"{SEED}/update {number}")
    folder = tmp_path / "archive"
    shutil.copytree(updated.before, folder)
    for _ in range(1 + number % 2):
        _kill(updated.site, folder, chance, updated.requests)
    safe = committed(folder)
    again = crawl(folder, updated.site.url)
    assert again.code is ExitCode.COMPLETE
    assert again.items() == updated.after.items()
    assert again.digests() == updated.after.digests()
    states = "SELECT type, wp_id, gone FROM posts ORDER BY 1, 2"
    assert again.rows(states) == updated.after.rows(states)
    assert _noticed(again) == _noticed(updated.after)
    assert set(again.rows("SELECT capture, warc, offset FROM captures")) >= set(safe)
    assert list(sound(folder)) == []
    assert _rebuilt(folder) == again.dump()
