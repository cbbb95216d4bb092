"""What pages offer as evidence: records to the byte, a line of shell that anybody can run, a sentence where it fails."""

import gzip
import hashlib
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from reading import PREFIX, Reading
from warcio.archiveiterator import ArchiveIterator

KINDS = (
    "SELECT kind, record_type, min(capture) FROM captures WHERE status IS NOT NULL GROUP BY kind, record_type, status"
)


def shell(page: str) -> str:
    """The line that a page tells its reader to run."""
    line = re.search(r"tail -c \+\d+ [^<]+ \| head -c \d+ \| sha256sum", page)
    assert line, page[-3000:]
    return line[0].replace("&#39;", "'")


def test_a_record_is_what_stands_in_the_file_and_a_warc_by_itself(room: Reading, news: Path, tmp_path: Path) -> None:
    """Of every kind of capture: its response's bytes are those of the file at that place, and warcio finds it whole."""
    captures = room.rows(KINDS)
    assert {"response", "revisit"} <= {row[1] for row in captures}
    files = []
    for number, (kind, _, capture) in enumerate(captures):
        answer = room.get(f"{PREFIX}/capture/{capture[9:]}/record")
        assert answer.status_code == 200, kind
        warc, offset, length = room.rows("SELECT warc, offset, length FROM captures WHERE capture = ?", capture)[0]
        assert (news / warc).read_bytes()[offset : offset + length] in answer.content
        records = list(ArchiveIterator(io.BytesIO(answer.content), check_digests="raise"))
        assert capture in [record.rec_headers.get_header("WARC-Record-ID").strip("<>") for record in records]
        files.append(tmp_path / f"{number}.warc.gz")
        files[-1].write_bytes(answer.content)
    assert subprocess.run([sys.executable, "-m", "warcio.cli", "check", *files], check=False).returncode == 0


def test_raw_and_body_are_what_was_sent(room: Reading) -> None:
    """`raw` begins with the status line and ends with the body; the body has the digest that the page shows."""
    for kind, record_type, capture in room.rows(KINDS):
        raw = room.get(f"{PREFIX}/capture/{capture[9:]}/raw")
        body = room.get(f"{PREFIX}/capture/{capture[9:]}/body")
        assert raw.content.startswith(b"HTTP/1."), kind
        sha256 = room.one("SELECT body_sha256 FROM captures WHERE capture = ?", capture)
        if sha256 and record_type == "response":
            assert hashlib.sha256(body.content).hexdigest() == sha256
        assert raw.headers["memento-datetime"].endswith(" GMT")
        assert raw.headers["link"].endswith('; rel="original"')


def test_the_line_of_shell_prints_the_digest_that_stands_beside_it(room: Reading, news: Path) -> None:
    """On the page of a capture, and for every proof of an item."""
    item = room.one("SELECT item FROM observations WHERE change = 'silently_edited'")
    pages = [f"/capture/{capture[9:]}" for _, _, capture in room.rows(KINDS)] + [f"/item/{item}/evidence"]
    for path in pages:
        html = room.page(path).html
        for line in re.findall(r"tail -c \+\d+ [^<]+ \| head -c \d+ \| sha256sum", html):
            printed = subprocess.run(line, shell=True, cwd=news, capture_output=True, text=True, check=True).stdout
            assert printed.split()[0] in html, (path, line)
        assert shell(html)


def test_a_revisit_shows_what_it_refers_to(room: Reading) -> None:
    """A later answer that was the same has the body of the first one, and both pages lead to each other."""
    revisit, first = room.rows(
        "SELECT capture, refers_to FROM captures WHERE record_type = 'revisit' AND status = 200"
    )[0]
    assert room.page(f"/capture/{revisit[9:]}").link(f"/capture/{first[9:]}")
    assert room.page(f"/capture/{first[9:]}").link(f"/capture/{revisit[9:]}")
    bodies = [room.get(f"{PREFIX}/capture/{one[9:]}/body").content for one in (revisit, first)]
    assert bodies[0] == bodies[1] != b""


def test_a_file_that_is_being_written_is_read_too(own_news: Path) -> None:
    """The index names a WARC by its last name; while a crawl runs it is called `.open`."""
    with Reading(own_news / "archive.db") as room:
        capture, warc = room.rows("SELECT capture, warc FROM captures WHERE kind = 'listing' AND status = 200")[0]
        (own_news / warc).rename(own_news / f"{warc}.open")
        assert room.get(f"{PREFIX}/capture/{capture[9:]}/body").content[:1] == b"["


