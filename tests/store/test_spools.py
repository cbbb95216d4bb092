"""A spool gives back what was put in, from wherever it is asked, and holds it as the blocks that a WARC will have."""

import os
import random
from hashlib import sha256
from pathlib import Path

import pytest

from wparchive.blocks import STORED_BLOCK
from wparchive.spool import IN_MEMORY, Spool
from wparchive.store.framing import stored


def filled(data: bytes, seed: int, folder: Path) -> Spool:
    """A spool of `data`, written in pieces of many sizes."""
    chance, spool, at = random.Random(seed), Spool(folder), 0
    while at < len(data):
        size = chance.choice((1, 5, 1000, STORED_BLOCK - 1, STORED_BLOCK, STORED_BLOCK + 1, 1 << 18, 1 << 20, 5 << 20))
        spool.write(memoryview(data)[at : at + size])
        at += size
    return spool


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "size", [0, 1, STORED_BLOCK, IN_MEMORY, IN_MEMORY + 1, 17 * STORED_BLOCK, 17 * STORED_BLOCK + 1, (3 << 20) + 7]
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


@pytest.mark.parametrize("size", [IN_MEMORY + 1, 17 * STORED_BLOCK, (3 << 20) + 7])
def test_a_large_one_is_copied_as_the_blocks_of_a_stored_member(tmp_path: Path, size: int) -> None:
    data = random.Random(size).randbytes(size)
    spool, told = filled(data, size, tmp_path), []
    out = os.open(tmp_path / "out", os.O_RDWR | os.O_CREAT)
    os.write(out, b"before")
    assert spool.copy_framed(out, told.append) == os.fstat(out).st_size - 6
    blocks = b"".join(list(stored([data]))[1:-1])
    assert (tmp_path / "out").read_bytes() == b"before" + blocks
    assert 0 < sum(told) <= len(blocks)
    os.close(out)


@pytest.mark.parametrize("size", [10, 3 << 20])
def test_a_closed_one_gives_nothing_rather_than_less(tmp_path: Path, size: int) -> None:
    spool = filled(bytes(size), 1, tmp_path)
    spool.close()
    with pytest.raises(ValueError, match="closed"):
        spool.read()
