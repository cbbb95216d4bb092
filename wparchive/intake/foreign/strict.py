"""The strict look at one record of a foreign file: its header parsed by us, its length to the byte, its end where it must be.

Nothing is taken that this look doesn't confirm. It also reads files for which there is no faster reader, and what comes
after damage.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from wparchive.http1.message import head_length
from wparchive.intake.foreign.formats import Coding
from wparchive.intake.foreign.searching import AT_ONCE, LONG_PROBE, PROBE, packed_in, plain_in, search
from wparchive.intake.foreign.unpacking import OUT, ZSTD_MAGIC, Unpack, UnsoundMemberError, skippable, ungzip, unzstd
from wparchive.store.warc.blobs import read_at
from wparchive.store.warc.fields import Fields, parse_header
from wparchive.store.warc.gzip_members import MAGIC, begins_record

__all__ = ["END", "BrokenRecordError", "Packing", "Strict", "packing_of"]

_PIECE = 1 << 16
_LITTLE = 1 << 11  # bytes, enough for nearly all headers
_ENOUGH = 16  # bytes of a header that show its version
_LEAST = 1 << 9  # packed bytes, enough for most, and unpacked in half the time
_HEADER = 1 << 20
END = b"\r\n\r\n"
"""What ends a record."""
_LF_END = b"\n\n"
# What is left of it where the length that is stated counts its first byte, as that of some wget does (iipc/jwarc#29).
_SHORT_END = b"\n\r\n"
_NEXT = b"WARC/1."
_BLANK = b"\r\n\0"  # zero bytes: StormCrawler's until 2018, so all of Common Crawl's news until then (stormcrawler#652)
_MOST_BLANK = 64  # bytes of blank lines behind a record, which some tools write
_MOST_DIGITS = 18
_ADDRESSED = frozenset(("response", "revisit", "request"))
_VERSION = re.compile(rb"WARC/(\d{1,3}\.\d{1,3})\r?\n")


class BrokenRecordError(Exception):
    """There is no whole record at an offset; `torn` is set when the file ends inside one."""

    def __init__(self, reason: str, *, torn: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.torn = reason, torn


@dataclass(frozen=True, slots=True)
class Strict:
    """A whole record: its header as bytes and as fields, its block, how many bytes it takes in the file.

    `block` is None where it is longer than was asked for. `exact` is set where its member has nothing but the record and two
    line ends, so that it can stand in another WARC as it is.
    """

    header: bytes
    fields: Fields
    block: bytes | None
    length: int
    exact: bool

    @property
    def raw(self) -> bytes:
        """The record as it is unpacked, with what ends it."""
        return self.header + (self.block or b"") + END


class Packing:
    """How the records of one file are packed: each in a member of its own, or not at all (`unpack` is None)."""

    def __init__(self, file: BinaryIO, end: int, unpack: Callable[[], Unpack] | None, magic: bytes) -> None:
        self.file, self.end = file, end
        self._unpack, self._magic = unpack, magic

    def reopened(self, file: BinaryIO) -> "Packing":
        """Return the same for the same file, opened once more."""
        return Packing(file, self.end, self._unpack, self._magic)

    def record(self, offset: int, most: int, wanted: Callable[[Fields], bool] = lambda _: True) -> Strict:
        """Return the record at `offset`, with its block if it is `wanted` and has at most `most` bytes.

        Raises BrokenRecordError.
        """
        reading = _Reading(self.file, offset, self.end, self._unpack)
        header = reading.header()
        fields = parse_header(header)
        size = stated_size(fields)
        if lack := lacks(fields.get("WARC-Type").lower(), fields.get("WARC-Target-URI")):
            raise BrokenRecordError(lack)
        keep = size <= most and wanted(fields)
        if self._unpack is None and (not keep or not reading.ends_after(size)):
            reading.skip(size)
            block = None
        else:
            block = reading.take(size, keep=keep)
        reading.finish()
        return Strict(header, fields, block, reading.used, reading.exact)

    def padding(self, offset: int) -> int:
        """Return how many bytes at `offset` belong to no record and are no damage: zstd frames of nothing, blank lines."""
        if self._magic == ZSTD_MAGIC:
            size = skippable(self.file, offset)
            return size if offset + size <= self.end else 0
        if self._unpack is None:
            data = read_at(self.file, max(0, min(_PIECE, self.end - offset)), offset)
            return len(data) - len(data.lstrip(b"\r\n"))
        return 0

    def empty(self, offset: int) -> int:
        """Return the length of the member at `offset` if there is nothing in it, as at the end of what bgzip writes; else 0."""
        data = read_at(self.file, max(0, min(_LEAST, self.end - offset)), offset)
        try:
            engine = self._unpack() if self._unpack else None
            out, rest = engine.step(data, 1) if engine else (b"", b"")
        except UnsoundMemberError:
            return 0
        return len(data) - len(rest) if engine and engine.eof and not out else 0

    def start(self, offset: int) -> bytes:
        """Return the header of the record at `offset`, without a look at what follows. Raises BrokenRecordError."""
        if self._unpack:
            data = read_at(self.file, max(0, min(_LEAST, self.end - offset)), offset)
            try:
                out, _ = self._unpack().step(data, _LITTLE)
            except UnsoundMemberError as error:
                raise BrokenRecordError(f"not a sound member ({str(error)[:80]})") from None
            if out.startswith(b"WARC/1.") and (size := head_length(out)) > 0 and b"\nWARC/1." not in out[:size]:
                return out[:size]
        return _Reading(self.file, offset, self.end, self._unpack, little=True).header()

    def next_record(self, start: int) -> int | None:
        """Return the first offset from `start` on at which a record seems to begin."""
        if self._unpack is None:
            return search(self.file, start, self.end, LONG_PROBE, plain_in)
        return search(self.file, start, self.end, PROBE, partial(packed_in, self._magic, self._begins))

    def begins_between(self, start: int, end: int) -> bool:
        """Return whether a member seems to begin from `start` on, before `end`, whatever is in it."""
        find = partial(packed_in, self._magic, self._unpacks)
        return search(self.file, start, end, PROBE, find, first=AT_ONCE) is not None

    def _unpacks(self, data: bytes, _place: int) -> bool:
        try:
            return self._unpack is not None and bool(self._unpack().step(data, 1)[0])
        except UnsoundMemberError:
            return False

    def _begins(self, data: bytes, place: int) -> bool:
        if self._magic == MAGIC:
            return begins_record(data)
        try:
            return b"warc-type" in self.start(place).lower()
        except BrokenRecordError:
            return False


def lacks(kind: str, uri: str) -> str:
    """Return what the header of a record of this type and address lacks, without which nobody can say what it is."""
    if not kind:
        return "its header has no WARC-Type"
    return "its header has no WARC-Target-URI" if kind in _ADDRESSED and not uri else ""


def _no_header(data: bytes) -> str:
    if data.startswith(b"WARC/1."):
        return "its header has no end within a megabyte"
    version = _VERSION.match(data)
    return f"WARC/{version[1].decode()}; only 1.0 and 1.1 are read" if version else "no WARC header there"


def stated_size(fields: Fields) -> int:
    """Return the length of a block that a record's header states. Raises BrokenRecordError."""
    size = fields.get("Content-Length")
    if not size.isascii() or not size.isdecimal() or len(size) > _MOST_DIGITS:
        raise BrokenRecordError("its length isn't a number")
    return int(size)


