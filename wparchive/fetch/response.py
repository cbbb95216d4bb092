"""Read one response from a socket: every byte is kept as it came, and parsed from there.

Message framing follows RFC 9112, 6.3. Whether a response is complete is judged from its bytes.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from threading import local
from typing import Final

from wparchive.errors import StorageError
from wparchive.fetch.sockets import Cut, SocketReader
from wparchive.http1.message import Dechunker, Head, head_length, parse_head, whole_number
from wparchive.transit.spool import Spool

__all__ = ["Incoming", "WireLimits"]

_PIECE = 1 << 20
_UNKNOWN_PIECE = 1 << 18  # bytes per read without a Content-Length: at most this much is read beyond a limit
_HEAD_PIECE = 1 << 16
_BODILESS: Final = frozenset({204, 304})
_NO_ROOM = "can't write the temporary file of a download ({error}); free some space, then run again"
_buffers = local()


@dataclass(frozen=True, slots=True, kw_only=True)
class WireLimits:
    """Limits on one response, in bytes: its heads (interim ones included), and its decoded body in memory."""

    head: int = 1 << 18
    decoded: int = 1 << 24


def _buffer() -> memoryview:
    """Return this thread's read buffer: allocating one per response would cost as much as reading it."""
    view: memoryview | None = getattr(_buffers, "view", None)
    if view is None:
        view = _buffers.view = memoryview(bytearray(_PIECE))
    return view


