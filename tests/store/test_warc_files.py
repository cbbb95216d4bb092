"""What we write: WARC 1.1 as the contract has it, readable by everybody else's tools."""

import dataclasses
import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator
from storekit import HEAD, IMAGE, PACKED, VIDEO, exchange, fetched, filled, open_store, packed, silent
from warcio.archiveiterator import WARCIterator

from wparchive.errors import StorageError
from wparchive.model import Exchange, Privilege
from wparchive.store import Archive, SiteStore, StoredExchange, exchanges, members
from wparchive.store.warc.gzip_members import GZIP_HEADER, is_stored
from wparchive.transit.spool import Spool


def only_file(archive: Archive) -> Path:
    (path,) = archive.site("example.org").warcs()
    return path


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return filled(tmp_path_factory.mktemp("warc"), 12)


@pytest.fixture
def store(tmp_path: Path):
    with open_store(tmp_path) as opened:
        opened.begin({})
        yield opened


def records(path: Path) -> list[tuple[dict[str, str], bytes]]:
    return [(dict(member.headers.pairs), b"".join(member.content())) for member in members(path)]


@pytest.mark.parametrize("tool", [["gzip", "-t"], ["warcio", "check"], ["fastwarc", "check"], ["cdxj-indexer"]])
def test_other_tools_accept_every_file(archive: Archive, tool: list[str]) -> None:
    program = Path(sys.executable).with_name(tool[0])
    command = [str(program) if program.exists() else tool[0], *tool[1:], str(only_file(archive))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fail" not in done.stdout.lower()


def test_fastwarc_and_warcio_read_the_records_that_we_read(archive: Archive) -> None:
    path = only_file(archive)
    ours = [(member.record_id, member.type) for member in members(path)]
    with path.open("rb") as file:
        theirs = [(r.record_id.strip("<>"), r.headers["WARC-Type"]) for r in ArchiveIterator(file, parse_http=False)]
    with path.open("rb") as file:
        warcio = [(r.rec_headers.get_header("WARC-Record-ID").strip("<>"), r.rec_type) for r in WARCIterator(file)]
    assert theirs == ours == warcio


def test_the_file_is_named_after_site_and_run_and_begins_with_warcinfo(archive: Archive) -> None:
    path = only_file(archive)
    assert re.fullmatch(r"wparchive-example\.org-20260301120001-00000\.warc\.gz", path.name)
    first, block = records(path)[0]
    assert first["WARC-Type"] == "warcinfo"
    assert first["WARC-Filename"] == path.name
    for line in (
        b"software: wparchive/",
        b"format: WARC file version 1.1",
        b"isPartOf: 20260301120001-",
        b"robots: obey",
    ):
        assert line in block


def test_each_member_has_the_fixed_header_and_one_record(archive: Archive) -> None:
    data = only_file(archive).read_bytes()
    for member in members(only_file(archive)):
        assert data[member.offset : member.offset + 10] == GZIP_HEADER
        assert member.length > 18


def test_records_of_an_exchange_name_each_other_their_file_and_one_date(archive: Archive) -> None:
    found = records(only_file(archive))
    info = found[0][0]["WARC-Record-ID"]
    by_id = {headers["WARC-Record-ID"]: headers for headers, _ in found}
    requests = [headers for headers, _ in found if headers["WARC-Type"] == "request"]
    for headers in requests:
        answer = by_id.get(headers.get("WARC-Concurrent-To", ""))
        if answer:
            assert answer["WARC-Concurrent-To"] == headers["WARC-Record-ID"]
            assert answer["WARC-Date"] == headers["WARC-Date"] == "2026-03-01T12:00:00.123456Z"
    assert len(requests) == 14
    assert all(headers["WARC-Warcinfo-ID"] == info for headers, _ in found[1:])
    assert all(headers["WARC-Block-Digest"].startswith("sha256:") for headers, _ in found)


def test_the_block_is_what_came_over_the_wire(store: SiteStore) -> None:
    body = packed(b'{"a": "\xc3\xbc"}' * 500, 77)
    (capture,) = store.put(store.prepare(fetched(exchange("http://example.org/x", body, PACKED))))
    stored = store.read(capture)
    assert b"".join(stored.raw()) == PACKED + body
    assert stored.request == b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"
    assert stored.body().data == b'{"a": "\xc3\xbc"}' * 500


@pytest.mark.parametrize(("setting", "present"), [("default", False), ("spec", True)])
def test_a_chunked_response_has_a_payload_digest_only_when_asked_for(
    tmp_path: Path, setting: str, present: bool
) -> None:
    with open_store(tmp_path, payload_digest=setting) as store:
        given = exchange("http://example.org/x", packed(b"{}"), PACKED)
        (capture,) = store.put(store.prepare(fetched(given)))
        (headers,) = [h for h, _ in records(store.archive.path(capture.warc)) if h["WARC-Type"] == "response"]
    assert headers.get("WARC-Payload-Digest") == (f"sha256:{given.payload_sha256}" if present else None)
    assert capture.payload_sha256 == given.payload_sha256


def test_what_was_cut_is_marked(store: SiteStore) -> None:
    (capture,) = store.put(store.prepare(fetched(exchange("http://example.org/x", truncated="disconnect"))))
    headers = [h for h, _ in records(store.archive.path(capture.warc)) if h["WARC-Type"] == "response"]
    assert headers[0]["WARC-Truncated"] == capture.truncated == "disconnect"


def test_nothing_came_back_makes_request_and_metadata(store: SiteStore) -> None:
    (capture,) = store.put(store.prepare(fetched(silent("http://example.org/x"), verdict="failed")))
    assert (capture.record_type, capture.status, capture.verdict) == ("request", None, "failed")
    assert (capture.extra["error"], capture.extra["reason"]) == ("connection refused", "why")
    stored = store.read(capture)
    assert stored.head is None
    assert b"".join(stored.raw()) == b""
    assert [record.type for record in stored.records] == ["request", "metadata"]


def test_what_is_no_http_is_kept_as_bytes(store: SiteStore) -> None:
    garbage = Exchange(
        url="http://example.org/x",
        method="GET",
        began=exchange("http://e/").began,
        elapsed=1,
        request=b"GET /x HTTP/1.1\r\n\r\n",
        block=Spool.of(b"\x00\xffgarbage"),
        error="bad status line",
    )
    (capture,) = store.put(store.prepare(fetched(garbage, verdict="failed")))
    assert b"".join(store.read(capture).raw()) == b"\x00\xffgarbage"
    store.close()
    with store.archive.path(capture.warc).open("rb") as file:
        assert len(list(WARCIterator(file))) == 5


def test_a_capture_made_while_writing_equals_the_one_read_back(archive: Archive, tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.begin({})
        odd = exchange(
            "http://example.org/ü x\r\n?q=\\u0041%20",
            b"\xff",
            b"HTTP/1.1 299 \r\n\r\n",
            interim=b"HTTP/1.1 103 Early\r\n\r\n",
            tls=(("version", "TLSv1.3"), ("odd name", " x\ny ")),
            flags=("a b", "ü"),
            peer="[::1]:8080",
            privilege=Privilege.AUTHENTICATED,
        )
        written = store.put(store.prepare(fetched(silent("http://example.org/"), odd, key="k\ud800: \t")))
        assert [store.read(capture).capture for capture in written] == written
        assert written[1].url == odd.url
        assert written[1].extra["tls-odd-name"] == " x\ny "
        assert written[1].warc.startswith("example.org/warc/private/")
    logged = [entry.capture for entry in exchanges(only_file(archive)) if isinstance(entry, StoredExchange)]
    assert all(archive.response(capture).capture == capture for capture in logged)


def test_equal_payloads_become_revisits_whatever_the_chunk_borders(store: SiteStore) -> None:
    url = "http://example.org/x"
    bodies = [packed(b"[1]" * 400, 100), packed(b"[1]" * 400, 7)]
    first, second = [store.put(store.prepare(fetched(exchange(url, body, PACKED))))[0] for body in bodies]
    assert (first.record_type, second.record_type, second.refers_to) == ("response", "revisit", first.capture)
    stored = store.read(second)
    assert b"".join(stored.raw()) == PACKED + bodies[0]
    assert stored.body().data == b"[1]" * 400
    (headers,) = [h for h, _ in records(store.archive.path(second.warc)) if h["WARC-Type"] == "revisit"]
    assert headers["WARC-Profile"] == "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    assert headers["WARC-Refers-To"] == f"<{first.capture}>"
    assert headers["WARC-Refers-To-Target-URI"] == url
    assert headers["WARC-Refers-To-Date"] == first.captured_at
    assert headers["WARC-Truncated"] == "length"
    assert second.truncated is None


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({}, "revisit"),
        ({"url": "http://example.org/other"}, "response"),
        ({"truncated": "time"}, "response"),
        ({"body": b""}, "response"),
    ],
)
def test_a_revisit_needs_the_same_url_and_a_whole_payload(store: SiteStore, change: dict, kind: str) -> None:
    url, body = "http://example.org/x", change.pop("body", b"[1]")
    store.put(store.prepare(fetched(exchange(url, body))))
    (capture,) = store.put(store.prepare(fetched(exchange(change.pop("url", url), body, **change))))
    assert capture.record_type == kind


