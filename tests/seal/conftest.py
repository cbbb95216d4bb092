"""Fixtures of the tests of seals: authorities that stamp, and keys that sign."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "index"))
sys.path.insert(0, str(Path(__file__).parents[1] / "crawl"))
sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))

from archives import World
from authority import Authorities
from sealkit import Desk, crawled


@pytest.fixture(scope="session")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authorities]:
    """Time-stamping authorities of every kind behind one loopback server."""
    with Authorities(tmp_path_factory.mktemp("authorities") / "made") as made:
        yield made


@pytest.fixture
def stamping(authorities: Authorities) -> Iterator[Authorities]:
    """The authorities, all of them up, and asked nothing yet."""
    authorities.asked.clear()
    authorities.go.clear()
    authorities.down.clear()
    yield authorities
    authorities.down.clear()


@pytest.fixture(scope="session")
def desk(authorities: Authorities, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Somebody with a key and an authority that answers."""
    return Desk.at(tmp_path_factory.mktemp("desk"), authorities)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An archive of the test's own: one site, one finished WARC, nothing sealed."""
    world = World(tmp_path / "archive")
    crawled(world, "one.example")
    return world


@pytest.fixture(scope="session")
def sealed(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of two sites in four WARCs under three seals, all signed and stamped; tests only copy it."""
    world = World(tmp_path_factory.mktemp("sealed") / "archive")
    for sites in (("one.example", "two.example"), ("one.example",), ("two.example",)):
        for site in sites:
            crawled(world, site, text=f"<p>The harbour moves, said {world.clock.now}.</p>")
        result = desk.seal(world.archive.root)
        assert result.made
        assert not result.missing
    return world.archive.root


@pytest.fixture
def copy(sealed: Path, tmp_path: Path) -> Path:
    """A copy of `sealed` that a test may alter."""
    return Path(shutil.copytree(sealed, tmp_path / "archive"))
