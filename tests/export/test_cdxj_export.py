"""`export cdxj`: the very lines of cdxj-indexer, from any archive, whatever has happened to it."""

import gzip
import hashlib
import http.client
import io
import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from crawlkit import crawl, invoke
from fakewp import FakeWordPress
from fastwarc.warc import ArchiveIterator as FastArchiveIterator
from fastwarc.warc import WarcRecordType
from storekit import HEAD, exchange, fetched, filled, open_store
from third_party import check_cdxj, check_replay, pywb, run, stored_responses

from wparchive.config import Settings
from wparchive.export.cdxj import CdxLine, lines
from wparchive.export.sorted_lines import sorted_lines
from wparchive.model import Privilege
from wparchive.store import Archive, Damage

DIGEST = re.compile(r'"digest": "[^"]*"')
SHA1 = '"digest": "sha1:'


def indexed(*paths: Path) -> list[str]:
    """What cdxj-indexer says of each file, in the file's order."""
    return [line for path in paths for line in run("cdxj-indexer", path).splitlines()]


def ours(*paths: Path) -> list[str]:
    found = [one for path in paths for one in lines(path, path.name)]
    return [bytes(one).decode("ascii").removesuffix("\n") for one in found if isinstance(one, CdxLine)]


class Sent:
    """Bytes in the place of a socket."""

    def __init__(self, block: bytes) -> None:
        self._block = block

    def makefile(self, *_: object) -> io.BytesIO:
        return io.BytesIO(self._block)


def payloads(path: Path) -> Iterator[tuple[str, str]]:
    """URL and digest of the body of every response, without transfer coding as Python's own client reads it."""
    for record in FastArchiveIterator(str(path), parse_http=False, record_types=WarcRecordType.response):
        answer = http.client.HTTPResponse(Sent(record.reader.read()))  # type: ignore[arg-type]
        answer.begin()
        try:
            body = answer.read()
        except http.client.IncompleteRead as error:  # the answer to HEAD has the fields of a body, and none
            body = error.partial
        yield record.headers["WARC-Target-URI"], f"sha256:{hashlib.sha256(body).hexdigest()}"


