"""Unpacks into a temporary file what has no random access: many records in one gzip member, deflated members of a zip."""

import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from wparchive.errors import StorageError
from wparchive.http1.message import head_length
from wparchive.store.warc.blobs import read_at
from wparchive.store.warc.fields import parse_header
from wparchive.store.warc.gzip_members import MAGIC, inflating

__all__ = ["Fault", "holds_several", "inflated", "unpacked"]

_PIECE = 1 << 16
_OUT = 1 << 20
_FEW = 1 << 12
_NEXT = b"WARC/1."
_MOST_DIGITS = 18
_HEADER = 1 << 16
_ROOM = 512 << 20  # bytes that must stay free
_CHECKED = 64 << 20  # bytes between two looks at the room that is left


Fault = tuple[int, int, str]
"""A damaged stretch: from, to, and why."""


def holds_several(file: BinaryIO, start: int, end: int) -> bool:
    """Return whether the gzip member at `start` holds more than one WARC record."""
    out, left = b"", -1  # left: bytes of the first record that are still to come; -1 before its header
    for piece in _beginning(file, start, end):
        out += piece
        if left < 0 and (size := head_length(out)) > 0:
            stated = parse_header(out[:size]).get("Content-Length")
            if not stated.isdecimal() or len(stated) > _MOST_DIGITS:
                return False
            left, out = int(stated) + 4, out[size:]
        if left < 0 and len(out) > _HEADER:
            return False
        if left >= 0:
            taken = min(left, len(out))
            left, out = left - taken, out[taken:]
            if not left and len(out) >= len(_NEXT):
                return out.startswith(_NEXT)
    return False


def _beginning(file: BinaryIO, at: int, end: int) -> Iterator[bytes]:
    """Yield what is in the gzip member at `at`, up to its end or damage in it."""
    engine = inflating()
    with suppress(zlib.error):
        while at < end and not engine.eof:
            data = read_at(file, min(_FEW, end - at), at)
            yield from _steps(engine, data)
            at += len(data)


def inflated(file: BinaryIO, start: int, end: int, scratch: Path) -> tuple[Path, list[Fault]]:
    """Unpack the members from `start` to `end` into a file in `scratch`; what can't be unpacked is left out.

    Returns the file, and each damaged stretch. What is unpacked before one may be altered, which only the end of the member
    would show. Raises StorageError without room.
    """
    path = scratch / f"inflated-{start}"
    at, written, looked = start, 0, 0
    faults: list[Fault] = []
    with path.open("xb") as out:
        while at < end:
            engine, began = inflating(), at
            try:
                while not engine.eof and at < end:
                    data = read_at(file, min(_PIECE, end - at), at)
                    for piece in _steps(engine, data):
                        written += out.write(piece)
                    at += len(data) - len(engine.unused_data)
                    if written - looked >= _CHECKED:
                        looked = written
                        _check_room(scratch)
                if not engine.eof:
                    faults.append((began, end, "the file ends inside its one member"))
            except zlib.error as error:
                at = _next_member(file, at, end)
                faults.append((began, at, f"a member around many records isn't sound ({error})"))
    return path, faults


def _steps(engine: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """Yield what comes out of `data`, in pieces; all that comes before damage. Raises zlib.error after that."""
    while data and not engine.eof:
        before = engine.copy()
        try:
            yield engine.decompress(data, _OUT)
        except zlib.error:
            for at in range(len(data)):
                yield before.decompress(data[at : at + 1])
        data = engine.unconsumed_tail


def _next_member(file: BinaryIO, at: int, end: int) -> int:
    """Return where the next gzip member may begin after `at`."""
    at += 1
    while at < end:
        data = read_at(file, _OUT, at)
        if (found := data.find(MAGIC)) >= 0:
            return at + found
        at += max(1, len(data) - 2)
    return end


def unpacked(packed: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> Path:
    """Unpack a member of a zip file to `path`, as far as it can be. Raises StorageError without room."""
    written = 0
    with path.open("xb") as out:
        try:
            with packed.open(info) as member:
                while data := member.read(_OUT):
                    written += out.write(data)
                    if written % _CHECKED < _OUT:
                        _check_room(path.parent)
        except (zlib.error, zipfile.BadZipFile, EOFError):
            pass  # whoever reads the records finds which of them lack their end
    return path


def _check_room(folder: Path) -> None:
    if shutil.disk_usage(folder).free < _ROOM:
        raise StorageError(f"{folder}: no room to unpack; make room, or set TMPDIR to a folder with more")
