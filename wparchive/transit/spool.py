"""A byte store that starts in memory and moves to a temporary file when it grows, hashing as it fills."""

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
ROOM: Final = 1 << 12  # left free at the start of the file
_KEPT: Final = 64 << 20  # files from this size on are kept as they are rather than copied
_STEP: Final = 256  # blocks of such a file that are written until the disk is told of them
# Not made so that it can be named, on another disk, no /proc, or a file system without links.
_UNNAMEABLE: Final = frozenset({errno.ENOENT, errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class Spool:
    """Append-only bytes with their size and SHA-256; more than `IN_MEMORY` of them are in a temporary file in `folder`.

    There they are cut into the stored blocks that a WARC will hold, so that a very large file can become one; see `keep`.
    What doesn't fill a block stays in memory. Raises OSError when the file can't be written (disk full).
    """

    __slots__ = ("_begun", "_blocks", "_file", "_folder", "_hash", "_rest", "kept", "size")

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._blocks = 0  # full ones, in the file
        self._begun = 0  # of which the disk has been told of so many
        self._rest = bytearray()  # what comes behind them
        self._hash = hashlib.sha256()
        self.kept = False  # the file has a name now
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
            self._file = _nameless(self._folder)
            os.lseek(self._file.fileno(), ROOM, os.SEEK_SET)
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
        if self.lasting and self._blocks - self._begun >= _STEP:
            self._begin_on_disk()

    def _begin_on_disk(self) -> None:
        """Let the disk begin with what is waiting for it, so that the sync at the end has little left to do.

        Where Linux is told that pages aren't needed it starts to write those that are waiting. Source: mm/fadvise.c.
        """
        if self._file is not None and hasattr(os, "posix_fadvise"):
            size = (self._blocks - self._begun) * FRAMED_BLOCK
            os.posix_fadvise(self._file.fileno(), _place(self._begun), size, os.POSIX_FADV_DONTNEED)
            self._begun = self._blocks

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
            return os.pread(self._file.fileno(), min(most, STORED_BLOCK - skip), _place(number) + HEAD + skip)
        skip = start - self._blocks * STORED_BLOCK
        with memoryview(self._rest) as view:
            return bytes(view[skip : skip + most])

    @property
    def lasting(self) -> bool:
        """Whether it is so large that its file had better be kept than copied: see `keep`."""
        return self._file is not None and self.size >= _KEPT

    def keep(self, path: Path, before: bytes) -> int | None:
        """Give the temporary file the name `path` and a start, `before`; gives its descriptor, to go on writing there.

        There must be room: what `enclose` sets before the blocks ends at `ROOM`, and `before` ends where that begins.
        Gives None where the system has no way to name such a file. Raises OSError.
        """
        assert self._file is not None
        handle = self._file.fileno()
        os.pwrite(handle, before, 0)  # first, so that a disk that is full by now leaves nothing behind
        if not _named(handle, path):
            return None
        self.kept = True
        return os.dup(handle)

    def enclose(self, out: int, before: bytes) -> int:
        """After `keep`: write `before` in front of the blocks, and behind them what fills none; gives the size of it all.

        `out` is what `keep` gave. Raises OSError, having written some of it.
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
        # Dropped unused, as when a run stops in its midst: nothing to warn about.
        if hasattr(self, "size"):
            self.close()


def _place(number: int) -> int:
    """Where the block `number` is in the file."""
    return ROOM + number * FRAMED_BLOCK


def _nameless(folder: Path | None) -> IO[bytes]:
    """A file that is gone when it is closed; where the system can, one that may be given a name until then."""
    try:
        handle = os.open(folder or tempfile.gettempdir(), os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o644)
    except (AttributeError, OSError):
        return tempfile.TemporaryFile(buffering=0, dir=folder, prefix="wparchive-")
    return os.fdopen(handle, "r+b", buffering=0)


def _named(handle: int, path: Path) -> bool:
    """Link the nameless file `handle` into the folder of `path`; False where that can't be. Source: open(2), O_TMPFILE."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        # With a folder given, Python asks the kernel to follow the link in /proc, which is the file.
        os.link(f"/proc/self/fd/{handle}", path, src_dir_fd=folder, follow_symlinks=True)
    except OSError as error:
        if error.errno in _UNNAMEABLE:
            return False
        raise
    finally:
        os.close(folder)
    return True
