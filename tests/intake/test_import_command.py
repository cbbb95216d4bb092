"""`wparchive import` as a person or a cron job uses it: what it prints, its exit codes, and the commands after it."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from crawlkit import invoke
from intakekit import rows
from writers import answer, info, packed, post, write

from wparchive.store import Archive

AT = "2020-03-01T00:00:00Z"
LIST = "/wp-json/wp/v2/posts"
TOTAL = [("X-WP-Total", "7")]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A foreign file: two posts of seven, and one later by itself."""
    records = [
        answer(LIST, [post(1, "One"), post(2, "Two")], AT, headers=TOTAL),
        answer(f"{LIST}/3", post(3, "Three"), "2021-03-01T00:00:00Z"),
    ]
    return write(tmp_path, "old", [info(), *records])


def test_list_says_what_is_in_a_file_and_writes_nothing(old: Path, tmp_path: Path) -> None:
    said = invoke("import", "--list", old, "-a", tmp_path / "archive").stdout
    assert "https://example.org/: 2 answers, 2020-03-01T00:00:00Z to 2021-03-01T00:00:00Z" in said
    assert [line.split() for line in said.splitlines() if line.startswith("/wp/v2")] == [
        ["/wp/v2/posts", "1", "7"],
        ["/wp/v2/posts/ID", "1"],
    ]
    assert "old.warc.gz (gzip, other/1.0): 3 records; 2 answers of WordPress" in said
    assert not (tmp_path / "archive").exists()


def test_import_indexes_what_it_took(old: Path, tmp_path: Path) -> None:
    said = invoke("import", old, "-a", tmp_path / "archive").stdout
    assert "in 2 runs of example.org" in said
    assert rows(tmp_path / "archive", "SELECT count(*) FROM posts") == [(3,)]
    status = invoke("status", "-a", tmp_path / "archive").stdout
    assert "state imported" in status
    assert "nothing proven complete" in status
    assert "frontier" not in invoke("verify", "-a", tmp_path / "archive").stdout
    shown = invoke("show", "example.org/post/3", "--body", "-a", tmp_path / "archive").stdout
    assert json.loads(shown)["title"]["rendered"] == "Three"


def test_without_index_the_rows_come_with_the_next_index(old: Path, tmp_path: Path) -> None:
    invoke("import", old, "--no-index", "-a", tmp_path / "archive")
    assert not (tmp_path / "archive" / "archive.db").exists()
    invoke("index", "-a", tmp_path / "archive")
    assert rows(tmp_path / "archive", "SELECT count(*) FROM posts") == [(3,)]


def test_the_next_import_indexes_what_a_killed_one_had_only_written(old: Path, tmp_path: Path) -> None:
    """Also with nothing new, and also where there is a database."""
    archive = tmp_path / "archive"
    invoke("import", old, "--no-index", "-a", archive)
    assert "nothing new" in invoke("import", old, "-a", archive).stdout
    assert rows(archive, "SELECT count(*) FROM posts") == [(3,)]
    later = write(tmp_path, "later", [info(), answer(f"{LIST}/4", post(4, "Four"), "2022-03-01T00:00:00Z")])
    invoke("import", later, "--no-index", "-a", archive)
    assert "nothing new" in invoke("import", later, "--no-index", "-a", archive).stdout
    assert "nothing new" in invoke("import", "--list", later, "-a", archive).stdout
    assert rows(archive, "SELECT count(*) FROM posts") == [(3,)]
    assert "nothing new" in invoke("import", later, "-a", archive).stdout
    assert rows(archive, "SELECT count(*) FROM posts") == [(4,)]


