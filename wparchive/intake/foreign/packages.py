"""What is in a file that is named: a WARC, or the WARCs in a WACZ, also in one that holds others.

What is wrong with one of them keeps no other from being read. Sources: WACZ 1.1.1, its multi-WACZ, PKWARE's APPNOTE (4.3.7).
"""

import io
import json
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from wparchive.errors import StorageError
from wparchive.intake.foreign.formats import (
    WARC_ENDS,
    Coding,
    HarmedError,
    NoWarcError,
    Stretch,
    UnknownError,
    coding_of,
    stretch_of,
)
from wparchive.intake.foreign.inflating_whole import unpacked
from wparchive.intake.foreign.strict import packing_of
from wparchive.intake.foreign.zip_places import MEMBER, begin_of, put_right, stands_as
from wparchive.intake.foreign.zstd_frames import ZSTD_MAGIC, has_zstd
from wparchive.store.warc.blobs import read_at
from wparchive.store.warc.gzip_members import MAGIC

__all__ = ["stretches"]

_FIRST, _FEW = 1 << 16, 1 << 6  # bytes of a member that show what it is
_BEGINNINGS = (b"WARC/1.", MAGIC, ZSTD_MAGIC)
_ENCRYPTED = 1
_MOST_MEMBERS = 10_000  # WARCs that are read of one package and those in it
# A member that would become larger than so many bytes, and than so many times its size, isn't unpacked.
_LARGE, _DENSEST = 64 << 20, 200
_MOST_LISTED = 8 << 20  # bytes of the list of members: it is read whole, and takes ten times that
_DEEPEST = 2  # packages in packages
_JSON = 1 << 20
_NAMED = 5
_BROKEN = (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, OverflowError)


def stretches(path: Path, scratch: Path) -> Iterator[Stretch | NoWarcError]:
    """Yield where WARC records are in the file at `path`, and why something in it isn't read.

    `scratch` is a folder for what has to be unpacked. Raises StorageError when it can't be read or unpacked.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise StorageError(f"{path}: a folder that can't be read")
        if not stat.S_ISREG(mode):  # opening a pipe would wait for its writer
            yield NoWarcError(f"{path}: not an ordinary file; name a WARC or WACZ file, or a folder of them")
            return
        with path.open("rb") as file:
            first = file.read(4)
            listed = _listed(first + file.read(_JSON)) if first.lstrip().startswith(b"{") else []
        if listed:
            yield _elsewhere(path.name, listed)
        elif first == MEMBER:
            yield from _in_package(path, path.name, scratch, _DEEPEST, iter(range(_MOST_MEMBERS)))
        else:
            yield from _one(path, path.name, 0, path.stat().st_size, scratch)
    except OSError as error:
        raise StorageError(f"{path}: can't be read ({error.strerror or error})") from None


def _one(path: Path, called: str, start: int, end: int, scratch: Path) -> Iterator[Stretch | NoWarcError]:
    try:
        yield stretch_of(path, called, start, end, scratch)
    except UnknownError as error:
        coding = _found_in(path, start, end)
        yield Stretch(path, called, start, end, coding) if coding else error
    except NoWarcError as error:
        yield error


def _found_in(path: Path, start: int, end: int) -> Coding | None:
    """Return the coding of the first record that begins soon behind what is no beginning of a file; None without one."""
    end = min(end, start + _JSON)
    with path.open("rb") as file:
        codings = (Coding.PLAIN, Coding.GZIP, *((Coding.ZSTD,) if has_zstd() else ()))
        found = {coding: packing_of(file, coding, end, None).next_record(start) for coding in codings}
    places = {place: coding for coding, place in found.items() if place is not None}
    return places[min(places)] if places else None


def _in_package(
    path: Path, called: str, scratch: Path, depth: int, numbers: Iterator[int]
) -> Iterator[Stretch | NoWarcError]:
    """Yield the WARCs in a package: in place where they are stored, else unpacked; one without a list is searched for records.

    Each takes the next of `numbers`; when there are no more, the rest isn't read.
    """
    with _Frugal(path) as file:
        try:
            packed = zipfile.ZipFile(file)
        except (*_BROKEN, OSError):
            packed = None
        if packed is None or not packed.infolist():  # it begins with one
            yield Stretch(path, called, 0, path.stat().st_size, Coding.GZIP)
            return
        with packed:
            yield from _Package(path, called, scratch, depth, numbers, packed, file).stretches()


class _Frugal(io.FileIO):
    """A zip file whose list of members is read only if that doesn't take all memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = max(0, os.fstat(self.fileno()).st_size - self.tell())
        if size > _MOST_LISTED:
            raise zipfile.BadZipFile("its list of members is too long")
        return super().read(size) or b""


