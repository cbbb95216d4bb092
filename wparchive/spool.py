"""A byte store that starts in memory and moves to a temporary file when it grows, hashing as it fills."""

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Self

__all__ = ["CHUNK", "Spool"]

CHUNK = 1 << 16
IN_MEMORY = 1 << 20


class Spool:
    """Append-only bytes with their size and SHA-256; at most `IN_MEMORY` bytes of memory each.

    Raises OSError when the temporary file can't be written (disk full).
    """

    __slots__ = ("_file", "_hash", "size")

    def __init__(self, folder: Path | None = None) -> None:
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - closed by `close`
            max_size=IN_MEMORY, dir=str(folder) if folder else None, prefix="wparchive-"
        )
        self._hash = hashlib.sha256()
        self.size = 0

    @classmethod
    def of(cls, data: bytes) -> Self:
        """A spool that holds `data`."""
        spool = cls()
        spool.write(data)
        return spool

    def write(self, data: bytes) -> int:
        """Append `data`."""
        self._hash.update(data)
        self.size += len(data)
        return self._file.write(data)

    @property
    def sha256(self) -> str:
        """Lower-case hex digest of everything written so far."""
        return self._hash.hexdigest()

    def chunks(self, start: int = 0, size: int = CHUNK) -> Iterator[bytes]:
        """The bytes from `start` on, in pieces of at most `size`; one reader at a time."""
        self._file.seek(start)
        while data := self._file.read(size):
            yield data
        self._file.seek(0, 2)

    def read(self, start: int = 0, count: int = -1) -> bytes:
        """`count` bytes from `start` on (all by default); for what is known to be small."""
        self._file.seek(start)
        data = self._file.read(count)
        self._file.seek(0, 2)
        return data

    def fileno(self) -> int:
        """The descriptor of the temporary file, with everything written in it; for what is known to be large."""
        number = self._file.fileno()
        self._file.flush()
        return number

    def close(self) -> None:
        """Free the memory or the temporary file."""
        self._file.close()

    def __del__(self) -> None:
        # Dropped unused, as when a run stops in its midst: nothing to warn about.
        if hasattr(self, "_file"):
            self.close()
