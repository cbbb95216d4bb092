"""Walks over the records of a foreign file: fast where it can, strictly where it must, and on behind every damage.

FastWARC reads gzip and zstd. It says nothing of a torn end, and it stops at damage; so what it passes to us is confirmed by
a strict look, and where it stops, the strict reader finds out what is damaged and where the next record begins.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

from wparchive.errors import UsageError
from wparchive.intake.foreign.formats import Coding, Stretch
from wparchive.intake.foreign.interest import Interest
from wparchive.intake.foreign.record_reading import END
from wparchive.intake.foreign.strict import BrokenRecordError, Packing, Strict, lacks, packing_of, stated_size
from wparchive.intake.foreign.zstd_frames import content_size_at, dictionary_at
from wparchive.store.warc.blobs import read_at
from wparchive.store.warc.fields import Fields, parse_header

__all__ = ["LARGEST", "Gap", "Scan", "Taken", "has_extra"]

LARGEST = 64 << 20
"""Bytes of a block; longer ones aren't taken."""

_FEW = 16  # bytes
_CAREFUL = 32  # records read strictly after damage, before the fast reader continues
_STOPS = (
    64  # of the fast reader, after which a file is only read strictly: what it passes over without a word it may unpack
)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of a foreign file that isn't a record, in bytes; with `answer` one that is, but can't be taken or read."""

    start: int
    end: int
    reason: str
    answer: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A record of interest: its place and its parts; the block is None where it is too large. `exact` as in `Strict`."""

    offset: int
    length: int
    fields: Fields
    block: bytes | None
    exact: bool = False


def has_extra() -> bool:
    """Return whether the extra `import` is installed, which reads faster, and zstd at all."""
    try:
        import fastwarc.stream_io
        import fastwarc.warc
        import zstandard

        return bool(fastwarc.warc and fastwarc.stream_io and zstandard)
    except ImportError:
        return False


class Scan:
    """One walk over a stretch; `records` counts what it passed, `at` is how far it is."""

    def __init__(self, file: BinaryIO, stretch: Stretch, interest: Interest, *, fast: bool) -> None:
        if stretch.coding is Coding.ZSTD and not fast:
            raise UsageError(f"{stretch.name}: packed with zstd; pip install 'wparchive[import]' reads it")
        self._file, self._stretch, self._interest = file, stretch, interest
        self.dictionary: bytes | None = None
        self.at = stretch.start
        if stretch.coding is Coding.ZSTD:
            self.dictionary, self.at = dictionary_at(file, stretch.start)
        self._first = read_at(file, self.at - stretch.start, stretch.start)
        self._fast = fast and stretch.coding in (Coding.GZIP, Coding.ZSTD)
        self.packing: Packing = packing_of(file, stretch.coding, stretch.end, self.dictionary)
        self.records = 0
        self._stops = 0
        self._passed = -1  # the last offset of what wasn't wanted

    def __iter__(self) -> Iterator[Taken | Gap]:
        """Yield each record of interest, and each gap."""
        while self.at < self._stretch.end:
            if self._fast and self._begins():
                yield from self._quickly()
                self._stops += 1
                self._fast = self._stops < _STOPS
            yield from self._strictly(_CAREFUL if self._fast else None)

    def _begins(self) -> bool:
        """Return whether there is a header here: else the fast reader would look for one, through whatever there is."""
        try:
            return bool(self.packing.start(self.at))
        except BrokenRecordError:
            return False

    def _quickly(self) -> Iterator[Taken | Gap]:
        """Read with FastWARC until it ends or stops; `at` is the last record that it passed, which isn't confirmed."""
        held: tuple[int, bytes] | None = None
        before = -1
        walk = _FastWalk(self._file, self.at, self._stretch.end, self._first)
        for offset, kind, uri, record in walk:
            if offset <= before or (before < 0 and offset != self.at):
                return  # several records in one member, or bytes that it passed over: the strict look says which
            if before >= 0 and self.packing.begins_between(before + 1, offset):
                return  # it passes over members that it can't read, without a word
            if held:
                taken = self._confirmed(held[0], offset, held[1])
                if taken is None:
                    return
                yield taken
            self.records += before >= 0
            self.at = before = offset
            if lacks(kind, uri):
                return
            try:
                held = self._held(offset, kind, uri, record)
            except BrokenRecordError:
                return  # the strict look says what is damaged, and finds the next record

    def _held(self, offset: int, kind: str, uri: str, record: Any) -> tuple[int, bytes] | None:
        """Return FastWARC's current record, if it is wanted, until it is confirmed. Raises BrokenRecordError."""
        if self._interest.wants(kind, uri):
            return offset, _beginning(record, LARGEST + 1)
        if self._interest.may_pass(kind, uri):
            self._pass(kind, offset, uri, partial(_beginning, record))
        return None

    def _confirmed(self, offset: int, end: int, block: bytes) -> Taken | None:
        """Return the record at `offset` if its header, its block and its end agree; else None."""
        try:
            header = self.packing.start(offset)
            fields = parse_header(header)
            size = stated_size(fields)
        except BrokenRecordError:
            return None
        if size > LARGEST:
            return Taken(offset, end - offset, fields, None)
        if size != len(block):
            return None
        if not self._ends(offset, end, len(header) + size + len(END)):
            return None
        return Taken(offset, end - offset, fields, block, exact=b"\r" in header)

    def _ends(self, offset: int, end: int, size: int) -> bool:
        """Return whether the record at `offset`, of `size` bytes unpacked, ends as it should, as its member says."""
        if self._stretch.coding is Coding.GZIP:
            return int.from_bytes(read_at(self._file, 4, end - 4), "little") == size & 0xFFFFFFFF
        stated = content_size_at(self._file, offset)
        try:
            return size == stated if stated is not None else bool(self.packing.record(offset, 0))
        except BrokenRecordError:
            return False

    def _strictly(self, most: int | None) -> Iterator[Taken | Gap]:
        """Read at most so many records one by one, naming what is damaged."""
        while self.at < self._stretch.end and most != 0:
            if padding := self.packing.padding(self.at):
                self.at += padding
                continue
            try:
                found = self.packing.record(self.at, LARGEST, self._is_kept)
            except BrokenRecordError as error:
                if nothing := self.packing.empty(self.at):
                    self.at += nothing
                    continue
                following = self.packing.next_record(self.at + 1)
                end = self._stretch.end if following is None else following
                yield Gap(self.at, end, self._why(error))
                self.at, most = end, None if most is None else _CAREFUL
                continue
            offset, self.at = self.at, self.at + found.length
            self.records += 1
            most = None if most is None else most - 1
            if taken := self._taken(offset, found):
                yield taken

    def _why(self, error: BrokenRecordError) -> str:
        empty = not any(read_at(self._file, _FEW, self.at))
        return "zero bytes: padding, or what never came to be written" if empty else error.reason

    def _is_kept(self, fields: Fields) -> bool:
        kind, uri = fields.get("WARC-Type").lower(), _uri(fields)
        return self._interest.wants(kind, uri) or self._interest.may_pass(kind, uri)

    def _taken(self, offset: int, found: Strict) -> Taken | None:
        kind, uri, block = found.fields.get("WARC-Type").lower(), _uri(found.fields), found.block
        if self._interest.wants(kind, uri):
            return Taken(offset, found.length, found.fields, block, found.exact)
        if self._interest.may_pass(kind, uri):
            self._pass(kind, offset, uri, lambda size: (block or b"")[:size])
        return None

    def _pass(self, kind: str, offset: int, uri: str, read: Callable[[int], bytes]) -> None:
        if offset > self._passed:  # the last one that the fast reader passes is read again
            self._interest.let_pass(kind, uri, offset, read)
            self._passed = offset


