"""Telling the disk early of what will have to be on it."""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Final

__all__ = ["SyncAhead"]

_STEP: Final = 64 << 20


class SyncAhead:
    """Lets the disk begin with what is waiting for it, on a thread of its own, so that a sync has little left to do."""

    __slots__ = ("_pending", "_pool", "_untold")

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._pending: Future[None] | None = None
        self._untold = 0

    def wrote(self, file: int, count: int) -> None:
        """`count` bytes more were written to the descriptor `file`, which stays open until `wait` or `close`."""
        self._untold += count
        pending = self._pending
        if self._untold >= _STEP and (pending is None or (pending.done() and not pending.exception())):
            self._untold = 0
            self._pool = self._pool or ThreadPoolExecutor(1, thread_name_prefix="wparchive-sync")
            self._pending = self._pool.submit(os.fsync, file)

    def wait(self) -> None:
        """Return when the disk has caught up with what it was told. Raises OSError when it couldn't."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def close(self) -> None:
        """Forget it all, and end the thread."""
        with suppress(OSError):
            self.wait()
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
