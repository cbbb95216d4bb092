"""The database that grows with every run is the one that the WARCs alone give."""

from pathlib import Path

import pytest
from crawlkit import SMALL, Crawled, crawl, kill_at, sound
from fakewp import FakeWordPress

from wparchive.index import index
from wparchive.store import Archive


def lived(folder: Path, site: FakeWordPress) -> Crawled:
    """An archive after a life of runs: whole, cut short, killed twice, over one post, in full, while the site moved on."""
    crawl(folder, site.url, changes={"max_requests": 9})
    crawl(folder, site.url)
    site.edit(site.ids("post")[0], content="<p>Edited.</p>")
    site.delete(site.ids("post")[3])
    site.add(title="New")
    kill_at(site, folder, 0.0, after=9)
    kill_at(site, folder, 0.05, after=4)
    site.edit(site.ids("post")[1], content="<p>Edited while down.</p>")
    crawl(folder, site.url)
    crawl(folder, site.url_of(f"/wp/v2/posts/{site.ids('post')[2]}"), scope="post")
    site.edit(site.ids("post")[2], silent=True, content="<p>Silently.</p>")
    site.comment(site.ids("post")[2])
    return crawl(folder, site.url, full=True)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """Such an archive; tests only rebuild what hangs on its WARCs."""
    with FakeWordPress(**SMALL) as site:
        return lived(tmp_path_factory.mktemp("old") / "archive", site)


@pytest.fixture(scope="module")
def dump(old: Crawled) -> list[str]:
    """The logical dump of the database that grew."""
    return old.dump()


def test_a_long_life_is_sound(old: Crawled, dump: list[str]) -> None:
    """`verify` finds nothing, and the runs are all there with how they ended."""
    assert list(sound(old.folder)) == []
    outcomes = [row[0] for row in old.rows("SELECT outcome FROM runs ORDER BY run")]
    assert outcomes[:2] == ["incomplete", "complete"]
    assert outcomes[-3:] == ["complete", "complete", "complete"]
    assert outcomes.count("killed") == len(outcomes) - 5 == 2
    changes = {row[0] for row in old.rows("SELECT change FROM observations")}
    assert {"edited", "deleted", "appeared", "silently_edited"} <= changes


def test_rebuilding_gives_the_same(old: Crawled, dump: list[str]) -> None:
    """`index --rebuild`."""
    index(Archive(old.folder), rebuild=True)
    assert old.dump() == dump


def test_without_either_database(old: Crawled, dump: list[str]) -> None:
    """archive.db and frontier.db deleted, indexed again; and the next crawl knows what is held."""
    for path in (*old.folder.glob("archive.db*"), *old.folder.glob("*/frontier.db*")):
        path.unlink()
    index(Archive(old.folder))
    assert old.dump() == dump


def test_indexing_later_is_indexing_now(tmp_path: Path) -> None:
    """`--no-index` leaves no database; one `index` after three runs gives what indexing each gives."""
    with FakeWordPress(**SMALL) as site:
        for name, now in (("now", True), ("later", False)):
            for _ in range(3):
                crawled = crawl(tmp_path / name, site.url, index=now)
            assert (tmp_path / name / "archive.db").exists() is now
        index(crawled.archive)
    items = Crawled(tmp_path / "now").items()
    assert crawled.items() == items
    later = crawled.dump()
    index(crawled.archive, rebuild=True)
    assert crawled.dump() == later
