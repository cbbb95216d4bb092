"""What is in a file that is named: a WARC, or the WARCs in a WACZ, also in one that holds others.

What is wrong with one of them keeps no other from being read. Sources: WACZ 1.1.1, its multi-WACZ, PKWARE's APPNOTE (4.3.7).
"""

import json
import stat
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from wparchive.errors import StorageError
from wparchive.intake.foreign.formats import WARC_ENDS, Coding, HarmedError, NoWarcError, Stretch, stretch_of
from wparchive.intake.foreign.inflating_whole import unpacked
from wparchive.store.warc.blobs import read_at

__all__ = ["stretches"]

_LOCAL = 30  # bytes of a local header in a zip file, before name and extra field
_ENCRYPTED = 1
_MOST_MEMBERS = 10_000  # WARCs of one package that are read
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
        elif first == b"PK\x03\x04":
            yield from _in_package(path, path.name, scratch, _DEEPEST)
        else:
            yield from _one(path, path.name, 0, path.stat().st_size, scratch)
    except OSError as error:
        raise StorageError(f"{path}: can't be read ({error.strerror or error})") from None


def _one(path: Path, called: str, start: int, end: int, scratch: Path) -> Iterator[Stretch | NoWarcError]:
    try:
        yield stretch_of(path, called, start, end, scratch)
    except NoWarcError as error:
        yield error


def _in_package(path: Path, called: str, scratch: Path, depth: int) -> Iterator[Stretch | NoWarcError]:
    """Yield the WARCs in a package: in place where they are stored, else unpacked; one without a list is searched for records."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            _check_list(file, size)
        packed = zipfile.ZipFile(path)
    except (*_BROKEN, OSError):
        yield Stretch(path, called, 0, size, Coding.GZIP)
        return
    with packed, path.open("rb") as file:
        infos = packed.infolist()
        wanted = [one for one in infos if one.filename.lower().endswith((*WARC_ENDS, ".wacz") if depth else WARC_ENDS)]
        if not wanted:
            yield _nothing_in(packed, called)
        if len(wanted) > _MOST_MEMBERS:
            yield NoWarcError(f"{called}: it has {len(wanted):,} WARCs; only the first {_MOST_MEMBERS:,} are read")
        begins = sorted({one.header_offset for one in infos} | {size})
        following = dict(pairwise(begins))
        seen: set[int] = set()
        for number, info in enumerate(wanted[:_MOST_MEMBERS]):
            name, place = f"{called}#{info.filename}", scratch / str(number)
            if fault := _odd(info, name, seen, following.get(info.header_offset, size)):
                yield NoWarcError(fault)
                continue
            seen.add(info.header_offset)
            place.mkdir()
            try:
                yield from _member(path, packed, file, info, name, place, depth)
            except _BROKEN as error:
                end = following.get(info.header_offset, size)
                harm = (info.header_offset, end, f"a member of the package isn't sound: {error}")
                yield Stretch(path, name, info.header_offset, end, Coding.GZIP, (harm,))


def _check_list(file: BinaryIO, size: int) -> None:
    """Raise BadZipFile for a list of members that would take all memory."""
    tail = read_at(file, min(size, (1 << 16) + 22), max(0, size - (1 << 16) - 22))
    at = tail.rfind(b"PK\x05\x06")
    if at >= 0 and _MOST_LISTED < int.from_bytes(tail[at + 12 : at + 16], "little") < 0xFFFFFFFF:
        raise zipfile.BadZipFile("its list of members is too long")


def _member(
    path: Path, packed: zipfile.ZipFile, file: BinaryIO, info: zipfile.ZipInfo, name: str, place: Path, depth: int
) -> Iterator[Stretch | NoWarcError]:
    if info.filename.lower().endswith(".wacz"):
        whole, _ = unpacked(packed, info, place / "package")
        inner = place / "in"
        inner.mkdir()
        yield from _in_package(whole, name, inner, depth - 1)
    elif info.compress_type == zipfile.ZIP_STORED:
        start = _begin(file, info)
        yield from (_vouched(one, file, info) for one in _one(path, name, start, start + info.compress_size, place))
    else:
        whole, fault = unpacked(packed, info, place / "member")
        yield from (_harmed(one, info, fault) for one in _one(whole, name, 0, whole.stat().st_size, place))


def _vouched(one: Stretch | NoWarcError, file: BinaryIO, info: zipfile.ZipInfo) -> Stretch | NoWarcError:
    """Check what has no checksums of its own, or may have none, by that of the package."""
    if isinstance(one, NoWarcError) or one.coding in (Coding.GZIP, Coding.WHOLE_GZIP):
        return one
    start, crc = _begin(file, info), 0
    for at in range(0, info.compress_size, _JSON):
        crc = crc32(read_at(file, min(_JSON, info.compress_size - at), start + at), crc)
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


def _odd(info: zipfile.ZipInfo, name: str, seen: set[int], following: int) -> str:
    """Return why a member isn't read; empty if it is."""
    if info.flag_bits & _ENCRYPTED:
        return f"{name}: encrypted; unpack it with its password, then import that"
    if ".." in info.filename.split("/") or info.filename.startswith("/") or stat.S_ISLNK(info.external_attr >> 16):
        return f"{name}: leads out of its package, or is a link; nothing of it is read"
    if info.header_offset < 0 or info.header_offset in seen or info.header_offset + info.compress_size > following:
        return f"{name}: the package says that it stands where another member is; it isn't read"
    return ""


def _begin(file: BinaryIO, info: zipfile.ZipInfo) -> int:
    """Return where the bytes of a stored member begin."""
    head = read_at(file, _LOCAL, info.header_offset)
    if head[:4] != b"PK\x03\x04" or len(head) < _LOCAL:
        raise zipfile.BadZipFile("a member isn't where the package says")
    return info.header_offset + _LOCAL + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")


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
