"""Fixtures of the kinship tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "browse"))
sys.path.insert(0, str(Path(__file__).parent.parent / "index"))
sys.path.insert(0, str(Path(__file__).parent.parent / "media"))
sys.path.insert(0, str(Path(__file__).parent.parent / "crawl"))

from archives import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty archive."""
    return World(tmp_path / "archive")
