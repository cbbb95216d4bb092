"""The page of an import's run says what its captures show, and from which files they are: it proved nothing."""

import gzip
import hashlib
import json
from pathlib import Path

from reading import PREFIX, Reading, rows

from wparchive.index import index
from wparchive.intake import import_files
from wparchive.store import Archive

URL = "https://example.org/wp-json/wp/v2/posts?per_page=2"
ITEMS = [{"id": n, "date": "2019-01-01T00:00:00", "title": {"rendered": f"T{n}"}} for n in (1, 2)]
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-WP-Total: 1873\r\nX-WP-TotalPages: 937\r\n\r\n"


def record(kind: str, number: int, block: str, uri: str = "") -> bytes:
    about = f"WARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{number:032x}>\r\nWARC-Date: 2020-03-01T00:00:00Z\r\n{uri}"
    return gzip.compress(f"WARC/1.1\r\n{about}Content-Length: {len(block)}\r\n\r\n{block}\r\n\r\n".encode())


def test_it_says_what_is_seen_of_each_list_and_whence_and_no_proof(tmp_path: Path) -> None:
    path, archive = tmp_path / "other.warc.gz", Archive(tmp_path / "archive")
    said = record("response", 2, HEAD + json.dumps(ITEMS), f"WARC-Target-URI: {URL}\r\n")
    path.write_bytes(record("warcinfo", 1, "software: <b>other</b>/1.0\r\n") + said)
    import_files(archive, [path])
    index(archive)
    ((run,),) = rows(archive.database, "SELECT run FROM runs")
    with Reading(archive.database) as room:
        page = room.get(f"{PREFIX}/run/{run}").text
    with Reading(archive.database, closed=("coverage", "sources")) as room:
        closed = room.get(f"{PREFIX}/run/{run}").text
    assert "What it proved" not in page
    assert "Nothing here is proven complete" in page
    assert all(f'<td class="num">{number}</td>' in page for number in ("1,873", "2", "937", "1"))
    assert hashlib.sha256(path.read_bytes()).hexdigest() in page
    assert "&lt;b&gt;other&lt;/b&gt;/1.0" in page
    assert "1,873" not in closed
    assert "other.warc.gz" not in closed
