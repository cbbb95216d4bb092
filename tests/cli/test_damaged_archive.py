"""What a damaged WARC comes to in each command: one line that names it, the right exit code, and the rest as before."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from crawlkit import SMALL, crawl, invoke
from fakewp import FakeWordPress

from wparchive.store import members
from wparchive.store.warc.gzip_members import GZIP_HEADER

KINDS = ("warcinfo", "response", "request", "metadata", "resource", "revisit")


@pytest.fixture(scope="module")
def served() -> Iterator[FakeWordPress]:
    with FakeWordPress(**SMALL) as site:
        yield site


@pytest.fixture(scope="module")
def crawled(served: FakeWordPress, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two full crawls, the second of revisits."""
    folder = tmp_path_factory.mktemp("crawled") / "archive"
    crawl(folder, served.url)
    crawl(folder, served.url, full=True)
    return folder


@pytest.fixture
def archive(crawled: Path, tmp_path: Path) -> Path:
    shutil.copytree(crawled, tmp_path / "archive")
    return tmp_path / "archive"


def rows(archive: Path, query: str, *values: object) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(archive / "archive.db")) as db:
        return db.execute(query, values).fetchall()


def spoil(archive: Path, warc: str, offset: int, at: int = 20) -> None:
    path = archive / warc
    data = bytearray(path.read_bytes())
    data[offset + at] ^= 0x55
    path.write_bytes(data)


@pytest.mark.parametrize("kind", KINDS)
def test_every_command_names_the_damage(archive: Path, kind: str) -> None:
    """`index` and `verify` 4, `status` 0, each with the file and the place; of every other record the row is there."""
    before = {row[0] for row in rows(archive, "SELECT record_id FROM records")}
    query = "SELECT warc, offset, record_id FROM records WHERE type = ? ORDER BY warc, offset LIMIT 1 OFFSET ?"
    ((warc, offset, record),) = rows(archive, query, kind, int(kind == "resource"))
    spoil(archive, str(warc), int(str(offset)))
    said = invoke("index", "--rebuild", "-a", archive, code=4).stdout
    assert f"damage: {warc}" in said
    assert {row[0] for row in rows(archive, "SELECT record_id FROM records")} == before - {record}
    assert f"damage: {warc}" in invoke("status", "-a", archive).stdout
    (told,) = json.loads(invoke("status", "--json", "-a", archive).stdout)[0]["damage"]
    assert (told["warc"], told["offset"], told["kind"]) == (warc, offset, "broken")
    assert [
        one["damage"]["warc"] for one in json.loads(invoke("index", "--json", "-a", archive, code=4).stdout)[-1:]
    ] == [warc]
    assert f"damage: {warc}" in invoke("index", "--silent", "-a", archive, code=4).stdout
    assert str(warc) in invoke("verify", "-a", archive, code=4).stdout


@pytest.mark.parametrize("fact", ["start", "end", "collections", "listing:", "site"])
def test_facts_that_are_lost_are_unknown_not_good(archive: Path, fact: str) -> None:
    """A run whose facts are damaged isn't complete, nor killed, nor its listing proven."""
    (path, *_) = sorted(archive.glob("*/warc/*.warc.gz"))
    named = [m for m in members(path) if f":{fact}" in m.headers.get("WARC-Target-URI").replace("%3A", ":")]
    place = (named[0].offset, named[0].headers.get("WARC-Target-URI"))
    spoil(archive, str(path.relative_to(archive)), place[0])
    run = place[1].split(":")[3]
    listed = rows(archive, "SELECT count(*) FROM listings WHERE run = ?", run)[0][0]
    invoke("index", "--rebuild", "-a", archive, code=4)
    ((outcome,),) = rows(archive, "SELECT outcome FROM runs WHERE run = ?", run)
    assert outcome == ("unknown" if fact == "end" else "complete")
    left = rows(archive, "SELECT count(*) FROM listings WHERE run = ?", run)[0][0]
    assert int(str(left)) == int(str(listed)) - (fact == "listing:")


def test_show_and_history_of_what_is_damaged(archive: Path) -> None:
    """Before the database is made anew it still names the capture: one line then, no traceback."""
    query = "SELECT p.item, c.warc, c.offset FROM posts p JOIN captures c USING (capture) WHERE p.type = 'post' LIMIT 1"
    query = query if "item" in columns(archive, "posts") else query.replace("p.item", "p.site || '/post/' || p.wp_id")
    ((item, warc, offset),) = rows(archive, query)
    spoil(archive, str(warc), int(str(offset)))
    shown = invoke("show", str(item), "-a", archive, code=8)
    assert shown.stdout == ""
    assert shown.stderr.count("\n") == 1
    told = invoke("history", str(item), "-a", archive, code=4)
    assert told.stdout.count("damage: ") == 1
    assert "Traceback" not in shown.stderr + told.stderr
    assert json.loads(invoke("history", "--json", str(item), "-a", archive, code=4).stdout)["damaged"]


def columns(archive: Path, table: str) -> set[object]:
    return {row[1] for row in rows(archive, f"PRAGMA table_info({table})")}


@pytest.mark.parametrize("part", ["checksum", "size", "header"])
def test_what_only_the_gzip_frame_says_wrongly(archive: Path, part: str) -> None:
    """A wrong CRC or size may mean a wrong content: named, and not held; of the header what says nothing is for `verify`."""
    query = "SELECT warc, offset, length, record_id FROM records WHERE type = 'response' ORDER BY warc, offset LIMIT 1 OFFSET 3"
    ((warc, offset, length, record),) = rows(archive, query)
    at = {"checksum": int(str(length)) - 8, "size": int(str(length)) - 4, "header": len(GZIP_HEADER) - 1}[part]
    spoil(archive, str(warc), int(str(offset)), at)
    invoke("index", "--rebuild", "-a", archive, code=0 if part == "header" else 4)
    left = rows(archive, "SELECT count(*) FROM records WHERE record_id = ?", record)
    assert left == [(int(part == "header"),)]
    assert str(record) in invoke("verify", "-a", archive, code=4).stdout or part != "header"


def test_a_crawl_names_it_and_asks_for_what_is_lost(archive: Path, served: FakeWordPress) -> None:
    """As the index told it, which was made anew meanwhile: exit 3 once, then 0; `verify` and `index` go on with 4."""
    query = "SELECT warc, offset FROM captures WHERE kind = 'listing' AND record_type = 'response' AND route LIKE '/wp/v2/posts%'"
    (warc, offset) = rows(archive, query)[0]
    spoil(archive, str(warc), int(str(offset)))
    invoke("index", "--rebuild", "-a", archive, code=4)
    held = {row[0] for row in rows(archive, "SELECT wp_id FROM posts WHERE type = 'post'")}
    assert held != set(served.ids("post"))
    listed = rows(archive, "SELECT outcome FROM listings WHERE route = '/wp/v2/posts'")
    assert listed == [("short",)] * 2  # the first run's, and that of the second, which refers to it
    assert "gap: /wp/v2/posts: " in invoke("status", "-a", archive).stdout
    first = crawl(archive, served.url)
    assert int(first.code) == 3
    assert [line.split(":")[0] for line in first.result.report.damage] == [warc]
    assert first.ids("post") == served.ids("post")
    second = crawl(archive, served.url)
    assert (int(second.code), list(second.result.report.damage)) == (0, [])
    grown = second.dump()
    invoke("index", "--rebuild", "-a", archive, code=4)
    assert second.dump() == grown
    assert "held again" in invoke("status", "-a", archive).stdout
    invoke("index", "-a", archive, code=4)
    invoke("verify", "-a", archive, code=4)
