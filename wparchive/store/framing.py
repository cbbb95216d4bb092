"""How our gzip members look: one fixed header, and a body that is either deflated or stored.

The ten header bytes never vary (no time, no name), so that a flipped bit in them can be seen. Stored members are made
of stored deflate blocks alone, whose every bit is determined by their content.
Source: RFC 1951 (3.2.4), RFC 1952 (2.3).
"""

import errno
import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from wparchive.crc import combined

__all__ = ["GZIP_HEADER", "STORED_BLOCK", "deflated", "is_stored", "spans", "store_file", "stored"]

GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
STORED_BLOCK = 0xFFFF
_LEVEL = 6
_LAST_BLOCK = b"\x01\x00\x00\xff\xff"
_AT_ONCE = 16  # blocks


def deflated(parts: Iterable[bytes]) -> bytes:
    """A member that holds `parts`, compressed."""
    engine = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    crc, size = 0, 0
    out = [GZIP_HEADER]
    for part in parts:
        crc = zlib.crc32(part, crc)
        size += len(part)
        out.append(engine.compress(part))
    out += (engine.flush(), _trailer(crc, size))
    return b"".join(out)


def stored(parts: Iterable[bytes]) -> Iterator[bytes]:
    """A member that holds `parts` as they are, in pieces; costs 5 bytes for each 64 KiB and no copy of the whole."""
    yield GZIP_HEADER
    crc, size = 0, 0
    for part in parts:
        crc = zlib.crc32(part, crc)
        size += len(part)
        for at in range(0, len(part), STORED_BLOCK):
            piece = part[at : at + STORED_BLOCK]
            yield struct.pack("<BHH", 0, len(piece), len(piece) ^ 0xFFFF) + piece
    yield _LAST_BLOCK + _trailer(crc, size)


def store_file(
    out: int, header: bytes, source: int, size: int, crc: int, end: bytes, wrote: Callable[[int], None]
) -> int:
    """Append to `out` the member that holds `header`, the first `size` bytes of the file `source`, and `end`.

    `crc` is of those bytes; `wrote` is told of each piece's size. Gives the size of the member. Raises OSError, having
    written some of it.
    """
    crc = zlib.crc32(end, combined(zlib.crc32(header), crc, size))
    written = _write_all(out, [GZIP_HEADER, _framed(len(header)), header])
    buffer = memoryview(bytearray(_AT_ONCE * STORED_BLOCK))
    at = 0
    while at < size:
        wanted = min(len(buffer), size - at)
        count = os.preadv(source, [buffer[:wanted]], at)
        if count != wanted:
            raise OSError(errno.EIO, "the temporary file of a download is shorter than it was")
        blocks: list[bytes | memoryview] = []
        for start in range(0, count, STORED_BLOCK):
            block = buffer[start : min(start + STORED_BLOCK, count)]
            blocks += (_framed(len(block)), block)
        written += _write_all(out, blocks)
        wrote(count)
        at += count
    total = len(header) + size + len(end)
    return written + _write_all(out, [_framed(len(end)), end, _LAST_BLOCK, _trailer(crc, total)])


def _framed(size: int) -> bytes:
    return struct.pack("<BHH", 0, size, size ^ 0xFFFF)


def _write_all(out: int, pieces: list[bytes | memoryview]) -> int:
    total = sum(map(len, pieces))
    written = os.writev(out, pieces)
    if written < total:  # a disk that fills up takes a part, and says why at the next try
        rest = memoryview(b"".join(pieces))[written:]
        while rest:
            rest = rest[os.write(out, rest) :]
    return total


def _trailer(crc: int, size: int) -> bytes:
    return struct.pack("<II", crc, size & 0xFFFFFFFF)


def spans(file: BinaryIO, offset: int) -> Iterator[tuple[int, int]]:
    """Where the stored blocks of the member at `offset` lie: (position, size), read without their contents.

    The last one, empty in our members, ends the member with its trailer. Raises ValueError where something else stands.
    """
    handle, at = file.fileno(), offset + len(GZIP_HEADER)
    while True:
        head = os.pread(handle, 5, at)
        if len(head) < 5 or head[0] > 1:
            raise ValueError("no stored block")
        final, size, check = struct.unpack("<BHH", head)
        if size ^ check != 0xFFFF:
            raise ValueError("no stored block")
        yield at + 5, size
        at += 5 + size
        if final:
            return


def is_stored(file: BinaryIO, offset: int, length: int) -> bool:
    """Whether the member at `offset` is exactly in our stored form, so that its CRC vouches for its every byte."""
    at, end = offset + len(GZIP_HEADER), offset + length - 8
    while at + 5 <= end:
        file.seek(at)
        block: tuple[int, int, int] = struct.unpack("<BHH", file.read(5))
        final, size, check = block
        if final > 1 or size ^ check != 0xFFFF:
            return False
        at += 5 + size
        if final:
            return at == end
    return False
