"""Stored deflate blocks: five bytes that say how many follow as they are. So our WARCs hold what is packed already.

Source: RFC 1951 (3.2.4).
"""

import os
import struct
from collections.abc import Sequence
from typing import Final

__all__ = ["FRAMED_BLOCK", "HEAD", "STORED_BLOCK", "block_head", "write_all", "write_blocks"]

STORED_BLOCK: Final = 0xFFFF
HEAD: Final = 5
FRAMED_BLOCK: Final = HEAD + STORED_BLOCK
_AT_ONCE = 64  # blocks; a call takes no more than some hundred pieces


def block_head(size: int) -> bytes:
    """What stands before a block of `size` bytes that isn't the last one."""
    return struct.pack("<BHH", 0, size, size ^ 0xFFFF)


_FULL = block_head(STORED_BLOCK)


def write_all(out: int, pieces: Sequence[bytes | bytearray | memoryview]) -> int:
    """Write `pieces` to the file `out` in one go and give their size; raises OSError, having written some."""
    total = sum(map(len, pieces))
    written = os.writev(out, pieces)
    if written < total:  # a disk that fills up takes a part, and says why at the next try
        rest = memoryview(b"".join(pieces))[written:]
        while rest:
            rest = rest[os.write(out, rest) :]
    return total


def write_blocks(out: int, blocks: Sequence[bytearray | memoryview]) -> None:
    """Write full `blocks` to `out`, each with its head."""
    for first in range(0, len(blocks), _AT_ONCE):
        write_all(out, [piece for block in blocks[first : first + _AT_ONCE] for piece in (_FULL, block)])
