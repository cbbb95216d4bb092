"""Listings of real pages, damaged by chance: held equals rows, or there is a gap by name, and the exit code matches."""

import pytest
from crawling import Crawling
from mutated_pages import crawl_mutants, faults_of


@pytest.mark.parametrize("seed", range(20260101, 20260109))
def test_what_is_counted_is_held_whatever_is_sent(seed: int, crawling: Crawling) -> None:
    """The script that takes 10,000 when run by hand (tests/faults/mutated_pages.py), with 192; a rebuild agrees."""
    ended = crawl_mutants(crawling, seed)
    assert faults_of(crawling, ended, thorough=seed % 4 == 0) == []
    assert ended.code in (0, 3, 6)
