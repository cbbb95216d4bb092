"""HEADs against objects against rows: what is off is named, what can be mended is mended, nothing is overwritten."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frugal
import pytest
from crawlkit import SMALL, invoke
from fakewp import FakeWordPress
from fleetrows import add_site, fleet_toml
from stocking import put_database, put_site

from wparchive.fleet.checking.heads_check import Checked, check
from wparchive.fleet.manifest import Head, read_head
from wparchive.fleet.objects import ObjectStore
from wparchive.fleet.queue.tables import connect
from wparchive.fleet.turns.scratch import Mark, Scratch
from wparchive.store import Archive

SITE = "one.example"


class World:
    """A fleet of one site, whose one turn is in its store; `archive` is where it was crawled."""

    def __init__(self, conn: Any, folder: Path, database: str, archive: Archive) -> None:
        self.conn, self.folder, self.database, self.archive = conn, folder, database, archive
        self.store = ObjectStore((folder / "objects").as_uri())
        self.config = fleet_toml(folder, database)
        self.head = put_site(self.store, archive, SITE, url="http://127.0.0.1:1/")
        self.key = f"{SITE}/{next(iter(self.head.files))}"
        add_site(conn, SITE, generation=1, epoch=1)

    def found(self) -> list[tuple[str, str]]:
        return [(one.code, one.where) for one in check(self.conn, self.store, None, Checked())]

    def object(self, key: str) -> Path:
        return self.folder / "objects" / key

    def check(self, *options: str, code: int = 0) -> str:
        said = invoke("fleet", "check", *options, "--config", self.config, code=code)
        return said.stdout + said.stderr


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    folder = tmp_path_factory.mktemp("crawled")
    with FakeWordPress(**SMALL) as site:
        for _ in range(2):
            invoke("crawl", site.url, "-a", folder, *frugal.OPTIONS, "--site-name", SITE, "--no-seal")
    return Archive(folder)


@pytest.fixture
def world(conn: Any, database: str, crawled: Archive, tmp_path: Path) -> Iterator[World]:
    yield World(conn, tmp_path, database, crawled)


def test_a_fleet_that_is_as_it_should_be_has_no_findings(world: World) -> None:
    """Exit 0, and how much was checked."""
    put_database(world.store, world.archive, SITE, world.folder / "scratch")
    assert world.found() == []
    count = len(list(world.store.list()))
    assert world.check() == f"1 sites, {count} objects: nothing is off\n"


def test_what_a_head_lists_must_be_there(world: World) -> None:
    """Missing, or of another size: each object is named, and exit 4."""
    other = world.object(f"{SITE}/{list(world.head.files)[1]}")
    world.object(world.key).unlink()
    other.write_bytes(other.read_bytes() + b"x")
    assert world.found() == [("warc-missing", world.key), ("warc-differs", f"{SITE}/{list(world.head.files)[1]}")]
    assert "2 findings" in world.check("--adopt", code=4)


def test_a_row_and_its_head_must_agree(world: World) -> None:
    """Whichever is older is named; neither while a turn runs, which is about to make them agree."""
    world.conn.execute("UPDATE fleet.sites SET generation = 0")
    assert [code for code, _ in world.found()] == ["row-older"]
    world.conn.execute("UPDATE fleet.sites SET job = 1, lock = 'net#1'")
    assert world.found() == []
    world.conn.execute("UPDATE fleet.sites SET job = NULL, generation = 2")
    assert [code for code, _ in world.found()] == ["head-older"]
    shutil.rmtree(world.object(SITE))
    assert world.found() == [("head-missing", SITE)]


def test_a_damaged_head_is_named_and_left(world: World) -> None:
    """Nothing is adopted into what can't be read."""
    world.object(f"{SITE}/HEAD.json").write_bytes(b"{")
    assert [code for code, _ in world.found()] == ["head-damaged"]
    world.check("--adopt", "--rebuild-database", code=4)
    assert world.object(f"{SITE}/HEAD.json").read_bytes() == b"{"


def unlist(world: World) -> str:
    """Take a WARC out of the HEAD, as if its turn had been overtaken; returns its name."""
    found = read_head(world.store, SITE)
    assert found
    *listed, left = sorted(found[0].files)
    head = Head(url=found[0].url, generation=1, epoch=1, files={name: found[0].files[name] for name in listed})
    world.object(f"{SITE}/HEAD.json").write_bytes(head.serialise())
    return left


def test_a_whole_warc_that_nobody_lists_is_adopted(world: World) -> None:
    """It is in the next HEAD, whose row knows; one that a running turn has just pushed is no orphan."""
    left = unlist(world)
    world.conn.execute("UPDATE fleet.sites SET job = 1, lock = 'net#1'")
    assert world.found() == []
    world.conn.execute("UPDATE fleet.sites SET job = NULL, lock = NULL")
    assert world.found() == [("orphan", f"{SITE}/{left}")]
    assert "1 WARCs adopted" in world.check("--adopt")
    found = read_head(world.store, SITE)
    assert found and found[0].files == world.head.files and found[0].generation == 2
    assert world.conn.execute("SELECT generation FROM fleet.sites").fetchone() == {"generation": 2}
    assert world.found() == []


@pytest.mark.parametrize("wrong", ["torn", "another's"])
def test_what_is_no_whole_warc_of_the_site_is_not_adopted(world: World, wrong: str) -> None:
    """It stays where it is, and is named."""
    left = unlist(world)
    path = world.object(f"{SITE}/{left}")
    if wrong == "torn":
        path.write_bytes(path.read_bytes()[:-100])
    else:
        path = path.rename(path.with_name(path.name.replace(SITE, "two.example")))
    assert "not adopted" in world.check("--adopt", code=4)
    found = read_head(world.store, SITE)
    assert found and found[0].generation == 1 and path.exists()


def test_what_a_worker_kept_aside_is_sent_and_adopted(world: World) -> None:
    """The files of a turn that was overtaken while its disk was away; the folder goes when all of it is in the store."""
    left = unlist(world)
    world.object(f"{SITE}/{left}").unlink()
    folder = world.folder / "scratch" / "sites" / SITE
    shutil.copytree(world.archive.site(SITE).path, folder / SITE)
    Mark(SITE, "http://127.0.0.1:1/", 1, 1).write(folder)
    Scratch(world.folder / "scratch").set_aside(folder, SITE)
    assert "1 WARCs adopted" in world.check("--adopt")
    found = read_head(world.store, SITE)
    assert found and found[0].files == world.head.files
    assert list((world.folder / "scratch" / "aside").iterdir()) == []


def test_a_database_is_made_anew_from_heads(world: World, postgres: Any) -> None:
    """Names, addresses, epochs and generations come back; each site is due within its rhythm."""
    put_database(world.store, world.archive, SITE, world.folder / "scratch")
    database = postgres.make()
    world.config = fleet_toml(world.folder, database)
    assert "1 rows made from HEADs" in world.check("--rebuild-database")
    with connect(database) as conn:
        row = conn.execute(
            "SELECT site, url, network, state, epoch, generation, indexed, due_at - fleet.now() < interval '1 day' AS soon, "
            "index_due_at FROM fleet.sites"
        ).fetchone()
    assert row == {
        "site": SITE,
        "url": "http://127.0.0.1:1/",
        "network": "127.0.0.1",
        "state": "waiting",
        "epoch": 1,
        "generation": 1,
        "indexed": 1,
        "soon": True,
        "index_due_at": None,
    }
    assert world.check("--rebuild-database").endswith("nothing is off\n")
