"""Large bodies are passed over when a WARC is read for its exchanges, and are still there to the byte when asked for."""

import json
import random
from pathlib import Path

import pytest
from storekit import HEAD, IMAGE, exchange, fetched, open_store

from wparchive.blocks import STORED_BLOCK
from wparchive.store import ResourceRecord, StoredExchange, exchanges
from wparchive.store.reader import _PASSED_OVER, _START, KEEP

URL = "https://example.org/a.jpg"
ROUND = 17 * STORED_BLOCK - len(IMAGE)  # the block then ends where a stored block does


def warc_with(folder: Path, body: bytes, head: bytes = IMAGE) -> Path:
    """A finished WARC with `body` in it, and a small exchange behind it."""
    with open_store(folder) as store:
        store.begin({})
        store.put(store.prepare(fetched(exchange(URL, body, head), kind="file")))
        store.put(store.prepare(fetched(exchange("https://example.org/small"))))
        store.finish({"outcome": "complete"})
        (path,) = store.folder.warcs()
    return path


def read(path: Path, *, every_byte: bool = False) -> list[StoredExchange]:
    return [one for one in exchanges(path, every_byte=every_byte) if isinstance(one, StoredExchange)]


@pytest.mark.parametrize("size", [_PASSED_OVER, KEEP + 1, ROUND, ROUND + 1, ROUND + STORED_BLOCK, 3 * KEEP + 5])
def test_what_was_passed_over_is_read_again_to_the_byte(tmp_path: Path, size: int) -> None:
    body = random.Random(size).randbytes(size)
    path = warc_with(tmp_path, body)
    first, small = read(path)
    assert not first.records[0].sha256  # the sign that it was
    assert b"".join(first.raw()) == IMAGE + body
    assert b"".join(first.payload()) == body
    for count in (1, 4096, STORED_BLOCK, 2 * STORED_BLOCK):
        assert first.tail(count) == body[-count:]
    assert small.capture.url == "https://example.org/small"
    whole, _ = read(path, every_byte=True)
    assert whole.records[0].sha256
    assert whole.tail(4096) == body[-4096:]
    assert (whole.end, whole.capture) == (first.end, first.capture)


@pytest.mark.parametrize("size", [_START - 100, _START, _START + STORED_BLOCK])
def test_a_head_that_is_longer_than_what_is_looked_at_is_read_whole(tmp_path: Path, size: int) -> None:
    body = random.Random(size).randbytes(KEEP)
    long = IMAGE.removesuffix(b"\r\n") + b"X-Long: " + b"x" * size + b"\r\n\r\n"
    first, _ = read(warc_with(tmp_path, body, long))
    assert first.head_bytes == long
    assert b"".join(first.payload()) == body


def test_a_large_fact_is_read_whole(tmp_path: Path) -> None:
    """It is stored as it came too, but nobody reads it again later."""
    value = {"lines": ["GET / HTTP/1.1\r\n\r\n" * 20] * 1500}
    with open_store(tmp_path) as store:
        store.begin({})
        store.fact("large", value)
        store.finish({"outcome": "complete"})
        (path,) = store.folder.warcs()
    facts = {one.name: one.value for one in exchanges(path) if isinstance(one, ResourceRecord)}
    assert facts["large"] == value
    assert len(json.dumps(value)) > _PASSED_OVER


def test_what_is_deflated_is_read_whole(tmp_path: Path) -> None:
    body = b"[" + b"1," * KEEP + b"1]"
    first, _ = read(warc_with(tmp_path, body, HEAD))
    assert first.records[0].sha256
    assert b"".join(first.payload()) == body
    assert first.tail(4096) == body[-4096:]


def test_a_member_that_the_file_ends_in_is_not_passed_over(tmp_path: Path) -> None:
    path = warc_with(tmp_path, random.Random(1).randbytes(2 * KEEP))
    first = read(path)[0].records[0]
    data = path.read_bytes()
    for cut in (1, 8, 9, 20, STORED_BLOCK, KEEP):
        path.write_bytes(data[: first.offset + first.length - cut])
        assert read(path) == []
