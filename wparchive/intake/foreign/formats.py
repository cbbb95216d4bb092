"""What a file is, by its first bytes: which stretches of it hold WARC records, and in which coding.

Sources: RFC 1952, RFC 8878, WARC 1.1, the IIPC's proposal for WARC with zstd.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from wparchive.errors import UsageError
from wparchive.intake.foreign.inflating_whole import Fault, holds_several, inflated
from wparchive.intake.foreign.unpacking import GZIP
from wparchive.intake.foreign.zstd_frames import WINDOW, dictionary_at, has_zstd, skippable, unzstd, window_at

__all__ = [
    "WARC_ENDS",
    "Coding",
    "HarmedError",
    "NoWarcError",
    "Stretch",
    "UnknownError",
    "coding_of",
    "files_in",
    "stretch_of",
]

WARC_ENDS = (".warc", ".warc.gz", ".warc.zst")
_ENDS = (*WARC_ENDS, ".wacz")
# What is called as a web archive of another form is, or as one that is being written or packed once more.
_ALIKE = re.compile(
    r"\.(?:arc(?:\.gz)?|har|warc\.(?:xz|bz2|br|lz4|7z|zip)|(?:warc(?:\.gz|\.zst)?|wacz)\.(?:open|part|partial|tmp))\Z",
    re.IGNORECASE,
)


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


class UnknownError(NoWarcError):
    """A file that begins like nothing that is known."""


class HarmedError(NoWarcError):
    """A WARC of which nothing can be read, because what it is in is damaged."""


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


def files_in(paths: Iterable[Path], passed: list[Path]) -> Iterator[Path]:
    """Yield the files that `paths` name: each file itself, and in a folder what is called as a WARC or a WACZ is.

    A folder in a folder that can't be read is yielded too, so that whoever reads the files says so. What is in a folder and
    seems to be a web archive by its name, but of no such form, is added to `passed`.
    """
    for path in paths:
        if path.is_dir():
            yield from sorted(_below(path, passed))
        else:
            yield path


def _below(top: Path, passed: list[Path]) -> Iterator[Path]:
    unread: list[Path] = []
    seen: set[tuple[int, int]] = set()  # links to folders are followed, each folder is read once
    for place, folders, names in os.walk(
        top, onerror=lambda error: unread.append(Path(error.filename)), followlinks=True
    ):
        status = Path(place).stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        yield from (Path(place, name) for name in names if name.lower().endswith(_ENDS))
        passed += (Path(place, name) for name in names if _ALIKE.search(name))
    yield from unread


def stretch_of(path: Path, name: str, start: int, end: int, scratch: Path) -> Stretch:
    """Return how records are packed from `start` to `end` of a file, unpacked where they have no places of their own.

    Raises NoWarcError for what is something else, StorageError without room to unpack.
    """
    with path.open("rb") as file:
        file.seek(start)
        coding = coding_of(file.read(64), name)
        begin, members = start, GZIP
        if coding is Coding.ZSTD and has_zstd():
            dictionary, begin = _dictionary(file, start, end, name)
            begin += skippable(file, begin)
            members = unzstd(dictionary)
            _refuse_large(window_at(file, begin), name)
        if coding is Coding.PLAIN or not holds_several(file, begin, end, members):
            return Stretch(path, name, start, end, coding)
        whole, faults = inflated(file, begin, end, scratch, members)
    coding = Coding.WHOLE_GZIP if coding is Coding.GZIP else Coding.WHOLE_ZSTD
    return Stretch(whole, name, 0, whole.stat().st_size, coding, tuple(faults))


def _dictionary(file: BinaryIO, start: int, end: int, name: str) -> tuple[bytes | None, int]:
    try:
        dictionary, begin = dictionary_at(file, start)
    except UsageError as error:
        raise HarmedError(str(error)) from None
    if begin > end:
        raise HarmedError(f"{name}: the dictionary that it begins with is longer than the file")
    return dictionary, begin


def _refuse_large(window: int, name: str) -> None:
    if window > WINDOW:
        raise NoWarcError(
            f"{name}: it takes {window >> 20:,} MB of memory to unpack this zstd file, and only {WINDOW >> 20} MB are given; "
            f"unpack it with `zstd -d --long=31`, then import that"
        )


def coding_of(first: bytes, name: str) -> Coding:
    """Return the coding of records that begin with `first`. Raises NoWarcError."""
    if first.startswith(b"\x1f\x8b"):
        return Coding.GZIP
    if first.startswith(b"\x28\xb5\x2f\xfd") or (first[1:4] == b"\x2a\x4d\x18" and 0x50 <= first[0] <= 0x5F):
        return Coding.ZSTD
    if first.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n").startswith(b"WARC/"):
        return Coding.PLAIN
    if first.startswith(b"filedesc://"):
        raise NoWarcError(
            f"{name}: an ARC file, from before there was a REST API; `warcio recompress` makes a WARC of it"
        )
    if first.lstrip().startswith((b'{"log"', b'{\n  "log"', b'{ "log"')):
        raise NoWarcError(f"{name}: a HAR file; `har2warc {name} out.warc.gz` makes a WARC of it")
    if not first:
        raise NoWarcError(f"{name}: not a WARC file: it is empty")
    raise UnknownError(f"{name}: not a WARC file; it begins with {first[:8]!r}")
