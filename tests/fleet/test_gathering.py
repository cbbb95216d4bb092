"""Gathering sites of a fleet: an ordinary archive, equal to one that was crawled here, however often and wherever it stopped."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fakewp import FakeWordPress
from stocking import put_database, put_site

from wparchive.audit import verify
from wparchive.config import Settings, SiteConfig
from wparchive.crawl.run import Options
from wparchive.errors import DamagedError, LockedError, UsageError
from wparchive.events import quiet
from wparchive.fleet.joining.gather import Gathered, gather
from wparchive.fleet.local import crawl_all
from wparchive.fleet.manifest import read_head
from wparchive.fleet.objects import ObjectStore
from wparchive.index import logical_dump
from wparchive.store import Archive

SITES = {"one.example": 5, "three.example": 2, "two.example": 3}
SMALL = {"pages": 1, "books": 1, "media": 2, "comments": 2, "users": 2, "terms": 3}


class Stocked:
    """An archive that was crawled here twice, and what a fleet would have of it in its store after each crawl."""

    def __init__(self, folder: Path) -> None:
        self.archive = Archive(folder / "crawled")
        self.objects = folder / "objects"
        self.store = ObjectStore(self.objects.as_uri())
        self.urls: dict[str, str] = {}

    def crawl(self, servers: dict[str, FakeWordPress]) -> None:
        own = Settings(media="originals", contact="a@example.org")
        sites = [SiteConfig(url=server.url, name=name, settings=own) for name, server in servers.items()]
        self.urls = {name: server.url for name, server in servers.items()}
        crawl_all(self.archive, sites, Options(), index=True, stop=threading.Event(), emit=quiet)

    def put(self, *sites: str) -> None:
        for site in sites:
            put_site(self.store, self.archive, site, url=self.urls[site])


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stocked]:
    """Three sites, crawled twice; the rows in the store of the second are those of its first crawl, the third has none."""
    folder = tmp_path_factory.mktemp("stocked")
    made = Stocked(folder)
    servers = {name: FakeWordPress(posts=posts, **SMALL) for name, posts in SITES.items()}
    for server in servers.values():
        server.__enter__()
    made.crawl(servers)
    made.put(*SITES)
    put_database(made.store, made.archive, "two.example", folder / "scratch")
    servers["two.example"].edit(servers["two.example"].ids("post")[0], content="<p>Not as it was.</p>")
    made.crawl(servers)
    made.put(*SITES)
    put_database(made.store, made.archive, "one.example", folder / "scratch")
    yield made
    for server in servers.values():
        server.__exit__(None, None, None)


def gathered(stocked: Stocked, folder: Path, *names: str, **more: bool) -> tuple[Archive, Gathered]:
    archive = Archive(folder)
    return archive, gather(stocked.store, names or tuple(SITES), archive, say=lambda line: None, **more)


def test_what_is_gathered_is_what_was_crawled(stocked: Stocked, tmp_path: Path) -> None:
    """Row for row, whether rows came from the store, from an older state there, or out of the WARCs; `verify` finds nothing."""
    archive, done = gathered(stocked, tmp_path / "a")
    assert (done.sites, done.joined, done.faults) == (3, 2, [])
    assert list(logical_dump(archive.database)) == list(logical_dump(stocked.archive.database))
    assert list(verify(archive)) == []


def test_again_fetches_nothing(stocked: Stocked, tmp_path: Path) -> None:
    """What is here stays as it is."""
    archive, first = gathered(stocked, tmp_path / "a")
    before = archive.database.read_bytes()
    again = gathered(stocked, tmp_path / "a")[1]
    assert (again.fetched, again.kept, again.size, again.joined) == (0, first.fetched, 0, 0)
    assert archive.database.read_bytes() == before


def test_a_gathering_that_was_cut_off_is_resumed(stocked: Stocked, tmp_path: Path) -> None:
    """Half a file never has the name of a whole one; what was left behind is taken away, what was verified is kept."""
    archive, done = gathered(stocked, tmp_path / "a")
    lost = archive.site("one.example").warcs()[0]
    lost.unlink()
    archive.database.unlink()
    (archive.root / ".gather-killed").mkdir()
    (archive.root / ".gather-killed" / "0").write_bytes(b"half")
    again = gathered(stocked, tmp_path / "a")[1]
    assert (again.fetched, again.kept) == (1, done.fetched - 1)
    assert list(archive.root.glob(".gather-*")) == []
    assert list(logical_dump(archive.database)) == list(logical_dump(stocked.archive.database))


def test_a_file_that_is_not_what_its_head_lists_is_refused(stocked: Stocked, tmp_path: Path) -> None:
    """One line that names the object; nothing of it gets into the archive."""
    objects = tmp_path / "objects"
    shutil.copytree(stocked.objects, objects)
    found = read_head(stocked.store, "one.example")
    assert found
    name = next(iter(found[0].files))
    path = objects / "one.example" / name
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    archive = Archive(tmp_path / "a")
    with pytest.raises(DamagedError, match=r"not what HEAD\.json lists"):
        gather(ObjectStore(objects.as_uri()), ["one.example"], archive, say=lambda line: None)
    assert not (archive.site("one.example").path / name).exists()


def test_rows_that_are_not_what_their_index_names_are_refused(stocked: Stocked, tmp_path: Path) -> None:
    """Whoever can write to the store can't slip other rows in unseen."""
    objects = tmp_path / "objects"
    shutil.copytree(stocked.objects, objects)
    path = next((objects / "one.example" / "index").glob("*.zst"))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DamagedError, match="altered"):
        gather(ObjectStore(objects.as_uri()), ["one.example"], Archive(tmp_path / "a"), say=lambda line: None)


