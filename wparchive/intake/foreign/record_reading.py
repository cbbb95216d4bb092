"""One record of a foreign file being read: its header, its block, what ends it, and what is wrong with these."""

import re
from collections.abc import Callable
from typing import BinaryIO

from wparchive.http1.message import head_length
from wparchive.intake.foreign.unpacking import OUT, Unpack, UnsoundMemberError
from wparchive.store.warc.blobs import read_at

__all__ = ["END", "BrokenRecordError", "RecordReading"]

END = b"\r\n\r\n"
"""What a record ends with."""

_PIECE = 1 << 16
_LITTLE = 1 << 11  # bytes, enough for nearly all headers
_ENOUGH = 16  # bytes of a header that show its version
_HEADER = 1 << 20
_LF_END = b"\n\n"
# What is left of it where the length that is stated counts its first byte, as that of some wget does (iipc/jwarc#29).
_SHORT_END = b"\n\r\n"
_NEXT = b"WARC/1."
_BLANK = b"\r\n\0"  # zero bytes: StormCrawler's until 2018, so all of Common Crawl's news until then (stormcrawler#652)
_MOST_BLANK = 64  # bytes of blank lines behind a record, which some tools write
_DENSEST = 200  # bytes that come out of one, at most, of nearly all that isn't made to keep a reader busy
_DENSE = "more comes out of so few bytes than is read of what isn't sound"
_VERSION = re.compile(rb"WARC/(\d{1,3}\.\d{1,3})\r?\n")


class BrokenRecordError(Exception):
    """There is no whole record at an offset; `torn` is set when the file ends inside one."""

    def __init__(self, reason: str, *, torn: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.torn = reason, torn


class RecordReading:
    """One record being read; `dense` bytes of it may come out of few. `made` are those so far, `head` those of its header."""

    def __init__(
        self,
        file: BinaryIO,
        offset: int,
        end: int,
        unpack: Callable[[], Unpack] | None,
        *,
        little: bool = False,
        dense: int = 1 << 30,
    ) -> None:
        self._piece, self._out = (_LITTLE, _LITTLE) if little or not unpack else (_PIECE, _PIECE)
        self.made, self.head, self._dense = 0, 0, dense
        self._file, self._at, self._end = file, offset, end
        self._begin = offset
        self._engine = unpack() if unpack else None
        self._buffer = b""
        self._given = b""
        self._bare = self.exact = False

    @property
    def used(self) -> int:
        """The number of bytes of the file that it took."""
        return self._at - self._begin - len(self._given) - (len(self._buffer) if self._engine is None else 0)

    def header(self) -> bytes:
        seen = 0
        while (size := head_length(self._buffer, max(0, seen - len(END)))) < 0:
            seen = len(self._buffer)
            if len(self._buffer) > _HEADER or (
                len(self._buffer) >= _ENOUGH and not self._buffer.startswith(b"WARC/1.")
            ):
                raise BrokenRecordError(_no_header(self._buffer))
            self._buffer += self._more() or self._ended()
        header, self._buffer, self.head = self._buffer[:size], self._buffer[size:], size
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
            left = self._end - self._at
            piece = read_at(self._file, min(self._piece, left), self._at) if left > 0 else b""
            self._piece = min(2 * self._piece, _PIECE)
            self._at += len(piece)
            self.made += len(piece)
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
            self.made += len(out)
            self._out = min(2 * self._out, OUT)
            if self.made > self._dense and self.made > _DENSEST * self.used:
                raise BrokenRecordError(_DENSE)
            if out:
                return out
        return b""


def _no_header(data: bytes) -> str:
    if data.startswith(b"WARC/1."):
        return "its header has no end within a megabyte"
    version = _VERSION.match(data)
    return f"WARC/{version[1].decode()}; only 1.0 and 1.1 are read" if version else "no WARC header there"
