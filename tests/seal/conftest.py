"""Fixtures of the tests of seals: authorities that stamp, and keys that sign."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "index"))
sys.path.insert(0, str(Path(__file__).parents[1] / "crawl"))

from authority import Authorities


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
