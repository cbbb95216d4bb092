"""Large bodies are passed over when a WARC is read for its exchanges, and are still there to the byte when asked for."""

import json
import random
from pathlib import Path

import pytest
from storekit import HEAD, IMAGE, exchange, fetched, open_store

from wparchive.store import Damage, InfoRecord, ResourceRecord, StoredExchange, exchanges
from wparchive.store.warc.gzip_members import layout, spans, stored
from wparchive.store.warc.held_records import _PASSED_OVER, _START, KEEP
from wparchive.store.warc.members import members
from wparchive.transit.stored_blocks import STORED_BLOCK

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
    assert not whole.records[0].sha256  # its checksum vouches; a row mustn't depend on who read it
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
        assert [type(one) for one in exchanges(path)] == [InfoRecord, ResourceRecord, Damage]


@pytest.mark.parametrize("size", [0, 1, STORED_BLOCK - 1, STORED_BLOCK, STORED_BLOCK + 1, ROUND, 3 * KEEP + 5])
def test_where_blocks_lie_is_known_without_looking_at_each(tmp_path: Path, size: int) -> None:
    path = tmp_path / "one.gz"
    block = random.Random(size).randbytes(size)
    parts = [b"h" * 300, *(block[at : at + STORED_BLOCK] for at in range(0, size, STORED_BLOCK)), b"\r\n\r\n"]
    path.write_bytes(b"before" + b"".join(stored(parts)))
    with path.open("rb") as file:
        assert layout(file, 6, (300, size, 4)) == list(spans(file, 6))


@pytest.mark.parametrize("place", ["header", "first", "last", "end", "final", "size"])
def test_blocks_that_stand_elsewhere_are_not_guessed(tmp_path: Path, place: str) -> None:
    path = tmp_path / "one.gz"
    data = bytearray(b"".join(stored([b"h" * 300, bytes(STORED_BLOCK), bytes(9), b"\r\n\r\n"])))
    at = {"header": 10, "first": 315, "last": 315 + 5 + STORED_BLOCK, "end": -22, "final": -13, "size": -4}
    path.write_bytes(data)
    with path.open("rb") as file:
        assert layout(file, 0, (300, STORED_BLOCK + 9, 4))
        data[at[place]] ^= 2
        path.write_bytes(data)
        assert layout(file, 0, (300, STORED_BLOCK + 9, 4)) == []


def test_what_is_cut_into_other_blocks_is_passed_over_too(tmp_path: Path) -> None:
    """Other tools may store as they like."""
    header = b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:x:1>\r\nContent-Length: 300050\r\n\r\n"
    block = IMAGE + random.Random(2).randbytes(300_050 - len(IMAGE))
    path = tmp_path / "one.warc.gz"
    pieces = [header + block[:5], *(block[at : at + 30_000] for at in range(5, len(block), 30_000)), b"\r\n\r\n"]
    path.write_bytes(b"".join(stored(pieces)))
    (member,) = (one for one in members(path) if one.skip(1000) == block[:1000])
    assert member.length == path.stat().st_size
    assert sum(member.ends[-1]) + 8 == member.length


def test_a_header_that_promises_more_than_there_is_costs_nothing(tmp_path: Path) -> None:
    header = (
        b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:x:1>\r\nContent-Length: 99999999999999999\r\n\r\n"
    )
    path = tmp_path / "one.warc.gz"
    path.write_bytes(b"".join(stored([header, IMAGE, b"\r\n\r\n"])))
    walk = members(path)
    assert next(walk).skip(1000) is None
