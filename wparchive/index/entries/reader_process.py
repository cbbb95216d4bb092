"""Reading ahead: a second process parses the WARCs while this one writes to the database.

Reading (inflating, parsing, digesting, reading HTML) and writing cost about the same, so two cores halve the time. This
process begins alone. It hands over once there is much to parse (files are skipped quickly) and the other process is
ready. On one core, or if no process can be started, it reads everything, with the same result. What the other process
reads waits in the pipe; when the pipe is full, the process waits. As writing takes less time, part of the items are left
to this process.

The standard library's pools are unsuitable: spawned workers first run the caller's main module again, and forked ones
start with all the memory of a crawl.
"""

import fcntl
import gc
import os
import pickle
import select
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from wparchive.errors import DamagedError, WparchiveError
from wparchive.index.entries.captured import Read, Reader
from wparchive.index.entries.reading_order import Task
from wparchive.store import StoredExchange, WholeEntry

__all__ = ["Ahead", "serve"]

_MUCH = 1 << 20  # bytes of responses
_WORTH_IT = 2 << 20  # bytes of files still to be read
_HEAVY = 1 << 20  # bytes of one response that is better parsed elsewhere, because memory is fragmented after a crawl
_PATIENCE = 10_000  # milliseconds to wait for the other process in that case
_PIPE = 1 << 20  # bytes; about a page of a hundred posts
_SHARE = 4  # reading takes longer than writing: with a quarter of the items left to it, writing takes about as long
_UP = b"."  # the first byte that the other process sends
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from wparchive.index.entries.reader_process import serve; serve()"


class Ahead:
    """Reads with the help of a second process where that is worthwhile."""

    def __init__(self) -> None:
        self._alone = _cores() < 2 or not sys.executable
        self._child: subprocess.Popen[bytes] | None = None
        self._seen = 0
        self._left: list[int] = []  # the numbers of the tasks handed over to the other process

    def read_all(self, reader: Reader, tasks: Sequence[Task]) -> Iterator[Read]:
        """Yield what `reader` reads in `tasks`."""
        self._seen, self._left = 0, []
        yield from reader.read(tasks, lambda left, entry: self._hands_over(reader, left, entry))
        child, self._child = (self._child, None) if self._left else (None, self._child)
        if child:
            yield from _from(child, self._left)

    def _hands_over(self, reader: Reader, left: Callable[[], list[tuple[int, Task]]], entry: WholeEntry) -> bool:
        """Return whether the other process continues from `entry`, the next one; `left` returns what is left to read."""
        answer = entry.capture if isinstance(entry, StoredExchange) else None
        weight = _weight(entry) if isinstance(entry, StoredExchange) and entry.capture.kind != "file" else 0
        heavy = weight >= _HEAVY or bool(answer and "bomb" in answer.flags)
        self._seen += weight
        if self._alone or (self._seen < _MUCH and not heavy):
            return False
        numbered = left()
        tasks = [task for _, task in numbered]
        child = self._helper(tasks, heavy=heavy)
        if child is None:
            return False
        if _handed_over(child, reader, tasks):
            self._left = [number for number, _ in numbered]
        else:
            self._child, self._alone = None, True
        return bool(self._left)

    def _helper(self, left: Sequence[Task], *, heavy: bool) -> subprocess.Popen[bytes] | None:
        """Return the other process if it is ready; it is started if what is `left`, or a `heavy` response, is worth it."""
        if self._child is None:
            much = sum(task.path.stat().st_size - task.start for task in left) >= _WORTH_IT
            self._child = _start() if much or heavy else None
            self._alone = self._child is None
        return self._child if self._child and _is_up(self._child, _PATIENCE if heavy else 0) else None

    def close(self) -> None:
        """End a process that was started and not needed."""
        if self._child:
            _end(self._child)
            self._child = None


def _weight(entry: StoredExchange) -> int:
    """Return the decoded size of a response in bytes, up to _HEAVY: compressed data may expand a thousandfold."""
    size = entry.capture.payload_size
    if size >= _HEAVY or not (entry.head and entry.head.codings):
        return size
    with suppress(DamagedError):
        body = entry.body(_HEAVY)
        return _HEAVY if "bomb" in body.flags else len(body.data)
    return size


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start() -> subprocess.Popen[bytes] | None:
    command = [sys.executable, "-c", _PROGRAM, *sys.path]
    try:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    except OSError:
        return None
    assert child.stdout
    with suppress(AttributeError, OSError):  # Linux only
        fcntl.fcntl(child.stdout, fcntl.F_SETPIPE_SZ, _PIPE)
    return child


def _is_up(child: subprocess.Popen[bytes], patience: int) -> bool:
    """Return whether the other process sends something, or ends, within `patience` milliseconds."""
    assert child.stdout
    poll = select.poll()
    poll.register(child.stdout, select.POLLIN)
    return bool(poll.poll(patience))


def _end(child: subprocess.Popen[bytes]) -> None:
    assert child.stdin and child.stdout
    child.kill()
    with suppress(BrokenPipeError):
        child.stdin.close()
    child.stdout.close()
    child.wait()


def _handed_over(child: subprocess.Popen[bytes], reader: Reader, tasks: Sequence[Task]) -> bool:
    """Send the tasks; return False if the other process is gone."""
    assert child.stdin and child.stdout
    try:
        if child.stdout.read(len(_UP)) == _UP:
            pickle.dump((reader, list(tasks)), child.stdin)
            child.stdin.close()
            return True
    except OSError:
        pass
    _end(child)
    return False


def _from(child: subprocess.Popen[bytes], numbers: Sequence[int]) -> Iterator[Read]:
    """Yield what the other process reads; `numbers` are those of its tasks."""
    assert child.stdout
    try:
        while (given := pickle.load(child.stdout)) is not None:  # noqa: S301 - from our own process
            if isinstance(given, BaseException):
                raise given
            given.task = numbers[given.task]
            yield given
    except (EOFError, pickle.UnpicklingError):
        raise WparchiveError("the second process of the index was killed; run wparchive index again") from None
    finally:
        _end(child)


def serve() -> None:
    """Run in the other process: read tasks from standard input, write results to standard output, an error or None last."""
    os.write(1, _UP)
    reader, tasks = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own process
    reader.share = _SHARE
    gc.disable()  # parsed data contains no cycles, and searching for them costs a seventh of the time
    try:
        for given in _answers(reader, tasks):
            pickle.dump(given, sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        os._exit(0)  # the reader no longer wants the rest


def _answers(reader: Reader, tasks: Sequence[Task]) -> Iterator[Read | Exception | None]:
    try:
        for given in reader.read(tasks):
            for item in given.found:
                item.pack()
            yield given
    except Exception as error:  # noqa: BLE001 - carried to the process that asked, which raises it
        yield error
    else:
        yield None
