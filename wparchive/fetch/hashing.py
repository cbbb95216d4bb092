"""SHA-256 and CRC-32 of a payload while it is read; of a very large one beside the reading, on another core."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from wparchive.transit.crc import crc32

__all__ = ["Hasher"]

_LARGE = 1 << 26  # other workers have work for the other cores, and handing pieces over costs a tenth of hashing them


class Hasher:
    """Hashes pieces in the order given.

    Past 64 MiB a thread does it: a piece must then stay as it is until the next `update` or `hexdigest` has returned.
    The CRC is counted from the beginning or not at all.
    """

    __slots__ = ("_crc", "_hash", "_pending", "_pool", "size")

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._crc: int | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._pending: Future[None] | None = None
        self.size = 0

    def update(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Append `pieces`."""
        self.size += sum(map(len, pieces))
        if self.size < _LARGE:
            return self._add(pieces)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="wparchive-hash")
        self._wait()
        self._pending = self._pool.submit(self._add, pieces)
        return None

    def hexdigest(self) -> str:
        """Lower-case digest of everything so far."""
        self._wait()
        return self._hash.hexdigest()

    def count_crc(self) -> None:
        """Count the CRC too; nothing may have been given before."""
        self._crc = 0

    @property
    def crc32(self) -> int | None:
        """CRC of everything so far, when it was asked for."""
        self._wait()
        return self._crc

    def close(self) -> None:
        """End the thread, if there is one; everything given is hashed by then."""
        self._wait()
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def _wait(self) -> None:
        if self._pending is not None:
            self._pending.result()
            self._pending = None

    def _add(self, pieces: Sequence[bytes | memoryview]) -> None:
        for piece in pieces:
            self._hash.update(piece)
            if self._crc is not None:
                self._crc = crc32(piece, self._crc)
