"""Every regular expression of the package has its rows in the benchmark of growth: one that is added has to be measurable."""

import re
import sys
from pathlib import Path

import pytest

import wparchive

sys.path.append(str(Path(__file__).with_name("benchmarks")))

patterns = pytest.importorskip("patterns", reason="re's own parser, which isn't public, tells what would hurt one")


def test_every_expression_is_measured() -> None:
    """Those that are put together while the program runs are named, with what stands for them; none is named in vain."""
    known = {one.name for one in patterns.expressions()}
    places = set(patterns.uses())
    assert len(known) > 150
    assert places - (known - set(patterns.MADE)) == set(patterns.MADE)


def test_no_expression_is_made_in_a_way_that_escapes_that() -> None:
    """By another name, or by something else that makes them."""
    other = re.compile(
        r"^\s*(?:from re import|import re as|import regex|import sre|from fnmatch import (?!translate))", re.MULTILINE
    )
    for path in Path(wparchive.__path__[0]).rglob("*.py"):
        assert not other.search(path.read_text("utf-8")), path
