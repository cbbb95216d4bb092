"""WARCs of other tools are read too; ours replay in theirs."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest
from storekit import PACKED, exchange, fetched, open_store, packed

from wparchive.audit import verify
from wparchive.store import Archive, Damage, InfoRecord, StoredExchange, exchanges

URL = "http://example.org/wp-json/wp/v2/posts"


# In a process of its own: warcio leaves its temporary files to the garbage collector, and warnings are errors here.
FOREIGN = """
import io, sys
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter
path, url, request_first = sys.argv[1], sys.argv[2], sys.argv[3] == "True"
with open(path, "wb") as file:
    writer = WARCWriter(file, gzip=True, warc_version="1.1")
    writer.write_record(writer.create_warcinfo_record("other.warc.gz", {"software": "other/1"}))
    for number in range(3):
        head = StatusAndHeaders("200 OK", [("Content-Type", "application/json")], protocol="HTTP/1.1")
        body = io.BytesIO(b"[%d]" % number)
        answer = writer.create_warc_record(f"{url}?page={number}", "response", payload=body, http_headers=head)
        asked = StatusAndHeaders("GET / HTTP/1.1", [("Host", "example.org")], is_http_request=True)
        request = writer.create_warc_record(f"{url}?page={number}", "request", http_headers=asked)
        if request_first:
            request.rec_headers.add_header("WARC-Concurrent-To", answer.rec_headers.get_header("WARC-Record-ID"))
            writer.write_record(request)
            writer.write_record(answer)
        else:
            writer.write_request_response_pair(request, answer)
    date, digest = (answer.rec_headers.get_header(name) for name in ("WARC-Date", "WARC-Payload-Digest"))
    revisit = writer.create_revisit_record(url, digest, url, date)
    revisit.rec_headers.add_header("WARC-Refers-To", answer.rec_headers.get_header("WARC-Record-ID"))
    writer.write_record(revisit)
    head = StatusAndHeaders("404 Not Found", [], protocol="HTTP/1.1")
    writer.write_record(writer.create_warc_record(url, "response", payload=io.BytesIO(b""), http_headers=head))
    writer.write_record(writer.create_warc_record(url, "metadata", payload=io.BytesIO(b"x: y"), length=4))
"""


def foreign(path: Path, *, request_first: bool = False) -> Path:
    """A WARC as warcio writes it: warcinfo, three exchanges, a revisit, a response alone, a stray metadata record."""
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-c", FOREIGN, str(path), URL, str(request_first)], check=True)
    return path


@pytest.mark.parametrize("request_first", [False, True])
def test_exchanges_of_other_tools_are_grouped_and_read(tmp_path: Path, request_first: bool) -> None:
    path = foreign(tmp_path / "example.org" / "warc" / "other.warc.gz", request_first=request_first)
    entries = list(exchanges(path))
    found = [entry for entry in entries if isinstance(entry, StoredExchange)]
    assert [entry.body().data for entry in found] == [b"[0]", b"[1]", b"[2]", b"[2]", b""]
    assert [entry.capture.status for entry in found] == [200, 200, 200, None, 404]
    assert all(entry.request.startswith(b"GET / ") for entry in found[:3])
    capture = found[0].capture
    assert (capture.kind, capture.run, capture.crawl, capture.key) == ("foreign", "", "", f"{URL}?page=0")
    assert capture.warc == "example.org/warc/other.warc.gz"
    assert Archive(tmp_path).response(capture).capture == capture
    assert [entry.type for entry in entries if isinstance(entry, InfoRecord)] == ["warcinfo", "metadata"]
    records = [record for entry in entries for record in entry.records]
    assert sorted(record.offset + record.length for record in records)[-1] == path.stat().st_size
    assert len(records) == 10
    assert list(verify(Archive(tmp_path))) == []


def test_a_changed_byte_in_a_block_of_another_tool_is_found(tmp_path: Path) -> None:
    path = foreign(tmp_path / "example.org" / "warc" / "other.warc.gz")
    (entry, *_) = [entry for entry in exchanges(path) if isinstance(entry, StoredExchange)]
    data = bytearray(path.read_bytes())
    data[entry.capture.offset + entry.capture.length // 2] ^= 4
    path.write_bytes(data)
    assert entry.capture.offset in {finding.offset for finding in verify(Archive(tmp_path))}


def test_captures_of_other_tools_are_not_taken_for_our_crawl(tmp_path: Path) -> None:
    foreign(tmp_path / "example.org" / "warc" / "other.warc.gz")
    with open_store(tmp_path) as store:
        assert list(store.log.captures()) == []
        assert len(store.log.files()) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not gzip",
        gzip.compress(b"not a warc", mtime=0),
        gzip.compress(b"WARC/1.1\r\nContent-Length: x\r\n\r\n", mtime=0),
        gzip.compress(b"WARC/1.1\r\nContent-Length: 9\r\n\r\nabc\r\n\r\n", mtime=0),
        gzip.compress(b"WARC/1.1\r\nContent-Length: 1\r\n\r\na\r\n\r\nmore", mtime=0),
        gzip.compress(b"WARC/1.1\r\nA: b" + b"x" * 3_000_000, mtime=0),
    ],
)
def test_what_is_no_warc_is_damage_from_its_beginning_to_its_end(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.warc.gz"
    path.write_bytes(data)
    found = [(one.offset, one.end) for one in exchanges(path) if isinstance(one, Damage)]
    assert found == ([(0, len(data))] if data else [])


REPLAY = """
import sys
from wsgiref.util import setup_testing_defaults
from pywb.apps.frontendapp import FrontEndApp
app = FrontEndApp(config_file=sys.argv[1])
for url in sys.argv[2:]:
    environ = {"PATH_INFO": "/ours/" + url, "REQUEST_URI": "/ours/" + url}
    setup_testing_defaults(environ)
    status = []
    body = b"".join(app(environ, lambda line, headers, info=None: status.append(line)))
    print(*status, file=sys.stderr)
    sys.stdout.buffer.write(body + b"\\n")
"""


def test_pywb_replays_json_byte_for_byte_revisits_too(tmp_path: Path) -> None:
    pytest.importorskip("pywb")
    text = b'[{"id": 1, "t": "\xc3\xbc"}]' * 40
    with open_store(tmp_path / "archive") as store:
        first = exchange(URL, packed(text, 99), PACKED)
        second = exchange(URL, packed(text, 7), PACKED, began=first.began.replace(hour=13))
        kinds = [store.put(store.prepare(fetched(one)))[0].record_type for one in (first, second)]
    assert kinds == ["response", "revisit"]
    (path,) = store.folder.warcs()
    indexer = Path(sys.executable).with_name("cdxj-indexer")
    cdxj = subprocess.run([indexer, "--sort", path], capture_output=True, check=True).stdout
    (tmp_path / "index.cdxj").write_bytes(cdxj)
    config = f"collections:\n  ours:\n    index: {tmp_path}/index.cdxj\n    archive_paths: {path.parent}/\n"
    (tmp_path / "config.yaml").write_text(config)
    (tmp_path / "replay.py").write_text(REPLAY)
    urls = [f"20260301120000id_/{URL}", f"20260301130000id_/{URL}"]
    command = [sys.executable, str(tmp_path / "replay.py"), str(tmp_path / "config.yaml"), *urls]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == (text + b"\n") * 2
