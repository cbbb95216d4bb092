"""Each item of a listing is committed to where it stands in the decoded body, by a salt that only the record gives away."""

import base64
import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wparchive.seal.proof.commitments import canonical, commitments, elements, json_body
from wparchive.seal.proof.tree import leaf_hash
from wparchive.store import Fields
from wparchive.store.warc.fields import parse_header

HEADER = (
    b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:158e72ff-d504-4f4b-ae41-60adf58957da>\r\n"
    b"WARC-Date: 2026-11-22T04:00:09.000000Z\r\nWARC-Target-URI: https://example.org/wp-json/wp/v2/posts?search=\xc3\xbc\r\n\r\n"
)
LEAF = leaf_hash(b"record")

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)


def block_of(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", "Content-Type: application/json", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def lines_of(block: bytes, fields: Fields | None = None) -> list[bytes]:
    return list(commitments(fields or parse_header(HEADER), LEAF, block))


@given(st.lists(values, max_size=6), st.sampled_from([None, 1]), st.booleans())
@example([{"a": "ü"}, ["[", "]"], '\\"', "漢"], None, False)
def test_the_places_are_those_of_the_elements(items: list[object], indent: int | None, ascii_only: bool) -> None:
    """In bytes of UTF-8, whatever stands in the elements and between them."""
    body = json.dumps(items, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    try:
        body.decode()
    except UnicodeDecodeError:
        assert elements(body) == []
        return
    padded = b" \n" + body + b"\t "
    places = elements(padded)
    assert [json.loads(padded[start:end]) for start, end in places] == items
    assert all(padded[start:end] == padded[start:end].strip() for start, end in places)
    assert places == sorted(places)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"[1",
        b"[1,",
        b"[1,]",
        b"[,1]",
        b"[1 2]",
        b"[1,,2]",
        b"[1]]",
        b"[1] x",
        b"[1]\x00",
        b"[1]\xa0",
        b"\xef\xbb\xbf[1]",
        b"\xff\xfe[\x001\x00]\x00",
        b"\xa0[1]",
        b"[NaN]",
        b"[1, Infinity]",
        b"[-Infinity]",
        b"['a']",
        b"[tru]",
        b'["\x01"]',
        b'["\xff"]',
        b'["\xed\xa0\x80"]',
        b"{}",
        b'{"a": [1]}',
        b"1",
        b"null",
        b"<p>[1]</p>",
        b"[1]<br>warning",
        b"[" * 100_000,
        b"[" + b"[" * 100_000 + b"]" * 100_000 + b"]",
    ],
)
def test_what_is_no_json_array_has_no_commitments(body: bytes) -> None:
    """Nor has what needs mending: a byte order mark, trailing bytes, numbers that JSON hasn't, a nesting without end."""
    assert elements(body) == []
    assert lines_of(block_of(body)) == []


def test_a_number_of_any_length_is_an_element() -> None:
    """Python refuses to make a number of more than 4,300 digits; where it stands is known all the same."""
    assert elements(b"[" + b"7" * 5000 + b",1e999999]") == [(1, 5001), (5002, 5010)]


def test_an_empty_array_has_none() -> None:
    assert elements(b" [ ] ") == []
    assert lines_of(block_of(b"[]")) == []


def test_a_line_says_what_the_design_says() -> None:
    body = '[{"id":1,"t":"Größe"}, {"id":2}]'.encode()
    block = block_of(body)
    first, second = map(json.loads, lines_of(block))
    secret = hashlib.sha256(b"wparchive item salt v1\n" + block).digest()
    start, end = 1, body.index(b", {")
    assert first == {
        "bytes": [start, end],
        "capture": "urn:uuid:158e72ff-d504-4f4b-ae41-60adf58957da",
        "date": "2026-11-22T04:00:09.000000Z",
        "item": 0,
        "items": 2,
        "record": base64.b64encode(LEAF).decode(),
        "salt": hashlib.sha256(secret + b"0").hexdigest()[:32],
        "sha256": hashlib.sha256(body[start:end]).hexdigest(),
        "url": "https://example.org/wp-json/wp/v2/posts?search=ü",
    }
    assert second["bytes"] == [end + 2, len(body) - 1]
    assert second["salt"] == hashlib.sha256(secret + b"1").hexdigest()[:32] != first["salt"]
    assert all(line == canonical(json.loads(line)) for line in lines_of(block))
    assert all(line.isascii() for line in lines_of(block))


def test_two_equal_items_have_two_salts_and_another_header_another_one() -> None:
    """From one commitment nobody can tell whether another is of the same text: neither on the page nor on the next day."""
    first, second = map(json.loads, lines_of(block_of(b"[5,5]")))
    later = json.loads(lines_of(block_of(b"[5,5]", "Date: Sun, 22 Nov 2026 04:00:09 GMT"))[0])
    assert first["sha256"] == second["sha256"] == later["sha256"]
    assert len({first["salt"], second["salt"], later["salt"]}) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", one["salt"]) for one in (first, second, later))


def chunked(body: bytes) -> bytes:
    parts = [body[at : at + 7] for at in range(0, len(body), 7)]
    return b"".join(b"%x;x=y\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\nTrailer: 1\r\n\r\n"


def deflated(body: bytes) -> bytes:
    return zlib.compress(body)


@pytest.mark.parametrize(
    ("coded", "headers"),
    [
        (gzip.compress, ["Content-Encoding: gzip"]),
        (deflated, ["Content-Encoding: deflate"]),
        (chunked, ["Transfer-Encoding: chunked"]),
        (lambda body: chunked(gzip.compress(body)), ["Content-Encoding: gzip", "Transfer-Encoding: chunked"]),
    ],
)
def test_places_are_in_the_decoded_body(coded: Callable[[bytes], bytes], headers: list[str]) -> None:
    body = '[{"id":1,"t":"Größe"}, {"id":2}]'.encode()
    coded_block = block_of(coded(body), *headers)
    plain = [json.loads(line) for line in lines_of(block_of(body))]
    found = [json.loads(line) for line in lines_of(coded_block)]
    assert json_body(coded_block) == body
    assert [(one["bytes"], one["sha256"]) for one in found] == [(one["bytes"], one["sha256"]) for one in plain]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (gzip.compress(b"[1,2]", mtime=0)[:-9], ["Content-Encoding: gzip"]),
        (b"[1,2]", ["Content-Encoding: gzip"]),
        (b"[1,2]", ["Transfer-Encoding: chunked"]),
        (b"[1,2]", ["Content-Encoding: br"]),
    ],
)
def test_a_body_that_did_not_come_whole_has_none(body: bytes, headers: list[str]) -> None:
    assert lines_of(block_of(body, *headers)) == []


def test_what_has_no_http_head_has_none() -> None:
    for block in (b"", b"[1]", b"HTTP/1.1 200 OK\r\n[1]"):
        assert lines_of(block) == []
