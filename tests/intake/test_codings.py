"""Bodies in codings that we never ask for, as browsers do, are undone on the way into the index."""

import gzip
import json
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from intakekit import bodies_in, rows, take, unsound
from writers import answer, info, post, write

from wparchive.http1.message import decode, parse_head

LIST = "/wp-json/wp/v2/posts"
AT = "2020-03-01T00:00:00Z"
TEXT = json.dumps([post(1, "Coded", text="word " * 5000)]).encode()


def brotli(data: bytes) -> bytes:
    import brotli as engine

    return bytes(engine.compress(data))


def zstd(data: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor().compress(data)


CODINGS: dict[str, Callable[[bytes], bytes]] = {"br": brotli, "zstd": zstd, "deflate": zlib.compress}


@pytest.mark.parametrize("coding", sorted(CODINGS))
def test_items_in_any_coding_are_read(tmp_path: Path, coding: str) -> None:
    said = answer(LIST, CODINGS[coding](TEXT), AT, headers=[("Content-Encoding", coding)])
    take(tmp_path / "archive", write(tmp_path, "coded", [info(), said]))
    assert rows(tmp_path / "archive", "SELECT title FROM posts") == [("Coded",)]
    assert unsound(tmp_path / "archive") == []


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_faults_are_flagged_and_bombs_are_cut(coding: str) -> None:
    head = parse_head(f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n\r\n".encode())
    packed = CODINGS[coding](TEXT)
    assert decode([packed], head, 1 << 20).data == TEXT
    assert decode([packed[: len(packed) // 2]], head, 1 << 20).flags in (("cut",), ())
    assert decode([TEXT], head, 1 << 20) == decode([TEXT], parse_head(b"HTTP/1.1 200 OK\r\n\r\n"), 1 << 20).__class__(
        TEXT, (f"not-{coding}",)
    )
    bomb = decode([CODINGS[coding](bytes(1 << 22))], head, 1 << 20)
    assert (len(bomb.data), bomb.flags) == (1 << 20, ("bomb",))


@pytest.mark.parametrize("coding", ["", "gzip"])
@pytest.mark.parametrize("framed", [False, True])
def test_a_body_whose_chunks_were_undone_is_read_as_it_is(tmp_path: Path, framed: bool, coding: str) -> None:
    """Many tools undo the chunks of what they store, and keep the head as it came."""
    body = gzip.compress(TEXT) if coding else TEXT
    sent = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if framed else body
    headers = [("Transfer-Encoding", "chunked"), *([("Content-Encoding", coding)] if coding else [])]
    archive = tmp_path / "archive"
    take(archive, write(tmp_path, "chunked", [info(), answer(LIST, sent, AT, headers=headers)]))
    assert rows(archive, "SELECT title FROM posts") == [("Coded",)]
    assert bodies_in(archive) == {(f"https://example.org{LIST}", TEXT)}
    assert rows(archive, "SELECT flags, payload_size FROM captures") == [
        (None if framed else '["not-chunked"]', len(body))
    ]
    assert unsound(archive) == []
