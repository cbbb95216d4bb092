"""The strict look at one record of a foreign file: its header parsed by us, its length to the byte, its end where it must be.

Nothing is taken that this look doesn't confirm. It also reads files for which there is no faster reader, and what comes
after damage.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from wparchive.http1.message import head_length
from wparchive.intake.foreign.formats import Coding
from wparchive.intake.foreign.record_reading import END, BrokenRecordError, RecordReading
from wparchive.intake.foreign.searching import AT_ONCE, LONG_PROBE, PROBE, Headers, packed_in, search
from wparchive.intake.foreign.unpacking import Unpack, UnsoundMemberError, ungzip
from wparchive.intake.foreign.zstd_frames import ZSTD_MAGIC, begins_frame, skippable, unzstd
from wparchive.store.warc.blobs import read_at
from wparchive.store.warc.fields import Fields, parse_header
from wparchive.store.warc.gzip_members import MAGIC, begins_record

__all__ = ["BrokenRecordError", "Packing", "Strict", "lacks", "packing_of", "stated_size"]

_LITTLE = 1 << 11  # bytes, enough for nearly all headers
_LEAST = 1 << 9  # packed bytes, enough for most, and unpacked in half the time
_FEW, _MANY = 1 << 4, 1 << 16
_LINE_ENDS = b"\r\n"
_MOST_DIGITS = 18
# Bytes that may be unpacked in vain, and as many more for each byte of the file. To take a header apart is as much work as to
# unpack so many times its bytes.
_FREE, _EACH, _PARSED = 1 << 28, 64, 32
_DENSE = 1 << 30  # bytes that may come out of few, before it is known that what is read is in vain
_ADDRESSED = frozenset(("response", "revisit", "request"))


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
    """How the records of one file are packed: each in a member of its own, or not at all (`unpack` is None).

    What isn't a record after all is searched for others that begin in it, as long as not too much was read in vain. `vain`
    counts that, in bytes as they are unpacked.
    """

    def __init__(self, file: BinaryIO, end: int, unpack: Callable[[], Unpack] | None, magic: bytes) -> None:
        self.file, self.end = file, end
        self._unpack, self._magic, self._headers = unpack, magic, Headers()
        self.vain, self._most = 0, _FREE + _EACH * end
        self._behind = 0  # where what was read in vain last ends

    def reopened(self, file: BinaryIO) -> "Packing":
        """Return the same for the same file, opened once more."""
        return Packing(file, self.end, self._unpack, self._magic)

    def record(self, offset: int, most: int, wanted: Callable[[Fields], bool] = lambda _: True) -> Strict:
        """Return the record at `offset`, with its block if it is `wanted` and has at most `most` bytes.

        Raises BrokenRecordError.
        """
        dense = 0 if self._is_over else _DENSE + self._most
        reading = RecordReading(self.file, offset, self.end, self._unpack, dense=dense)
        try:
            return self._record(reading, most, wanted)
        except BrokenRecordError:
            self.vain += reading.made + _PARSED * reading.head
            self._behind = offset + reading.used
            raise

    def _record(self, reading: RecordReading, most: int, wanted: Callable[[Fields], bool]) -> Strict:
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
            return skippable(self.file, offset, self.end)
        if self._unpack is None:
            few = self._line_ends(offset, _FEW)
            return self._line_ends(offset, _MANY) if few == _FEW else few
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

    def _line_ends(self, offset: int, most: int) -> int:
        data = read_at(self.file, max(0, min(most, self.end - offset)), offset)
        return len(data) - len(data.lstrip(_LINE_ENDS))

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
        return RecordReading(self.file, offset, self.end, self._unpack, little=True).header()

    def is_unsound(self, offset: int) -> bool:
        """Return whether a member begins at `offset` that is damaged or cut, as far as its first megabyte shows."""
        if self._unpack is None or read_at(self.file, len(self._magic), offset) != self._magic:
            return False
        engine, given, made = self._unpack(), b"", 0
        while not engine.eof and made < AT_ONCE:
            if not given:
                given = read_at(self.file, max(0, min(_MANY, self.end - offset)), offset)
                offset += len(given)
            if not given:
                return True
            try:
                out, given = engine.step(given)
            except UnsoundMemberError:
                return True
            made += len(out)
        return False

    def next_record(self, start: int) -> int | None:
        """Return the first offset from `start` on at which a record seems to begin."""
        start = max(start, self._behind) if self._is_over else start
        if self._unpack is None:
            return search(self.file, start, self.end, LONG_PROBE, self._headers.find)
        return search(self.file, start, self.end, PROBE, partial(packed_in, self._magic, self._begins))

    @property
    def _is_over(self) -> bool:
        return self.vain > self._most

    def begins_between(self, start: int, end: int) -> bool:
        """Return whether a member seems to begin from `start` on, before `end`, whatever is in it."""
        find = partial(packed_in, self._magic, self._unpacks)
        return search(self.file, start, end, PROBE, find, first=AT_ONCE) is not None

    def _unpacks(self, data: bytes, _place: int) -> bool:
        if self._magic == ZSTD_MAGIC:
            return begins_frame(data) > 0
        try:
            return self._unpack is not None and bool(self._unpack().step(data, 1)[0])
        except UnsoundMemberError:
            return False

    def _begins(self, data: bytes, place: int) -> bool:
        if self._magic == MAGIC:
            return begins_record(data)
        size = begins_frame(data)
        if not size or self._is_over:
            return size > 0
        data = data[:size] if size <= len(data) else read_at(self.file, min(size, self.end - place), place)
        self.vain += len(data)
        try:
            out, _ = self._unpack().step(data, 1) if self._unpack else (b"", b"")
        except UnsoundMemberError:
            return False
        self.vain += len(out)
        return out.startswith(b"WARC/1.")


def lacks(kind: str, uri: str) -> str:
    """Return what the header of a record of this type and address lacks, without which nobody can say what it is."""
    if not kind:
        return "its header has no WARC-Type"
    return "its header has no WARC-Target-URI" if kind in _ADDRESSED and not uri else ""


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
        return Packing(file, end, *unzstd(dictionary)[:2])
    return Packing(file, end, None, b"WARC/1.")
