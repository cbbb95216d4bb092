"""Unpacks into a temporary file what has no random access: many records in one member, deflated members of a zip."""

import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Self

from wparchive.http1.message import head_length
from wparchive.intake.foreign.temporary_room import no_room
from wparchive.intake.foreign.unpacking import ZSTD_MAGIC, Members, Unpack, UnsoundMemberError, skippable
from wparchive.store.warc.blobs import read_at
from wparchive.store.warc.fields import parse_header

__all__ = ["Fault", "holds_several", "inflated", "unpacked"]

_PIECE = 1 << 16
_OUT = 1 << 20
_FEW = 1 << 12
_NEXT, _END = b"WARC/1.", b"\r\n\r\n"
_MOST_DIGITS = 18
_HEADER = 1 << 16
_LOOKED_AT = 2  # members
_ROOM = 512 << 20  # bytes that must stay free
_CHECKED = 64 << 20  # bytes between two looks at the room that is left


Fault = tuple[int, int, str]
"""A damaged stretch: from, to, and why."""


def holds_several(file: BinaryIO, start: int, end: int, members: Members) -> bool:
    """Return whether the records of a file aren't packed each by itself: one of its first members has more than one, or less.

    The first may be a `warcinfo` by itself, behind which all else is in one.
    """
    at: int | None = start
    for _ in range(_LOOKED_AT):
        if at is None or at >= end:
            return False
        several, at = _has_several(file, at, end, members)
        if several:
            return True
    return False


def _has_several(file: BinaryIO, start: int, end: int, members: Members) -> tuple[bool, int | None]:
    """Return whether a member has more than one record, or less, and where the next one begins; None if it isn't sound."""
    out, left = b"", -1  # left: bytes of the first record that are still to come; -1 before its header
    at = start + (skippable(file, start) if members.magic == ZSTD_MAGIC else 0)
    with suppress(UnsoundMemberError):
        for piece, behind in _member(file, at, end, members.begin(), _FEW):
            at, out = behind, out + piece
            if left < 0 and (size := head_length(out)) > 0:
                stated = parse_header(out[:size]).get("Content-Length")
                if not stated.isdecimal() or len(stated) > _MOST_DIGITS:
                    return False, None
                left, out = int(stated) + len(_END), out[size:]
            if left < 0 and len(out) > _HEADER:
                return False, None
            if left >= 0:
                taken = min(left, len(out))
                left, out = left - taken, out[taken:]
                if not left and len(out) >= len(_NEXT):
                    return out.startswith(_NEXT), None
        return left > 0 and _goes_on(file, at, end, members), at
    return False, None


def _goes_on(file: BinaryIO, at: int, end: int, members: Members) -> bool:
    """Return whether the member at `at` goes on with what the one before it began: it is one, and begins no record."""
    if members.magic == ZSTD_MAGIC:
        at += skippable(file, at)
    if not read_at(file, len(members.magic), at).startswith(members.magic):
        return False
    with suppress(UnsoundMemberError):
        begin = next((piece for piece, _ in _member(file, at, end, members.begin(), _FEW) if piece), b"")
        return not begin.startswith(_NEXT)
    return False


def _member(file: BinaryIO, at: int, end: int, engine: Unpack, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield what comes out of the member at `at`, and how far it was read for that. Raises UnsoundMemberError at damage."""
    given = b""
    while not engine.eof:
        if not given:
            given = read_at(file, max(0, min(size, end - at)), at)
            at += len(given)
        if not given:
            return
        try:
            out, given = engine.step(given, _OUT)
        except UnsoundMemberError as error:
            yield error.before, at - len(given)
            raise
        yield out, at - len(given)


def inflated(file: BinaryIO, start: int, end: int, scratch: Path, members: Members) -> tuple[Path, list[Fault]]:
    """Unpack the members from `start` to `end` into a file in `scratch`; what can't be unpacked is left out.

    Returns the file, and each damaged stretch. What is unpacked before one may be altered, which only the end of the member
    would show. Raises StorageError without room.
    """
    path = scratch / f"inflated-{start}"
    at = start
    faults: list[Fault] = []
    with _Unpacked(path) as out:
        while at < end:
            began, engine = at, members.begin()
            try:
                for piece, behind in _member(file, began, end, engine, _PIECE):
                    at = behind
                    out.write(piece)
                if not engine.eof:
                    faults.append((began, end, "the file ends inside a member around many records"))
                    break
            except UnsoundMemberError as error:
                at = _next_member(file, max(at, began), end, members.magic)
                faults.append((began, at, f"a member around many records isn't sound ({error})"))
    return path, faults


def _next_member(file: BinaryIO, at: int, end: int, magic: bytes) -> int:
    """Return where the next member may begin after `at`."""
    at += 1
    while at < end and (data := read_at(file, _OUT, at)):
        if (found := data.find(magic)) >= 0:
            return min(at + found, end)
        at += max(1, len(data) - len(magic) + 1)
    return end


def unpacked(packed: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> tuple[Path, str]:
    """Unpack a member of a zip file to `path`, as far as it can be; return that, and what is wrong with it, if anything is.

    Raises StorageError without room.
    """
    try:
        with _Unpacked(path) as out, packed.open(info) as member:
            while data := member.read(_PIECE):  # what comes with damage in it is lost
                out.write(data)
    except (zlib.error, zipfile.BadZipFile, EOFError) as error:
        return path, str(error) or "it ends too early"
    return path, ""


class _Unpacked:
    """A file that is unpacked to `path`, as long as there is room. `write` raises StorageError."""

    def __init__(self, path: Path) -> None:
        self._folder, self._file = path.parent, _opened(path)
        self._written = self._looked = 0

    def write(self, data: bytes) -> None:
        try:
            self._written += self._file.write(data)
        except OSError as error:
            raise no_room(self._folder, error.strerror or str(error)) from None
        if self._written - self._looked >= _CHECKED:
            self._looked = self._written
            if shutil.disk_usage(self._folder).free < _ROOM:
                raise no_room(self._folder, f"{_ROOM >> 20} MB have to be left")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("xb", buffering=0)  # so that what doesn't fit is found out by `write`
    except OSError as error:
        raise no_room(path.parent, error.strerror or str(error)) from None
