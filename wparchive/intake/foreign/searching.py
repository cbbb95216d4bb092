"""Looks for where a record begins, behind damage or between records: in time that grows with the bytes, whatever they are."""

import re
from collections.abc import Callable
from functools import cache
from typing import BinaryIO

from wparchive.store.warc.blobs import read_at

__all__ = ["AT_ONCE", "LONG_PROBE", "PROBE", "packed_in", "plain_in", "search"]

PROBE = 1 << 9
"""Bytes from which it can be told whether a member begins."""
LONG_PROBE = 1 << 16
"""Bytes from which it can be told whether a record begins that isn't packed."""

AT_ONCE = 1 << 20
"""Most bytes that are searched at once."""

_FIRST = 1 << 12
# A whole header. It is bounded, so that what only looks like many of them is searched once, and not once for each.
_PLAIN = re.compile(
    rb"WARC/1\.\d\r?\n(?:[!-9;-~][^\r\n:]{0,99}:[^\n]{0,8000}\n(?:[ \t][^\n]{0,8000}\n){0,9}){1,64}?\r?\n"
)


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


def plain_in(data: bytes, start: int, size: int) -> int | None:
    """Return the offset of the first record that isn't packed."""
    for found in _PLAIN.finditer(data):
        if found.start() >= size:
            return None
        if b"warc-type" in found[0].lower():
            return start + found.start()
    return None
