"""What is called as a WARC is and is no file, or lies where a file is to be written: named, and the rest goes on."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from storekit import filled

from wparchive.audit import verify
from wparchive.errors import StorageError, way_out
from wparchive.index import index
from wparchive.store import Archive

MADE: dict[str, Callable[[Path], None]] = {"a folder": Path.mkdir, "a pipe": os.mkfifo}


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    archive = filled(tmp_path)
    index(archive)
    return archive


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("place", ["warc/x.warc.gz", "warc/x.warc.gz.open", "warc/x.warc", "warc/private/x.warc.gz"])
def test_what_is_called_as_a_warc_and_is_no_file_is_named(archive: Archive, kind: str, place: str) -> None:
    """By `verify` and by `index`, which neither wait for it nor leave it out in silence; moved away, all is well again."""
    (site,) = archive.sites()
    site.private.mkdir(exist_ok=True)
    path = site.path / place
    MADE[kind](path)
    strays = [(one.warc, one.kind, one.size) for one in site.strays()]
    assert strays == [(f"{site.name}/{place.removesuffix('.open')}", "special", 0)]
    assert path not in site.warcs()
    assert "stray" in {finding.kind for finding in verify(archive)}
    assert [row.kind for row in index(archive).damaged] == ["special"]
    path.rmdir() if path.is_dir() else path.unlink()
    assert index(archive).damaged == []
    assert [*verify(archive)] == []


@pytest.mark.parametrize("name", ["archive.db.new", "archive.db.new-wal", "archive.db.new-journal"])
def test_a_folder_where_the_new_database_is_written_is_to_be_removed(archive: Archive, name: str) -> None:
    """The advice follows from the cause, and the database that was there stays as it was."""
    before = archive.database.read_bytes()
    (archive.root / name).mkdir()
    with pytest.raises(StorageError, match=f"{name}: a folder, .* remove it"):
        index(archive, rebuild=True)
    assert archive.database.read_bytes() == before


@pytest.mark.parametrize("name", [".index.lock", "SITE/.lock"])
def test_a_folder_in_place_of_a_lock_is_to_be_moved(archive: Archive, name: str) -> None:
    (site,) = archive.sites()
    path = archive.root / name.replace("SITE", site.name)
    path.unlink(missing_ok=True)
    path.mkdir()
    with pytest.raises(StorageError, match="move elsewhere what is there"):
        archive.index_lock() if name == ".index.lock" else archive.lock(site.name)


def test_sqlites_way_out_follows_from_its_code() -> None:
    """A full disk needs room, a missing right access; of a failed read or write nobody knows."""

    class Failure(Exception):
        def __init__(self, code: int) -> None:
            self.sqlite_errorcode = code

    assert [way_out(Failure(code)) for code in (13, 8, 14, 10, 10 | 3 << 8)] == [
        "make room",
        "grant access",
        "grant access",
        "make room or grant access",
        "make room or grant access",
    ]
