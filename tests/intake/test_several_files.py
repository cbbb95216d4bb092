"""Several files are read at once, by processes of their own: what comes of it is the same however many there are."""

import os
import signal
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from intakekit import dump, rows, unsound
from writers import answer, exchange, info, post, revisit, write

from wparchive.errors import ExitCode
from wparchive.index import index
from wparchive.intake import ImportResult, Progress, import_files
from wparchive.store import Archive

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PACKINGS = ("gzip", "plain", "whole-gzip", "whole-zstd", "zstd", "zstd-dictionary")
LIST = "/wp-json/wp/v2/posts?per_page=10"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same list from year to year, a file a year, each packed otherwise; the last ones are damaged, and no WARC at all."""
    folder = tmp_path_factory.mktemp("years")
    made = []
    for number, how in enumerate(PACKINGS):
        year = 2024 - number  # the first file is the youngest
        asked = exchange(LIST, [post(1, f"In {year}"), post(2, "Same")], f"{year}-01-01T00:00:00Z")
        own = answer(f"/wp-json/wp/v2/posts/{number + 10}", post(number + 10, "Own"), f"{year}-02-01T00:00:00Z")
        earlier = {
            "WARC-Refers-To-Target-URI": f"https://example.org{LIST}",
            "WARC-Refers-To-Date": "2020-01-01T00:00:00Z",
        }
        again = revisit(LIST, f"{year}-03-01T00:00:00Z", earlier)
        made.append(write(folder, f"year-{number}", [info(software=f"tool/{number}"), *asked, own, again], how))
    hurt = folder / "hurt.warc.gz"
    whole = write(
        folder,
        "whole",
        [info(), *(answer(f"/wp-json/wp/v2/posts/{n}", post(n, "H"), "2019-01-01T00:00:00Z") for n in (5, 6))],
    )
    data = bytearray(whole.read_bytes())
    data[len(data) // 2] ^= 0xFF
    hurt.write_bytes(data)
    other = folder / "other.warc.gz"
    other.write_text("<html>")
    return [*made, hurt, other]


def taken(root: Path, files: list[Path], jobs: int) -> ImportResult:
    result = import_files(Archive(root), files, jobs=jobs, clock=lambda: NOW)
    index(Archive(root))
    return result


def warcs(root: Path) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in root.rglob("import-*.warc.gz")}


def test_the_same_files_and_the_same_rows_however_many_processes(files: list[Path], tmp_path: Path) -> None:
    alone = taken(tmp_path / "1", files, 1)
    assert (alone.code, len(alone.files)) == (ExitCode.USAGE, len(files))
    assert len(rows(tmp_path / "1", "SELECT * FROM versions WHERE wp_id = 1")) == len(PACKINGS)
    for jobs in (2, 5):
        together = taken(tmp_path / str(jobs), files, jobs)
        assert (together.files, together.sites) == (alone.files, alone.sites)
        assert warcs(tmp_path / str(jobs)) == warcs(tmp_path / "1")
        assert dump(tmp_path / str(jobs)) == dump(tmp_path / "1")
    assert unsound(tmp_path / "2") == []


def children() -> list[int]:
    """The processes that this one started."""
    return [int(one) for one in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


def test_a_reader_that_is_ended_from_outside_costs_its_file_only(files: list[Path], tmp_path: Path) -> None:
    """What it had found of the file isn't taken as if it were all; the next import takes it."""
    many = [answer(f"/wp-json/wp/v2/pages/{n}", post(n, "P"), "2020-05-01T00:00:00Z") for n in range(3000)]
    large = write(tmp_path, "large", [info(), *many])
    before, ended = set(children()), []

    def end(far: Progress) -> None:
        if far.file == large.name and not ended:
            ended.extend(set(children()) - before)
            for one in ended:
                os.kill(one, signal.SIGKILL)

    result = import_files(Archive(tmp_path / "archive"), [large, *files[:2]], jobs=2, progress=end)
    assert result.code == ExitCode.ERROR
    assert "ended from outside" in result.files[0].fault
    assert set(children()) <= before
    again = import_files(Archive(tmp_path / "archive"), [large, *files[:2]], jobs=2)
    assert (again.files[0].fault, again.files[0].taken) == ("", 3000)
