"""A spool gives back what was put in, from wherever it is asked, and holds it as the blocks that a WARC will have."""

import gc
import os
import random
import tempfile
import threading
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from wparchive.store.warc.gzip_members import stored
from wparchive.transit import slabs
from wparchive.transit.crc import combined, crc32
from wparchive.transit.slabs import LARGEST, SLAB
from wparchive.transit.spool import IN_MEMORY, ROOM, Spool
from wparchive.transit.stored_blocks import STORED_BLOCK


def filled(data: bytes, seed: int, folder: Path, *, in_slabs: bool = False) -> Spool:
    """A spool of `data`, written in pieces of many sizes, some of them where it says that there is room."""
    chance, spool, at = random.Random(seed), Spool(folder, slabs=in_slabs), 0
    while at < len(data):
        size = chance.choice((1, 5, 1000, STORED_BLOCK - 1, STORED_BLOCK, STORED_BLOCK + 1, 1 << 18, 1 << 20, 5 << 20))
        piece = memoryview(data)[at : at + size]
        room = spool.room() if chance.random() < 0.7 else None
        if room:
            piece = piece[: len(room)]
            room[: len(piece)] = piece
            piece = room[: len(piece)]
        spool.write(piece)
        at += len(piece)
    return spool


@pytest.fixture(autouse=True)
def every_slab_comes_back() -> Iterator[None]:
    """Whatever a test does: what is never given back would be missing until the program ends."""
    yield
    gc.collect()
    assert len(slabs._pool._free) == slabs._ALL


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("in_slabs", [False, True])
@pytest.mark.parametrize(
    "size",
    [
        0,
        1,
        STORED_BLOCK,
        IN_MEMORY,
        IN_MEMORY + 1,
        SLAB,
        SLAB + 1,
        17 * STORED_BLOCK,
        (3 << 20) + 7,
        LARGEST,
        LARGEST + 9,
    ],
)
def test_what_goes_in_comes_out(tmp_path: Path, size: int, seed: int, in_slabs: bool) -> None:
    data = random.Random(size).randbytes(size)
    spool, chance = filled(data, seed, tmp_path, in_slabs=in_slabs), random.Random(seed)
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


@pytest.mark.parametrize("in_slabs", [False, True])
@pytest.mark.parametrize("size", [IN_MEMORY + 1, 17 * STORED_BLOCK, 2 * SLAB, (3 << 20) + 7, LARGEST + 1])
def test_a_large_one_is_copied_as_the_blocks_of_a_stored_member(tmp_path: Path, size: int, in_slabs: bool) -> None:
    data = random.Random(size).randbytes(size)
    spool, told = filled(data, size, tmp_path, in_slabs=in_slabs), []
    assert spool.framed
    out = os.open(tmp_path / "out", os.O_RDWR | os.O_CREAT)
    os.write(out, b"before")
    assert spool.put_framed(out, b"+", told.append) == os.fstat(out).st_size - 6
    blocks = b"".join(list(stored([data]))[1:-1])
    assert (tmp_path / "out").read_bytes() == b"before+" + blocks
    assert 0 < sum(told) <= len(blocks)
    os.close(out)


@pytest.mark.parametrize("in_slabs", [False, True])
@pytest.mark.parametrize("size", [10, 3 << 20])
def test_a_closed_one_gives_nothing_rather_than_less(tmp_path: Path, size: int, in_slabs: bool) -> None:
    spool = filled(bytes(size), 1, tmp_path, in_slabs=in_slabs)
    spool.close()
    with pytest.raises(ValueError, match="closed"):
        spool.read()


def test_when_the_slabs_are_used_up_a_file_takes_over(tmp_path: Path) -> None:
    """Many downloads at once must not take more memory than a few, and none of them waits for another."""
    data = random.Random(1).randbytes(LARGEST // 2)
    spools = [filled(data, seed, tmp_path, in_slabs=True) for seed in range(9)]
    assert len(slabs._pool._free) < 8  # four have got all they wanted
    for spool in spools:
        assert (spool.size, spool.read()) == (len(data), data)
        spool.close()


def test_without_a_slab_a_small_one_stays_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slabs._pool, "_free", deque())
    small = filled(b"small", 1, tmp_path, in_slabs=True)
    assert (small.read(), small.framed) == (b"small", False)
    small.close()
    monkeypatch.undo()


def test_garbage_gives_its_slabs_back_at_any_moment() -> None:
    """A collection while slabs are taken mustn't wait for itself: here there is one at each step of that, sooner or later."""

    def work() -> None:
        for turn in range(3000):
            gc.set_threshold(1 + turn % 30)
            dropped: list[object] = [Spool(slabs=True)]
            dropped.append(dropped)  # only the collector finds it
            dropped[0].write(b"x")  # type: ignore[attr-defined]

    before = gc.get_threshold()
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(60)
    gc.set_threshold(*before)
    assert not worker.is_alive()


def test_a_full_disk_keeps_no_slabs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other sites of a run that goes on would miss them: seen by the check after every test."""
    data = bytes(LARGEST)
    spool = filled(data, 1, tmp_path, in_slabs=True)
    with open("/dev/full", "wb", buffering=0) as full, monkeypatch.context() as patched:
        patched.setattr("wparchive.transit.spool._nameless", lambda _: full)
        patched.setattr("os.lseek", lambda *_: 0)
        with pytest.raises(OSError, match="No space left"):
            spool.write(data)
    spool.close()


def test_slabs_of_threads_are_their_own(tmp_path: Path) -> None:
    """Taken, filled, read and given back by several threads: each gets its own bytes."""

    def work(seed: int) -> bool:
        data = random.Random(seed).randbytes(3 * SLAB + seed)
        for turn in range(10):
            spool = filled(data, seed + turn, tmp_path, in_slabs=True)
            if spool.read() != data:
                return False
            spool.close()
        return True

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, range(6)))


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
    told: list[int] = []
    size = spool.put_framed(out, b"+", told.append)
    os.write(out, b"after")
    spool.close()
    os.close(out)
    held = (tmp_path / "kept").read_bytes()
    assert held[:6] == b"before"
    assert held[ROOM - 1 : ROOM] == b"+"
    assert held[ROOM - 1 :] == b"+" + b"".join(list(stored([data]))[1:-1]) + b"after"
    assert (size, told) == (len(held) - ROOM + 1 - len(b"after"), [])  # nothing was copied


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a second file system")
def test_a_very_large_one_on_another_disk_is_copied(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
        spool, data = lasting(Path(elsewhere), rest=0)
        assert spool.keep(tmp_path / "kept", b"before") is None
        assert not list(tmp_path.iterdir())
        with (tmp_path / "out").open("wb", buffering=0) as out:
            spool.put_framed(out.fileno(), b"", lambda _: None)
        spool.close()
    assert (tmp_path / "out").read_bytes() == b"".join(list(stored([data]))[1:-1])


@pytest.mark.parametrize("size", [0, 1, 100, 70_000])
def test_checksums_are_those_of_gzip_whatever_counts_them(size: int) -> None:
    """Another library may do it (the extra `speed`), and parts may be counted apart."""
    first, second = random.Random(size).randbytes(size), random.Random(size + 1).randbytes(size + 3)
    assert crc32(second, crc32(first)) == zlib.crc32(first + second)
    assert combined(crc32(first), crc32(second), len(second)) == zlib.crc32(first + second)
