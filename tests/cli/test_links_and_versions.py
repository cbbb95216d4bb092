"""An archive that came from a stranger, or from a later wparchive: links in it are never followed, newer files left alone."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import frugal
import pytest
from crawlkit import SMALL, crawl, invoke
from fakewp import FakeWordPress

from wparchive.store import members
from wparchive.store.warc.writing.record_bytes import stored_member

TINY = {**SMALL, "posts": 2, "pages": 1, "books": 0, "media": 0, "comments": 0}


@pytest.fixture(scope="module")
def served() -> Iterator[FakeWordPress]:
    with FakeWordPress(**TINY) as site:
        yield site


@pytest.fixture(scope="module")
def crawled(served: FakeWordPress, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crawled") / "archive"
    crawl(folder, served.url)
    return folder


@pytest.fixture
def archive(crawled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(crawled, tmp_path / "archive"))


def state(folder: Path) -> dict[str, str]:
    """Every file below `folder`, by its bytes."""
    return {str(p.relative_to(folder)): sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}


PLACES = [
    "archive.db", "archive.db-wal", "archive.db.new", ".index.lock", "SITE", "SITE/.lock", "SITE/warc", "SITE/warc/private",
    "SITE/runs", "SITE/warc/WARC", "SITE/frontier.db",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_read_or_written_through_a_link(
    archive: Path, served: FakeWordPress, tmp_path: Path, place: str
) -> None:
    """`verify` names it (exit 4), `crawl` refuses in one line (8; databases are made anew), what it leads to stays."""
    (warc,) = archive.glob("*/warc/*.gz")
    name = place.replace("SITE", warc.parent.parent.name).replace("WARC", warc.name)
    path, outside = archive / name, tmp_path / "outside"
    outside.mkdir()
    (outside / "other").write_text("somebody's")
    if path.exists():
        shutil.move(path, outside / "target")
    elif place.endswith("private"):
        (outside / "target").mkdir()
    else:
        (outside / "target").write_text("somebody's")
    path.symlink_to(outside / "target")
    before = state(outside)
    assert f"link: {name}" in invoke("verify", "-a", archive, code=4).stdout
    mended = "frontier.db" in place or "archive.db" in place
    said = invoke("crawl", served.url, "-a", archive, "--silent", *frugal.OPTIONS, code=0 if mended else 8)
    assert mended or ("symbolic link" in said.stderr and len(said.stderr.splitlines()) == 1)
    invoke("index", "-a", archive, "--rebuild", code=None)
    invoke("status", "-a", archive, code=None)
    assert state(outside) == before
    assert path.is_symlink() is not mended


def test_the_archive_itself_may_be_a_link(archive: Path, served: FakeWordPress, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(archive)
    invoke("crawl", served.url, "-a", tmp_path / "link", "--silent", *frugal.OPTIONS)
    invoke("verify", "-a", tmp_path / "link")


def later_database(archive: Path) -> Path:
    with closing(sqlite3.connect(archive / "archive.db")) as db:
        db.execute("PRAGMA user_version = 2000000")
        db.commit()
    return archive / "archive.db"


def later_frontier(archive: Path) -> Path:
    (path,) = archive.glob("*/frontier.db")
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('frontier', '0999_later', '')"
        )
        db.commit()
    return path


def later_warc(archive: Path, layout: bytes = b"2") -> Path:
    (path,) = archive.glob("*/warc/*.gz")
    first = next(members(path))
    block = b"".join(first.content()).replace(b"wparchive-layout: 1", b"wparchive-layout: " + layout)
    about = {"Content-Length": str(len(block)), "WARC-Block-Digest": f"sha256:{sha256(block).hexdigest()}"}
    head = stored_member([(name, about.get(name, value)) for name, value in first.headers.pairs], block)
    path.write_bytes(head + path.read_bytes()[first.length :])
    return path


@pytest.mark.parametrize("make", [later_frontier, later_warc])
def test_what_a_newer_wparchive_wrote_is_left_alone(
    archive: Path, served: FakeWordPress, make: Callable[[Path], Path]
) -> None:
    """One line, exit 2, and not a byte of the file is touched."""
    path = make(archive)
    before, others = path.read_bytes(), state(archive / path.parent.name / "warc")
    commands = [["crawl", served.url]] if make is later_frontier else [["crawl", served.url], ["index"], ["verify"]]
    for command in commands:
        said = invoke(*command, "-a", archive, "--silent", code=2)
        assert "newer wparchive" in said.stderr
        assert len(said.stderr.splitlines()) == 1
    assert path.read_bytes() == before
    assert state(archive / path.parent.name / "warc") == others


def test_a_smaller_step_of_the_layout_is_read(archive: Path) -> None:
    """Only its whole part says that records mean something else."""
    later_warc(archive, b"1.7")
    invoke("index", "--rebuild", "-a", archive)