def test_exit_codes(old: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    page = answer("/", b"<html>", AT, headers=[("Content-Type", "text/html")])
    invoke("import", write(tmp_path, "none", [info(), page]), "-a", archive, code=7)
    (tmp_path / "x.har").write_bytes(b'{"log": {}}')
    assert "har2warc" in invoke("import", tmp_path / "x.har", "-a", archive, code=2).stderr
    os.mkfifo(tmp_path / "pipe.warc")
    assert "not an ordinary file" in invoke("import", tmp_path / "pipe.warc", "-a", archive, code=2).stderr
    assert "no such file" in invoke("import", tmp_path / "nowhere.warc", "-a", archive, code=2).stderr
    assert "--site takes" in invoke("import", old, "--site", "example", "-a", archive, code=2).stderr
    torn = tmp_path / "torn.warc.gz"
    torn.write_bytes(old.read_bytes()[:-20])
    assert "torn.warc.gz: damaged from byte" in invoke("import", torn, "-a", archive, code=3).stderr
    with Archive(archive).lock("example.org"):
        assert "another run" in invoke("import", old, "-a", archive, code=5).stderr
    assert "1 held already" in invoke("import", old, "-a", archive).stdout


def test_silent_and_json(old: Path, tmp_path: Path) -> None:
    said = invoke("import", old, "--silent", "-a", tmp_path / "archive")
    assert (said.stdout, said.stderr) == ("", "")
    told = json.loads(invoke("import", old, "--json", "-a", tmp_path / "archive").stdout)
    assert [(site["held"], site["answers"]) for site in told["sites"]] == [(2, 0)]
    assert told["exit_code"] == 0


def test_a_folder_is_walked_and_nothing_it_says_steers_the_terminal(tmp_path: Path) -> None:
    evil = info(software="\x1b[2Jevil/1.0")
    write(tmp_path / "deep" / "er", "one", [evil, answer(LIST, [post(1, "One")], AT)])
    write(tmp_path / "deep", "two", [evil, answer(LIST, [post(1, "One")], "2021-03-01T00:00:00Z")], "plain")
    said = invoke("import", tmp_path / "deep", "-a", tmp_path / "archive")
    assert "\x1b" not in said.stdout + said.stderr
    assert "2 answers" in said.stdout


def test_what_seems_to_be_an_archive_in_a_folder_is_named_and_read_where_it_is_named(tmp_path: Path) -> None:
    """Who has a folder of different tools' files must see what of it wasn't looked at."""
    write(tmp_path / "mixed", "one", [info(), answer(LIST, [post(1, "One")], AT)])
    others = ["x.arc.gz", "x.HAR", "x.warc.xz", "x.warc.gz.open"]
    for name in (*others, "x.warc.gz.sha256", "x.warc.os.cdx.gz", "x.warc.gz.torn", "arc.txt"):
        (tmp_path / "mixed" / name).write_bytes(packed([info(), answer(LIST, [post(2, "Two")], AT)]))
    said = invoke("import", tmp_path / "mixed", "-a", tmp_path / "archive")
    (line,) = [line for line in said.stderr.splitlines() if "not looked at" in line]
    assert sorted(name for name in others if name in line) == sorted(others)
    assert line.count(str(tmp_path)) == len(others)
    assert "1 answer" in invoke("import", tmp_path / "mixed" / "x.warc.gz.open", "-a", tmp_path / "archive").stdout
    (tmp_path / "mixed" / "one.warc.gz").unlink()
    assert (
        "x.HAR is called otherwise" in invoke("import", tmp_path / "mixed", "-a", tmp_path / "archive", code=2).stderr
    )


def test_what_is_in_several_files_isnt_called_held(old: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.warc.gz"
    copy.write_bytes(old.read_bytes())
    said = invoke("import", "--list", old, copy, "-a", tmp_path / "archive").stdout
    assert "2 more than once in these files" in said
    assert "held" not in said


@pytest.mark.parametrize("site", ["example.org", "in-none-of-the-files.example"])
def test_what_a_killed_import_left_is_removed_by_the_next(old: Path, tmp_path: Path, site: str) -> None:
    place = tmp_path / "archive" / site / "warc" / "import"
    place.mkdir(parents=True)
    left = place / "import-example.org-20200301000000-00000.warc.gz.part"
    left.write_bytes(packed([info()])[:50])
    invoke("index", "-a", tmp_path / "archive", code=None)
    invoke("import", old, "-a", tmp_path / "archive")
    assert not left.exists()
    invoke("verify", "-a", tmp_path / "archive", code=0 if site == "example.org" else None)


def test_progress_is_drawn_on_a_terminal(old: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "wparchive", "import", old, "-a", tmp_path / "archive"]
    env = {**os.environ, "TERM": "xterm"}
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, env=env, check=True)
    os.close(theirs)
    drawn = os.read(ours, 1 << 16)
    os.close(ours)
    assert b"old.warc.gz: reading, " in drawn
    assert b"2 answers" in done.stdout


def test_seals_say_that_others_wrote_them_and_exports_have_them(old: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    invoke("import", old, "-a", archive)
    invoke("seal", "-a", archive, code=None)
    entries = [json.loads(line) for line in (archive / "seals" / "log").read_text().splitlines()]
    assert [entry["foreign"] for entry in entries if entry["type"] == "warc"] == [1, 1]
    invoke("verify", "-a", archive)
    index = invoke("export", "cdxj", "-a", archive).stdout
    assert len({line.rpartition('"filename": ')[2] for line in index.splitlines() if "import-" in line}) == 2


def test_a_statement_says_that_another_program_captured_it_by_its_own_clock(old: Path, tmp_path: Path) -> None:
    archive, package = tmp_path / "archive", tmp_path / "package"
    invoke("import", old, "-a", archive)
    invoke("seal", "-a", archive, code=None)
    invoke("export", "--item", "example.org/post/3", "-o", package, "-a", archive)
    said = (package / "STATEMENT.html").read_text()
    assert "another program, other/1.0; imported by us from byte" in said
    assert "our clock</th>" not in said
    invoke("verify", package, code=None)


def test_verify_names_a_source_that_changed(old: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    invoke("import", old, "-a", archive)
    invoke("verify", "--sources", old.parent, "-a", archive)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert "isn't compared" in invoke("verify", "--sources", elsewhere, "-a", archive).stdout
    old.write_bytes(old.read_bytes() + packed([info()]))
    assert "source: " in invoke("verify", "--sources", old.parent, "-a", archive, code=4).stdout


def test_the_lines_of_the_readme_from_common_crawl_to_a_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file as cdx_toolkit writes one of Common Crawl's ranges; every line of the chapter that needs no network."""
    ranges = [
        {"WARC-Source-URI": "https://data.example/CC.warc.gz", "WARC-Source-Range": f"bytes={n}-9"} for n in (1, 5)
    ]
    told = [("X-Crawler-Content-Encoding", "gzip"), ("X-Crawler-Transfer-Encoding", "chunked")]
    lists = [
        answer(LIST, [post(1, title, f"{year}-01-01T00:00:00")], f"{year}-03-01T00:00:00Z", headers=told, fields=fields)
        for (year, title), fields in zip((("2021", "Before"), ("2023", "After")), ranges, strict=True)
    ]
    write(tmp_path, "TEST-000000.extracted", [info(software="pypi_cdx_toolkit/0.9.39"), *lists])
    monkeypatch.chdir(tmp_path)
    assert "2 answers" in invoke("import", "--list", "TEST-000000.extracted.warc.gz").stdout
    invoke("import", "TEST-000000.extracted.warc.gz")
    history = invoke("history", "example.org/post/1").stdout
    assert "Before" in history
    assert "After" in history
    assert "edited" in invoke("changes", "--since", "2020-01-01").stdout
    source = "SELECT DISTINCT source_name FROM captures"
    assert rows(tmp_path / "archive", source) == [("TEST-000000.extracted.warc.gz",)]


def test_rename_and_forget_take_imports_along(old: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    invoke("import", old, "-a", archive)
    invoke("rename", "example.org", "renamed", "-a", archive)
    assert rows(archive, "SELECT DISTINCT site FROM posts") == [("renamed",)]
    invoke("verify", "-a", archive)
    assert "2 held already" in invoke("import", old, "-a", archive).stdout
    invoke("forget", "renamed", "--yes", "-a", archive)
    assert rows(archive, "SELECT * FROM posts") == []
    assert len([*(archive / "forgotten").rglob("import-*.warc.gz")]) == 2


def test_a_date_to_the_minute_is_one_and_what_has_no_usable_date_is_not_all_taken(tmp_path: Path) -> None:
    """WARC 1.1 allows dates without seconds (5.4). A day or a year would order answers that nobody knows the order of."""
    archive = tmp_path / "archive"
    minute = write(tmp_path, "minute", [info(), answer(f"{LIST}/1", post(1, "One"), "2021-01-01T10:00Z")])
    invoke("import", minute, "-a", archive)
    assert rows(archive, "SELECT captured_at FROM captures") == [("2021-01-01T10:00:00Z",)]
    assert "nothing new" in invoke("import", minute, "-a", archive).stdout
    invoke("verify", "-a", archive)
    package = tmp_path / "minute.wacz"
    invoke("export", "wacz", "-o", package, "-a", archive)
    invoke("verify", package)
    days = [answer(f"{LIST}/{wp_id}", post(wp_id, "Day"), at) for wp_id, at in ((2, "2021-01-01"), (3, "2021"))]
    said = invoke("import", write(tmp_path, "days", [info(), *days]), "-a", archive, code=3).stdout
    assert "2 without a usable date" in said
