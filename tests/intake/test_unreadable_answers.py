"""An answer that can't be read, or isn't taken, is never passed over in silence: it is counted, and named by its place."""

import gzip
import json
import zlib
from base64 import b32encode, b64encode
from collections.abc import Callable, Mapping, Sequence
from hashlib import new, sha1
from pathlib import Path
from typing import Any

import pytest
import zstandard
from crawlkit import invoke
from intakekit import bodies_in, rows, take, unsound
from writers import answer, exchange, http, info, packed, post, record, revisit, write

from wparchive.errors import ExitCode
from wparchive.intake import FileTold

AT = "2020-03-01T00:00:00Z"
LIST = "/wp-json/wp/v2/posts"
ITEM = json.dumps(post(1, "One")).encode()
ITEMS = json.dumps([post(n, f"T{n}") for n in range(50)]).encode()
"""Longer than what is parsed for this alone."""
Headers = Sequence[tuple[str, str]]


def chunked(data: bytes) -> bytes:
    return (
        b"".join(b"%x\r\n%s\r\n" % (len(data[at:][:50]), data[at:][:50]) for at in range(0, len(data), 50))
        + b"0\r\n\r\n"
    )


def coded(name: str) -> Headers:
    return [("Content-Encoding", name)]


CHUNKED = [("Transfer-Encoding", "chunked"), ("Content-Length", "")]
HTML, TEXT = [("Content-Type", "text/html")], [("Content-Type", "text/plain")]
UNREAD: Mapping[str, tuple[str, bytes, Headers]] = {
    "an unknown coding": ("unread-coding", zlib.compress(ITEM), coded("snappy")),
    "too many codings": ("unread-coding", zlib.compress(ITEM), coded("br, br, br, br, br, br")),
    "a broken gzip body": ("unread-coding", gzip.compress(ITEM)[:150] + bytes(300), coded("gzip")),
    "a broken brotli body": ("unread-coding", b"\xff" * 400, coded("br")),
    "a broken zstd body": ("unread-coding", zstandard.ZstdCompressor().compress(ITEM)[:200], coded("zstd")),
    "an unknown coding, not called JSON": ("coding", zlib.compress(ITEM), [*coded("snappy"), *TEXT]),
    "no end of the chunks": ("unread-cut", chunked(ITEM)[:-120], CHUNKED),
    "fewer bytes than stated": ("unread-cut", ITEM[:-80], [("Content-Length", "99999")]),
    "no end of the list": ("unread-json", ITEMS[:-300], ()),
    "no end of the item": ("unread-json", ITEM[:-1], ()),
    "a hole in the item": ("unread-json", ITEM.replace(b'"guid"', b'guid"'), ()),
    "Latin-1": ("unread-letters", json.dumps(post(1, "Café"), ensure_ascii=False).encode("latin-1"), ()),
    "Latin-1 in a long list": ("unread-letters", ITEMS.replace(b"T7", b"Caf\xe9"), ()),
    "UTF-16 without a mark": ("unread-json", ITEM.decode().encode("utf-16-le"), ()),
}
READ: Mapping[str, tuple[bytes, Headers]] = {
    "a byte order mark": (b"\xef\xbb\xbf" + ITEM, ()),
    "UTF-16": (ITEM.decode().encode("utf-16"), ()),
    "UTF-16 called text": (ITEM.decode().encode("utf-16"), TEXT),
    "errors of PHP": (b"<br />\n<b>Warning</b>: Undefined [0] in x.php<br />\n" + ITEM, ()),
    "errors of PHP, which make it an HTML answer": (b"<br />\n<b>Warning</b>: x in x.php<br />\n" + ITEM, HTML),
    "a call": (b"/**/call(" + ITEM + b")", [("Content-Type", "application/javascript; charset=UTF-8")]),
    "a coding that its writer undid": (ITEM, coded("gzip")),
    "a coding that its writer undid, of a long list": (ITEMS, coded("br")),
}


def said(body: bytes, headers: Headers) -> bytes:
    return answer(f"{LIST}/1", body, AT, headers=headers)


def told(tmp_path: Path, *made: bytes) -> tuple[FileTold, ExitCode]:
    result = take(tmp_path / "archive", write(tmp_path, "x", [info(), answer(f"{LIST}/9", post(9, "Nine"), AT), *made]))
    return result.files[0], result.code


