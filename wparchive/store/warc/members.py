"""Read WARC files one gzip member at a time, in constant memory. Source: WARC 1.1; RFC 1952."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from wparchive.errors import DamagedError
from wparchive.http1.message import head_length
from wparchive.store.warc.blobs import Source, opened, place_of, read_at, size_of
from wparchive.store.warc.fields import Fields, parse_header
from wparchive.store.warc.gzip_members import MAGIC, UnsoundError, inflating, layout, spans

__all__ = ["BrokenMemberError", "Member", "members"]

# Small, because the unused rest is copied after each member.
_READ = 1 << 16
_STEP = 1 << 20
_HEADER_LIMIT = 1 << 20
_END = b"\r\n\r\n"
_TRAILER = bytes(8)
_VERSION = b"WARC/1."
_MOST_DIGITS = 18  # of a plausible Content-Length


class BrokenMemberError(DamagedError):
    """The bytes at `offset` of `path` aren't a whole WARC record; `torn` is set when the file ends inside it."""

    def __init__(self, path: Path, offset: int, reason: str, *, torn: bool = False, record_id: str = "") -> None:
        super().__init__(f"{path}: record at offset {offset}: {reason}")
        self.path, self.offset, self.reason, self.torn, self.record_id = path, offset, reason, torn, record_id


