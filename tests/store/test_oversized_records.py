"""Records that unpack to hundreds of megabytes, and fields folded into a hundred thousand lines, cost what they may."""

import gzip
import tracemalloc
import uuid
from pathlib import Path

import pytest

from wparchive.audit.measure import measure
from wparchive.http1.message import parse_head
from wparchive.store import Damage, ResourceRecord, exchanges
from wparchive.store.warc.fields import parse_block
from wparchive.store.warc.members import members

M = 1 << 20
FACT = "resource", "application/json", "urn:wparchive:run:1:end"
INFO = "warcinfo", "application/warc-fields", ""
METADATA = "metadata", "application/warc-fields", "http://x.test/"


def member(kind: tuple[str, str, str], block: bytes, repeated: bytes = b"", times: int = 0) -> bytes:
    """A record, packed, whose block is `block` and then `repeated`, so many times."""
    size = len(block) + len(repeated) * times
    name, mime, uri = kind
    header = (
        f"WARC/1.1\r\nWARC-Type: {name}\r\nWARC-Record-ID: <urn:uuid:{uuid.uuid4()}>\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n"
        f"Content-Type: {mime}\r\nContent-Length: {size}\r\n" + (f"WARC-Target-URI: {uri}\r\n" if uri else "") + "\r\n"
    )
    return gzip.compress(header.encode() + block + repeated * times + b"\r\n\r\n", 1)


OVERSIZED = {
    "a fact": (FACT, b"[", b"0,", 40 * M),
    "a fact of many values": (FACT, b"[", b"{},", M),
    "metadata of ours": (METADATA, b"wparchive-crawl: 1\r\n", b"a: " + b"b" * 3000 + b"\r\n", 100_000),
}
FOREIGN = {
    "another tool's metadata": (METADATA, b"x: 1\r\n", b"a: " + b"b" * 3000 + b"\r\n", 100_000),
    "warcinfo": (INFO, b"software: x\r\n", b"a: " + b"b" * 3000 + b"\r\n", 100_000),
    "warcinfo in one line": (INFO, b"software: ", b"a", 100 * M),
}


@pytest.mark.parametrize("what", [*OVERSIZED, *FOREIGN])
@pytest.mark.usefixtures("must_end")
def test_a_record_that_unpacks_to_megabytes_takes_little_memory(what: str, tmp_path: Path) -> None:
    """What is ours and can't be read whole is named as damage; what follows is read."""
    path = tmp_path / "a.warc.gz"
    path.write_bytes(member(*{**OVERSIZED, **FOREIGN}[what]) + member(FACT, b'{"outcome":"complete"}'))
    tracemalloc.start()
    first, last = exchanges(path)
    for one in members(path):
        measure(one)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(first, Damage) is (what in OVERSIZED)
    assert isinstance(last, ResourceRecord)
    assert last.value == {"outcome": "complete"}
    assert peak < 160 * M, f"{peak / M:.0f} MB"


@pytest.mark.usefixtures("must_end")
def test_fields_in_many_lines_cost_their_length() -> None:
    lines = " a\r\n" * 400_000
    value = "x" + " a" * 400_000
    assert parse_head(f"HTTP/1.1 200 OK\r\nA: x\r\n{lines}B: c\r\n\r\n".encode()).headers == (("A", value), ("B", "c"))
    assert parse_block(f"a: x\r\n{lines}b: c".encode()) == {"a": value, "b": "c"}