@pytest.mark.parametrize("what", UNREAD)
def test_what_cant_be_read_is_counted_by_reason_and_named_by_its_place(tmp_path: Path, what: str) -> None:
    """And taken all the same, to the byte, where it says that it is JSON."""
    reason, body, headers = UNREAD[what]
    made = said(body, headers)
    file, code = told(tmp_path, made)
    start = len(packed([info(), answer(f"{LIST}/9", post(9, "Nine"), AT)]))
    assert (dict(file.skipped), code) == ({reason: 1}, ExitCode.INCOMPLETE)
    assert [(one.start, one.end, one.answer) for one in file.damage] == [(start, start + len(packed([made])), True)]
    assert (file.records, file.taken) == (3, 1 if reason == "coding" else 2)
    counted, damage = rows(tmp_path / "archive", "SELECT skipped, damage FROM sources")[0]
    assert json.loads(counted) == {reason: 1}
    assert json.loads(damage) == [[one.start, one.end, one.reason] for one in file.damage]
    assert unsound(tmp_path / "archive") == []


@pytest.mark.parametrize("what", READ)
def test_what_is_only_odd_is_read(tmp_path: Path, what: str) -> None:
    body, headers = READ[what]
    file, code = told(tmp_path, said(body, headers))
    assert (dict(file.skipped), file.damage, code) == ({}, (), ExitCode.COMPLETE)
    assert (f"https://example.org{LIST}/1", body) in bodies_in(tmp_path / "archive")
    if body is not ITEMS and ITEMS not in body:
        assert rows(tmp_path / "archive", "SELECT title FROM posts WHERE wp_id = 1") == [("One",)]


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (b"<!doctype html><title>x</title>", HTML, "html"),
        (b'<p>soft error</p><script type="application/ld+json">{"id": 1, "@type": "x"}</script>', HTML, "html"),
        (b"<br /><b>Fatal error</b>: x", HTML, "html"),
        (b"<html>", [*HTML, *coded("gzip")], "html"),
        (b"OK", TEXT, "no-json"),
    ],
)
def test_what_the_site_answered_instead_of_json_is_counted_and_no_damage(
    tmp_path: Path, body: bytes, headers: Headers, reason: str
) -> None:
    file, code = told(tmp_path, said(body, headers))
    assert (dict(file.skipped), file.damage, code) == ({reason: 1}, (), ExitCode.COMPLETE)


@pytest.mark.parametrize(
    ("kind", "uri", "reason"),
    [
        ("resource", f"https://example.org{LIST}/1", "no-http"),  # as warcit makes of files
        ("conversion", f"<https://example.org{LIST}/1>", "no-http"),
        ("response", f"https://me:secret@example.org{LIST}/1", "userinfo"),  # as wget writes it
        ("response", f"https://web.archive.org/web/20200301000000id_/https://example.org{LIST}/1", "replayed"),
        ("response", f"http://127.0.0.1:8080/coll/20200301/http:/example.org{LIST}/1", "replayed"),
    ],
)
def test_what_has_no_place_in_an_archive_is_counted_and_named_where_it_is_an_answer(
    tmp_path: Path, kind: str, uri: str, reason: str
) -> None:
    body = ITEM if reason == "no-http" else http(200, ITEM)
    file, code = told(tmp_path, record(kind, uri, AT, body), record("resource", f"urn:text:{uri}", AT, ITEM))
    assert (dict(file.skipped), len(file.damage)) == ({reason: 1}, int(reason != "replayed"))
    assert code is (ExitCode.COMPLETE if reason == "replayed" else ExitCode.INCOMPLETE)
    assert rows(tmp_path / "archive", "SELECT site FROM sites") == [("example.org",)]
    assert b"secret" not in b"".join(one.read_bytes() for one in (tmp_path / "archive").rglob("*") if one.is_file())


def test_what_was_not_asked_for_by_get_or_is_of_another_site_is_counted(tmp_path: Path) -> None:
    other: Any = {"home": "https://other.example"}
    made = [
        info(),
        *exchange(f"{LIST}/1", post(1, "One"), AT),
        *exchange(f"{LIST}/2", post(2, "Two"), AT, method="POST"),
        *exchange(f"{LIST}/3", post(3, "Three"), AT, **other),
    ]
    path = write(tmp_path, "x", made)
    for jobs in (1, 2):
        result = take(tmp_path / f"archive{jobs}", path, sites=["https://example.org/"])
        assert dict(result.files[0].skipped) == {"method": 1, "other-site": 1}
        counted = rows(tmp_path / f"archive{jobs}", "SELECT skipped FROM sources")
        assert json.loads(counted[0][0]) == {"method": 1, "other-site": 1}


def digest(data: bytes) -> str:
    return "sha1:" + b32encode(sha1(data, usedforsecurity=False).digest()).decode()


def _coded_digest(body: bytes, name: str = "sha256", *, how: Callable[[bytes], bytes] = b32encode) -> str:
    return f"{name}:{how(new(name.replace('-', ''), body).digest()).decode()}"