def warcs(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/warc/*.warc.gz"))


def exported(folder: Path, *options: str, code: int = 0) -> list[str]:
    return invoke("export", "cdxj", "-a", folder, *options, code=code).stdout.splitlines()


def fields(line: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(line.split(" ", 2)[2])
    return found


def test_the_lines_are_those_of_cdxj_indexer_to_the_byte(demo: Path) -> None:
    for path in warcs(demo):
        assert ours(path) == indexed(path)


def test_the_export_is_sorted_bytewise_and_each_line_stands_once(demo: Path) -> None:
    assert exported(demo) == sorted(set(indexed(*warcs(demo))), key=str.encode)


@pytest.fixture(scope="module")
def chunked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with pictures that is crawled twice, its answers gzipped and in chunks whose borders never recur."""
    folder = tmp_path_factory.mktemp("chunked") / "archive"
    with FakeWordPress(faults=["chunked"], posts=6, pages=2, books=0, media=4, comments=3, users=2, terms=4) as site:
        for _ in range(2):
            crawl(folder, site.url, settings=Settings(media="all"), full=True)
    return folder


def test_a_chunked_answer_has_the_digest_of_its_body_without_the_borders(chunked: Path) -> None:
    """There cdxj-indexer writes the SHA-1 of the bytes with their borders, which differ from one answer to the next.

    All else is the same. With ours a revisit's digest, which is the body's, is that of the answer that it refers to.
    """
    paths = warcs(chunked)
    mine = ours(*paths)
    assert check_cdxj("\n".join(exported(chunked)), paths) == len(mine)
    held = {pair for path in paths for pair in payloads(path)}
    answers = [fields(line) for line in mine if '"status": ' in line]
    assert {(one["url"], one["digest"]) for one in answers} <= held
    repeated = [fields(line) for line in mine if fields(line).get("mime") == "warc/revisit"]
    assert repeated
    assert {(one["url"], one["digest"]) for one in repeated} <= held


def test_pywb_replays_an_archive_by_our_index(chunked: Path, tmp_path: Path) -> None:
    """Every answer, revisits too, with the bytes that are stored."""
    paths = warcs(chunked)
    with pywb(tmp_path, paths, index="\n".join(exported(chunked)) + "\n") as server:
        assert check_replay(server, stored_responses(paths)).keys() == {"response", "revisit"}


# In a process of its own: warcio leaves its temporary files to the garbage collector, and warnings are errors here.
FOREIGN = r"""
import io, sys
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter
HTML = [("Content-Type", "Text/HTML; charset=x"), ("X", "\xe9")]
def head(*fields, status="200 OK"):
    return StatusAndHeaders(status, list(fields), protocol="HTTP/1.1")
with open(sys.argv[1], "wb") as file:
    writer = WARCWriter(file, gzip=True, warc_version=sys.argv[2])
    def put(url, kind, body=b"", **how):
        digest = how.pop("digest", True)
        record = writer.create_warc_record(url, kind, payload=io.BytesIO(body), **how)
        if digest is False:
            writer.ensure_digest = lambda *_, **__: None
        writer.write_record(record)
        vars(writer).pop("ensure_digest", None)
    writer.write_record(writer.create_warcinfo_record("other.warc.gz", {"software": "other/1"}))
    for number, url in enumerate(("http://Example.org/A?b=1&a=2", "http://b\u00fccher.example/\u00e9", "https://www.example.org:443/")):
        put(url, "response", b"<p>%d</p>" % number, http_headers=head(*HTML))
    put("http://example.org/none", "response", http_headers=head(status="404 Not Found"))
    put("http://example.org/none", "request", http_headers=StatusAndHeaders("GET / HTTP/1.1", [], is_http_request=True))
    put("http://example.org/large", "response", b"x" * 3_000_000, http_headers=head(("Content-Type", "video/mp4")))
    put("http://example.org/bare", "response", b"x" * 3_000_000, http_headers=head(*HTML), digest=False)
    put("urn:screenshot:http://example.org/", "resource", b"PNG", warc_content_type="image/png; a=b")
    put("urn:bare", "resource", b"PNG", warc_content_type="image/png", digest=False)
    put("metadata://example.org/", "metadata", b"{}", warc_content_type="application/json")
    put("http://example.org/", "metadata", b"via: x\r\n", warc_content_type="application/warc-fields")
    put("dns:example.org", "response", b"example.org. 1 IN A 1.2.3.4", warc_content_type="text/dns")
    put("http://example.org/conversion", "conversion", b"x", warc_content_type="text/plain")
    date = "2024-02-29T23:59:59.123456Z"
    put("http://example.org/old", "response", b"x", http_headers=head(*HTML), warc_headers_dict={"WARC-Date": date})
    url = "http://example.org/old"
    writer.write_record(writer.create_revisit_record(url, "sha1:X", url, date, http_headers=head(*HTML)))
"""


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_files_of_other_tools_have_the_same_lines_too(tmp_path: Path, version: str) -> None:
    """Records without a digest aside: there it is the SHA-1 in base 32, ours the SHA-256."""
    path = tmp_path / "other.warc.gz"
    subprocess.run([sys.executable, "-c", FOREIGN, path, version], check=True)
    theirs, mine = indexed(path), ours(path)
    bare = [number for number, line in enumerate(theirs) if re.search(r"[/:]bare", line)]
    assert len(bare) == 2
    for number in bare:
        assert SHA1 in theirs[number]
        mine[number], theirs[number] = (DIGEST.sub("", one[number]) for one in (mine, theirs))
    assert mine == theirs
    assert len(mine) == 12


def record(*header: str, block: bytes = b"x") -> bytes:
    """A record by hand."""
    head = "\r\n".join(("WARC/1.1", *header, f"Content-Length: {len(block)}"))
    return gzip.compress(head.encode() + b"\r\n\r\n" + block + b"\r\n\r\n", mtime=0)


HEADS = (
    *(
        b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n\r\nx" % mime
        for mime in (b"; x", b"", b"a/b,c", b"a/b ;c", b"A/B\tc", b'"x"', b"\xe9")
    ),
    *(b"HTTP/1.1 200 OK\r\n\r\nx", b"HTTP/1.1 200\r\n\r\n", b"HTTP/2 200 \r\ncontent-type: a/b\r\n\r\n"),
    *(b"HTTP/1.1  200 OK\r\n\r\n", b"HTTP/1.0 304 Not Modified\r\n\r\n", b"", b"x", b"\r\n\r\n", b"ICY 200 OK\r\n\r\n"),
    *(b"HTTP/1.1 200 OK\nContent-Type: a/b\n\nx", b"HTTP/1.1 200 OK\r\nContent-Type: a/b", b"HTTP/1.1 020 OK\r\n\r\n"),
    *(
        b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx\r\nContent-Type: a/b\r\n\r\n",
    ),
    b"HTTP/1.1 200 OK\r\nX: y\r\n Content-Type: z\r\nContent-Type:\r\n a/b\r\n\r\nx",
)


def test_any_head_is_understood_as_other_programs_do(tmp_path: Path) -> None:
    """Folded, doubled, cut off, of another protocol, or none."""
    path = tmp_path / "heads.warc.gz"
    named = ("WARC-Target-URI: http://example.org/", "WARC-Date: 2024-01-01T00:00:00Z", "WARC-Payload-Digest: sha1:X")
    for kind in ("application/http; msgtype=response", "application/http", "text/html"):
        with path.open("ab") as file:
            for block in HEADS if kind != "text/html" else [one for one in HEADS if one.startswith(b"HTTP/")]:
                number = file.tell()
                about = ("WARC-Type: response", f"WARC-Record-ID: <urn:{number}>", f"Content-Type: {kind}")
                file.write(record(*about, *named, block=block))
    assert ours(path) == indexed(path)


DATES = {
    "2024-02-29T23:59:59Z": "20240229235959",
    "2024-02-29T23:59:59.999999999Z": "20240229235959",
    "2024-02-29T23:59Z": "20240229235900",
    "2024-02-29": "20240229000000",
    "2024": "20240101000000",
    "2023-02-29T00:00:00Z": None,
    "0000-01-01T00:00:00Z": None,
    "yesterday": None,
    "": None,
}


@pytest.mark.parametrize("date", DATES)
def test_a_date_may_be_less_exact_and_a_record_without_one_is_named(tmp_path: Path, date: str) -> None:
    """WARC 1.1 allows a date to be as short as a year."""
    path = tmp_path / "x.warc.gz"
    path.write_bytes(
        record("WARC-Type: resource", "WARC-Record-ID: <urn:a>", "WARC-Target-URI: urn:b", f"WARC-Date: {date}")
    )
    (found,) = lines(path, path.name)
    assert (found.timestamp if isinstance(found, CdxLine) else None) == DATES[date]


def test_a_record_without_an_address_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.warc.gz"
    path.write_bytes(record("WARC-Type: resource", "WARC-Record-ID: <urn:a>", "WARC-Date: 2024-01-01T00:00:00Z"))
    (found,) = lines(path, path.name)
    assert isinstance(found, Damage)
    assert (found.offset, found.length, found.record_id) == (0, path.stat().st_size, "urn:a")


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.org/\u2028\u2029", "http://example.org/\x1b[31m", "http://exa mple.org:x/ \x85", "\x7f"),
        *('http://example.org/"\\', "\u202ehttp://example.org", "http://[", "a" * 100_000),
    ],
)
def test_no_address_breaks_a_line(tmp_path: Path, url: str) -> None:
    path = tmp_path / "x.warc.gz"
    named = ("WARC-Record-ID: <urn:a>", f"WARC-Target-URI: {url}", "WARC-Date: 2024-01-01T00:00:00Z")
    path.write_bytes(record("WARC-Type: resource", *named))
    (found,) = lines(path, path.name)
    data = bytes(found)  # type: ignore[arg-type]
    assert re.fullmatch(rb"[!-~]+ 20240101000000 \{[ -~]+\}\n", data)
    assert fields(data.decode())["url"] == url.strip()


def test_damage_costs_the_records_that_it_hits_and_is_said(tmp_path: Path, demo: Path) -> None:
    folder = Path(shutil.copytree(demo, tmp_path / "archive"))
    whole, path = exported(folder), warcs(folder)[0]
    hit = next(line for line in whole if '"image/png"' in line and path.name in line)
    data = bytearray(path.read_bytes())
    data[int(fields(hit)["offset"]) + 2] ^= 0xFF
    path.write_bytes(data)
    said = invoke("export", "cdxj", "-a", folder, "--silent", code=3)
    assert said.stdout.splitlines() == [line for line in whole if line != hit]
    (line,) = said.stderr.splitlines()
    assert path.name in line
    assert f"offset {fields(hit)['offset']}" in line


def test_an_open_file_is_read_as_far_as_it_is_whole(tmp_path: Path) -> None:
    """Under the name that it will have; a torn end is what a run writes at this moment, and no damage."""
    archive = filled(tmp_path, 3)
    (path,) = archive.site("example.org").warcs()
    whole = exported(tmp_path)
    data, opened = path.read_bytes(), path.with_name(f"{path.name}.open")
    path.unlink()
    opened.write_bytes(data[:-7])
    found = exported(tmp_path)
    assert found == [line for line in whole if f'"offset": "{len(data) - int(fields(line)["length"])}"' not in line]
    assert found
    assert f'"{path.name}"' in found[0]


def test_two_files_of_one_name_are_called_by_their_places(withheld: Any) -> None:
    """Public and private files of a run have the same name: alone it would lead to the wrong file."""
    names = {fields(line)["filename"] for line in exported(withheld.folder)}
    assert names
    assert not [name for name in names if "/" in name]
    both = {fields(line)["filename"] for line in exported(withheld.folder, "--private")}
    assert both == {
        path.relative_to(withheld.folder).as_posix() for path in withheld.folder.glob("*/warc/**/*.warc.gz")
    }


