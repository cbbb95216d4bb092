"""What stands in the way of a package: the right exit code, one line that says what to do, and nothing half left."""

import errno
import os
import shutil
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from crawlkit import mounted
from evidence_archives import PLANTED_IN_PRIVATE, SECRET, Evidence
from sealkit import members_of

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def own(evidence: Evidence, tmp_path: Path) -> Path:
    """A copy of the archive that a test may damage."""
    return Path(shutil.copytree(evidence.folder, tmp_path / "own"))


def failed(done: "subprocess.CompletedProcess[str]", place: Path, *words: str) -> None:
    """One line on stderr with `words`, nothing on stdout, and nothing in `place`."""
    lines = [line for line in done.stderr.splitlines() if "SHA256SUMS isn't signed" not in line]
    assert len(lines) == 1, done.stderr
    for word in words:
        assert word in lines[0], lines[0]
    assert done.stdout == ""
    assert [*place.iterdir()] == []


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder for packages."""
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def test_a_folder_that_is_there_is_never_replaced(evidence: Evidence, cli: Cli, place: Path) -> None:
    """Whatever is in it; a zip is replaced, as every file that -o names."""
    key = f"post/{evidence.fresh}"
    (place / "there").mkdir()
    done = cli("export", "--item", key, "-a", evidence.folder, "-o", place / "there", code=2)
    assert "name one, or a new one" in done.stderr
    assert [*(place / "there").iterdir()] == []
    assert "no folder" in cli("export", "--item", key, "-a", evidence.folder, "-o", place / "x" / "y", code=2).stderr
    cli("export", "--item", key, "-a", evidence.folder, "-o", place / "p.zip")
    cli("export", "--item", key, "-a", evidence.folder, "-o", place / "p.zip")
    assert sorted(path.name for path in place.iterdir()) == ["p.zip", "there"]


@pytest.mark.parametrize("name", ["package", "package.zip"])
@pytest.mark.parametrize("alone", [[], ["--alone"]])
def test_a_full_disk_leaves_nothing(name: str, alone: list[str], evidence: Evidence, cli: Cli, place: Path) -> None:
    with mounted(place, "-t", "tmpfs", "-o", "size=8k", "tmpfs"):
        target = ["-o", place / name]
        done = cli("export", "--item", f"post/{evidence.edited}", *alone, "-a", evidence.folder, *target, code=8)
        failed(done, place, os.strerror(errno.ENOSPC))


def test_a_place_that_cannot_be_written(evidence: Evidence, cli: Cli, place: Path) -> None:
    with mounted(place, "-t", "tmpfs", "-o", "ro", "tmpfs"):
        done = cli("export", "--item", f"post/{evidence.edited}", "-a", evidence.folder, "-o", place / "p", code=8)
        failed(done, place, os.strerror(errno.EROFS))


def test_an_archive_that_cannot_be_written_is_read(own: Path, evidence: Evidence, cli: Cli, place: Path) -> None:
    """Where all is sealed, nothing needs to be written into it."""
    with mounted(own, "--bind", str(own)):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(own)], check=True)
        cli("export", "--item", f"post/{evidence.edited}", "-a", own, "-o", place / "p.zip")
    assert [path.name for path in place.iterdir()] == ["p.zip"]


def test_a_damaged_warc_is_named(own: Path, evidence: Evidence, cli: Cli, place: Path) -> None:
    """No proof can be made in a file that isn't as it was sealed."""
    (path,) = own.glob("*/warc/*-20261121*.warc.gz")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    done = cli("export", "--item", f"post/{evidence.fresh}", "-a", own, "-o", place / "p", code=None)
    assert done.returncode in (4, 8), done.stderr
    failed(done, place, path.name)


def test_a_warc_that_is_gone_is_named(own: Path, evidence: Evidence, cli: Cli, place: Path) -> None:
    (path,) = own.glob("*/warc/*-20261121*.warc.gz")
    path.unlink()
    done = cli("export", "--item", f"post/{evidence.fresh}", "-a", own, "-o", place / "p", code=None)
    assert done.returncode in (4, 8), done.stderr
    failed(done, place, path.name)


def test_what_a_run_is_writing_is_not_sealed_yet(own: Path, evidence: Evidence, cli: Cli, place: Path) -> None:
    """The seals are as they were before the file was finished."""
    (path,) = own.glob("*/warc/*-20261123*.warc.gz")
    shutil.rmtree(own / "seals")
    path.rename(path.with_name(f"{path.name}.open"))
    done = cli("export", "--item", f"post/{evidence.edited}", "-a", own, "-o", place / "p", code=None)
    assert done.returncode == 2, (done.returncode, done.stderr)
    failed(done, place, "isn't sealed yet")


def test_what_only_credentials_showed_leaves_in_no_package(evidence: Evidence, cli: Cli, place: Path) -> None:
    """Neither the text, nor the password, nor where the archive lies on its maker's machine; what was left out is counted."""
    key = f"post/{evidence.revised}"
    cli("export", "--item", key, "-a", evidence.folder, "-o", place / "public")
    cli("export", "--item", key, "-a", evidence.folder, "-o", place / "private", "--private")
    secrets = [SECRET.encode(), SECRET.replace(" ", "").encode(), str(evidence.folder.parent).encode()]
    for name, more in (("public", [PLANTED_IN_PRIVATE.encode(), b"warc/private"]), ("private", [])):
        for data in unpacked(place / name):
            for word in (*secrets, *more):
                assert word not in data
    assert "only credentials showed" in (place / "public" / "STATEMENT.html").read_text()
    private = b"".join(unpacked(place / "private"))
    assert PLANTED_IN_PRIVATE.encode() in private
    assert "a user who had logged in" in (place / "private" / "STATEMENT.html").read_text()
    assert (place / "private").stat().st_mode & 0o077 == 0
    cli("export", "--item", key, "-a", evidence.folder, "-o", place / "private.zip", "--private")
    assert (place / "private.zip").stat().st_mode & 0o077 == 0
    assert list((place / "private" / "entries").glob("*.hidden"))


def unpacked(place: Path) -> list[bytes]:
    """Every file of a package, and every record and body as it is when unpacked."""
    found = [path.read_bytes() for path in place.rglob("*") if path.is_file()]
    for _, content in members_of(place / "records.warc.gz"):
        found.append(content)
        at = content.find(b"\x1f\x8b\x08")
        if at >= 0:
            found.append(zlib.decompressobj(31).decompress(content[at:]))
    return found
