"""The process of one turn: forked from a server that has loaded what a turn needs, and ended with its worker."""

import asyncio
import ctypes
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final, Protocol

from wparchive.fleet.queue.engine import Job

__all__ = ["Child", "ForkedChild", "Spawn", "guarded", "server"]

_PRELOADED: Final = [
    "obstore",
    "psycopg",
    "zstandard",
    "wparchive.crawl.run",
    "wparchive.fleet.turns.turn",
]
_LOOK: Final = 0.1  # seconds
_KILLED_AFTER: Final = 90.0  # seconds that a turn has to end after its time is over
_PR_SET_PDEATHSIG: Final = 1


class Child(Protocol):
    """A turn in a process of its own."""

    def ask_to_end(self) -> None:
        """Ask it to end soon, with all that it has pushed."""

    async def wait(self, seconds: float) -> int:
        """Wait for its end, at most so many seconds, after which it is killed. Returns its exit code, or minus its signal."""

    def kill(self) -> None:
        """End it at once, if it still runs."""

    @property
    def has_ended(self) -> bool:
        """Whether it has ended."""


Spawn = Callable[[Job, str, Path], Child]


class ForkedChild:
    """A process that runs `target`."""

    def __init__(self, context: Any, target: Callable[..., None], *given: object) -> None:
        self._process: BaseProcess = context.Process(target=target, args=given, daemon=False)
        self._process.start()

    def ask_to_end(self) -> None:
        """Ask it to end soon."""
        with suppress(ProcessLookupError, TypeError):
            os.kill(self._process.pid or 0, signal.SIGTERM)

    async def wait(self, seconds: float) -> int:
        """Wait for its end."""
        try:
            await self._ended(seconds)
        except asyncio.CancelledError:
            self.ask_to_end()
            raise
        return self._process.exitcode if self._process.exitcode is not None else -signal.SIGKILL

    @property
    def has_ended(self) -> bool:
        """Whether it has ended."""
        return self._process.exitcode is not None

    def kill(self) -> None:
        """End it at once."""
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()

    async def _ended(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        asked = False
        while self._process.exitcode is None:
            await asyncio.sleep(_LOOK)
            if loop.time() > end and not asked:
                self.ask_to_end()
                asked, end = True, loop.time() + _KILLED_AFTER
            elif loop.time() > end:
                self._process.kill()


def server() -> Any:
    """Return the context of processes that are forked from a server which has loaded what a turn needs."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def guarded(memory: int) -> None:
    """Bind this process to its parent's life, and to `memory` bytes of address space; 0 leaves it unbound."""
    if sys.platform == "linux":
        # The server that forked us ends with the worker; so do we, even when that was killed.
        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if parent == 1 or os.getppid() != parent:
            os._exit(1)  # it ended before we asked to be told
    # The client of the store takes a thread a core, each with 40 MB of addresses: on a large machine more than a turn has.
    os.environ.setdefault("TOKIO_WORKER_THREADS", "2")
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
