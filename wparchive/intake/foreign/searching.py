"""Looks for where a record begins, behind damage or between records: in time that grows with the bytes, whatever they are."""

import re
from collections.abc import Callable
from functools import cache
from typing import BinaryIO

from wparchive.store.warc.blobs import read_at

__all__ = ["AT_ONCE", "LONG_PROBE", "PROBE", "Headers", "packed_in", "search"]

PROBE = 1 << 9
"""Bytes from which it can be told whether a member begins."""
LONG_PROBE = 1 << 16
"""Bytes from which it can be told whether a record begins that isn't packed."""

AT_ONCE = 1 << 20
"""Most bytes that are searched at once."""

_FIRST = 1 << 12
_VERSION = re.compile(rb"WARC/1\.\d\r?\n")
_LINES = re.compile(rb"(?:[!-9;-~][^\r\n:]{0,99}:[^\n]{0,8000}\n|[ \t][^\n]{0,8000}\n){1,99}")
_BLANKS = (b"\n", b"\r\n")


def search(
    file: BinaryIO,
    start: int,
    end: int,
    beyond: int,
    find: Callable[[bytes, int, int], int | None],
    *,
    first: int = _FIRST,
) -> int | None:
    """Return what `find` finds first from `start` on, before `end`.

    It gets some bytes, the offset of the first of them, and how many of them are to be searched: `beyond` bytes less, at most.
    `first` is how many are searched to begin with: where there is damage there is often more, and what is near is found
    without reading much.
    """
    size = first
    while start < end:
        data = read_at(file, min(size + beyond, end - start), start)
        if (place := find(data, start, size)) is not None:
            return place
        if len(data) <= size:
            return None
        start, size = start + size, min(2 * size, AT_ONCE)
    return None


def packed_in(magic: bytes, begins: Callable[[bytes, int], bool], data: bytes, start: int, size: int) -> int | None:
    """Return the offset of the first member that begins with `magic` and of which `begins` is true."""
    for found in _pattern(magic).finditer(data):  # twice as fast as `bytes.find` of so little
        at = found.start()
        if at >= size:
            break
        if begins(data[at : at + PROBE], start + at):
            return start + at
    return None


@cache
def _pattern(magic: bytes) -> re.Pattern[bytes]:
    return re.compile(re.escape(magic))


class Headers:
    """Finds whole headers of records that aren't packed.

    A header may hold what looks like the beginning of another. Both end where the lines of fields end, so that is looked for
    once, and kept in `_lines`: from where to where there are such lines, and where the last type in them is (-1 for none).
    """

    def __init__(self) -> None:
        self._lines = (0, 0, -1)

    def find(self, data: bytes, start: int, size: int) -> int | None:
        """Return the offset of the first record that begins in the first `size` bytes of `data`, which are at `start`."""
        for found in _VERSION.finditer(data):
            if found.start() >= size:
                return None
            at = found.end()
            if not self._lines[0] <= start + at < self._lines[1]:
                self._lines = self._walked(data, start, at, size)
            if start + at <= self._lines[2]:
                return start + found.start()
        return None

    def _walked(self, data: bytes, start: int, at: int, size: int) -> tuple[int, int, int]:
        behind = at
        while lines := _LINES.match(data, behind):
            behind = lines.end()
        last = -1
        if data[behind : behind + 2].startswith(_BLANKS):
            last = data[at:behind].lower().rfind(b"warc-type")
        elif behind + 2 > len(data):  # what begins behind what is searched now may end in what follows
            behind = max(size, at)
        return start + at, start + max(behind, at + 1), start + at + last if last >= 0 else -1