def test_another_file_of_the_name_is_left_alone(stocked: Stocked, tmp_path: Path) -> None:
    """It may be the only copy of something."""
    archive, _ = gathered(stocked, tmp_path / "a", "three.example")
    mine = archive.site("three.example").warcs()[0]
    mine.write_bytes(b"mine")
    with pytest.raises(UsageError, match="another file of that name"):
        gathered(stocked, tmp_path / "a", "three.example")
    assert mine.read_bytes() == b"mine"


def test_two_gatherings_do_not_meet(stocked: Stocked, tmp_path: Path) -> None:
    """The second ends at once, as does one while the site is crawled here."""
    archive = Archive(tmp_path / "a")
    with archive.lock("one.example"), pytest.raises(LockedError):
        gathered(stocked, tmp_path / "a", "one.example")


def test_rows_alone_can_be_gathered_for_reading(stocked: Stocked, tmp_path: Path) -> None:
    """Without WARCs there are those of the store only, as old as they are; the site that has none is named."""
    archive, done = gathered(stocked, tmp_path / "a", warcs=False)
    assert (done.sites, done.joined, done.fetched) == (2, 2, 0)
    assert done.faults == ["three.example: no rows of it are in the store yet; gather it with its WARCs"]
    with closing(sqlite3.connect(archive.database)) as conn:
        assert conn.execute("SELECT site FROM sites ORDER BY 1").fetchall() == [("one.example",), ("two.example",)]
        assert conn.execute("SELECT count(*) FROM posts_fts_docsize").fetchone()[0] > 0
    gathered(stocked, tmp_path / "a", "one.example", warcs=False)  # again, in place of its rows
    with closing(sqlite3.connect(archive.database)) as conn, closing(sqlite3.connect(stocked.archive.database)) as all_:
        query = "SELECT * FROM posts WHERE site = 'one.example' ORDER BY wp_id"
        assert conn.execute(query).fetchall() == all_.execute(query).fetchall()


def test_a_site_that_was_never_turned_is_named(stocked: Stocked, tmp_path: Path) -> None:
    """The others are gathered all the same."""
    _, done = gathered(stocked, tmp_path / "a", "four.example", "three.example")
    assert done.faults == ["four.example: nothing of it is in the store yet"]
    assert done.sites == 1
