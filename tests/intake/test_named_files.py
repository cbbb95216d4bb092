"""What may be named as FILE: only what is no file is refused, with what to do, and nothing in a folder is passed over."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from crawlkit import invoke
from intakekit import rows, take
from writers import answer, info, packed, post, write

from wparchive.errors import ExitCode
from wparchive.intake import Progress, import_files
from wparchive.store import Archive

AT = "2020-03-01T00:00:00Z"


def made(folder: Path, *ids: int) -> Path:
    return write(
        folder, f"f{ids[0]}", [info(), *(answer(f"/wp-json/wp/v2/posts/{n}", post(n, f"T{n}"), AT) for n in ids)]
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("-", "into a file"),
        ("https://example.org/x.warc.gz", "https://example.org/x.warc.gz: an address; download it"),
        ("s3://bucket/x.warc.gz", "s3://bucket/x.warc.gz: an address"),
        ("nowhere.warc.gz", "nowhere.warc.gz: no such file"),
        ("/dev/null", "not an ordinary file"),
        ("/dev/zero", "not an ordinary file"),
    ],
)
def test_what_is_no_file_is_refused_with_what_to_do(tmp_path: Path, name: str, said: str) -> None:
    assert said in invoke("import", name, "-a", tmp_path / "archive", code=2).stderr


def test_everything_in_a_folder_is_read_once_or_named(tmp_path: Path) -> None:
    """Links to folders are followed, in a circle too; pipes, sockets and links to nothing are named; no two lines are one."""
    top, aside = tmp_path / "top", tmp_path / "aside"
    made(top / "deep", 1)
    made(aside, 2)
    (top / "aside").symlink_to(aside)
    (top / "again").symlink_to(aside)
    (top / "deep" / "loop").symlink_to(top)
    (top / "gone.warc.gz").symlink_to("nowhere")
    (top / "of\nmany\x1b[2Jlines.warc.gz").write_bytes(made(tmp_path, 3).read_bytes())
    (top / os.fsdecode(b"no\xff\xfeutf.warc.gz")).write_bytes(made(tmp_path, 4).read_bytes())
    os.mkfifo(top / "pipe.warc.gz")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(top / "socket.warc"))
        said = invoke("import", top, "-a", tmp_path / "archive", code=8)
    assert rows(tmp_path / "archive", "SELECT wp_id FROM posts ORDER BY 1") == [(1,), (2,), (3,), (4,)]
    assert len(said.stdout.splitlines()) == 1 + 4
    faults = said.stderr.splitlines()
    assert len(faults) == 3
    assert all(any(f"{name}: " in line for line in faults) for name in ("gone.warc.gz", "pipe.warc.gz", "socket.warc"))
    assert "\x1b" not in said.stdout + said.stderr


def test_a_folder_that_cant_be_read_is_named(tmp_path: Path) -> None:
    top = tmp_path / "top"
    made(top, 1)
    made(top / "closed", 2)
    (top / "closed").chmod(0)
    for one in (tmp_path, *tmp_path.parents):
        if not one.stat().st_mode & 1:
            pytest.skip("nobody else may come here")
    command = [
        "setpriv",
        "--reuid",
        "65534",
        "--clear-groups",
        sys.executable,
        "-m",
        "wparchive",
        "import",
        "--list",
        str(top),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    (top / "closed").chmod(0o755)
    assert done.returncode == 8
    assert "closed: a folder that can't be read" in done.stderr
    assert "f1.warc.gz" in done.stdout


@pytest.mark.parametrize("what", ["grew", "was overwritten", "went away"])
def test_a_file_that_changes_while_it_is_read_is_said_to(tmp_path: Path, what: str) -> None:
    path, later = made(tmp_path, 1, 2, 3), made(tmp_path, 4)

    def meddle(_: Progress) -> None:
        if what == "grew":
            path.write_bytes(path.read_bytes() + later.read_bytes())
        elif what == "was overwritten":
            path.write_bytes(bytes(path.stat().st_size))
        else:
            path.unlink(missing_ok=True)

    times = iter((meddle,))
    result = import_files(Archive(tmp_path / "archive"), [path], progress=lambda far: next(times, lambda _: None)(far))
    assert result.code in (ExitCode.INCOMPLETE, ExitCode.STORAGE)
    assert any("while it was read" in file.fault for file in result.files)
    if what == "was overwritten":
        assert [*(tmp_path / "archive").rglob("*.warc.gz")] == []


def test_what_changes_before_it_is_copied_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the scan and the copy other bytes may have come to the place of a record."""
    path, other = made(tmp_path, 1), made(tmp_path, 2)
    from wparchive.intake import taking

    def then(function: Callable[..., object]) -> Callable[..., object]:
        def do(*given: object) -> object:
            path.write_bytes(other.read_bytes())
            return function(*given)

        return do

    monkeypatch.setattr(taking, "choose", then(taking.choose))
    result = take(tmp_path / "archive", path)
    assert result.code is ExitCode.STORAGE
    assert "changed since it was read" in result.sites[0].fault
    assert [*(tmp_path / "archive").rglob("import-*")] == []


def test_nothing_of_the_site_that_was_named_is_said(tmp_path: Path) -> None:
    path = made(tmp_path, 1)
    done = invoke("import", path, "--site", "https://other.example/", "-a", tmp_path / "archive", code=7)
    assert "1 of other sites" in done.stdout
    assert "nothing of that site in there" in done.stderr
    assert not (tmp_path / "archive").exists()
    (tmp_path / "none.warc").write_bytes(packed([info()], "plain"))
    assert (
        "nothing of WordPress in there"
        in invoke("import", tmp_path / "none.warc", "-a", tmp_path / "archive", code=7).stderr
    )