def test_a_public_revisit_never_leans_on_a_private_capture(store: SiteStore) -> None:
    private = exchange("http://example.org/x", privilege=Privilege.AUTHENTICATED)
    store.put(store.prepare(fetched(private)))
    (public,) = store.put(store.prepare(fetched(exchange("http://example.org/x"))))
    (again,) = store.put(store.prepare(fetched(exchange("http://example.org/x", privilege=Privilege.AUTHENTICATED))))
    assert (public.record_type, again.record_type) == ("response", "revisit")


@pytest.mark.parametrize(("dedup", "kinds"), [("archive", "rr"), ("run", "fr"), ("none", "ff")])
def test_dedup_reaches_as_far_as_it_is_told(tmp_path: Path, dedup: str, kinds: str) -> None:
    seen = ""
    for number in range(2):
        with open_store(tmp_path, dedup=dedup) as store:
            store.begin({})
            for _ in range(2):
                (capture,) = store.put(store.prepare(fetched(exchange("http://example.org/x"))))
                seen += "r" if capture.record_type == "revisit" and number else "f" if number else ""
            store.finish({})
    assert seen == kinds


def test_a_large_packed_body_goes_from_its_spool_into_stored_blocks(store: SiteStore) -> None:
    """It is never held whole in memory, nor compressed again."""
    data = os.urandom(3 << 20)
    given = exchange("http://example.org/a.jpg", data, IMAGE)
    (prepared,) = store.prepare(fetched(given, kind="file"))
    assert prepared.parts[0].member is None  # nothing was copied
    (capture,) = store.put([prepared])
    assert capture.length < len(data) + len(data) // 1000
    path = store.archive.path(capture.warc)
    with path.open("rb") as file:
        assert is_stored(file, capture.offset, capture.length)
    assert b"".join(store.read(capture).chunks()) == data


