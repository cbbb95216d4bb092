"""`export jsonl`: every row that people browse, as it is, with the evidence that it was read from."""

import gzip
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from crawlkit import invoke, mounted

from wparchive.export.jsonl import TABLE_NAMES, write_jsonl
from wparchive.index.descriptions import describe
from wparchive.index.schema import TABLES
from wparchive.seal.how_sealed import earliest_seals
from wparchive.store import Archive

EVIDENCE = ["capture", "warc", "offset", "length", "body_sha256", "seal"]
DEEP = 100_000


def exported(folder: Path, *options: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in invoke("export", "jsonl", "-a", folder, *options).raw.splitlines()]


def stored(folder: Path, table: str) -> list[dict[str, Any]]:
    """The rows of a table, generated columns too."""
    with closing(sqlite3.connect(f"file:{folder / 'archive.db'}?mode=ro", uri=True)) as conn:
        conn.row_factory = sqlite3.Row
        return [dict(row) for row in conn.execute(f'SELECT * FROM "{table}"')]


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A line as a row of the table: without what was added, JSON as one spelling of its text."""
    return {name: spelled(value) for name, value in row.items() if name not in ("_table", "_evidence")}


def spelled(value: object) -> object:
    return json.dumps(value, sort_keys=True) if isinstance(value, list | dict) else value


def as_json(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row whose JSON is in that spelling; which columns hold JSON is what their descriptions say."""
    said = describe(table, row)
    holds = [name for name in row if "JSON" in said.get(name, "") or name in ("aliases", "hosts")]
    return {name: spelled(json.loads(value)) if name in holds and value else value for name, value in row.items()}


@pytest.fixture
def own(demo: Path, tmp_path: Path) -> Path:
    """A copy of the demo's archive that a test may change."""
    return Path(shutil.copytree(demo, tmp_path / "own"))


def change(folder: Path, query: str, *values: object) -> None:
    with closing(sqlite3.connect(folder / "archive.db", isolation_level=None)) as conn:
        conn.execute(query, values)


def test_every_row_of_every_table_that_people_browse_is_a_line(demo: Path) -> None:
    """Each once, with all columns as they are; our own notes are no table of theirs."""
    lines = exported(demo)
    assert {line["_table"] for line in lines} <= set(TABLE_NAMES)
    assert not [name for name in TABLE_NAMES if name.startswith("_")]
    for table in TABLE_NAMES:
        mine = [plain(line) for line in lines if line["_table"] == table]
        theirs = [as_json(table, row) for row in stored(demo, table)]
        assert sorted(map(repr, mine)) == sorted(map(repr, theirs)), table


def test_evidence_leads_to_the_record_itself(demo: Path) -> None:
    """At its place in its WARC stands the capture that it names, and the body digest is that of the capture."""
    seen: Counter[str] = Counter()
    bodies = {row["capture"]: row["body_sha256"] for row in stored(demo, "captures")}
    for line in exported(demo):
        if (found := line["_evidence"]) is None:
            continue
        assert list(found) == EVIDENCE
        data = (demo / found["warc"]).read_bytes()[found["offset"] : found["offset"] + found["length"]]
        assert f"<{found['capture']}>".encode() in gzip.decompress(data).partition(b"\r\n\r\n")[0]
        assert found["body_sha256"] == bodies[found["capture"]]
        seen[line["_table"]] += 1
    everywhere = {"captures", "posts", "media", "comments", "terms", "users", "media_files", "versions", "objects"}
    assert everywhere | {"outbound", "post_terms", "listings", "links", "records"} <= seen.keys()


@pytest.mark.parametrize("table", ["posts", "captures", "outbound", "post_terms", "versions"])
def test_each_row_of_an_item_has_evidence(demo: Path, table: str) -> None:
    assert [line for line in exported(demo, "--table", table) if line["_evidence"] is None] == []


def test_the_number_of_a_files_earliest_seal_stands_in_its_evidence(demo: Path) -> None:
    archive, out = Archive(demo), BytesIO()
    (one, other) = sorted({row["warc"] for row in stored(demo, "captures")})
    count = write_jsonl(archive, out, tables=["captures"], seals={one: 7})
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(lines) == count
    assert {(line["_evidence"]["warc"], line["_evidence"]["seal"]) for line in lines} == {(one, 7), (other, None)}


