"""Fixtures of the fault tests: real crawls over loopback whose waits cost no time."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "crawl"))

from crawling import Crawling, Hurry


@pytest.fixture
def hurry() -> Hurry:
    """The clock of every crawl in the test: its waits pass at once, and are added up."""
    return Hurry()


@pytest.fixture
def crawling(tmp_path: Path, hurry: Hurry) -> Crawling:
    """Crawls into an archive of the test's own."""
    return Crawling(tmp_path / "archive", hurry)
