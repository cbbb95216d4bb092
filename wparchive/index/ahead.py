"""Reading ahead: a second process takes the WARCs apart while this one writes to the database.

Taking apart (inflating, parsing, digesting, reading HTML) and writing cost about the same, so two cores halve the time.
For little work, on one core, or where no process can be started, everything is read in this process: the result is the
same.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import IO

from wparchive.index.reading import Read, Reader, Task

__all__ = ["read_all", "serve"]

_WORTH_IT = 2 << 20  # compressed bytes
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
    assert child.stdin
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
    out = os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    reader, tasks = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own process
    try:
        _send(reader.read(tasks), out)
    except BrokenPipeError:
        os._exit(0)  # nobody wants the rest


def _send(reads: Iterator[Read], out: IO[bytes]) -> None:
    last: object = None
    try:
        for given in reads:
            for item in given.found:
                item.pack()
            pickle.dump(given, out, pickle.HIGHEST_PROTOCOL)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - carried to the process that asked, which raises it
        last = error
    pickle.dump(last, out, pickle.HIGHEST_PROTOCOL)
    out.flush()
