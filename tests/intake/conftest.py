"""Fixtures of the import tests: a fake WordPress that other programs archive."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakewp import FakeWordPress

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "crawl")]

from crawlkit import SMALL  # noqa: E402


@pytest.fixture(scope="session")
def fake() -> Iterator[FakeWordPress]:
    """A small site; nothing is changed in it."""
    with FakeWordPress(**SMALL) as site:
        yield site