def test_each_file_has_the_first_seal_that_was_made_over_it(withheld: Any, tmp_path: Path) -> None:
    """Crawls seal what they wrote; a private file's number is told with its rows alone."""
    folder = Path(shutil.copytree(withheld.folder, tmp_path / "own"))
    shutil.rmtree(folder / "seals", ignore_errors=True)
    one, *others = sorted(folder.glob("*/warc/**/*.warc.gz"))
    aside = [(path, path.rename(tmp_path / f"{number}")) for number, path in enumerate(others)]
    assert earliest_seals(Archive(folder)) == {}
    invoke("seal", "-a", folder)
    for path, kept in aside:
        kept.rename(path)
    assert {line["_evidence"]["seal"] for line in exported(folder, "--table", "captures", "--private")} == {1, None}
    invoke("seal", "-a", folder)
    invoke("seal", "-a", folder, "--note", "sealed again")
    numbers = {
        folder / line["_evidence"]["warc"]: line["_evidence"]["seal"]
        for line in exported(folder, "--table", "captures", "--private")
    }
    assert numbers == {one: 1, **dict.fromkeys(others, 2)}
    assert {line["_evidence"]["seal"] for line in exported(folder, "--table", "captures")} <= {1, 2}


def test_the_same_content_gives_the_same_bytes(own: Path) -> None:
    """Whatever order the rows were written in: an export may be compared with the one before."""
    before = invoke("export", "jsonl", "-a", own).raw
    invoke("index", "--rebuild", "--silent", "-a", own)
    change(own, "VACUUM")
    assert invoke("export", "jsonl", "-a", own).raw == before


def test_only_the_tables_and_sites_that_are_named(demo: Path) -> None:
    lines = exported(demo)
    sites = [site.name for site in Archive(demo).sites()]
    assert exported(demo, "--table", "users", "--table", "posts") == [
        line for line in lines if line["_table"] in ("posts", "users")
    ]
    parts = [exported(demo, "--site", name) for name in sites]
    for name, part in zip(sites, parts, strict=True):
        assert {line.get("site", name) for line in part} == {name}
        assert {line["warc"].partition("/")[0] for line in part if line["_table"] == "records"} == {name}
        assert {line["_table"] for line in part} == {line["_table"] for line in lines}
    # Both sites have the same pictures, and pairs of articles belong to both.
    common = [line for line in lines if line["_table"] == "pictures" or line.get("item_site") != line.get("other_site")]
    assert sum(map(len, parts)) == len(lines) + len([line for line in common if line["_table"] != "clusters"])


# What a site may write, what a number may be.
RAW = {
    '{"id":9223372036854775807,"n":-9223372036854775808}': None,
    '{"price":1.10,"big":1e400,"exact":0.1000000000000000055511151231257827,"long":' + "9" * 5_000 + "}": None,
    '{"twice":1,"twice":2}': None,
    '{"text":"\\u2028\\ud800\\u0000\\u001b[31m \\/"}': None,
    '{\n\t"pretty": [\r\n\t\t1\n\t]\n}': '{  "pretty": [    1  ] }',
    '"\u2028\u2029\u0085\u202e\u007f\U0001f600\u00e9"': '"\\u2028\\u2029\\u0085\\u202e\\u007f\\ud83d\\ude00\\u00e9"',
    "[" * 200 + "]" * 200: None,
    "null": None,
    '"text"': None,
    "17": None,
}


@pytest.mark.parametrize("raw", RAW, ids=lambda raw: ascii(raw)[:40])
def test_raw_is_as_the_site_sent_it_on_one_line_of_ascii(own: Path, raw: str) -> None:
    """Digits of numbers, repeated keys and escapes are kept: a reader that parses them anew would lose some."""
    change(own, "UPDATE posts SET raw = ?", raw)
    data = invoke("export", "jsonl", "-a", own, "--table", "posts").raw
    assert len(data.splitlines()) == len(stored(own, "posts"))
    for line in data.splitlines():
        assert re.fullmatch(rb"[ -~]+", line)
        assert f'"raw": {RAW[raw] or raw}, "'.encode() in line