def test_what_only_credentials_showed_is_left_out(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        for number, privilege in enumerate(Privilege):
            got = exchange(f"http://example.org/{number}", b"[%d]" % number, HEAD, privilege=privilege)
            store.put(store.prepare(fetched(got)))
    assert {fields(line)["url"] for line in exported(tmp_path)} == {"http://example.org/0"}
    assert {fields(line)["url"] for line in exported(tmp_path, "--private")} == {
        f"http://example.org/{n}" for n in (0, 1)
    }


def test_only_the_sites_that_are_named(demo: Path) -> None:
    one, other = (site.name for site in Archive(demo).sites())
    assert sorted(exported(demo, "--site", one) + exported(demo, "--site", other), key=str.encode) == exported(demo)
    held = {path.name for path in (demo / one / "warc").iterdir()}
    assert {fields(line)["filename"] for line in exported(demo, "--site", one)} == held


@pytest.mark.parametrize("at_once", [1, 100, 5_000, 1 << 20])
def test_lines_are_sorted_in_pieces_as_they_are_at_once(at_once: int) -> None:
    chance = random.Random(7)
    made = [b"%d %s\n" % (chance.randrange(300), b"x" * chance.randrange(9)) for _ in range(2_000)]
    assert list(sorted_lines(iter(made), at_once)) == sorted(set(made))


def test_without_an_archive_it_says_so(tmp_path: Path) -> None:
    said = invoke("export", "cdxj", "-a", tmp_path / "none", code=2)
    assert "no archive" in said.stderr


def test_a_file_is_replaced_whole_or_not_at_all(demo: Path, tmp_path: Path) -> None:
    target = tmp_path / "index.cdxj"
    target.write_text("before")
    said = invoke("export", "cdxj", "-a", demo, "-o", target)
    assert said.stdout == f"{target}: {len(exported(demo)):,} captures\n"
    assert target.read_text().splitlines() == exported(demo)
    assert invoke("export", "cdxj", "-a", demo, "-o", target, "--silent").stdout == ""
    target.write_text("before")
    invoke("export", "cdxj", "-a", tmp_path / "none", "-o", target, code=2)
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_a_private_index_is_its_owners_alone(demo: Path, tmp_path: Path) -> None:
    for name, options, others in (("public", (), 0o044), ("private", ("--private",), 0)):
        invoke("export", "cdxj", "-a", demo, "-o", tmp_path / name, *options)
        assert (tmp_path / name).stat().st_mode & 0o044 == others


def test_a_full_disk_leaves_the_former_file(demo: Path, tmp_path: Path) -> None:
    target = tmp_path / "index.cdxj"
    target.write_text("before")
    command = f"ulimit -f 8; exec {sys.executable} -m wparchive export cdxj -a {demo} -o {target}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (8, "")
    assert "allow larger files" in done.stderr
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_a_reader_that_has_seen_enough_is_no_error(demo: Path) -> None:
    command = f"{sys.executable} -m wparchive export cdxj -a {demo} | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.splitlines()[0] == exported(demo)[0]
