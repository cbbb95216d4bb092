"""Stored deflate blocks: five bytes that say how many follow as they are. So our WARCs hold what is packed already.

Source: RFC 1951 (3.2.4).
"""

import errno
import os
import struct
from collections.abc import Callable, Sequence
from typing import Final

__all__ = ["FRAMED_BLOCK", "HEAD", "STORED_BLOCK", "block_head", "copy", "write_all", "write_blocks"]

STORED_BLOCK: Final = 0xFFFF
HEAD: Final = 5
FRAMED_BLOCK: Final = HEAD + STORED_BLOCK
_AT_ONCE = 64  # blocks; a call takes no more than some hundred pieces
_STEP = 32 << 20  # bytes copied until those who wait for the owner of the file are looked after
_PIECE = 1 << 18  # small enough to be still in the processor's cache when it is written
# What says that files of these kinds can't be copied so, not that something went wrong.
_NOT_SO: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSOCK, errno.EPERM})


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


def copy(source: int, out: int, start: int, size: int, wrote: Callable[[int], None]) -> None:
    """Append the `size` bytes from `start` on of the file `source` to `out`; `wrote` is told of each step.

    Within the kernel where it can: no thread of ours then waits for another between two pieces. `out` must not be
    open for appending. Raises OSError.
    """
    at, end = start, start + size
    while at < end:
        count = _sent(source, out, at, min(end - at, _STEP)) or _carried(source, out, at, min(end - at, _PIECE))
        wrote(count)
        at += count


def _sent(source: int, out: int, at: int, count: int) -> int:
    """How much the kernel has copied; 0 where it can't."""
    try:
        return os.sendfile(out, source, at, count)
    except OSError as error:
        if error.errno not in _NOT_SO:
            raise
        return 0


def _carried(source: int, out: int, at: int, count: int) -> int:
    data = os.pread(source, count, at)
    if not data:
        raise OSError(errno.EIO, "the temporary file of a download is shorter than it was")
    return write_all(out, [data])
