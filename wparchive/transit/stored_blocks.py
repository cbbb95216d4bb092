"""Stored deflate blocks: a five-byte head, then the bytes unchanged.

WARCs hold payloads that are compressed already (pictures, archives) in this form: compressing them again would only
cost time. Source: RFC 1951, 3.2.4.
"""

import os
import struct
from collections.abc import Sequence
from typing import Final

__all__ = ["FRAMED_BLOCK", "HEAD", "STORED_BLOCK", "block_head", "write_all", "write_blocks"]

# The length field has 16 bits.
STORED_BLOCK: Final = 0xFFFF
HEAD: Final = 5
FRAMED_BLOCK: Final = HEAD + STORED_BLOCK
_AT_ONCE = 64  # blocks per writev call, well under IOV_MAX


def block_head(size: int) -> bytes:
    """Return the head of a stored block of `size` bytes that isn't the last block."""
    return struct.pack("<BHH", 0, size, size ^ 0xFFFF)


_FULL = block_head(STORED_BLOCK)


def write_all(out: int, pieces: Sequence[bytes | bytearray | memoryview]) -> int:
    """Write `pieces` to the descriptor `out` and return their size; raises OSError, possibly after a partial write."""
    total = sum(map(len, pieces))
    written = os.writev(out, pieces)
    if written < total:  # a disk that fills up takes part of the data, and reports why at the next write
        rest = memoryview(b"".join(pieces))[written:]
        while rest:
            rest = rest[os.write(out, rest) :]
    return total


def write_blocks(out: int, blocks: Sequence[bytearray | memoryview]) -> None:
    """Write full `blocks` to `out`, each with its head."""
    for first in range(0, len(blocks), _AT_ONCE):
        write_all(out, [piece for block in blocks[first : first + _AT_ONCE] for piece in (_FULL, block)])
