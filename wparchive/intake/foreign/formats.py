"""What a file is, by its first bytes: which stretches of it hold WARC records, and in which coding.

Sources: RFC 1952, RFC 8878, WARC 1.1, the IIPC's proposal for WARC with zstd, WACZ 1.1.1, PKWARE's APPNOTE (4.3.7).
"""

import errno
import stat
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from wparchive.errors import StorageError, UsageError
from wparchive.intake.foreign.inflating_whole import Fault, holds_several, inflated, unpacked
from wparchive.intake.foreign.unpacking import GZIP, WINDOW, has_zstd, skippable, unzstd, window_at
from wparchive.intake.foreign.zstd_dictionary import dictionary_at

__all__ = ["Coding", "NoWarcError", "Stretch", "files_in", "stretches"]

_ENDS = (".warc", ".warc.gz", ".warc.zst", ".wacz")
_WARC_ENDS = _ENDS[:3]
_LOCAL = 30  # bytes of a local header in a zip file, before name and extra field
_ENCRYPTED = 1
_MOST_MEMBERS = 100_000  # of a zip file


class Coding(StrEnum):
    """How the records are packed: each by itself, or all together."""

    GZIP = "gzip"
    ZSTD = "zstd"
    PLAIN = "plain"
    # One member around many records; offsets are those of the unpacked bytes.
    WHOLE_GZIP = "whole-gzip"
    WHOLE_ZSTD = "whole-zstd"

    @property
    def whole(self) -> bool:
        """Whether members and records don't fall together, so that a record has no place in the file itself."""
        return self in (Coding.WHOLE_GZIP, Coding.WHOLE_ZSTD)


class NoWarcError(UsageError):
    """A file that can't be read as a WARC; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of `path` from `start` to `end` (bytes) that holds WARC records.

    `path` may be a temporary copy of what is in the file that was named; `name` is how that is called, `x.wacz#a.warc.gz`.
    `faults` are what couldn't be unpacked, in the file that was named.
    """

    path: Path
    name: str
    start: int
    end: int
    coding: Coding
    faults: tuple[Fault, ...] = ()


def files_in(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files that `paths` name: each file itself, and in a folder what is called as a WARC or a WACZ is."""
    for path in paths:
        if path.is_dir():
            found = (one for one in path.rglob("*") if one.name.lower().endswith(_ENDS) and one.is_file())
            yield from sorted(found)
        else:
            yield path


def stretches(path: Path, scratch: Path) -> list[Stretch]:
    """Return where WARC records are in the file at `path`; `scratch` is a folder for what has to be unpacked.

    Raises NoWarcError for what is something else, StorageError when it can't be read or unpacked.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for its writer
            raise NoWarcError(f"{path}: not an ordinary file; name a WARC or WACZ file, or a folder of them")
        with path.open("rb") as file:
            if file.read(4) == b"PK\x03\x04":
                return [*_in_wacz(path, scratch)]
        return [_stretch(path, path.name, 0, path.stat().st_size, scratch)]
    except OSError as error:
        raise StorageError(f"{path}: can't be read ({error.strerror})") from None


def _stretch(path: Path, name: str, start: int, end: int, scratch: Path) -> Stretch:
    with path.open("rb") as file:
        file.seek(start)
        coding = _coding(file.read(64), name)
        begin, members = start, GZIP
        if coding is Coding.ZSTD and has_zstd():
            dictionary, begin = dictionary_at(file, start)
            while begin < end and (size := skippable(file, begin)):
                begin += size
            members = unzstd(dictionary)
            _refuse_large(window_at(file, begin), name)
        if coding is Coding.PLAIN or not holds_several(file, begin, end, members):
            return Stretch(path, name, start, end, coding)
        whole, faults = inflated(file, begin, end, scratch, members)
    coding = Coding.WHOLE_GZIP if coding is Coding.GZIP else Coding.WHOLE_ZSTD
    return Stretch(whole, name, 0, whole.stat().st_size, coding, tuple(faults))


def _refuse_large(window: int, name: str) -> None:
    if window > WINDOW:
        raise NoWarcError(
            f"{name}: it takes {window >> 20:,} MB of memory to unpack this zstd file, and only {WINDOW >> 20} MB are given; "
            f"unpack it with `zstd -d --long=31`, then import that"
        )


def _coding(first: bytes, name: str) -> Coding:
    """Return the coding of records that begin with `first`. Raises NoWarcError."""
    if first.startswith(b"\x1f\x8b"):
        return Coding.GZIP
    if first.startswith(b"\x28\xb5\x2f\xfd") or (first[1:4] == b"\x2a\x4d\x18" and 0x50 <= first[0] <= 0x5F):
        return Coding.ZSTD
    if first.startswith(b"WARC/"):
        return Coding.PLAIN
    if first.startswith(b"filedesc://"):
        raise NoWarcError(
            f"{name}: an ARC file, from before there was a REST API; `warcio recompress` makes a WARC of it"
        )
    if first.lstrip().startswith((b'{"log"', b'{\n  "log"', b'{ "log"')):
        raise NoWarcError(f"{name}: a HAR file; `har2warc {name} out.warc.gz` makes a WARC of it")
    raise NoWarcError(f"{name}: not a WARC file; it begins with {first[:8]!r}")


def _in_wacz(path: Path, scratch: Path) -> Iterator[Stretch]:
    """Yield the WARCs in a WACZ: in place where they are stored, else unpacked. A damaged one is searched for records."""
    try:
        with zipfile.ZipFile(path) as packed, path.open("rb") as file:
            names = [one for one in packed.infolist()[:_MOST_MEMBERS] if one.filename.lower().endswith(_WARC_ENDS)]
            if not names:
                raise NoWarcError(f"{path}: a zip file without a WARC in it")
            found = [_member(path, packed, file, info, scratch, number) for number, info in enumerate(names)]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise
        yield Stretch(path, path.name, 0, path.stat().st_size, Coding.GZIP)
        return
    yield from found


def _member(
    path: Path, packed: zipfile.ZipFile, file: BinaryIO, info: zipfile.ZipInfo, scratch: Path, number: int
) -> Stretch:
    called, place = f"{path.name}#{info.filename}", scratch / str(number)
    _refuse_odd(info, called)
    place.mkdir()
    if info.compress_type == zipfile.ZIP_STORED:
        start = _begin(file, info)
        return _stretch(path, called, start, start + info.file_size, place)
    whole = unpacked(packed, info, place / "member")
    return _stretch(whole, called, 0, whole.stat().st_size, place)


def _refuse_odd(info: zipfile.ZipInfo, called: str) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise NoWarcError(f"{called}: encrypted; unpack it with its password, then import that")
    if ".." in info.filename.split("/") or info.filename.startswith("/") or stat.S_ISLNK(info.external_attr >> 16):
        raise NoWarcError(f"{called}: leads out of its package, or is a link; nothing of it is read")


def _begin(file: BinaryIO, info: zipfile.ZipInfo) -> int:
    """Return where the bytes of a stored member begin."""
    file.seek(info.header_offset)
    head = file.read(_LOCAL)
    if head[:4] != b"PK\x03\x04" or len(head) < _LOCAL:
        raise zipfile.BadZipFile("a member isn't where the package says")
    return info.header_offset + _LOCAL + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