PACKED = gzip.compress(ITEM, mtime=0)
VOUCHED: Mapping[str, tuple[bytes, str]] = {
    "without its content coding": (http(200, PACKED, coded("gzip")), digest(ITEM)),
    "with its head": (http(200, ITEM), digest(http(200, ITEM))),
    "without the blank line before it": (http(200, ITEM).replace(b"\r\n\r\n", b"\r\n\r\n\r\n", 1), digest(ITEM)),
    "without the byte that was counted of the record's end": (http(200, ITEM) + b"\r", digest(ITEM)),
    "with its chunks": (http(200, chunked(ITEM), CHUNKED), digest(chunked(ITEM))),
    "in base64": (http(200, ITEM), _coded_digest(ITEM, "sha-256", how=b64encode)),
    "in base32": (http(200, ITEM), _coded_digest(ITEM).lower()),
}


@pytest.mark.parametrize("how", VOUCHED)
def test_writers_that_differ_over_what_a_payload_is_vouch_for_it_all_the_same(tmp_path: Path, how: str) -> None:
    """To say of sound bytes that they aren't what their digest says would be a false finding for each record of a file."""
    block, stated = VOUCHED[how]
    fields = {"WARC-Payload-Digest": stated, "WARC-Block-Digest": digest(block.removesuffix(b"\r"))}
    file, code = told(tmp_path, record("response", f"https://example.org{LIST}/1", AT, block, fields))
    assert (code, file.damage, dict(file.skipped)) == (ExitCode.COMPLETE, (), {})
    assert rows(tmp_path / "archive", "SELECT wp_id FROM posts ORDER BY 1") == [(1,), (9,)]
    assert unsound(tmp_path / "archive") == []


@pytest.mark.parametrize("wrong", ["", "payload", "block", "block of a revisit"])
@pytest.mark.parametrize("beside", [False, True])
def test_bytes_that_arent_as_their_digest_says_are_flagged_and_named(
    tmp_path: Path, wrong: str, *, beside: bool
) -> None:
    """Where nothing else vouches for them (a plain file has no checksums) it is the only sign of damage."""
    body = http(200, ITEM)
    digests = {"WARC-Payload-Digest": digest(ITEM), "WARC-Block-Digest": digest(body)}
    named = {"payload": "WARC-Payload-Digest", "block": "WARC-Block-Digest"}.get(wrong, "")
    fields = {
        name: digest(b"other") if name == named else value for name, value in digests.items() if beside or name == named
    }
    uri = f"https://example.org{LIST}/1"
    about = {"WARC-Refers-To-Target-URI": uri, "WARC-Refers-To-Date": AT}
    of_revisit = {"WARC-Block-Digest": digest(b"other")} if "revisit" in wrong else {}
    again = revisit(f"{LIST}/1", "2021-01-01T00:00:00Z", {**about, **of_revisit})
    result = take(
        tmp_path / "archive", write(tmp_path, "x", [info(), record("response", uri, AT, body, fields), again], "plain")
    )
    assert result.code is (ExitCode.INCOMPLETE if wrong else ExitCode.COMPLETE)
    assert dict(result.files[0].skipped) == ({"unread-digest": 1} if wrong else {})
    flags = [flags for (flags,) in rows(tmp_path / "archive", "SELECT flags FROM captures WHERE flags IS NOT NULL")]
    assert flags == ([] if not wrong else ['["digest-differs"]' if wrong == "payload" else '["block-digest-differs"]'])
    assert unsound(tmp_path / "archive") == []


def test_many_of_one_kind_are_named_by_the_first_and_a_count(tmp_path: Path) -> None:
    made = [answer(f"{LIST}/{n}", b'{"id": ', AT) for n in range(1, 10)]
    headless = record("response", f"https://example.org{LIST}/1", AT, b"no head")
    path = write(tmp_path, "x", [info(), answer(f"{LIST}/99", post(99, "T"), AT), *made, headless])
    done = invoke("import", path, "-a", tmp_path / "archive", code=3)
    lines = done.stderr.splitlines()
    assert len([line for line in lines if "an answer from byte" in line and "not readable as JSON" in line]) == 5
    assert any("4 more: not readable as JSON" in line for line in lines)
    assert any("no HTTP; not taken" in line for line in lines)
    assert "of them not sound: 9 not JSON" in done.stdout
    assert "not taken: 1 not HTTP" in done.stdout
    again = json.loads(invoke("import", path, "--json", "-a", tmp_path / "archive", code=3).stdout)
    assert again["files"][0]["skipped"] == {"no-http": 1, "unread-json": 9}
    assert len(again["files"][0]["damage"]) == 10
