"""Without room an import says which folder has none, leaves nothing behind, and goes on when there is some."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from crawlkit import invoke, mounted
from intakekit import rows
from writers import answer, info, post, write

AT = "2020-03-01T00:00:00Z"


def large(folder: Path, how: str = "gzip") -> Path:
    """Answers that don't fit into half a megabyte, however they are packed."""
    text = [os.urandom(20_000).hex() for _ in range(30)]
    made = [answer(f"/wp-json/wp/v2/posts/{n}", post(n, f"T{n}", text=text[n]), AT) for n in range(30)]
    return write(folder, "large", [info(), *made], how)


def many(folder: Path) -> Path:
    """More answers than are noted in memory."""
    return write(
        folder, "many", [info(), *(answer(f"/wp-json/wp/v2/posts/{n}", {"id": n}, AT) for n in range(9000))], "plain"
    )


def test_a_full_archive_keeps_nothing_half_written(tmp_path: Path) -> None:
    path, archive = large(tmp_path), tmp_path / "archive"
    archive.mkdir()
    with mounted(archive, "-t", "tmpfs", "-o", "size=512k", "tmpfs"):
        said = invoke("import", path, "--no-index", "-a", archive, code=8).stderr
        assert f"{archive}/example.org/warc/import: No space left" in said
        assert [*archive.rglob("*.part"), *archive.rglob("*.warc.gz")] == []
    invoke("import", path, "-a", archive)
    assert rows(archive, "SELECT count(*) FROM posts") == [(30,)]


@pytest.mark.parametrize("what", ["unpacked", "noted", "found by several"])
def test_no_room_for_temporary_files_is_said_with_the_folder(tmp_path: Path, what: str) -> None:
    path = large(tmp_path, "whole-gzip") if what == "unpacked" else many(tmp_path)
    other = write(tmp_path, "other", [info(), answer("/wp-json/wp/v2/posts/1", {"id": 1}, AT)])
    small = tmp_path / "small"
    small.mkdir()
    env = {**os.environ, "TMPDIR": str(small), "SQLITE_TMPDIR": str(small)}  # which a process reads once
    asked = [path, other, "--jobs", 2] if what == "found by several" else [path]
    with mounted(small, "-t", "tmpfs", "-o", "size=512k", "tmpfs"):
        command = [sys.executable, "-m", "wparchive", "import", *map(str, asked), "-a", str(tmp_path / "archive")]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        said = done.stderr
        assert (done.returncode, done.stdout) == (8, "")
        assert f"{small}" in said
        assert "no room for temporary files" in said
        assert "0 MB are free" in said
        assert "TMPDIR" in said
        assert [*small.iterdir()] == []
    assert not (tmp_path / "archive" / "archive.db").exists()
