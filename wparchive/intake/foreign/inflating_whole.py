"""Unpacks into a temporary file what has no random access: many records in one member, deflated members of a zip."""

import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, Self

from wparchive.http1.message import head_length, whole_number
from wparchive.intake.foreign.records_seen import RecordsSeen
from wparchive.intake.foreign.searching import PROBE, Headers, packed_in, search
from wparchive.intake.foreign.temporary_room import no_room
from wparchive.intake.foreign.unpacking import Members, Unpack, UnsoundMemberError
from wparchive.intake.foreign.zstd_frames import ZSTD_MAGIC, skippable
from wparchive.store.warc.blobs import read_at
from wparchive.store.warc.fields import parse_header

__all__ = ["Fault", "holds_several", "inflated", "unpacked"]

_PIECE = 1 << 16
_OUT = 1 << 20
_FEW = 1 << 12
_NEXT, _END = b"WARC/1.", b"\r\n\r\n"
_BLANK = b"\r\n\0"
_MOST_BLANK = 64  # bytes of line ends behind a record
_LOOKS = 16  # at what may be members, behind one that isn't sound
_HEADER = 1 << 16
_LOOKED_AT = 2  # members
_ROOM = 512 << 20  # bytes that must stay free
_CHECKED = 64 << 20  # bytes between two looks at the room that is left
_IDLE = 64 << 20  # unpacked bytes in which no record begins, after which none is expected any more
# Members that may be unsound before what begins in them isn't looked for any more, and one more for so many bytes.
_TRIES, _EACH = 1000, 1 << 12


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
    pieces = _member(file, at, end, members.begin(), _FEW)
    try:
        for piece, behind in pieces:
            at, out = behind, out + piece
            if left < 0 and (size := head_length(out)) > 0:
                stated = whole_number(parse_header(out[:size]).get("Content-Length"))
                if stated is None or not out.startswith(_NEXT):
                    return _has_another(out, pieces), None
                left, out = stated + len(_END), out[size:]
            if left < 0 and len(out) > _HEADER:
                return _has_another(out, pieces), None
            if left >= 0:
                taken = min(left, len(out))
                left, out = left - taken, out[taken:]
                if not left and (len(out) > _MOST_BLANK or out.strip(_BLANK)):
                    return True, None
    except UnsoundMemberError:
        several = left < 0 and _has_another(out, ())
        return several or _has_parts(file, max(at, start + 1), end, members), None
    return left > 0 and _goes_on(file, at, end, members), at


def _has_another(out: bytes, pieces: Iterable[tuple[bytes, int]]) -> bool:
    """Return whether a record begins soon behind one whose header can't be read."""
    found = [out]
    with suppress(UnsoundMemberError):
        for piece, _ in pieces:
            found.append(piece)
            if sum(map(len, found)) > _OUT:
                break
    data = b"".join(found)
    return Headers().find(data[1:], 0, len(data)) is not None


def _has_parts(file: BinaryIO, at: int, end: int, members: Members) -> bool:
    """Return whether the next member that is sound, behind one that isn't, begins somewhere in a record."""
    for _ in range(_LOOKS):
        found = _next(file, at, end, members)
        if found is None:
            return False
        at, out = found + 1, b""
        with suppress(UnsoundMemberError):
            engine = members.begin()
            for piece, _behind in _member(file, found, end, engine, _FEW):
                out += piece
                if len(out) > _HEADER:
                    break
            if out and (engine.eof or len(out) > _HEADER):
                return not out.startswith(_NEXT)
    return False


def _next(file: BinaryIO, at: int, end: int, members: Members) -> int | None:
    """Return where the next member may begin from `at` on, before `end`."""
    return search(file, at, end, PROBE, partial(packed_in, members.magic, lambda data, _: members.may_begin(data)))


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
    """Yield what comes out of the member at `at`, and how far it was read for that. Raises UnsoundMemberError at damage.

    At most `size` bytes are read at once, and few to begin with: there may be many members of few.
    """
    given, now = b"", min(size, _FEW)
    while not engine.eof:
        if not given:
            given = read_at(file, max(0, min(now, end - at)), at)
            at, now = at + len(given), min(2 * now, size)
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
    would show. Where no record begins in much of what comes out, the rest is left out too. Raises StorageError without room.
    """
    path = scratch / f"inflated-{start}"
    with _Unpacked(path) as out:
        inflating = _Inflating(file, start, end, members, out)
        while inflating.at < end and not inflating.is_idle:
            inflating.member()
    if inflating.is_idle:
        inflating.fault(
            inflating.at, end, f"no record begins in {_IDLE >> 20} MB of what is unpacked before; the rest isn't read"
        )
    return path, inflating.faults


class _Inflating:
    """Members being unpacked one after the other into `out`; `at` is how far that is."""

    def __init__(self, file: BinaryIO, start: int, end: int, members: Members, out: "_Unpacked") -> None:
        self._file, self._end, self._members, self._out = file, end, members, out
        self._watch = RecordsSeen()
        self._tries = _TRIES + (end - start) // _EACH
        self.at = start
        self.faults: list[Fault] = []

    @property
    def is_idle(self) -> bool:
        """Whether no record began for long."""
        return self._watch.idle > _IDLE

    def member(self) -> None:
        """Unpack the member at `at`, as far as it can be."""
        began, engine = self.at, self._members.begin()
        try:
            for piece, behind in _member(self._file, began, self._end, engine, _PIECE):
                self.at = behind
                self._out.write(piece)
                self._watch.see(piece)
                if self.is_idle:
                    return
        except UnsoundMemberError as error:
            self._tries -= (
                1  # what begins in what was read in vain isn't looked for any more when there was much of that
            )
            behind = max(self.at, began) + (1 if self._tries > 0 else max(1, error.used))
            self.at = self._next(min(behind, self._end))
            self.fault(began, self.at, f"a member around many records isn't sound ({error})")
            return
        if not engine.eof:
            self.at = self._end
            self.fault(began, self._end, "the file ends inside a member around many records")

    def fault(self, start: int, end: int, why: str) -> None:
        """Add a damaged stretch; what follows one of its kind at once is one with it."""
        if self.faults and self.faults[-1][1:] == (start, why):
            start = self.faults.pop()[0]
        self.faults.append((start, end, why))

    def _next(self, at: int) -> int:
        """Return where the next member may begin from `at` on."""
        found = _next(self._file, at, self._end, self._members)
        return self._end if found is None else found


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
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb", buffering=0)  # so that what doesn't fit is found out by `write`
    except OSError as error:
        raise no_room(path.parent, error.strerror or str(error)) from None
