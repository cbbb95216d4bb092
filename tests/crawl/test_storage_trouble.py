"""A full disk and one that can't be written: exit 8 in one line, nothing committed is lost, and it goes on with room."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from crawlkit import SMALL, Crawled, committed, crawl, invoke, mounted, sound
from fakewp import FakeWordPress

from wparchive.errors import ExitCode

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Makes a small disk: `disk("300k")` gives the folder where it is mounted; asked again, it is made that large."""
    point = tmp_path / "disk"
    point.mkdir()
    with ExitStack() as stack:
        made: list[Path] = []

        def make(size: str) -> Path:
            if made:
                subprocess.run(["mount", "-o", f"remount,size={size}", str(point)], check=True)
            else:
                stack.enter_context(mounted(point, "-t", "tmpfs", "-o", f"size={size}", "tmpfs"))
                made.append(point)
            return point

        yield make


@pytest.fixture(scope="module")
def content() -> Iterator[FakeWordPress]:
    """A site whose archive takes half a megabyte on a disk."""
    with FakeWordPress(**{**SMALL, "posts": 60}) as site:
        yield site


@pytest.fixture(scope="module")
def on_a_large_disk(content: FakeWordPress, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """Its archive where there is room."""
    return crawl(tmp_path_factory.mktemp("large") / "archive", content.url)


@pytest.mark.parametrize("size", ["16k", "64k", "100k", "140k", "200k", "300k", "600k"])
def test_a_full_disk(size: str, disk: Callable[[str], Path], content: FakeWordPress, on_a_large_disk: Crawled) -> None:
    """Wherever it fills up: exit 8, every committed capture is there and readable, and with room the crawl completes."""
    folder = disk(size) / "archive"
    failed = crawl(folder, content.url)
    assert failed.code is ExitCode.STORAGE, failed.result.report
    assert "\n" not in failed.result.report.reason
    disk("64m")
    safe = committed(folder)
    asked = len(content.requests)
    again = crawl(folder, content.url)
    assert again.code is ExitCode.COMPLETE
    assert set(again.rows("SELECT capture, warc, offset FROM captures")) >= set(safe)
    assert again.items() == on_a_large_disk.items()
    assert again.digests() == on_a_large_disk.digests()
    assert again.rows("SELECT * FROM observations") == []
    assert list(sound(folder)) == []
    spent = len(content.requests) - asked
    assert spent <= on_a_large_disk.result.report.tally.requests - len(safe) + 2 or again.result.report.mode != "full"


def test_a_disk_that_fills_up_at_a_later_run(disk: Callable[[str], Path], cli: Cli) -> None:
    """What stood before stands; the run is told of in one line on stderr, even with --silent."""
    with FakeWordPress(**SMALL) as site:
        folder = disk("8m") / "archive"
        first = crawl(folder, site.url)
        assert first.code is ExitCode.COMPLETE
        before = first.items()
        ballast = folder.parent / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        done = cli("crawl", site.url, "-a", folder, "--silent", "--full", "--dedup", "none", code=ExitCode.STORAGE)
        (line,) = (done.stdout + done.stderr).splitlines()
        assert line.startswith("wparchive: ")
        assert Crawled(folder).items() == before
        ballast.unlink()
        again = crawl(folder, site.url, full=True)
        assert again.code is ExitCode.COMPLETE
        assert again.items() == before
        assert list(sound(folder)) == []


def test_a_disk_that_cannot_be_written(
    content: FakeWordPress,
    on_a_large_disk: Crawled,
    tmp_path: Path,
) -> None:
    """Read-only: crawling ends with exit 8 before anything is asked for, looking works as ever."""
    point = tmp_path / "disk"
    point.mkdir()
    with mounted(point, "--bind", "-o", "ro", str(on_a_large_disk.folder)):
        remounted = subprocess.run(["mount", "-o", "remount,ro,bind", str(point)], check=False)
        if remounted.returncode:
            pytest.skip("no read-only bind mounts here")
        asked = len(content.requests)
        done = invoke("crawl", content.url, "-a", point, "--silent", code=ExitCode.STORAGE)
        assert len((done.stdout + done.stderr).splitlines()) == 1
        assert len(content.requests) == asked
        wp_id = content.ids("post")[0]
        assert "60" in invoke("status", "-a", point).stdout
        assert invoke("show", f"post/{wp_id}", "--body", "-a", point).stdout.startswith("{")
        invoke("verify", "-a", point)
        done = invoke("index", "-a", point, code=None)
        assert done.returncode in (ExitCode.COMPLETE, ExitCode.STORAGE)
        assert len(done.stderr.splitlines()) <= 1
