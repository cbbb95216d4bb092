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
from multiprocessing import forkserver, resource_tracker
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final, Protocol

from wparchive.bell import Bell
from wparchive.fleet.queue.engine import Job

__all__ = ["Child", "ForkedChild", "Spawn", "guarded", "listen", "server"]

_PRELOADED: Final = [
    "obstore",
    "psycopg",
    "zstandard",
    "wparchive.crawl.run",
    "wparchive.fleet.turns.turn",
    "wparchive.fleet.turns.job_process",
]
_KILLED_AFTER: Final = 90.0  # seconds that a turn has to end after its time is over
_PR_SET_PDEATHSIG: Final = 1
_ASKED: Final = (signal.SIGTERM, signal.SIGINT)


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
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._process.sentinel, over.set)
        try:
            for patience, then in ((seconds, self.ask_to_end), (_KILLED_AFTER, self._process.kill)):
                with suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), patience)
                if over.is_set():
                    return
                then()
            await over.wait()
        finally:
            loop.remove_reader(self._process.sentinel)


def server() -> Any:
    """Return the context of processes that are forked from a server which loads what a turn needs, from now on."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    # A turn that is asked to end before it listens is to end politely, not to die of it; nor is the server, whose end kills
    # all turns, where everything of a service is asked to end.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ASKED)
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return context


def listen(stop: Event) -> None:
    """Set `stop` when this process is asked to end, or was asked before."""
    bell = Bell(stop)
    for number in _ASKED:
        signal.signal(number, lambda *_: bell.ring())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKED)


def _end_with(worker: Any) -> None:
    """End this process when the worker is gone, even when that was killed: the next owner of the site is to find it alone."""
    worker.join()
    os.kill(os.getpid(), signal.SIGKILL)


def guarded(memory: int) -> None:
    """Bind this process to its worker's life, and to `memory` bytes of address space; 0 leaves it unbound."""
    worker = multiprocessing.parent_process()
    if worker is not None:
        Thread(target=_end_with, args=(worker,), name="worker", daemon=True).start()
    if sys.platform == "linux":
        # The server that forked us lives while one of its children does, unless somebody kills it: nobody hears of us then.
        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if parent == 1 or os.getppid() != parent:
            os._exit(1)  # it ended before we asked to be told
    # The client of the store takes a thread a core, each with 40 MB of addresses: on a large machine more than a turn has.
    os.environ.setdefault("TOKIO_WORKER_THREADS", "2")
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
