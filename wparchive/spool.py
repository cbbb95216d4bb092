"""A byte store that starts in memory and moves to a temporary file when it grows, hashing as it fills."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Self

from wparchive.blocks import FRAMED_BLOCK, HEAD, STORED_BLOCK, block_head, copy, write_all, write_blocks

__all__ = ["CHUNK", "IN_MEMORY", "Spool"]

CHUNK = 1 << 16
IN_MEMORY = 1 << 20


class Spool:
    """Append-only bytes with their size and SHA-256; at most `IN_MEMORY` bytes of memory each.

    What goes to the temporary file is framed as the stored blocks that a WARC will hold, so that it is copied there as
    it is; what doesn't fill a block stays in memory. Raises OSError when the file can't be written (disk full).
    """

    __slots__ = ("_blocks", "_file", "_folder", "_hash", "_rest", "size")

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._blocks = 0  # full ones, in the file
        self._rest = bytearray()  # what comes behind them
        self._hash = hashlib.sha256()
        self.size = 0

    @classmethod
    def of(cls, data: bytes) -> Self:
        """A spool that holds `data`."""
        spool = cls()
        spool.write(data)
        return spool

    def write(self, data: bytes | memoryview) -> None:
        """Append `data`."""
        self._hash.update(data)
        self.size += len(data)
        if self._file is None and self.size <= IN_MEMORY:
            self._rest += data
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(  # noqa: SIM115 - closed by `close`
                buffering=0, dir=str(self._folder) if self._folder else None, prefix="wparchive-"
            )
            held, self._rest = self._rest, bytearray()
            self._spill(memoryview(held))
        self._spill(memoryview(data))

    def _spill(self, data: memoryview) -> None:
        """Append `data` to the file, but for what doesn't fill a block."""
        assert self._file is not None
        full: list[bytearray | memoryview] = []
        if self._rest:
            missing = STORED_BLOCK - len(self._rest)
            self._rest += data[:missing]
            if len(data) < missing:
                return
            full, data = [self._rest], data[missing:]
        over = len(data) % STORED_BLOCK
        full += [data[at : at + STORED_BLOCK] for at in range(0, len(data) - over, STORED_BLOCK)]
        write_blocks(self._file.fileno(), full)
        self._blocks += len(full)
        self._rest = bytearray(data[len(data) - over :])

    @property
    def sha256(self) -> str:
        """Lower-case hex digest of everything written so far."""
        return self._hash.hexdigest()

    def chunks(self, start: int = 0, size: int = CHUNK) -> Iterator[bytes]:
        """The bytes from `start` on, in pieces of at most `size`."""
        while data := self._piece(start, size):
            yield data
            start += len(data)

    def read(self, start: int = 0, count: int = -1) -> bytes:
        """`count` bytes from `start` on (all by default); for what is known to be small."""
        end = self.size if count < 0 else min(start + count, self.size)
        pieces = []
        while start < end:
            pieces.append(self._piece(start, end - start))
            start += len(pieces[-1])
            if not pieces[-1]:
                raise ValueError("this spool was closed")
        return b"".join(pieces)

    def _piece(self, start: int, most: int) -> bytes:
        """At most `most` bytes from `start` on, of one block; none at the end."""
        number, skip = divmod(start, STORED_BLOCK)
        if number < self._blocks and self._file is not None:
            return os.pread(self._file.fileno(), min(most, STORED_BLOCK - skip), number * FRAMED_BLOCK + HEAD + skip)
        skip = start - self._blocks * STORED_BLOCK
        with memoryview(self._rest) as view:
            return bytes(view[skip : skip + most])

    def copy_framed(self, out: int, wrote: Callable[[int], None]) -> int:
        """Append everything to the file `out` as stored blocks and give their size; for what is known to be large.

        `wrote` is told of each larger step. Raises OSError, having written some of it.
        """
        assert self._file is not None
        copied = copy(self._file.fileno(), out, self._blocks * FRAMED_BLOCK, wrote)
        return copied + write_all(out, [block_head(len(self._rest)), self._rest] if self._rest else [])

    def close(self) -> None:
        """Free the memory or the temporary file."""
        if self._file is not None:
            self._file.close()
        self._rest = bytearray()

    def __del__(self) -> None:
        # Dropped unused, as when a run stops in its midst: nothing to warn about.
        if getattr(self, "_file", None) is not None:
            self.close()
