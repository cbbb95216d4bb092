"""A turn whose own captures fill the disk of its worker: it ends with exit code 8, and nothing that was captured is lost."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from crawlkit import SMALL
from fakewp import FakeWordPress
from scarcity import MEANS
from turnkit import PLAIN, gathered, rows
from turnworld import SITE, World

from wparchive.audit import verify
from wparchive.config import SiteConfig
from wparchive.crawl.run import Options
from wparchive.events import quiet
from wparchive.fleet.local import crawl_all
from wparchive.fleet.manifest import read_head
from wparchive.store import Archive

DISK = MEANS["disk"][0]
MOST = 400_000  # bytes: for the capture log and some of the responses
HOLDING = ("posts", "media", "comments", "users", "terms")


@pytest.fixture(scope="module")
def site() -> Iterator[FakeWordPress]:
    with FakeWordPress(**{**SMALL, "posts": 250}) as site:
        yield site


@pytest.fixture
def world(conn: Any, database: str, tmp_path: Path, site: FakeWordPress) -> World:
    return World(conn, database, tmp_path, site.url)


@pytest.fixture(scope="module")
def expected(site: FakeWordPress, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What a crawl with enough room holds."""
    folder = tmp_path_factory.mktemp("local")
    one = SiteConfig(url=site.url, name=SITE, settings=PLAIN)
    crawl_all(Archive(folder), [one], Options(), index=True, stop=Event(), emit=quiet)
    found = rows(Archive(folder))
    return {table: found[table] for table in HOLDING}


@pytest.mark.parametrize(("room", "then"), [(0, "small"), (MOST // 2, "large"), (MOST, "small"), (MOST, "large")])
def test_a_turn_that_fills_its_disk(
    world: World, tmp_path: Path, site: FakeWordPress, expected: dict[str, list[str]], room: int, then: str
) -> None:
    """Whole WARCs are pushed and committed, and the site isn't blamed; the next turn goes on from there, here or elsewhere."""
    (tmp_path / "small").mkdir()
    with DISK(tmp_path / "small", room) as disk:
        disk.laid()
        world.turn("small")
        assert world.last() == ("storage", 8)
        row = world.conn.execute("SELECT job, deaths, failures, state FROM fleet.sites").fetchone()
        assert row == {"job": None, "deaths": 0, "failures": 0, "state": "waiting"}
        found = read_head(world.store, SITE)
        assert room < MOST or (found and found[0].files)
        disk.over()
        world.turn(then)
        assert world.last() == ("complete", 0)
    archive = gathered(tmp_path / "gathered", world.store, site=SITE)
    assert list(verify(archive)) == []
    assert {table: rows(archive)[table] for table in HOLDING} == expected
