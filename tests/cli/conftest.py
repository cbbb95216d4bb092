"""The commands are tested on what crawls leave behind."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakewp import FakeWordPress

sys.path.insert(0, str(Path(__file__).parents[1] / "crawl"))

from crawlkit import SMALL  # noqa: E402, RUF100 - found by the line above


@pytest.fixture
def small() -> Iterator[FakeWordPress]:
    """A small site of the test's own."""
    with FakeWordPress(**SMALL) as site:
        yield site