def _uri(fields: Fields) -> str:
    return fields.get("WARC-Target-URI")


class _FastWalk:
    """FastWARC's records of a stretch from an offset on: offset, type, URI, and the record, for `_beginning`.

    It ends where FastWARC ends, whatever the reason. `first` is what the file begins with and all records need: its dictionary.
    """

    def __init__(self, file: BinaryIO, at: int, end: int, first: bytes) -> None:
        self._window, self._moved = _Window(file, at, end, first), at - len(first)

    def __iter__(self) -> Iterator[tuple[int, str, str, Any]]:
        from fastwarc.warc import ArchiveIterator

        try:
            for record in ArchiveIterator(self._window, parse_http=False, quirks_mode=True, fsspec_args=False):
                get = record.headers.get
                kind, uri = (get("WARC-Type") or "").lower(), get("WARC-Target-URI") or ""
                yield record.stream_pos + self._moved, kind, uri, record
        except BaseException as error:
            if not _is_of_fastwarc(error):
                raise


def _is_of_fastwarc(error: BaseException) -> bool:
    # The panics of its Rust code derive from nothing that could be caught otherwise.
    return isinstance(error, (OSError, ValueError, OverflowError, MemoryError)) or (
        type(error).__name__ == "PanicException"
    )


def _beginning(record: Any, most: int) -> bytes:
    """Return up to `most` bytes of the block of FastWARC's current record, one more than it states if they are there.

    Raises BrokenRecordError where it meets damage.
    """
    try:
        # It makes room for all that is asked for at once, however little there is.
        block: bytes = record.reader.read(min(most, record.content_length + 1))
    except BaseException as error:
        if not _is_of_fastwarc(error):
            raise
        raise BrokenRecordError(str(error)) from None
    return block


class _Window:
    """A file from an offset up to an end, after some first bytes, as FastWARC reads it; positions begin at 0."""

    def __init__(self, file: BinaryIO, start: int, end: int, first: bytes) -> None:
        self._file, self._start, self._first = file, start - len(first), first
        self._at, self._end = 0, end - self._start

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; empty at the end."""
        left = max(0, self._end - self._at)
        size = left if size < 0 else min(size, left)
        if self._at < len(self._first):
            data = self._first[self._at : self._at + size]
        else:
            data = read_at(self._file, size, self._start + self._at)
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to an offset, as a file does."""
        self._at = offset + (0, self._at, self._end)[whence]
        return self._at

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def close(self) -> None:
        """Do nothing: the file is somebody else's."""
