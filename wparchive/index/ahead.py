"""Reading ahead: a second process takes the WARCs apart while this one writes to the database.

Taking apart (inflating, parsing, digesting, reading HTML) and writing cost about the same, so two cores halve the time.
When the writing process waits, the reading one leaves it the building of rows too, so that neither is idle for long. For
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

from wparchive.index.reading import Read, Reader, Task

__all__ = ["read_all", "serve"]

_WORTH_IT = 2 << 20  # compressed bytes
_PIPE = 1 << 20  # about what a page of a hundred posts comes to
_AHEAD = 6  # answers that are read and not yet taken
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from wparchive.index.ahead import serve; serve()"


def read_all(reader: Reader, tasks: Sequence[Task], size: int) -> Iterator[Read]:
    """What `reader` reads in `tasks`, `size` bytes of files."""
    if size >= _WORTH_IT and _cores() > 1 and sys.executable:
        try:
            child = _start(reader, tasks)
        except OSError:
            return reader.read(tasks)
        return _from(child)
    return reader.read(tasks)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(reader: Reader, tasks: Sequence[Task]) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *sys.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert child.stdin and child.stdout
    with suppress(AttributeError, OSError):  # Linux only
        fcntl.fcntl(child.stdout, fcntl.F_SETPIPE_SZ, _PIPE)
    pickle.dump((reader, list(tasks)), child.stdin)
    child.stdin.close()
    return child


def _from(child: subprocess.Popen[bytes]) -> Iterator[Read]:
    assert child.stdout
    try:
        while (given := pickle.load(child.stdout)) is not None:  # noqa: S301 - from our own process
            if isinstance(given, BaseException):
                raise given
            yield given
    finally:
        child.stdout.close()
        child.kill()
        child.wait()


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
            reader.eager = building and not ready.empty()
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
    except BrokenPipeError:
        os._exit(0)  # nobody wants the rest