@dataclass(frozen=True, slots=True)
class _Package:
    """A package that is open; what is in it is unpacked below `scratch`, and packages in it as deep as `depth`."""

    path: Path
    called: str
    scratch: Path
    depth: int
    numbers: Iterator[int]
    packed: zipfile.ZipFile
    file: BinaryIO

    def stretches(self) -> Iterator[Stretch | NoWarcError]:
        infos = self.packed.infolist()
        put_right(self.file, infos)
        size = self.path.stat().st_size
        following = dict(pairwise(sorted({one.header_offset for one in infos} | {size})))
        seen: set[int] = set()
        wanted = [one for one in infos if self._is_wanted(one)]
        for info in wanted:
            number = next(self.numbers, None)
            if number is None:
                yield NoWarcError(f"{self.called}: more than {_MOST_MEMBERS:,} WARCs; the rest isn't read")
                return
            name, end = f"{self.called}#{info.filename}", following.get(info.header_offset, size)
            if fault := _odd(info, name, seen):
                yield NoWarcError(fault)
                continue
            seen.add(info.header_offset)
            try:
                if info.header_offset + info.compress_size > end:
                    raise zipfile.BadZipFile("the package says that it goes on where another member is")
                yield from self._member(info, name, self.scratch / str(number))
            except _BROKEN as error:
                harm = (info.header_offset, end, f"a member of the package isn't sound: {error}")
                yield Stretch(self.path, name, info.header_offset, end, Coding.GZIP, (harm,))
        if not wanted:
            yield _nothing_in(self.packed, self.called)

    def _is_wanted(self, info: zipfile.ZipInfo) -> bool:
        ends = (*WARC_ENDS, ".wacz") if self.depth else WARC_ENDS
        return info.filename.lower().endswith(ends) or stands_as(self.file, info).endswith(ends)

    def _member(self, info: zipfile.ZipInfo, name: str, place: Path) -> Iterator[Stretch | NoWarcError]:
        if info.filename.lower().endswith(".wacz"):
            whole, _ = unpacked(self.packed, info, place / "package")
            yield from _in_package(whole, name, place, self.depth - 1, self.numbers)
        elif info.compress_type == zipfile.ZIP_STORED:
            start = begin_of(self.file, info)
            every = _one(self.path, name, start, start + info.compress_size, place)
            yield from (_vouched(one, self.file, info) for one in every)
        elif other := _is_other(self.packed, info, name):
            yield other
        else:
            whole, fault = unpacked(self.packed, info, place / "member")
            yield from (_harmed(one, info, fault) for one in _one(whole, name, 0, whole.stat().st_size, place))


def _is_other(packed: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> NoWarcError | None:
    """Return why a packed member is no WARC by its beginning; what is only damaged is found out when it is unpacked."""
    with suppress(zlib.error, *_BROKEN), packed.open(info) as member:
        first = member.read(_FIRST)
        try:
            coding_of(first[:_FEW], name)
        except UnknownError as error:
            return None if any(one in first for one in _BEGINNINGS) else error
        except NoWarcError as error:
            return error
    return None


def _vouched(one: Stretch | NoWarcError, file: BinaryIO, info: zipfile.ZipInfo) -> Stretch | NoWarcError:
    """Check what has no checksums of its own, or may have none, by that of the package."""
    if isinstance(one, NoWarcError) or one.coding in (Coding.GZIP, Coding.WHOLE_GZIP):
        return one
    start, crc = begin_of(file, info), 0
    for at in range(0, info.compress_size, _JSON):
        crc = zlib.crc32(read_at(file, min(_JSON, info.compress_size - at), start + at), crc)
    return one if crc == info.CRC else _harmed(one, info, "its checksum doesn't fit")


def _harmed(one: Stretch | NoWarcError, info: zipfile.ZipInfo, fault: str) -> Stretch | NoWarcError:
    if not fault:
        return one
    if isinstance(one, NoWarcError):
        return HarmedError(f"{one}; a member of the package isn't sound: {fault}")
    harm = (
        info.header_offset,
        info.header_offset + info.compress_size,
        f"a member of the package isn't sound: {fault}",
    )
    return replace(one, faults=(*one.faults, harm))


def _odd(info: zipfile.ZipInfo, name: str, seen: set[int]) -> str:
    """Return why a member isn't read; empty if it is."""
    if info.flag_bits & _ENCRYPTED:
        return f"{name}: encrypted; unpack it with its password, then import that"
    if ".." in info.filename.split("/") or info.filename.startswith("/") or stat.S_ISLNK(info.external_attr >> 16):
        return f"{name}: leads out of its package, or is a link; nothing of it is read"
    if info.header_offset < 0 or info.header_offset in seen:
        return f"{name}: the package says that it stands where another member is; it isn't read"
    if info.file_size > max(_LARGE, _DENSEST * info.compress_size):
        return (
            f"{name}: {info.file_size >> 20:,} MB come out of {info.compress_size:,} bytes; unpack it, then import that"
        )
    return ""


def _nothing_in(packed: zipfile.ZipFile, called: str) -> NoWarcError:
    try:
        with packed.open("datapackage.json") as file:
            listed = _listed(file.read(_JSON))
    except (*_BROKEN, KeyError, OSError):
        listed = []
    return _elsewhere(called, listed) if listed else NoWarcError(f"{called}: a zip file without a WARC in it")


def _listed(data: bytes) -> list[str]:
    """Return the packages that a multi-WACZ names; empty if `data` is none."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return []
    resources = value.get("resources") if isinstance(value, dict) else None
    paths = [one.get("path") for one in resources if isinstance(one, dict)] if isinstance(resources, list) else []
    return [one for one in paths if isinstance(one, str) and one.partition("?")[0].lower().endswith(".wacz")]


def _elsewhere(called: str, listed: Sequence[str]) -> NoWarcError:
    more = f", and {len(listed) - _NAMED:,} more" if len(listed) > _NAMED else ""
    return NoWarcError(
        f"{called}: a multi-WACZ: it only names packages, which aren't in it; get them, then import "
        f"{', '.join(one[:200] for one in listed[:_NAMED])}{more}"
    )