class Incoming:
    """The response of one exchange, filled while it is read; consistent at any moment if reading is cut short."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._hash = hashlib.sha256()
        self.payload_size = 0  # bytes of the de-chunked body so far
        self._ahead = b""  # bytes of the body that were read with the head
        self.block: Spool | None = None
        self.head: Head | None = None
        self.head_size = 0
        self.interim = b""
        self.flags: list[str] = []
        self.whole = False
        self._delimited = True

    @property
    def payload_sha256(self) -> str:
        """Lower-case hex digest of the de-chunked body so far; empty without a head."""
        return self._hash.hexdigest() if self.head else ""

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection can carry another exchange."""
        if self.head is None or not self.whole or not self._delimited or "surplus" in self.flags:
            return False
        words = {word.strip().lower() for value in self.head.all("connection") for word in value.split(",")}
        return "keep-alive" in words if self.head.version == "HTTP/1.0" else "close" not in words

    def read_head(self, reader: SocketReader, limit: int) -> Head:
        """Read up to the end of the final head, keeping interim heads in `interim`; raises Cut."""
        buffer, view = bytearray(), _buffer()[:_HEAD_PIECE]
        taken = 0
        try:
            while True:
                end = self._await_blank_line(reader, buffer, view, taken, limit)
                raw = bytes(buffer[:end])
                head = parse_head(raw)
                del buffer[:end]
                taken += end
                # We never ask for an upgrade: after a 101 the stream would no longer be HTTP.
                if head.status == 101 or not 100 <= head.status < 600:
                    # Put back, so that they are stored with the rest below.
                    buffer[:0] = raw
                    raise _not_http(raw)
                if head.status >= 200:
                    break
                self.interim += raw
        except Cut:
            if buffer:
                self._raw(bytes(buffer))
            raise
        self.head, self.head_size, self._ahead = head, end, bytes(buffer)
        self._raw(raw)
        return head

    def _await_blank_line(
        self, reader: SocketReader, buffer: bytearray, view: memoryview, taken: int, limit: int
    ) -> int:
        seen = 0
        while True:
            if not b"HTTP/".startswith(buffer[:5]) and not buffer.startswith(b"HTTP/"):
                raise _not_http(bytes(buffer[:200]))
            # The blank line may have begun in the last three bytes of the piece before.
            end = head_length(buffer, max(seen - 3, 0))
            if taken + (end if end >= 0 else len(buffer)) > limit:
                raise Cut(f"more than {limit} bytes of headers", "length")
            if end >= 0:
                return end
            seen = len(buffer)
            count = reader.read_into(view)
            if not count:
                raise Cut("closed inside the head" if buffer or self.interim else "closed without an answer")
            buffer += view[:count]

    def read_body(self, reader: SocketReader, method: str, most: int, *, cut_short: bool = True) -> None:
        """Read the body, up to `most` bytes without transfer coding; raises Cut and StorageError.

        Of a body whose Content-Length exceeds `most`, the beginning is read too, unless `cut_short` is False.
        """
        head = self.head
        assert head is not None
        bodiless = method == "HEAD" or head.status in _BODILESS
        length = 0 if bodiless else _length(head)
        if head.chunked and not bodiless:
            self._chunked(reader, most)
        elif length is not None and length > most and not cut_short:
            raise Cut(f"{length} bytes, of which {most} are allowed", "length")
        elif length is None:
            self.flags += ["odd-length"] if head.get("content-length") else []
            self._until_close(reader, most)
        else:
            self._fixed(reader, length, most)
        self.whole = True

    def _fixed(self, reader: SocketReader, length: int, most: int) -> None:
        wanted = min(length, most)
        first, surplus = self._ahead[:wanted], self._ahead[wanted:]
        self._payload(first)
        left, buffer = wanted - len(first), _buffer()
        while left:
            view = buffer[: min(left, _PIECE)]
            count = reader.read_into(view)
            if not count:
                raise Cut(f"closed after {self.payload_size} of {length} bytes")
            self._payload(view[:count])
            left -= count
        if wanted < length:
            raise Cut(f"{length} bytes, of which {most} are allowed", "length")
        if surplus:
            self.flags.append("surplus")

    def _until_close(self, reader: SocketReader, most: int) -> None:
        self._delimited = False
        self._payload(self._ahead[:most])
        over, view = len(self._ahead) > most, _buffer()[:_UNKNOWN_PIECE]
        while not over:
            count = reader.read_into(view)
            if not count:
                return
            over = count > most - self.payload_size
            self._payload(view[: min(count, most - self.payload_size)])
        raise Cut(f"more than the {most} bytes that are allowed", "length")

    def _chunked(self, reader: SocketReader, most: int) -> None:
        dechunker, view, data, raw = Dechunker(), _buffer()[:_UNKNOWN_PIECE], self._ahead, 0
        while True:
            for piece in dechunker.feed(data):
                self._count(piece)
            raw += len(data)
            self._raw(data[: len(data) - len(dechunker.spare)])
            if dechunker.done:
                break
            if dechunker.broken:
                raise Cut("chunked framing that makes no sense", flag="broken-chunks")
            # Chunk heads and extensions count too: a body may consist of little else.
            if self.payload_size > most or raw > 2 * most + _UNKNOWN_PIECE:
                raise Cut(f"more than the {most} bytes that are allowed", "length")
            count = reader.read_into(view)
            if not count:
                raise Cut(f"closed before the last chunk, after {self.payload_size} bytes")
            data = bytes(view[:count])
        if dechunker.spare:
            self.flags.append("surplus")

    def _payload(self, piece: bytes | memoryview) -> None:
        self._count(piece)
        if piece:
            self._raw(piece)

    def _count(self, piece: bytes | memoryview) -> None:
        self._hash.update(piece)
        self.payload_size += len(piece)

    def _raw(self, piece: bytes | memoryview) -> None:
        try:
            if self.block is None:
                self.block = Spool(self._folder)
            self.block.write(piece)
        except OSError as error:
            raise StorageError(_NO_ROOM.format(error=error.strerror)) from error


def _not_http(raw: bytes) -> Cut:
    return Cut(f"no proper status line: {raw.splitlines()[0][:80]!r}", flag="not-http")


def _length(head: Head) -> int | None:
    """Return the one Content-Length of the head; None without one or when several disagree (RFC 9112, 6.3)."""
    stated = {value.strip() for line in head.all("content-length") for value in line.split(",")}
    return whole_number(stated.pop()) if len(stated) == 1 else None
