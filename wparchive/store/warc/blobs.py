"""The bytes of a WARC, wherever they are: a file on this disk, or one that is read by ranges from elsewhere."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

__all__ = ["Blob", "Elsewhere", "Source", "opened", "place_of", "read_at", "size_of"]


class Blob(Protocol):
    """A WARC that isn't on this disk; `path` is where it would lie in the archive. It never changes."""

    @property
    def path(self) -> Path:
        """Where it would lie, for its name and for messages."""

    @property
    def size(self) -> int:
        """Its size in bytes."""

    def read_at(self, size: int, offset: int) -> bytes:
        """Return up to `size` bytes from `offset`; fewer only at its end. Raises StorageError."""


Source = Path | Blob
"""A WARC that can be read."""
Elsewhere = Callable[[str], "Blob | None"]
"""Gives the WARC of a name (`Capture.warc`) that isn't on this disk; None when there is none."""


class _BlobFile(io.RawIOBase):
    """A blob as a file that is open for reading."""

    def __init__(self, blob: Blob) -> None:
        super().__init__()
        self.blob, self._at = blob, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.blob.size}[whence]
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        data = self.blob.read_at(len(buffer), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def opened(source: Source) -> BinaryIO:
    """Open a WARC for reading. Raises OSError."""
    return source.open("rb") if isinstance(source, Path) else cast(BinaryIO, _BlobFile(source))


def place_of(source: Source) -> Path:
    """Return where a WARC lies, or would lie."""
    return source if isinstance(source, Path) else source.path


def read_at(file: BinaryIO, size: int, offset: int) -> bytes:
    """Return up to `size` bytes from `offset`, whatever position `file` stands at, and leave it there."""
    if isinstance(file, _BlobFile):
        return file.blob.read_at(size, offset)
    return os.pread(file.fileno(), size, offset)


def size_of(file: BinaryIO) -> int:
    """Return how many bytes `file` has."""
    return file.blob.size if isinstance(file, _BlobFile) else os.fstat(file.fileno()).st_size
