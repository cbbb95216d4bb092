"""A spool gives back what was put in, from wherever it is asked, and holds it as the blocks that a WARC will have."""

import gzip
import os
import random
import tempfile
import zlib
from hashlib import sha256
from pathlib import Path

import pytest

from wparchive.store.warc.gzip_members import crc32, layout, opening, spans, store_file
from wparchive.transit.spool import IN_MEMORY, ROOM, Spool
from wparchive.transit.stored_blocks import STORED_BLOCK


def filled(data: bytes, seed: int, folder: Path) -> Spool:
    """A spool of `data`, written in pieces of many sizes."""
    chance, spool, at = random.Random(seed), Spool(folder), 0
    while at < len(data):
        size = chance.choice((1, 5, 1000, STORED_BLOCK - 1, STORED_BLOCK, STORED_BLOCK + 1, 1 << 18, 1 << 20, 5 << 20))
        piece = memoryview(data)[at : at + size]
        spool.write(piece)
        at += len(piece)
    return spool


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "size",
    [
        0,
        1,
        STORED_BLOCK,
        IN_MEMORY,
        IN_MEMORY + 1,
        17 * STORED_BLOCK,
        (3 << 20) + 7,
    ],
)
def test_what_goes_in_comes_out(tmp_path: Path, size: int, seed: int) -> None:
    data = random.Random(size).randbytes(size)
    spool, chance = filled(data, seed, tmp_path), random.Random(seed)
    assert (spool.size, spool.sha256, spool.read()) == (size, sha256(data).hexdigest(), data)
    for _ in range(5):
        start, count = chance.randrange(size + 1), chance.choice((0, 1, 100, STORED_BLOCK, 1 << 20))
        assert spool.read(start, count) == data[start : start + count]
        most = max(count, 5000)
        pieces = list(spool.chunks(start, most))
        assert b"".join(pieces) == data[start:]
        assert all(len(piece) <= most for piece in pieces)
    assert spool.read(size) == b""
    assert not list(tmp_path.iterdir())  # its file has no name


@pytest.mark.parametrize("size", [0, 10, IN_MEMORY, IN_MEMORY + 1, 17 * STORED_BLOCK, (3 << 20) + 7])
def test_what_it_holds_becomes_a_stored_member(tmp_path: Path, size: int) -> None:
    data = random.Random(size).randbytes(size)
    spool = filled(data, size, tmp_path)
    out = os.open(tmp_path / "out", os.O_RDWR | os.O_CREAT)
    assert store_file(out, b"header", spool, b"end") == os.fstat(out).st_size
    assert gzip.decompress((tmp_path / "out").read_bytes()) == b"header" + data + b"end"
    with (tmp_path / "out").open("rb") as file:
        places = layout(file, 0, (6, size, 3))
        assert places == list(spans(file, 0))  # header, block and end lie apart, in full blocks
        assert sum(places[-1]) + 8 == os.fstat(out).st_size
    os.close(out)


@pytest.mark.parametrize("size", [10, 3 << 20])
def test_a_closed_one_gives_nothing_rather_than_less(tmp_path: Path, size: int) -> None:
    spool = filled(bytes(size), 1, tmp_path)
    spool.close()
    with pytest.raises(ValueError, match="closed"):
        spool.read()


def lasting(folder: Path, rest: int = 5) -> tuple[Spool, bytes]:
    """A spool so large that its file is kept, and what is in it."""
    data = random.Random(1).randbytes(1 << 20) * 64 + bytes(rest)
    spool = Spool(folder)
    for at in range(0, len(data), 1 << 20):
        spool.write(memoryview(data)[at : at + (1 << 20)])
    return spool, data


def test_the_file_of_a_very_large_one_is_given_a_name_instead_of_being_copied(tmp_path: Path) -> None:
    spool, data = lasting(tmp_path)
    assert spool.lasting
    out = spool.keep(tmp_path / "kept", b"before")
    assert out is not None
    size = store_file(out, b"header", spool, b"end")
    os.write(out, b"after")
    spool.close()
    os.close(out)
    held = (tmp_path / "kept").read_bytes()
    assert held[:6] == b"before"
    member = ROOM - len(opening(b"header"))
    assert gzip.decompress(held[member : member + size]) == b"header" + data + b"end"
    assert held[member + size :] == b"after"


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a second file system")
def test_a_very_large_one_on_another_disk_is_copied(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
        spool, data = lasting(Path(elsewhere), rest=0)
        assert spool.keep(tmp_path / "kept", b"before") is None
        assert not list(tmp_path.iterdir())
        with (tmp_path / "out").open("wb", buffering=0) as out:
            store_file(out.fileno(), b"header", spool, b"end")
        spool.close()
    assert gzip.decompress((tmp_path / "out").read_bytes()) == b"header" + data + b"end"


@pytest.mark.parametrize("size", [0, 1, 100, 70_000])
def test_checksums_are_those_of_gzip_whatever_counts_them(size: int) -> None:
    """Another library may do it: the extra `speed`."""
    first, second = random.Random(size).randbytes(size), random.Random(size + 1).randbytes(size + 3)
    assert crc32(second, crc32(first)) == zlib.crc32(first + second)
