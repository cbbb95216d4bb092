"""A byte buffer that moves from memory to a temporary file when it grows, and hashes what is written."""

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, Self

from wparchive.transit.stored_blocks import FRAMED_BLOCK, HEAD, STORED_BLOCK, block_head, write_all, write_blocks

__all__ = ["CHUNK", "IN_MEMORY", "ROOM", "Spool"]

CHUNK = 1 << 16
IN_MEMORY = 1 << 20
# Space for a WARC's first records and the head of this one, should the file become a WARC.
ROOM: Final = 1 << 12  # bytes left free at the start of the file
_KEPT: Final = 64 << 20  # bytes: files of this size or more become a WARC by being named, smaller ones are copied
_STEP: Final = 256  # blocks written before the kernel is asked to start writing them to disk
# The file has no name to link from, is on another disk, /proc is missing, or the file system has no hard links.
_UNNAMEABLE: Final = frozenset({errno.ENOENT, errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class Spool:
    """Append-only bytes with their size and SHA-256; beyond `IN_MEMORY` bytes they are in a temporary file in `folder`.

    The file is laid out as the stored deflate blocks of a gzip member, so that a very large one can become a WARC
    without a copy; see `keep`. The last, incomplete block stays in memory. Raises OSError when the file can't be
    written (disk full).
    """

    __slots__ = ("_begun", "_blocks", "_file", "_folder", "_hash", "_rest", "kept", "size")

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._blocks = 0  # full blocks in the file
        self._begun = 0  # blocks that the kernel was asked to write to disk
        self._rest = bytearray()  # the bytes after the last full block
        self._hash = hashlib.sha256()
        self.kept = False  # the file has been given a name
        self.size = 0

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Return a spool that holds `data`."""
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
            self._file = _nameless(self._folder)
            os.lseek(self._file.fileno(), ROOM, os.SEEK_SET)
            held, self._rest = self._rest, bytearray()
            self._spill(memoryview(held))
        self._spill(memoryview(data))

    def _spill(self, data: memoryview) -> None:
        """Append `data` to the file, holding back what doesn't fill a block."""
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
        if self.lasting and self._blocks - self._begun >= _STEP:
            self._begin_on_disk()

    def _begin_on_disk(self) -> None:
        """Ask the kernel to start writing, so that the fsync at the end has little left to do.

        On Linux, POSIX_FADV_DONTNEED starts write-back of dirty pages. Source: mm/fadvise.c.
        """
        if self._file is not None and hasattr(os, "posix_fadvise"):
            size = (self._blocks - self._begun) * FRAMED_BLOCK
            os.posix_fadvise(self._file.fileno(), _place(self._begun), size, os.POSIX_FADV_DONTNEED)
            self._begun = self._blocks

    @property
    def sha256(self) -> str:
        """Lower-case hex SHA-256 of everything written so far."""
        return self._hash.hexdigest()

    def chunks(self, start: int = 0, size: int = CHUNK) -> Iterator[bytes]:
        """Yield the bytes from `start` on, in pieces of at most `size`."""
        while data := self._piece(start, size):
            yield data
            start += len(data)

    def read(self, start: int = 0, count: int = -1) -> bytes:
        """Return `count` bytes from `start` on (all by default); only for spools known to be small."""
        end = self.size if count < 0 else min(start + count, self.size)
        pieces = []
        while start < end:
            pieces.append(self._piece(start, end - start))
            start += len(pieces[-1])
            if not pieces[-1]:
                raise ValueError("this spool was closed")
        return b"".join(pieces)

    def _piece(self, start: int, most: int) -> bytes:
        """Return at most `most` bytes from `start` on, within one block; none at the end."""
        number, skip = divmod(start, STORED_BLOCK)
        if number < self._blocks and self._file is not None:
            return os.pread(self._file.fileno(), min(most, STORED_BLOCK - skip), _place(number) + HEAD + skip)
        skip = start - self._blocks * STORED_BLOCK
        with memoryview(self._rest) as view:
            return bytes(view[skip : skip + most])

    @property
    def lasting(self) -> bool:
        """Whether the file is large enough that naming it is cheaper than copying it; see `keep`."""
        return self._file is not None and self.size >= _KEPT

    def keep(self, path: Path, before: bytes) -> int | None:
        """Name the temporary file `path` and write `before` at its start; returns a descriptor to continue with.

        The caller sees to it that `before` fits: it ends where what `enclose` writes begins, and that ends at `ROOM`.
        Returns None where the system can't name such a file. Raises OSError.
        """
        assert self._file is not None
        handle = self._file.fileno()
        os.pwrite(handle, before, 0)  # before the file has a name, so that a full disk leaves nothing behind
        if not _named(handle, path):
            return None
        self.kept = True
        return os.dup(handle)

    def enclose(self, out: int, before: bytes) -> int:
        """After `keep`: write `before` in front of the blocks and the incomplete one after them; returns their size.

        `out` is the descriptor that `keep` returned. Raises OSError, possibly after a partial write.
        """
        os.pwrite(out, before, ROOM - len(before))
        size = self._blocks * FRAMED_BLOCK
        os.lseek(out, ROOM + size, os.SEEK_SET)
        return len(before) + size + write_all(out, [block_head(len(self._rest)), self._rest] if self._rest else [])

    def close(self) -> None:
        """Free the memory or the temporary file."""
        if self._file is not None:
            self._file.close()
        self._rest = bytearray()

    def __del__(self) -> None:
        # A run that stops may drop a spool unread; closing it here avoids a ResourceWarning.
        if hasattr(self, "size"):
            self.close()


def _place(number: int) -> int:
    """Return the file offset of block `number`."""
    return ROOM + number * FRAMED_BLOCK


def _nameless(folder: Path | None) -> IO[bytes]:
    """Return a temporary file that vanishes when it is closed; on Linux one that can still be given a name."""
    try:
        handle = os.open(folder or tempfile.gettempdir(), os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o644)
    except (AttributeError, OSError):
        return tempfile.TemporaryFile(buffering=0, dir=folder, prefix="wparchive-")
    return os.fdopen(handle, "r+b", buffering=0)


def _named(handle: int, path: Path) -> bool:
    """Link the unnamed file `handle` to `path`; returns False where the system can't. Source: open(2), O_TMPFILE."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        # With `src_dir_fd`, Python calls linkat with AT_SYMLINK_FOLLOW, which resolves the /proc link to the file itself.
        os.link(f"/proc/self/fd/{handle}", path, src_dir_fd=folder, follow_symlinks=True)
    except OSError as error:
        if error.errno in _UNNAMEABLE:
            return False
        raise
    finally:
        os.close(folder)
    return True
