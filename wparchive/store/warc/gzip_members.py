"""The form of our gzip members: one fixed header, and a body that is either deflated or stored.

The ten header bytes never vary (no time, no name), so that a flipped bit in them is detected. Stored members consist of
stored deflate blocks only, whose every bit is determined by their content. Source: RFC 1951 (3.2.4), RFC 1952 (2.3).
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import BinaryIO

from wparchive.store.warc.blobs import read_at, size_of
from wparchive.transit.spool import Spool
from wparchive.transit.stored_blocks import HEAD, STORED_BLOCK, block_head, write_all

try:  # the extra `speed`: the same CRC several times faster, noticeable with files of gigabytes
    from isal.isal_zlib import crc32
except ImportError:
    from zlib import crc32

__all__ = [
    "GZIP_HEADER",
    "MAGIC",
    "MEMBER_FRAME",
    "Deflating",
    "UnsoundError",
    "begins_as_ours",
    "begins_record",
    "inflating",
    "is_stored",
    "layout",
    "opening",
    "spans",
    "store_file",
    "stored",
    "stored_in_blocks",
]

GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
MAGIC = b"\x1f\x8b\x08"
"""What every gzip member begins with, ours or another tool's."""
UnsoundError = zlib.error
"""What `inflating` raises for bytes that aren't a member's."""

_LEVEL = 6
_AT_ONCE = 32  # pieces in one write, at most 1 MiB
# Every stored member ends with an empty final block, by which `layout` recognises the end.
_LAST_BLOCK = b"\x01\x00\x00\xff\xff"
MEMBER_FRAME = len(GZIP_HEADER) + len(_LAST_BLOCK) + 8
"""The bytes of a stored member beside its blocks: header, last block, trailer."""


def inflating() -> "zlib._Decompress":
    """Return what unpacks one member, checksum included, and keeps what comes after it in `unused_data`."""
    return zlib.decompressobj(zlib.MAX_WBITS | 16)


def begins_record(data: bytes) -> bool:
    """Whether `data` is the start of a member that holds a WARC record."""
    try:
        return inflating().decompress(data, 8).startswith(b"WARC/1.")
    except UnsoundError:
        return False


def begins_as_ours(file: BinaryIO, offset: int) -> bool:
    """Whether the member at `offset` has the one header that we write."""
    return read_at(file, len(GZIP_HEADER), offset) == GZIP_HEADER


class Deflating:
    """A member being compressed: a file to write to, until it is flushed."""

    def __init__(self) -> None:
        self._engine = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._crc, self._size = 0, 0
        self._out = [GZIP_HEADER]

    def write(self, data: bytes) -> None:
        """Append `data` to the content."""
        self._crc = crc32(data, self._crc)
        self._size += len(data)
        self._out.append(self._engine.compress(data))

    def flush(self) -> None:
        """End the member; nothing may be written after it."""
        self._out += (self._engine.flush(), _trailer(self._crc, self._size))

    @property
    def member(self) -> bytes:
        """The whole member, after `flush`."""
        return b"".join(self._out)


def stored(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a member that stores `parts` unchanged; costs 5 bytes for each 64 KiB and no copy of the whole."""
    yield GZIP_HEADER
    crc, size = 0, 0
    for part in parts:
        crc = crc32(part, crc)
        size += len(part)
        for at in range(0, len(part), STORED_BLOCK):
            piece = part[at : at + STORED_BLOCK]
            yield block_head(len(piece))
            yield piece
    yield _LAST_BLOCK + _trailer(crc, size)


def stored_in_blocks(parts: Iterable[bytes], size: int, count: int) -> Iterator[bytes]:
    """Yield a member that stores `parts`, of `size` bytes together, in exactly `count` blocks: as many as are needed, or more.

    So the size of a member can be chosen to the byte.
    """
    yield GZIP_HEADER
    crc, held, left = 0, b"", size
    for part in parts:
        crc = crc32(part, crc)
        held += part
        while count and len(held) >= (most := -(-left // count)):
            yield block_head(most)
            yield held[:most]
            held, left, count = held[most:], left - most, count - 1
    yield _LAST_BLOCK + _trailer(crc, size)


def store_file(out: int, header: bytes, block: Spool, end: bytes) -> int:
    """Append to `out` a member that stores `header`, the whole spool `block`, and `end`; returns its size.

    Header and block are in separate deflate blocks, so that the record's block can be located without reading it.
    Raises OSError, possibly after a partial write.
    """
    parts = chain((header,), block.chunks(size=STORED_BLOCK), (end,))
    if not block.kept:
        pieces, written = stored(parts), 0
        while some := list(islice(pieces, _AT_ONCE)):
            written += write_all(out, some)
        return written
    crc = 0
    for part in parts:
        crc = crc32(part, crc)
    written = block.enclose(out, opening(header))
    total = len(header) + block.size + len(end)
    return written + write_all(out, [block_head(len(end)), end, _LAST_BLOCK, _trailer(crc, total)])


def opening(header: bytes) -> bytes:
    """Return the start of a stored member: everything before the block of the record with this `header`."""
    return GZIP_HEADER + block_head(len(header)) + header


def _trailer(crc: int, size: int) -> bytes:
    # ISIZE is the length modulo 2^32 (RFC 1952, 2.3.1).
    return struct.pack("<II", crc, size & 0xFFFFFFFF)


def layout(file: BinaryIO, offset: int, sizes: tuple[int, int, int]) -> list[tuple[int, int]]:
    """Return where the stored blocks of the member at `offset` are, given the sizes that `store_file` wrote.

    Only the start and end of the member are read; returns nothing when they don't match, else (position, size) as
    `spans` does.
    """
    header, block, end = sizes
    if offset + sum(sizes) > size_of(file):  # a damaged header may state any length
        return []
    full, rest = divmod(block, STORED_BLOCK)
    at, places = offset + len(GZIP_HEADER), []
    for size in (header, *[STORED_BLOCK] * full, *([rest] if rest else ()), end, 0):
        places.append((at + HEAD, size))
        at += HEAD + size
    found = read_at(file, HEAD + 8, at - HEAD)
    if found[:HEAD] + found[HEAD + 4 :] != _LAST_BLOCK + _trailer(0, sum(sizes))[4:]:
        return []
    near = (*places[:2], *places[-4:-1])
    return places if all(read_at(file, HEAD, at - HEAD) == block_head(size) for at, size in near) else []


def spans(file: BinaryIO, offset: int) -> Iterator[tuple[int, int]]:
    """Yield (position, size) of each stored block of the member at `offset`, without reading the contents.

    The final block, empty in our members, is followed by the trailer. Raises ValueError when something else is there.
    """
    at = offset + len(GZIP_HEADER)
    while True:
        head = read_at(file, 5, at)
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
    """Whether the member at `offset` has exactly our stored form, so that its CRC covers every byte."""
    try:
        *_, last = spans(file, offset)
    except ValueError:
        return False
    return sum(last) + 8 == offset + length
