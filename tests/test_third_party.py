"""What we write is read by other people's programs: the demo's archive under warcio, FastWARC, gzip, cdxj-indexer, pywb
and plain Datasette.
"""

import gzip
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import frugal
import pytest
from fakewp.simulator.http import Request
from fakewp.simulator.server import Handler, SimulatedSite
from third_party import Pywb, Stored, cdxj, check_replay, check_warcs, pywb, run, stored_responses


class ChunkedSite(SimulatedSite):
    """The simulated site behind a server that compresses every answer and cuts it into chunks, elsewhere each time."""

    def respond(self, handler: Handler, request: Request) -> None:
        answer = self.core.answer(request)
        coded = [("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]
        handler.wfile.write(handler.head(answer.status, [*answer.headers, *coded]))
        if request.method != "HEAD":
            body, size = gzip.compress(answer.body, mtime=0), 400 + 37 * len(self.requests)
            parts = [body[at : at + size] for at in range(0, len(body), size)]
            handler.wfile.write(b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n")
        handler.wfile.flush()


@pytest.fixture(scope="module")
def archive(cli: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `wparchive demo DIR` leaves."""
    folder = tmp_path_factory.mktemp("demo") / "archive"
    cli("demo", folder)
    return folder


@pytest.fixture(scope="module")
def warcs(archive: Path) -> list[Path]:
    return sorted(archive.glob("*/warc/*.warc.gz"))


@pytest.fixture(scope="module")
def responses(warcs: list[Path]) -> list[Stored]:
    return stored_responses(warcs)


@pytest.fixture(scope="module")
def replayer(warcs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pywb]:
    with pywb(tmp_path_factory.mktemp("pywb"), warcs) as server:
        yield server


def test_every_file_is_finished(archive: Path) -> None:
    """After a run that ended well nothing is left open or torn."""
    assert [path for pattern in ("*.open", "*.torn") for path in archive.rglob(pattern)] == []


def test_gzip_warcio_and_fastwarc_find_nothing_wrong(warcs: list[Path]) -> None:
    """Every member, block and digest; the records are those that a run must leave."""
    types = check_warcs(warcs)
    assert types["response"]
    assert types["metadata"] == types["request"]
    assert types["resource"]


def test_warcio_decodes_every_json_answer(responses: list[Stored]) -> None:
    """An independent reader gets JSON out of each record that says it holds JSON."""
    answers = [one for one in responses if one.mime == "application/json" and one.type == "response"]
    assert answers
    for one in answers:
        json.loads(one.body)


def test_cdxj_indexer_finds_every_response(warcs: list[Path], responses: list[Stored]) -> None:
    lines = [line for line in cdxj(warcs) if not line["url"].startswith("urn:")]
    assert sorted((line["url"], line["timestamp"]) for line in lines) >= sorted(
        (one.url, one.timestamp) for one in responses
    )


def test_database_and_files_agree_on_the_captures(archive: Path, responses: list[Stored]) -> None:
    """warcio finds the very records, by id, URL and status, that archive.db lists."""
    with sqlite3.connect(archive / "archive.db") as db:
        rows = set(db.execute("SELECT capture, url, status, record_type FROM captures WHERE record_type <> 'request'"))
    db.close()
    ours = {(capture.strip("<>"), url, str(status), kind) for capture, url, status, kind in rows}
    assert ours == {(one.id.strip("<>"), one.url, one.status, one.type) for one in responses}


def test_pywb_replays_json_byte_for_byte(replayer: Pywb, responses: list[Stored]) -> None:
    """Every JSON answer of the archive, coded as it came and decoded."""
    assert check_replay(replayer, responses)["response"]


def test_pywb_replays_chunked_gzip_and_revisits(cli: Callable[..., Any], tmp_path: Path) -> None:
    """Chunks and compression are kept as they came, and an answer that came twice is kept once: both replay whole."""
    with ChunkedSite() as site:
        for _ in range(2):
            cli("crawl", site.url, "-a", tmp_path / "archive", *frugal.OPTIONS, "--full")
    warcs = sorted(tmp_path.glob("archive/*/warc/*.warc.gz"))
    assert check_warcs(warcs)["revisit"]
    stored = stored_responses(warcs)
    assert all(one.chunked and one.coding == "gzip" for one in stored)
    with pywb(tmp_path / "pywb", warcs) as server:
        seen = check_replay(server, stored)
    assert seen["response"]
    assert seen["revisit"]


PAGES = [
    "/archive",
    "/archive/posts",
    "/archive/captures",
    "/archive/links?_facet=outcome",
    "/archive/posts?_facet=type",
]


@pytest.mark.parametrize("page", PAGES)
def test_plain_datasette_shows_it(archive: Path, page: str) -> None:
    """No plug-in, no metadata: tables, facets and pages answer."""
    assert "<html" in run("datasette", archive / "archive.db", "--get", page)


def test_plain_datasette_searches_it(archive: Path) -> None:
    """The full-text index is found by Datasette itself, and a word of a title finds its post."""
    with sqlite3.connect(archive / "archive.db") as db:
        wp_id, title = db.execute("SELECT wp_id, title FROM posts WHERE length(title) > 10 ORDER BY wp_id").fetchone()
    db.close()
    word = max(title.split(), key=len)
    said = run("datasette", archive / "archive.db", "--get", f"/archive/posts.json?_shape=array&_search={quote(word)}")
    assert wp_id in {row["wp_id"] for row in json.loads(said)}


def test_plain_datasette_links_a_row_to_its_evidence(archive: Path) -> None:
    """The foreign key from an item to its capture is one that Datasette follows."""
    with sqlite3.connect(archive / "archive.db") as db:
        targets = {row[2] for row in db.execute("PRAGMA foreign_key_list(posts)")}
    db.close()
    assert "captures" in targets