def packing_of(file: BinaryIO, coding: Coding, end: int, dictionary: bytes | None) -> Packing:
    """Return how the records in `file` are packed, up to `end`; `dictionary` is that of a file with zstd, if it has one."""
    if coding is Coding.GZIP:
        return Packing(file, end, ungzip, MAGIC)
    if coding is Coding.ZSTD:
        return Packing(file, end, *unzstd(dictionary))
    return Packing(file, end, None, b"WARC/1.")


class _Reading:
    """One record being read; `used` is the number of bytes of the file that it took."""

    def __init__(
        self, file: BinaryIO, offset: int, end: int, unpack: Callable[[], Unpack] | None, *, little: bool = False
    ) -> None:
        self._piece, self._out = (_LITTLE, _LITTLE) if little else (_PIECE, OUT)
        self._file, self._at, self._end = file, offset, end
        self._begin = offset
        self._engine = unpack() if unpack else None
        self._buffer = b""
        self._given = b""
        self._bare = self.exact = False

    @property
    def used(self) -> int:
        return self._at - self._begin - len(self._given) - (len(self._buffer) if self._engine is None else 0)

    def header(self) -> bytes:
        while (size := head_length(self._buffer)) < 0:
            if len(self._buffer) > _HEADER or (
                len(self._buffer) >= _ENOUGH and not self._buffer.startswith(b"WARC/1.")
            ):
                raise BrokenRecordError(_no_header(self._buffer))
            self._buffer += self._more() or self._ended()
        header, self._buffer = self._buffer[:size], self._buffer[size:]
        if not header.startswith(b"WARC/1.") or size > _HEADER:
            raise BrokenRecordError(_no_header(header))
        if b"\nWARC/1." in header:
            raise BrokenRecordError("another record begins in its header")
        self._bare = b"\r" not in header  # who ends lines by themselves may end records so too
        return header

    def take(self, size: int, *, keep: bool) -> bytes | None:
        parts: list[bytes] = []
        while size:
            self._buffer = self._buffer or self._more() or self._ended()
            piece, self._buffer = self._buffer[:size], self._buffer[size:]
            size -= len(piece)
            if keep:
                parts.append(piece)
        return b"".join(parts) if keep else None

    def skip(self, size: int) -> None:
        inside = min(size, len(self._buffer))
        self._buffer = self._buffer[inside:]
        self._at += size - inside
        if self._at > self._end:
            raise BrokenRecordError("the file ends inside it", torn=True)

    def ends_after(self, size: int) -> bool:
        """Return whether a record that isn't packed may have its end behind so many bytes, without a look at them."""
        at = self._at - len(self._buffer) + size
        end = read_at(self._file, len(END), at) if at < self._end else b""
        return end == END or end.startswith(_SHORT_END) or (self._bare and end.startswith(_LF_END))

    def finish(self) -> None:
        """Check what follows the block: two line ends, blank lines at most, and then the end of its member."""
        while len(self._buffer) < len(END) and (piece := self._more()):
            self._buffer += piece
        end = self._own_end()
        if self._engine is None:
            if not self._buffer.startswith(end):
                raise BrokenRecordError("it doesn't end after its block", torn=len(self._buffer) < len(end))
            self._buffer = self._buffer[len(end) :]
            return
        while not self._engine.eof and len(self._buffer) <= _MOST_BLANK:
            self._buffer += self._more() or self._ended()
        if not self._engine.eof or not self._buffer.startswith(end) or self._buffer.strip(_BLANK):
            raise BrokenRecordError("it doesn't end after its block")
        self.exact = self._buffer == END and not self._bare

    def _own_end(self) -> bytes:
        """Return what ends a record here, as far as its header and the next bytes show that it may be another than usual."""
        if self._bare and self._buffer.startswith(_LF_END):
            return _LF_END
        if not self._buffer.startswith(_SHORT_END):
            return END
        while self._engine is None and len(self._buffer) < len(_SHORT_END + _NEXT) and (piece := self._more()):
            self._buffer += piece
        follows = self._buffer[len(_SHORT_END) :]
        return _SHORT_END if self._engine or not follows or follows.startswith(_NEXT) else END

    def _ended(self) -> bytes:
        whole = self._engine is not None and self._engine.eof
        raise BrokenRecordError(
            "its block is shorter than stated" if whole else "the file ends inside it", torn=not whole
        )

    def _more(self) -> bytes:
        """Return the next piece of the record; empty at its end or that of the file."""
        if self._engine is None:
            piece = (
                read_at(self._file, min(self._piece, self._end - self._at), self._at) if self._at < self._end else b""
            )
            self._at += len(piece)
            return piece
        while not self._engine.eof:
            if not self._given:
                self._given = read_at(self._file, max(0, min(self._piece, self._end - self._at)), self._at)
                self._at += len(self._given)
                if not self._given:
                    return b""
            try:
                out, self._given = self._engine.step(self._given, self._out)
            except UnsoundMemberError as error:
                raise BrokenRecordError(f"not a sound member ({str(error)[:80]})") from None
            if out:
                return out
        return b""