def test_a_copy_that_fails_midway_is_taken_off_and_the_next_record_stands_in_its_place(
    store: SiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    (before,) = store.put(store.prepare(fetched(exchange("http://example.org/1"))))
    large = store.prepare(fetched(exchange("http://example.org/a.jpg", os.urandom(3 << 20), IMAGE), kind="file"))
    writev, written = os.writev, []

    def full(out: int, pieces: list[bytes]) -> int:
        if sum(written) > 1 << 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(writev(out, pieces))
        return written[-1]

    monkeypatch.setattr(os, "writev", full)
    with pytest.raises(StorageError, match="No space left"):
        store.put(large)
    monkeypatch.undo()
    (after,) = store.put(store.prepare(fetched(exchange("http://example.org/2"))))
    path = store.archive.path(before.warc)
    assert sum(written) > 1 << 20
    assert after.offset < before.offset + 100_000
    assert [e.capture for e in exchanges(path) if isinstance(e, StoredExchange)] == [before, after]


@pytest.mark.parametrize("path", ["a.mp4", "long" * 1000], ids=["kept", "its header finds no room"])
def test_a_very_large_body_begins_a_file_of_its_own_and_is_written_once(tmp_path: Path, path: str) -> None:
    """The temporary file of the download becomes the WARC, which goes on behind it; order and readers see no difference."""
    data = os.urandom(1 << 20) * 64
    with open_store(tmp_path) as store:
        store.begin({})
        block = Spool(store.folder.path)
        for piece in (VIDEO, *(memoryview(data)[at : at + (1 << 20)] for at in range(0, len(data), 1 << 20))):
            block.write(piece)
        file = block._file
        assert file is not None
        node = os.fstat(file.fileno()).st_ino
        made = exchange("http://example.org/" + path, data, VIDEO)
        large = dataclasses.replace(made, block=block, body=None)
        captures = [
            *store.put(store.prepare(fetched(exchange("http://example.org/1")))),
            *store.put(store.prepare(fetched(large, kind="file"))),
            *store.put(store.prepare(fetched(exchange("http://example.org/2")))),
        ]
        store.finish({})
    files = store.folder.warcs()
    assert [path.name[-13:] for path in files] == ["00000.warc.gz", "00001.warc.gz"]
    assert (files[1].stat().st_ino == node) is (path == "a.mp4")
    assert [capture.warc[-13:-8] for capture in captures] == ["00000", "00001", "00001"]
    assert [e.capture for file in files for e in exchanges(file) if isinstance(e, StoredExchange)] == captures
    assert b"".join(store.read(captures[1]).chunks()) == data
    kinds = [headers["WARC-Type"] for headers, _ in records(files[1])]
    assert kinds == ["warcinfo", *["response", "request", "metadata"] * 2, "resource"]
    assert subprocess.run(["gzip", "-t", *files], check=False).returncode == 0


def test_a_crash_while_a_download_becomes_a_file_costs_no_record(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.begin({})
    (before,) = store.put(store.prepare(fetched(exchange("http://example.org/1"))))
    block = Spool(store.folder.path)
    for _ in range(65):
        block.write(bytes(1 << 20))
    opened = store.folder.warc / Path(before.warc).name.replace("00000", "00001")
    assert block.keep(opened.with_name(f"{opened.name}.open"), b"") is not None  # and there it ends
    block.close()
    store.log.close()
    with open_store(tmp_path) as again:
        assert [recovery.torn_bytes > 0 for recovery in again.recovered] == [False, True]
        assert again.latest("http://example.org/1") == dataclasses.replace(before, warc=before.warc)
    assert not opened.exists()


def test_a_file_is_rotated_between_exchanges_and_its_records_name_it(tmp_path: Path) -> None:
    with open_store(tmp_path, rotate_at=20_000) as store:
        store.begin({})
        prepared = [
            one
            for number in range(30)
            for one in store.prepare(fetched(exchange(f"http://example.org/{number}", os.urandom(1500), IMAGE)))
        ]
        captures = store.put(prepared)
        store.finish({})
        paths = store.folder.warcs()
        assert len(paths) > 2
        assert [path.name[-13:] for path in paths[:2]] == ["00000.warc.gz", "00001.warc.gz"]
    for path in paths:
        found = records(path)
        assert {h.get("WARC-Warcinfo-ID", found[0][0]["WARC-Record-ID"]) for h, _ in found} == {
            found[0][0]["WARC-Record-ID"]
        }
        kinds = [headers["WARC-Type"] for headers, _ in found]
        assert kinds.count("response") == kinds.count("metadata")
    assert [store.archive.response(capture).capture for capture in captures] == captures


def test_head_only_lf_line_ends_survive(store: SiteStore) -> None:
    head, body = b"HTTP/1.1 200 OK\nContent-Type: text/html\n\n", b"a\r\n\r\nb"
    (capture,) = store.put(store.prepare(fetched(exchange("http://example.org/x", body, head))))
    assert store.read(capture).body().data == body
    assert store.read(capture).head_bytes == head


def test_facts_come_back_as_they_were_given(store: SiteStore) -> None:
    """But for what no database can hold: halves of characters."""
    value = {"ü": [1, None, "\ud800"], "big": 2**70}
    store.fact("listing:/wp/v2/posts?order=asc&orderby=id", value)
    store.close()
    (fact,) = [e for e in exchanges(only_file(store.archive)) if getattr(e, "name", "").startswith("listing")]
    assert (fact.run, fact.name) == (store.run, "listing:/wp/v2/posts?order=asc&orderby=id")
    assert fact.value == {**value, "ü": [1, None, "\ufffd"]}
    assert HEAD not in fact.data
