"""Fixtures of the crawl tests: a fake WordPress, and archives of it that tests only look at."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakewp import FakeWordPress

sys.path.insert(0, str(Path(__file__).parent))

from crawlkit import SMALL, Crawled, crawl


@pytest.fixture(scope="session")
def site() -> Iterator[FakeWordPress]:
    """A site with a listing of two pages; nothing is changed in it."""
    with FakeWordPress(posts=120, media=20, comments=40) as site:
        yield site


@pytest.fixture(scope="session")
def whole(site: FakeWordPress, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """An archive of `site`, crawled from nothing without interruption."""
    before = len(site.requests)
    crawled = crawl(tmp_path_factory.mktemp("whole") / "archive", site.url)
    return replace(crawled, asked=site.requests[before:])


@pytest.fixture
def small() -> Iterator[FakeWordPress]:
    """A small site of the test's own."""
    with FakeWordPress(**SMALL) as site:
        yield site
