"""Records are written by warcio, and not a byte of them is warcio's own: what came stays as it came, in our field order."""

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from storekit import exchange, fetched, open_store

from wparchive.model import Exchange
from wparchive.store.warc.writing.record_bytes import (
    Pairs,
    deflated_member,
    header_bytes,
    opening_pairs,
    sha256,
    stored_member,
)

KINDS = ["warcinfo", "response", "revisit", "request", "metadata", "resource"]
MIME = "application/octet-stream"
HEADS = {
    "spacing": b"HTTP/1.1 200\r\nA:b\r\nC :  d \r\nE:\tf\r\n\r\n",
    "case-and-repeats": b"HTTP/1.1 200 ok\r\nset-cookie: a\r\nSET-COOKIE: b\r\nSet-Cookie: a\r\n\r\n",
    "folded": b"HTTP/1.1 200 OK\r\nX-Long: a\r\n b\r\n\tc\r\n\r\n",
    "no-text": b"HTTP/1.1 404 N\xf6t \xff\xfe\r\nX: \xe9\xc3\xa9\xe2\x98\x83\x01\r\n\r\n",
    "bare-line-feeds": b"HTTP/1.0 200 OK\nX: y\n\n",
    "no-colon": b"HTTP/1.1 200 OK\r\nnothing\r\n: empty\r\n\r\n",
}


def expected(pairs: Pairs, block: bytes) -> bytes:
    """What the standard makes of a record; source: WARC 1.1, section 4."""
    lines = [b"WARC/1.1", *(f"{name}: {value}".encode() for name, value in pairs)]
    return b"".join(line + b"\r\n" for line in lines) + b"\r\n" + block + b"\r\n\r\n"


def content(member: bytes) -> bytes:
    inflate = zlib.decompressobj(zlib.MAX_WBITS + 16)
    data = inflate.decompress(member)
    assert (inflate.eof, inflate.unused_data) == (True, b"")
    return data


LINE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


@given(st.sampled_from(KINDS), st.lists(st.tuples(LINE, LINE)), st.lists(st.binary(min_size=1)), st.booleans())
def test_a_record_is_its_fields_in_order_and_its_block(
    kind: str, about: list[tuple[str, str]], pieces: list[bytes], digest: bool
) -> None:
    """No field is added, left out, moved or respelled, and no block parsed, whatever the kind and the language."""
    block = b"".join(pieces)
    more = (("WARC-Payload-Digest", f"sha256:{sha256(block)}"),) if digest else ()
    pairs = (*opening_pairs(kind, "urn:uuid:1", tuple(about), MIME, len(block), sha256(block)), *more)
    wanted = expected(pairs, block)
    assert content(deflated_member(pairs, pieces)) == wanted
    assert content(stored_member(pairs, block)) == wanted
    assert header_bytes(pairs) + block + b"\r\n\r\n" == wanted


def in_members(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """(header, what follows it) of each record of a WARC."""
    data = path.read_bytes()
    while data:
        inflate = zlib.decompressobj(zlib.MAX_WBITS + 16)
        header, _, rest = inflate.decompress(data).partition(b"\r\n\r\n")
        yield header, rest
        data = inflate.unused_data


def written(folder: Path, *exchanges: Exchange) -> list[tuple[str, bytes]]:
    """(kind, block) of every record that these exchanges make."""
    with open_store(folder) as store:
        store.begin({})
        for one in exchanges:
            store.put(store.prepare(fetched(one)))
        store.finish({"outcome": "complete"})
        (path,) = store.folder.warcs()
    found = []
    for header, rest in in_members(path):
        fields = dict(line.split(": ", 1) for line in header.decode().split("\r\n")[1:])
        assert rest[int(fields["Content-Length"]) :] == b"\r\n\r\n"
        found.append((fields["WARC-Type"], rest[:-4]))
    return found


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
@pytest.mark.parametrize("body", [b"", "Käse ☃\r\n\r\n".encode(), bytes(range(256)) * 300], ids=["none", "text", "any"])
def test_an_answer_and_its_revisit_keep_the_head_to_the_byte(tmp_path: Path, head: bytes, body: bytes) -> None:
    """The second answer with the same payload is a revisit: the head as it came, and no body."""
    first, second = (exchange("http://example.org/x", body, head) for _ in range(2))
    found = [(kind, block) for kind, block in written(tmp_path, first, second) if kind in ("response", "revisit")]
    again = ("revisit", head) if body else ("response", head)
    assert found == [("response", head + body), again]


@pytest.mark.parametrize("asked", [b"", b"GET /\xff\xe4 HTTP/1.1\r\nX:\t\xf0\r\n\r\nbody\x00\r\n\r\n", b"\r\n\r\n"])
def test_a_request_is_kept_to_the_byte(tmp_path: Path, asked: bytes) -> None:
    found = written(tmp_path, exchange("http://example.org/x", request=asked))
    assert [block for kind, block in found if kind == "request"] == [asked]


def test_a_name_that_is_no_text_is_written_too(tmp_path: Path) -> None:
    """A site may put half a character into what its facts are named after."""
    with open_store(tmp_path) as store:
        store.begin({})
        store.fact("listing:/wp/v2/\ud800", {})
        store.finish({"outcome": "complete"})
        (path,) = store.folder.warcs()
    assert [1 for header, _ in in_members(path) if b"/wp/v2/%5Cud800" in header] == [1]