class Member:
    """One gzip member and its record; `content()` can be read once, before the walk continues.

    Raises BrokenMemberError when its bytes are inconsistent.
    """

    __slots__ = (
        *("_buffer", "_file", "_hash", "_inflate", "_left", "_path", "_pending", "_skipped", "_used"),
        *("ends", "header", "headers", "offset"),
    )

    def __init__(self, file: BinaryIO, path: Path, offset: int, pending: bytes) -> None:
        self._file, self._path, self._pending = file, path, pending
        self._inflate = inflating()
        self._hash = hashlib.sha256()
        self._used = 0
        self._left = 0
        self._skipped = 0
        self._buffer = b""
        self.ends: tuple[tuple[int, int], ...] = ()  # position and size of the last stored blocks of a skipped member
        self.offset = offset
        self.header = b""  # as it is written, through its blank line
        self.headers = Fields(())
        self._begin()

    def _begin(self) -> None:
        if not self._pending.startswith(MAGIC[: len(self._pending)]):
            plain = self._pending.startswith(_VERSION)
            raise self.broken("a record that isn't compressed by itself" if plain else "no gzip member begins there")
        while (end := head_length(self._buffer)) < 0:
            piece = self._more()
            if not piece or len(self._buffer) > _HEADER_LIMIT:
                raise self.broken("no WARC header in it")
            self._buffer += piece
            if not self._buffer.startswith(_VERSION[: len(self._buffer)]):
                raise self.broken("not a WARC record")
        self.header = self._buffer[:end]
        self.headers = parse_header(self.header)
        self._buffer = self._buffer[end:]
        size = self.headers.get("Content-Length")
        if not size.isdecimal() or len(size) > _MOST_DIGITS:
            raise self.broken("its length isn't a number")
        if not self.record_id:
            raise self.broken("it has no record id")
        self._left = int(size)

    @property
    def record_id(self) -> str:
        """The record's id without angle brackets."""
        return next(iter(self.headers.ids("WARC-Record-ID")), "")

    @property
    def type(self) -> str:
        """The record's type, in lower case."""
        return self.headers.get("WARC-Type").lower()

    def content(self) -> Iterator[bytes]:
        """Yield the record's block."""
        while self._left:
            if not self._buffer:
                self._buffer = self._more()
                if not self._buffer:
                    raise self.broken("its block is shorter than stated")
            piece, self._buffer = self._buffer[: self._left], self._buffer[self._left :]
            self._left -= len(piece)
            yield piece

    def skip(self, count: int) -> bytes | None:
        """Skip to the end of a stored member without reading it; returns the first `count` bytes of its block.

        The bytes aren't verified then, and `sha256` is empty. Returns None, and does nothing, for any other member, and
        when the HTTP head doesn't end within `count` bytes.
        """
        places = self._places()
        start = self._start(places, count) if places else b""
        if head_length(start) < 0:
            return None
        self._skipped = sum(places[-1]) + len(_TRAILER) - self.offset
        self.ends = tuple(places[-4:])
        return start

    def verify(self) -> None:
        """Read a skipped member after all, only to verify its checksum."""
        inflate = inflating()
        self._file.seek(self.offset)
        left = self._skipped
        while left:
            given = self._file.read(min(left, _STEP))
            left -= len(given)
            try:
                inflate.decompress(given)
            except UnsoundError as error:
                raise self.broken(f"not a sound gzip member ({error})") from None
            if not given:
                raise self.broken("the file ends inside it", torn=True)
        if not inflate.eof or inflate.unused_data:
            raise self.broken("it doesn't end after its block")

    def _places(self) -> list[tuple[int, int]]:
        """Return the stored blocks of the member; none when it isn't made of stored blocks only, or isn't complete."""
        sizes = (len(self.header), int(self.headers.get("Content-Length")), len(_END))
        # The usual layout is confirmed with a few reads; any other takes one for each block.
        if places := layout(self._file, self.offset, sizes):
            return places
        try:
            places = list(spans(self._file, self.offset))
        except ValueError:
            return []
        whole = size_of(self._file) >= sum(places[-1]) + len(_TRAILER)
        return places if whole and sum(size for _, size in places) == sum(sizes) else []

    def _start(self, places: list[tuple[int, int]], count: int) -> bytes:
        """Return the first `count` bytes of the record's block, read from its stored blocks."""
        parts, before, left = [], len(self.header), count
        for at, size in places:
            part = read_at(self._file, min(max(size - before, 0), left), at + before)
            parts.append(part)
            before, left = max(before - size, 0), left - len(part)
            if not left:
                break
        return b"".join(parts)

    def finish(self) -> bytes:
        """Read to the member's end and check it; returns the bytes that were read beyond it."""
        if self._skipped:
            self._file.seek(self.offset + self._skipped)
            return b""
        for _ in self.content():
            pass
        while piece := self._more():
            self._buffer += piece
            # More than CRLF CRLF is wrong already.
            if len(self._buffer) > 4:
                break
        if self._buffer != _END:
            many = self._buffer.startswith(_END + b"W")
            raise self.broken("more than one record in one gzip member" if many else "it doesn't end after its block")
        return self._pending

    @property
    def length(self) -> int:
        """The size of the compressed member, in bytes."""
        if self._skipped:
            return self._skipped
        if not self._inflate.eof:
            self.finish()
        return self._used

    @property
    def sha256(self) -> str:
        """Lower-case hex SHA-256 of the compressed member; empty when it was skipped."""
        if self._skipped:
            return ""
        if not self._inflate.eof:
            self.finish()
        return self._hash.hexdigest()

    def broken(self, reason: str, *, torn: bool = False) -> BrokenMemberError:
        """Return the error that names this record."""
        return BrokenMemberError(self._path, self.offset, reason, torn=torn, record_id=self.record_id)

    def _more(self) -> bytes:
        """Return the next piece of the record, empty at its end."""
        while not self._inflate.eof:
            if not self._pending:
                self._pending = self._file.read(_READ)
                if not self._pending:
                    raise self.broken("the file ends inside it", torn=True)
            given = self._pending
            try:
                out = self._inflate.decompress(given, _STEP)
            except UnsoundError as error:
                raise self.broken(f"not a sound gzip member ({error})") from None
            self._pending = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
            used = len(given) - len(self._pending)
            # The rest of the piece belongs to the next member.
            self._hash.update(memoryview(given)[:used])
            self._used += used
            if out:
                return out
        return b""


def members(source: Source, offset: int = 0) -> Iterator[Member]:
    """Yield the members of a WARC from `offset` on; each is finished before the next is yielded.

    Raises BrokenMemberError (`torn` is set when the file ends too early), OSError.
    """
    with opened(source) as file:
        file.seek(offset)
        pending = file.read(_READ)
        while pending:
            member = Member(file, place_of(source), offset, pending)
            yield member
            offset += member.length
            pending = member.finish() or file.read(_READ)