@pytest.mark.parametrize("injury", ["missing", "torn", "flipped", "emptied"])
def test_what_cannot_be_read_is_said_in_a_sentence(own_news: Path, injury: str) -> None:
    """The page still says where it should stand; downloads and tabs that need it say what is wrong, never a fault of ours."""
    with Reading(own_news / "archive.db") as room:
        capture, warc, offset = room.rows(
            "SELECT k.capture, k.warc, k.offset FROM captures k JOIN versions v ON v.capture = k.capture AND v.type = 'post' "
            "WHERE k.kind = 'listing' AND k.record_type = 'response' AND k.site = 'harbour-ledger' ORDER BY k.captured_at"
        )[0]
        _injure(own_news / warc, offset, injury)
        page = room.page(f"/capture/{capture[9:]}")
        assert "can’t be read" in page.text or "can't be read" in page.text
        assert warc in page.text
        for part in ("raw", "body", "record"):
            answer = room.get(f"{PREFIX}/capture/{capture[9:]}/{part}")
            assert answer.status_code == 404 or (injury, part) == ("flipped", "record")
            assert "Traceback" not in answer.text
        item = room.one("SELECT item FROM versions WHERE capture = ? AND type = 'post'", capture)
        for tab in ("", "/json", "/evidence", "/changes", "/pictures"):
            assert room.get(f"{PREFIX}/item/{item}{tab}").status_code == 200, tab


def _injure(path: Path, offset: int, injury: str) -> None:
    if injury == "missing":
        path.unlink()
    elif injury == "emptied":
        path.write_bytes(b"")
    else:
        data = bytearray(path.read_bytes())
        if injury == "torn":
            del data[offset + 40 :]
        else:
            data[offset + 15 : offset + 45] = bytes(30)
        path.write_bytes(data)


def test_a_published_copy_without_its_warcs_still_says_where_they_were(own_news: Path, tmp_path: Path) -> None:
    """Every page opens; a capture's shows place and digests, and that the bytes aren't beside it."""
    shutil.copy(own_news / "archive.db", tmp_path / "alone.db")
    with Reading(tmp_path / "alone.db") as room:
        capture = room.one("SELECT capture FROM captures WHERE kind = 'listing' AND status = 200")
        page = room.page(f"/capture/{capture[9:]}")
        assert "can't be read" in page.text.replace("’", "'")
        assert "sha256sum" in page.html
        item = room.one("SELECT item FROM observations WHERE change = 'silently_edited'")
        assert room.page(f"/item/{item}/changes").all("ins")


def test_files_are_their_bytes_smaller_ones_are_made_and_parts_can_be_asked_for(room: Reading) -> None:
    """The digest in the address is that of the bytes; a range is 206 and a known ETag 304."""
    for sha256, detected in room.rows(
        "SELECT DISTINCT sha256, detected FROM media_files WHERE sha256 IS NOT NULL LIMIT 4"
    ):
        path = f"{PREFIX}/file/{sha256}/bytes"
        whole = room.get(path)
        assert (hashlib.sha256(whole.content).hexdigest(), whole.headers["content-type"]) == (sha256, detected)
        small = room.get(f"{path}?w=160")
        assert small.headers["content-type"] == "image/webp"
        assert small.content[8:12] == b"WEBP"
        part = room.get(path, headers={"range": "bytes=8-15"})
        assert (part.status_code, part.content) == (206, whole.content[8:16])
        assert room.get(path, headers={"range": "bytes=99999999-"}).status_code == 416
        assert room.get(path, headers={"if-none-match": whole.headers["etag"]}).status_code == 304
        assert room.get(f"{path}?w=161").status_code == 400
        assert "attachment" in room.get(f"{path}?download=1").headers["content-disposition"]


def test_a_picture_that_was_replaced_has_its_page_and_bytes_too(room: Reading) -> None:
    """Both pages lead to each other, and the article shows the one of its time."""
    url = room.one(
        "SELECT url FROM captures WHERE kind = 'file' AND status = 200 GROUP BY url HAVING count(DISTINCT body_sha256) > 1"
    )
    (old,), (new,) = room.rows(
        "SELECT body_sha256 FROM captures WHERE url = ? AND status = 200 GROUP BY 1 ORDER BY min(captured_at)", url
    )
    assert room.page(f"/file/{new}").link(f"/file/{old}")
    page = room.page(f"/file/{old}")
    assert page.link(f"/file/{new}")
    assert "image/png" in page.text
    assert hashlib.sha256(room.get(f"{PREFIX}/file/{old}/bytes").content).hexdigest() == old
    assert new in room.page("/pictures?f=replaced").html


def test_a_gzipped_record_is_as_it_was_stored(room: Reading) -> None:
    """Not packed anew: each member inflates by itself."""
    capture = room.one("SELECT capture FROM captures WHERE kind = 'listing' AND record_type = 'response'")
    record = room.get(f"{PREFIX}/capture/{capture[9:]}/record").content
    assert gzip.decompress(record).startswith(b"WARC/1.1\r\n")
