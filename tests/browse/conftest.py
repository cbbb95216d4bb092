"""Fixtures of the reading room's tests: archives that are made once for all workers, a Datasette on them, and Chromium."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))

from newsrooms import Newsrooms
from reading import Reading, made_once

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this session see."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "reading-room"


@pytest.fixture(scope="session")
def news(shared: Path) -> Path:
    """The archive of three newsrooms over six crawls; only looked at, never written to."""
    return made_once(shared, "news", lambda folder: Newsrooms(folder).make())


@pytest.fixture
def own_news(news: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may damage."""
    return Path(shutil.copytree(news, tmp_path / "own"))


@pytest.fixture(scope="session")
def room(news: Path) -> Iterator[Reading]:
    """Datasette on it, as a stranger sees it."""
    with Reading(news / "archive.db") as reading:
        yield reading


@pytest.fixture(scope="session")
def chromium() -> tuple[str, list[str]]:
    """Where Chromium is, and with which arguments it is started."""
    if CHROMIUM is None:
        assert not os.environ.get("WPARCHIVE_REQUIRE_WORDPRESS"), "Chromium must be here"
        pytest.skip("needs Chromium: apt-get install chromium")
    return CHROMIUM, ARGUMENTS


@pytest.fixture(scope="module")
def browser(chromium: tuple[str, list[str]]) -> Iterator[Browser]:
    """Chromium; one for each file of tests, since while it runs nothing else in the process may have an event loop."""
    path, arguments = chromium
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()
