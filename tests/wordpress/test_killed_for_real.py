"""Crawls of a real WordPress killed with SIGKILL at random moments and run again end as if nothing had happened.

WPARCHIVE_KILLS sets how many are killed (default 4), WPARCHIVE_SEED the moments. For the figures of thirty:

    WPARCHIVE_KILLS=30 pytest -s tests/wordpress/test_killed_for_real.py
"""

import os
import random
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from lab_site import Lab

sys.path.insert(0, str(Path(__file__).parents[1] / "crawl"))

from crawlkit import Crawled, committed, launch, sound  # noqa: E402, RUF100 - found by the line above

KILLS = int(os.environ.get("WPARCHIVE_KILLS", "4"))
SEED = os.environ.get("WPARCHIVE_SEED", "wparchive")
FILES = "SELECT url, media, role, status, mime, bytes, sha256 FROM media_files ORDER BY 1"

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Uninterrupted:
    """The archive that the others have to equal; `after`: seconds from the last answer to the end of the process."""

    archive: Crawled
    requests: int
    after: float


def _wait(process: "subprocess.Popen[str]", seconds: float) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


@pytest.fixture(scope="module")
def whole(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Uninterrupted:
    """The lab's `small` site, crawled without interruption."""
    lab.seed("small")
    folder, mark = tmp_path_factory.mktemp("whole") / "archive", lab.log_mark()
    process = launch("crawl", lab.pretty, "-a", folder, "--silent", "--no-index")
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, (out, err)
    began = time.monotonic()
    assert launch("index", "-a", folder, "--silent").communicate(timeout=300) == ("", "")
    return Uninterrupted(Crawled(folder), len(lab.log_since(mark)), time.monotonic() - began)


@pytest.mark.parametrize("number", range(KILLS))
def test_killed_and_run_again(lab: Lab, whole: Uninterrupted, tmp_path: Path, number: int) -> None:
    """Item sets and digests equal an uninterrupted crawl, nothing committed is lost, no WARC is damaged."""
    chance = random.Random(f"{SEED}/{number}")
    # By the web server's count, so that a busy machine doesn't move the moments; after the last answer comes the indexing.
    count = chance.randint(0, whole.requests + whole.requests // 4)
    folder, mark = tmp_path / "archive", lab.log_mark()
    process = launch("crawl", lab.pretty, "-a", folder, "--silent")
    while len(lab.log_since(mark)) < min(count, whole.requests) and process.poll() is None:
        _wait(process, 0.005)
    _wait(process, chance.uniform(0, 0.1 if count <= whole.requests else whole.after / 3))
    process.kill()
    process.communicate()
    ended = "killed" if process.returncode < 0 else "had ended"
    safe, spent = committed(folder), len(lab.log_since(mark))
    torn = sum(path.stat().st_size for path in folder.glob("*/warc/*.open"))

    process = launch("crawl", lab.pretty, "-a", folder, "--silent")
    out, err = process.communicate(timeout=300)
    again, asked = Crawled(folder), len(lab.log_since(mark)) - spent
    print(
        f"\nkill {number} ({ended}): {spent} of {whole.requests} requests made, "
        f"{len(safe)} captures committed, {torn:,} bytes in open files; then {asked} requests, "
        f"{len(again.items())} items, {again.number('SELECT count(*) FROM media_files')} files"
    )
    assert process.returncode == 0, (out, err)
    assert again.items() == whole.archive.items()
    assert again.digests() == whole.archive.digests()
    assert again.links == whole.archive.links
    assert again.rows(FILES) == whole.archive.rows(FILES)
    assert set(again.rows("SELECT capture, warc, offset FROM captures")) >= set(safe)
    assert again.rows("SELECT * FROM observations") == []
    assert list(sound(folder)) == []
    assert not [path.name for path in again.warcs() if path.suffix == ".open"]
    if again.rows("SELECT DISTINCT mode FROM runs") == [("full",)]:  # killed before the first run had ended
        assert spent + asked <= whole.requests + 8
