"""What the program that started us does with our input and output: closes it, stops reading, has no room for it."""

import subprocess
import sys
from pathlib import Path

import pytest
from fakewp import FakeWordPress
from patience import PATIENCE

ME = (sys.executable, "-m", "wparchive")


def shell(line: str, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """`line` run by a shell in which `$@` is the command with its `arguments`."""
    command = ["bash", "-c", line, "bash", *ME, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demo leaves."""
    folder = tmp_path_factory.mktemp("streams") / "demo"
    assert shell('"$@"', "demo", folder).returncode == 0
    return folder


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&- >&- 2>&-"])
def test_a_crawl_with_closed_streams_is_a_crawl(closed: str, small: FakeWordPress, tmp_path: Path) -> None:
    """As a daemon may start it; no file of the archive gets the number of a stream, which something may write to."""
    assert shell(f'"$@" {closed}', "crawl", small.url, "-a", tmp_path).returncode == 0
    done = shell('"$@"', "verify", "-a", tmp_path)
    assert done.returncode == 0, done.stdout


def test_a_reader_that_has_had_enough_is_no_fault_and_no_success(archive: Path) -> None:
    """Nothing is said, and nobody takes a `verify` that nobody read to its end for one that found nothing."""
    done = shell('"$@" | true; exit ${PIPESTATUS[0]}', "verify", "-a", archive)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_no_room_for_the_output_is_said_in_one_line(archive: Path) -> None:
    done = shell('"$@" >/dev/full', "status", "--json", "-a", archive)
    assert done.returncode == 8
    assert len(done.stderr.splitlines()) == 1
    assert "No space left" in done.stderr


def test_the_demo_goes_where_it_is_told_to(tmp_path: Path) -> None:
    """By its argument or by --archive; what the environment names is the archive of somebody's sites."""
    line = f'cd {tmp_path} && WPARCHIVE_ARCHIVE=mine "$@"'
    assert shell(line, "demo", "-a", "told").returncode == 0
    assert shell(line, "demo").returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo-archive", "told"]
    assert shell(line, "demo", "one", "-a", "two").returncode == 2


def test_find_image_says_that_a_file_is_not_there(archive: Path) -> None:
    done = shell('"$@"', "find-image", "photos/none.jpg", "-a", archive)
    assert done.returncode == 2
    assert "no such file" in done.stderr