@pytest.mark.parametrize(
    "text",
    [
        *("[" * DEEP + "]" * DEEP, '{"a":' * DEEP, "", "{", "NaN", "[Infinity]", '{"a": 01}', '"\n"', "'a'"),
        *("\u2028\x00\x1b]0;x\x07", '"} {"_table": "forged"}\n{"_table": "forged"}', '", "_evidence": null}'),
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_what_is_no_json_is_a_text(own: Path, text: str) -> None:
    """Nothing that stands in a row becomes another line or another field of it."""
    change(own, "UPDATE posts SET raw = ?, title = ?", text, text)
    data = invoke("export", "jsonl", "-a", own, "--table", "posts").raw
    lines = [json.loads(line) for line in data.splitlines()]
    assert len(lines) == len(stored(own, "posts"))
    for line in lines:
        assert (line["raw"], line["title"], line["_table"]) == (text, text, "posts")
        assert line["_evidence"]
    assert re.fullmatch(rb"[ -~\n]+", data)


@pytest.mark.parametrize("number", [9223372036854775807, -9223372036854775808, 2**53 + 1])
def test_ids_are_exact_to_64_bits(own: Path, number: int) -> None:
    change(own, "UPDATE media_files SET media = ?", number)
    data = invoke("export", "jsonl", "-a", own, "--table", "media_files").raw
    assert f'"media": {number},'.encode() in data


@pytest.mark.parametrize("value", ["CAST(x'ff' AS TEXT)", "x'00'", "9e999"])
def test_a_row_that_no_index_writes_is_damage_of_the_archives_own_file(own: Path, value: str) -> None:
    change(own, f"UPDATE posts SET featured_media = {value}, title = {value}")
    said = invoke("export", "jsonl", "-a", own, "-o", own.with_name("x.jsonl"), code=8)
    assert "archive.db: damaged (posts." in said.stderr
    assert "index --rebuild" in said.stderr
    assert len(said.stderr.splitlines()) == 1
    assert list(own.parent.iterdir()) == [own]


def test_without_a_database_it_says_how_to_make_one(own: Path) -> None:
    (own / "archive.db").unlink()
    assert "there is no database yet; run" in invoke("export", "jsonl", "-a", own, code=2).stderr


def test_a_site_whose_rows_are_not_there_yet_is_no_empty_export(own: Path) -> None:
    """Its folder was renamed, or came from another archive."""
    site = Archive(own).sites()[0].path
    site.rename(site.with_name("moved"))
    said = invoke("export", "jsonl", "-a", own, "--site", "moved", code=2)
    assert said.stdout == ""
    assert "archive.db has no such site; bring it up to date with: wparchive index" in said.stderr


def test_who_writes_to_the_archive_does_not_wait_for_who_reads_the_export(own: Path) -> None:
    """Rows are read from a copy at one moment, so that a slow reader neither holds a crawl up nor sees half of it."""
    command = [sys.executable, "-m", "wparchive", "export", "jsonl", "-a", str(own)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as reader:
        assert reader.stdout
        first = reader.stdout.readline()
        with closing(sqlite3.connect(own / "archive.db", timeout=0, isolation_level=None)) as conn:
            conn.execute("PRAGMA journal_mode = WAL")
            conn.execute("UPDATE posts SET title = 'changed meanwhile'")
        rest = reader.stdout.read()
    assert first.startswith(b'{"_table": "sites"')
    assert b"changed meanwhile" not in rest
    assert reader.returncode == 0


def test_an_archive_on_read_only_media_can_be_exported(own: Path) -> None:
    whole = invoke("export", "jsonl", "-a", own).raw
    with mounted(own, "--bind", str(own)), mounted(own, "-o", "remount,bind,ro"):
        assert invoke("export", "jsonl", "-a", own).raw == whole


def test_every_table_has_a_place_for_its_sites() -> None:
    """`--site` finds the rows of a site in each table; a new table without that column needs its own rule."""
    without = {name for name in TABLE_NAMES if "site" not in TABLES[name].columns}
    assert without == {"clusters", "kinship", "pictures", "records"}


def test_a_reader_of_rows_that_has_seen_enough_is_no_error(demo: Path) -> None:
    command = f"{sys.executable} -m wparchive export jsonl -a {demo} | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (141, "")
    assert done.stdout.startswith('{"_table": "sites", ')


def test_what_lacks_room_is_what_is_named(demo: Path, tmp_path: Path) -> None:
    """The output, or the copy in TMPDIR: never the archive's own file, which is only read."""
    full = f"{sys.executable} -m wparchive export jsonl -a {demo}"
    with mounted(tmp_path, "-t", "tmpfs", "-o", "size=300k", "tmpfs"):
        for command, place in (
            (f"{full} > /dev/full", "what was to be printed"),
            (f"{full} -o {tmp_path}/x.jsonl", f"{tmp_path}/x.jsonl"),
            (f"TMPDIR={tmp_path} {full}", f"{tmp_path}/wparchive-"),
        ):
            done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
            (line,) = done.stderr.splitlines()
            assert done.returncode == 8
            assert line.startswith(f"wparchive: {place}"), line
            assert "make room" in line
            assert list(tmp_path.iterdir()) == []
