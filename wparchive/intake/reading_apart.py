"""Reads several foreign files at once, each in a process of its own: what they hold is put on the shelf in the files' order.

So the shelf, and all that follows from it, is the same however many processes there are. What a process finds waits in a
temporary file until it is its turn.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any

from wparchive.errors import ExitCode
from wparchive.intake.foreign.interest import Note
from wparchive.intake.foreign.temporary_room import no_room
from wparchive.intake.judging.foreign_answers import Answer, Asked
from wparchive.intake.reading import Progress, read_file
from wparchive.intake.shelf import Shelf
from wparchive.intake.sources import Source, Sources
from wparchive.intake.told import FileTold

__all__ = ["Task", "jobs_for", "read_files", "serve"]

_WORTH_IT = 16 << 20  # bytes of all files together, below which other processes would cost more than they save
_FOUND = "found"
_PROGRAM = (
    "import sys; fd = int(sys.argv[1]); sys.path[:] = sys.argv[2:]; "
    "from wparchive.intake.reading_apart import serve; serve(fd)"
)


@dataclass(frozen=True, slots=True)
class Task:
    """A file to read; `scratch` is an empty folder for what is unpacked and found."""

    path: Path
    scratch: Path
    now: datetime
    fast: bool


@dataclass(frozen=True, slots=True)
class _Done:
    """What a process tells of a file that it has read."""

    told: list[FileTold]
    sources: list[Source]


def jobs_for(files: Sequence[Path], asked: int | None) -> int:
    """Return how many processes read `files`: as many as were asked for, else one a core where there is much to read."""
    if asked is None:
        size = sum(path.stat().st_size for path in files if path.is_file())
        asked = _cores() if size >= _WORTH_IT and sys.executable else 1
    return max(1, min(asked, len(files)))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_files(
    tasks: Sequence[Task], shelf: Shelf, sources: Sources, jobs: int, progress: Callable[[Progress], None]
) -> Iterator[FileTold]:
    """Put what is in the files on the shelf, in their order, and yield what is to be told of each. Raises nothing for a file."""
    if jobs < 2:
        for task in tasks:
            yield from read_file(task.path, shelf, sources, task.scratch, task.now, progress, fast=task.fast)
        return
    with ExitStack() as stack:
        children = [stack.enter_context(_Child()) for _ in range(jobs)]
        for task, done in zip(tasks, _in_order(children, tasks, progress), strict=True):
            first = len(sources.all)
            _put(done, task, shelf, sources)
            yield from (one if one.fault else replace(one, source=first + one.source) for one in done.told)


def _in_order(
    children: Sequence["_Child"], tasks: Sequence[Task], progress: Callable[[Progress], None]
) -> Iterator[_Done]:
    """Yield what came of each file, in their order; who is ready with one gets the next."""
    done: dict[int, _Done] = {}
    left = iter(enumerate(tasks))
    busy: dict[object, _Child] = {child.line: child for child in children if child.give(next(left, None))}
    for number in range(len(tasks)):
        while number not in done:
            for line in wait([child.line for child in busy.values()]):
                child = busy[line]
                said = child.hear()
                if isinstance(said, Progress):
                    progress(said)
                    continue
                done[child.number] = said
                del busy[line]
                if child.give(next(left, None)):
                    busy[child.line] = child  # which is another one after it was ended from outside
        yield done.pop(number)


def _put(found: _Done, task: Task, shelf: Shelf, sources: Sources) -> None:
    """Put what a process found on the shelf, as if it had been read here."""
    first = len(sources.all)
    for source in found.sources:
        sources.add(source)
    path = task.scratch / _FOUND
    if found.sources:
        with path.open("rb") as file:
            while one := pickle.load(file):  # noqa: S301 - from our own process
                number, what = one
                take = shelf.put if isinstance(what, Answer) else shelf.ask if isinstance(what, Asked) else shelf.note
                take(first + number, what)
    path.unlink(missing_ok=True)


class _Child:
    """Another process, that reads one file after the other; `number` is that of the file."""

    def __init__(self) -> None:
        self._task: Task | None = None
        self.number = -1
        self._start()

    def _start(self) -> None:
        self.line, other = Pipe()
        command = [sys.executable, "-c", _PROGRAM, str(other.fileno()), *sys.path]
        self._process = subprocess.Popen(command, pass_fds=[other.fileno()], start_new_session=True)
        other.close()

    def give(self, numbered: tuple[int, Task] | None) -> bool:
        """Send a file to read; return False if there is none left."""
        if numbered is None:
            return False
        self.number, self._task = numbered
        with suppress(OSError):  # it is gone, which `hear` finds out
            self.line.send(self._task)
        return True

    def hear(self) -> Any:
        """Return the next thing that it says: how far it is, or what came of the file. Raises what was raised there."""
        assert self._task is not None
        try:
            said = self.line.recv()
        except (EOFError, OSError):
            self._end()
            self._start()
            fault = f"{self._task.path}: the process that read it was ended from outside; import it again"
            return _Done([FileTold(self._task.path.name, fault=fault, code=ExitCode.ERROR)], [])
        if isinstance(said, BaseException):
            raise said
        return said

    def __enter__(self) -> "_Child":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        self.line.close()
        self._process.kill()
        self._process.wait()


class _Spool:
    """The shelf of another process: what is put on it is written into a file."""

    def __init__(self, path: Path) -> None:
        self._folder, self._file = path.parent, path.open("wb")

    def put(self, source: int, answer: Answer) -> None:
        self._write((source, answer))

    def ask(self, source: int, asked: Asked) -> None:
        self._write((source, asked))

    def note(self, source: int, note: Note) -> None:
        self._write((source, note))

    def _write(self, what: object) -> None:
        try:
            pickle.dump(what, self._file, pickle.HIGHEST_PROTOCOL)
        except OSError as error:
            raise no_room(self._folder, error.strerror or str(error)) from None

    def close(self) -> None:
        self._write(None)
        try:
            self._file.close()
        except OSError as error:
            raise no_room(self._folder, error.strerror or str(error)) from None


def serve(fd: int) -> None:
    """Run in the other process: read the files that are sent, and say how far it is and what came of each."""
    line: Connection[Any, Any] = Connection(fd)
    try:
        while True:
            line.send(_read(line.recv(), line.send))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # nobody wants more
    except Exception as error:  # noqa: BLE001 - carried to the process that asked, which raises it
        line.send(error)


def _read(task: Task, progress: Callable[[Progress], None]) -> _Done:
    spool = _Spool(task.scratch / _FOUND)
    with Sources() as sources:
        told = read_file(task.path, spool, sources, task.scratch, task.now, progress, fast=task.fast)
        spool.close()
        return _Done(told, [replace(source, packing=None) for source in sources.all])
