"""Reading ahead: a second process takes the WARCs apart while this one writes to the database.

Taking apart (inflating, parsing, digesting, reading HTML) and writing cost about the same, so two cores halve the time.
When the writing process waits, the reading one leaves it the work on items too, so that neither is idle for long. For
little work, on one core, or where no process can be started, everything is read in this process: the result is the same.
"""

import fcntl
import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from queue import Queue
from threading import Thread
from typing import IO

from wparchive.errors import WparchiveError
from wparchive.index.reading import Read, Reader, Task

__all__ = ["Ahead", "serve"]

_WORTH_IT = 2 << 20  # compressed bytes
_PIPE = 1 << 20  # about what a page of a hundred posts comes to
_AHEAD = 6  # answers that are read and not yet taken
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from wparchive.index.ahead import serve; serve()"


class Ahead:
    """Reads by way of a second process where that is worth it.

    `size` are the bytes of files that will surely be read: for many, that process is started at once, since starting it
    takes about as long as preparing the database does.
    """

    def __init__(self, size: int = 0) -> None:
        self._child = _start() if size >= _WORTH_IT else None

    def read_all(self, reader: Reader, tasks: Sequence[Task], size: int) -> Iterator[Read]:
        """What `reader` reads in `tasks`, `size` bytes of files."""
        if size < _WORTH_IT:
            return reader.read(tasks)
        child, self._child = self._child or _start(), None
        return _from(child) if child and _told(child, reader, tasks) else reader.read(tasks)

    def close(self) -> None:
        """End the process that was started and not needed."""
        if self._child:
            _end(self._child)
            self._child = None


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start() -> subprocess.Popen[bytes] | None:
    if _cores() < 2 or not sys.executable:
        return None
    command = [sys.executable, "-c", _PROGRAM, *sys.path]
    try:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    except OSError:
        return None
    assert child.stdout
    with suppress(AttributeError, OSError):  # Linux only
        fcntl.fcntl(child.stdout, fcntl.F_SETPIPE_SZ, _PIPE)
    return child


def _end(child: subprocess.Popen[bytes]) -> None:
    assert child.stdin and child.stdout
    child.kill()
    with suppress(BrokenPipeError):
        child.stdin.close()
    child.stdout.close()
    child.wait()


def _told(child: subprocess.Popen[bytes], reader: Reader, tasks: Sequence[Task]) -> bool:
    """Say what is to be read; False when nobody is there to hear it."""
    assert child.stdin
    try:
        pickle.dump((reader, list(tasks)), child.stdin)
        child.stdin.close()
    except OSError:
        _end(child)
        return False
    return True


def _from(child: subprocess.Popen[bytes]) -> Iterator[Read]:
    assert child.stdout
    try:
        while (given := pickle.load(child.stdout)) is not None:  # noqa: S301 - from our own process
            if isinstance(given, BaseException):
                raise given
            yield given
    except EOFError:
        raise WparchiveError("the second process of the index was killed; run wparchive index again") from None
    finally:
        _end(child)


def serve() -> None:
    """The other process: read what standard input asks for, send it to standard output, an error or None at the end."""
    reader, tasks = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own process
    gc.disable()  # what is read holds no cycles, and looking for some costs a seventh
    ready: Queue[bytes | None] = Queue(_AHEAD)
    sender = Thread(target=_send, args=(ready, os.fdopen(os.dup(1), "wb", buffering=0)))
    sender.start()
    building = reader.eager
    last: Exception | None = None
    try:
        for given in reader.read(tasks):
            reader.lazy = not ready.unfinished_tasks
            reader.eager = building and not reader.lazy
            ready.put(_packed(given))
    except Exception as error:  # noqa: BLE001 - carried to the process that asked, which raises it
        last = error
    ready.put(pickle.dumps(last))
    ready.put(None)
    sender.join()


def _packed(given: Read) -> bytes:
    for item in given.found:
        item.pack()
    return pickle.dumps(given, pickle.HIGHEST_PROTOCOL)


def _send(ready: "Queue[bytes | None]", out: IO[bytes]) -> None:
    try:
        while (data := ready.get()) is not None:
            left = memoryview(data)
            while left:
                left = left[out.write(left) :]
            ready.task_done()
    except BrokenPipeError:
        os._exit(0)  # nobody wants the rest
