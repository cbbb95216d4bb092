"""Fixtures of the history tests: archives of a site that changes between crawls, and archives written by hand."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "index"))

from archives import World
from changing import Crawled


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty archive, written by hand."""
    return World(tmp_path / "archive")


@pytest.fixture
def crawled(tmp_path: Path) -> Iterator[Crawled]:
    """A small fake site that has been crawled once."""
    with Crawled(tmp_path / "archive") as made:
        made.crawl()
        yield made
