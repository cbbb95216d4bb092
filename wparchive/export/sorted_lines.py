"""Sorts any number of lines in constant memory: chunks are sorted into temporary files, which are merged."""

import heapq
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import groupby
from tempfile import TemporaryFile
from typing import IO

__all__ = ["sorted_lines"]

_IN_MEMORY = 16 << 20  # bytes of lines
_MOST_FILES = 64


def sorted_lines(lines: Iterable[bytes], at_once: int = _IN_MEMORY) -> Iterator[bytes]:
    """Yield `lines`, each of which ends with its only newline, bytewise in order and each once.

    About `at_once` bytes are held in memory; the temporary files have no name, so that nobody else reads them, and none is
    left behind. Raises OSError.
    """
    with ExitStack() as stack:
        files: list[IO[bytes]] = []
        held: list[bytes] = []
        size = 0
        for line in lines:
            held.append(line)
            size += len(line)
            if size >= at_once:
                files.append(_kept(sorted(held), stack))
                held, size = [], 0
            if len(files) == _MOST_FILES:
                files = [_kept(_merged(files, ()), stack)]
        yield from _merged(files, sorted(held))


def _merged(files: Iterable[IO[bytes]], held: Iterable[bytes]) -> Iterator[bytes]:
    return (line for line, _ in groupby(heapq.merge(*files, held)))


def _kept(lines: Iterable[bytes], stack: ExitStack) -> IO[bytes]:
    file = stack.enter_context(TemporaryFile())  # noqa: SIM115 - closed by the stack
    file.writelines(lines)
    file.seek(0)
    return file
