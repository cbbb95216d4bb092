"""A package is there whole or not at all; what is left out of it is told."""

import os
import re
import shutil
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from wacz_archives import NOW, Exporting, Kept
from wacz_reading import Wacz
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from wparchive.errors import UsageError
from wparchive.export.wacz.bundle import Bundle
from wparchive.export.wacz.package import Wanted, make_wacz
from wparchive.store import Archive, Damage

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def own(kept: Kept, tmp_path: Path) -> Path:
    """A copy of the archive that a test may change."""
    return Path(shutil.copytree(kept.folder, tmp_path / "own"))


@pytest.mark.parametrize("blocks", [0, 20, 200])
def test_without_room_nothing_is_left(kept: Kept, tmp_path: Path, blocks: int) -> None:
    """Exit 8 and one line; an earlier package stays as it is."""
    target = tmp_path / "kept.wacz"
    target.write_bytes(b"an earlier package")
    command = [sys.executable, "-m", "wparchive", "export", "wacz", "-a", str(kept.folder), "-o", str(target)]
    limited = ["sh", "-c", f'ulimit -f {blocks} && exec "$@"', "sh", *command]
    done = subprocess.run(limited, capture_output=True, text=True, check=False)
    assert done.returncode == 8, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["kept.wacz"]
    assert target.read_bytes() == b"an earlier package"


def test_where_nothing_can_be_written_it_says_so(cli: Cli, kept: Kept) -> None:
    """/proc takes no files from anybody."""
    done = cli("export", "wacz", "-a", kept.folder, "-o", "/proc/made.wacz", code=8)
    assert re.fullmatch(r"wparchive: /proc/made\.wacz.*run again\n", done.stderr)


def test_a_file_that_is_being_written_is_left_out_and_told(cli: Cli, own: Path, tmp_path: Path) -> None:
    """What a run still writes may end differently; the rest goes."""
    *_, last = sorted(own.glob("*/warc/*.warc.gz"))
    last.rename(last.with_name(f"{last.name}.open"))
    done = cli("export", "wacz", "-a", own, "-o", tmp_path / "made.wacz")
    assert "left out: 1 files, still being written" in done.stderr
    assert last.name not in Wacz(tmp_path / "made.wacz").warcs()


def test_damage_goes_along_and_is_told(own: Path, tmp_path: Path, cli: Cli) -> None:
    """The file is in the package to the byte, the stretch isn't in its index; exit 3."""
    warc = min(own.glob("*/warc/*.warc.gz"))
    data = bytearray(warc.read_bytes())
    data[len(data) // 2] ^= 0xFF
    warc.write_bytes(data)
    found: list[Damage] = []
    make_wacz(Archive(own), tmp_path / "made.wacz", Wanted(), now=lambda: NOW, tell=found.append)
    assert found
    package = Wacz(tmp_path / "made.wacz")
    assert package.warcs()[warc.name] == bytes(data)
    hurt = {(one.path.name, one.offset) for one in found}
    assert hurt.isdisjoint({(fields["filename"], int(fields["offset"])) for _, _, fields in package.lines()})
    done = cli("export", "wacz", "-a", own, "-o", tmp_path / "again.wacz", code=3)
    assert f"{warc.name}: left out, " in done.stderr


def foreign(path: Path, text: bytes) -> Path:
    """A WARC of another tool, with one page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        writer = WARCWriter(out, gzip=True)
        head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
        writer.write_record(
            writer.create_warc_record(
                "http://foreign.example/", "response", payload=BytesIO(text), length=len(text), http_headers=head
            )
        )
    return path


def test_files_of_one_name_keep_apart(own: Path, export: Exporting) -> None:
    """Sites may hold files of the same name, or of the names of ours; each is in it, and found by its index."""
    site = Archive(own).sites()[0].name
    files = {
        "capture.warc.gz": foreign(own / site / "warc/CAPTURE.warc.gz", b"one"),
        "z.example-capture.warc.gz": foreign(own / "z.example/warc/capture.warc.gz", b"two"),
        "z.example-reading.warc.gz": foreign(own / "z.example/warc/reading.warc.gz", b"three"),
    }
    package = export(Archive(own))
    held = {name.lower(): data for name, data in package.warcs().items()}
    listed = {
        fields["filename"].lower() for _, _, fields in package.lines() if fields["url"] == "http://foreign.example/"
    }
    assert {name: held[name] for name in listed} == {name: path.read_bytes() for name, path in files.items()}


def test_a_linked_warc_is_no_warc_of_the_archive(own: Path, export: Exporting, tmp_path: Path) -> None:
    first = min(own.glob("*/warc/*.warc.gz"))
    shutil.move(first, tmp_path / "elsewhere.warc.gz")
    first.symlink_to(tmp_path / "elsewhere.warc.gz")
    assert first.name not in export(Archive(own), reading=False).warcs()


def test_what_is_not_indexed_has_no_reading_copies(own: Path, export: Exporting) -> None:
    """Without a database nothing can be read of it, and it says what to do; without reading copies none is needed."""
    (own / "archive.db").unlink()
    with pytest.raises(UsageError, match="wparchive index"):
        export(Archive(own))
    assert export(Archive(own), reading=False).warcs()


def test_an_empty_archive_is_refused(export: Exporting, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="crawl one first"):
        export(Archive(tmp_path / "none"))
    assert not (tmp_path / "made.wacz").exists()


def test_large_files_are_copied_in_constant_memory(tmp_path: Path) -> None:
    """64 MiB that are no WARC at all, without holding more than a few pieces."""
    large = tmp_path / "large.warc.gz"
    with large.open("wb") as file:
        file.write(os.urandom(70_000))
        file.truncate(64 << 20)
    tracemalloc.start()
    with (tmp_path / "made.zip").open("wb") as out, Bundle(out) as bundle:
        bundle.add("archive/large.warc.gz", large)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20
    with zipfile.ZipFile(tmp_path / "made.zip") as made:
        assert made.testzip() is None
        assert made.getinfo("archive/large.warc.gz").file_size == 64 << 20


def test_beyond_the_limits_of_a_zip_it_is_a_zip64(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the limit of 4 GiB lowered: sizes and places stand where zip64 has them, and readers find them."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1 << 16)
    source = tmp_path / "one.warc.gz"
    source.write_bytes(os.urandom(1 << 17))
    with (tmp_path / "made.zip").open("wb") as out, Bundle(out) as bundle:
        bundle.add("archive/one.warc.gz", source)
        bundle.add("archive/two.warc.gz", source)
    monkeypatch.undo()
    data = (tmp_path / "made.zip").read_bytes()
    assert data.count(b"PK\x06\x06") == data.count(b"PK\x06\x07") == 1  # the end of a zip64's directory, and its place
    assert data[4:6] == b"\x2d\x00"  # version 4.5, from the first file's header on
    with zipfile.ZipFile(tmp_path / "made.zip") as made:
        assert made.testzip() is None
        assert made.read("archive/two.warc.gz") == source.read_bytes()
