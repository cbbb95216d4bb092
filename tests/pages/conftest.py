"""What the tests of pages share: a site whose pages and files are the test's own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "crawl"), str(HERE.parent / "media")]

from pagekit import PageSite  # noqa: E402 - found by the line above


@pytest.fixture
def site() -> Iterator[PageSite]:
    """A site of one post, one page and nothing else."""
    with PageSite() as site:
        yield site


@pytest.fixture
def elsewhere() -> Iterator[PageSite]:
    """Another host, where a site may keep its files."""
    with PageSite(address="127.0.0.2") as site:
        yield site
