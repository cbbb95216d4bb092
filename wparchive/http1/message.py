"""Parse HTTP/1.1 heads as they were sent, and undo chunked framing and content codings.

Nothing here raises for what a server sent: each fault becomes a flag. Sources: RFC 9112 (chunked coding, section 7.1),
RFC 9110 (content codings, section 8.4).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import chain, takewhile

from wparchive.http1.content_codings import without_coding

__all__ = [
    "Body",
    "Dechunker",
    "Head",
    "dechunk",
    "decode",
    "decoded",
    "head_length",
    "is_chunked",
    "is_success",
    "is_whole",
    "parse_head",
    "payload",
    "payload_as_held",
    "unfolded",
    "whole_number",
]

# Bounds on what a hostile server can make the dechunker hold.
_LONGEST_LINE = 1 << 12
_LONGEST_TRAILERS = 1 << 16
# With more chunks than this, smaller than this on average, the framing costs more than the payload.
_MANY_CHUNKS, _LEAST_CHUNK = 100_000, 64
_MOST_CODINGS = 5
_SIZE_STARTS = b"0123456789abcdefABCDEF \t\r"
_BLANK_LINE = re.compile(rb"\n\r?\n")


@dataclass(frozen=True, slots=True)
class Head:
    """A response head: status line and headers in their order and case. Bytes outside ASCII are decoded as Latin-1."""

    status: int
    reason: str
    version: str
    headers: tuple[tuple[str, str], ...]
    _values: dict[str, list[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        values: dict[str, list[str]] = {}
        for key, value in self.headers:
            values.setdefault(key.lower(), []).append(value)
        object.__setattr__(self, "_values", values)  # of each answer a dozen are asked for

    def get(self, name: str, default: str = "") -> str:
        """Return the first value of header `name`, case-insensitively."""
        return self._values.get(name.lower(), (default,))[0]

    def all(self, name: str) -> list[str]:
        """Return every value of header `name`, in order."""
        return [*self._values.get(name.lower(), ())]

    @property
    def mime(self) -> str:
        """The media type without parameters, in lower case; empty when there is none."""
        return self.get("content-type").split(";")[0].strip().lower()

    @property
    def chunked(self) -> bool:
        """Whether the body uses chunked transfer coding."""
        return any("chunked" in value.lower() for value in self.all("transfer-encoding"))

    @property
    def codings(self) -> list[str]:
        """The content codings, in the order in which they were applied."""
        names = ",".join(self.all("content-encoding")).lower().split(",")
        return [name.strip() for name in names if name.strip() not in ("", "identity")]


@dataclass(frozen=True, slots=True)
class Body:
    """A decoded body, with flags for its faults.

    Flags: `cut` (ended early), `bomb` (beyond the limit); left encoded: `not-CODING`, `unknown-CODING`, `too-many-codings`.
    """

    data: bytes
    flags: tuple[str, ...] = field(default=())


def is_success(status: int | None) -> bool:
    """Whether `status` is 2xx: the server delivers what was requested. Pages, items and files share this one rule."""
    return status is not None and 200 <= status < 300


def is_whole(status: int | None) -> bool:
    """Whether `status` announces the whole representation, rather than a part (206) or an error."""
    return is_success(status) and status != 206


def whole_number(text: str) -> int | None:
    """Return the number that a header states: ASCII digits, at most what 64 bits hold; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def head_length(block: bytes | bytearray, start: int = 0) -> int:
    """Return the length of the head at the start of `block`, its blank line included; -1 when the head is incomplete.

    The search for the blank line begins at `start`.
    """
    blank = _BLANK_LINE.search(block, start)
    return blank.end() if blank else -1


def parse_head(data: bytes) -> Head:
    """Parse a response head (status line, headers, blank line); lines that aren't well-formed are left out."""
    line, _, rest = data.decode("latin-1").replace("\r\n", "\n").partition("\n")
    version, _, answer = line.partition(" ")
    code, _, reason = answer.strip().partition(" ")
    headers = unfolded("\n".join(takewhile(str.strip, rest.split("\n"))))
    return Head(int(code) if len(code) == 3 and code.isdecimal() else 0, reason, version, tuple(headers))


def unfolded(text: str) -> list[tuple[str, str]]:
    """Return the named fields in the lines of `text`. One that begins with white space continues the field before (obs-fold)."""
    lines = text.split("\n")
    if "\n " not in text and "\n\t" not in text:  # as nearly always
        return [
            (name.strip(), value.strip()) for name, colon, value in (line.partition(":") for line in lines) if colon
        ]
    fields: list[tuple[str, str]] = []
    folds: dict[int, list[str]] = {}  # what continues a field, by its number: few have any
    for line in lines:
        if line[:1] in (" ", "\t") and fields:
            folds.setdefault(len(fields) - 1, []).append(line.strip())
            continue
        name, colon, value = line.partition(":")
        if colon:
            fields.append((name.strip(), value.strip()))
    for number, more in folds.items():
        name, value = fields[number]
        fields[number] = (name, " ".join((value, *more)))
    return fields


class Dechunker:
    """Decodes chunked framing incrementally, in linear time however the input and its chunks are cut.

    `done` is set after the last chunk and its trailers; bytes after those are in `spare`. `broken` is set when the
    framing is invalid.
    """

    __slots__ = ("_chunks", "_held", "_left", "_payload", "_trailers", "broken", "done", "spare")

    def __init__(self) -> None:
        self._chunks = self._payload = 0  # totals, from which the mean size of a chunk follows
        self._held = b""
        self._left = 0  # bytes of the current chunk still to come, its CRLF included
        self._trailers = -1  # their size so far; -1 before the last chunk
        self.broken = False
        self.done = False
        self.spare = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the pieces of payload in `data`; none after `done` or `broken`."""
        pieces: list[bytes] = []
        data = self._held + data if self._held else data
        at, end = 0, len(data)
        while at < end and not (self.done or self.broken):
            # The last two bytes of a chunk are its CRLF, which isn't payload.
            if self._left > 2:
                stop = min(at + self._left - 2, end)
                pieces.append(data[at:stop])
                self._left -= stop - at
                at = stop
            elif self._left:
                skip = min(self._left, end - at)
                self._left, at = self._left - skip, at + skip
            else:
                newline = data.find(b"\n", at)
                if newline < 0:
                    self.broken = end - at > _LONGEST_LINE or (self._trailers < 0 and data[at] not in _SIZE_STARTS)
                    break
                self._line(data[at:newline])
                at = newline + 1
        self._held = data[at:]
        if self.done:
            self.spare, self._held = self._held, b""
        return pieces

    def _line(self, line: bytes) -> None:
        if self._trailers >= 0:
            self._trailers += len(line) + 1
            self.done = not line.strip()
            self.broken = self._trailers > _LONGEST_TRAILERS
            return
        try:
            size = int(line.split(b";")[0].strip(), 16)
        except ValueError:
            size = -1
        self._chunks += 1
        self._payload += max(size, 0)
        self.broken = size < 0 or (self._chunks > _MANY_CHUNKS and self._payload < self._chunks * _LEAST_CHUNK)
        if size:
            self._left = size + 2
        else:
            self._trailers = 0


def dechunk(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the payload of a chunked body; stops where the framing ends or breaks."""
    dechunker = Dechunker()
    for data in chunks:
        yield from dechunker.feed(data)
        if dechunker.done or dechunker.broken:
            return


def payload(body: Iterable[bytes], head: Head) -> Iterator[bytes]:
    """Return the body without its transfer coding but still in its content coding: what a payload digest covers."""
    return dechunk(body) if head.chunked else iter(body)


def payload_as_held(body: Iterable[bytes], head: Head) -> Iterator[bytes]:
    """Return the body as `payload` does, but as it is where it isn't chunked although its head says so.

    Many tools undo the chunks of what they store, and keep the head as it came.
    """
    pieces = iter(body)
    if not head.chunked:
        return pieces
    start = b""
    for piece in pieces:
        start += piece
        if b"\n" in start or len(start) > _LONGEST_LINE or start[:1] not in _SIZE_STARTS:
            break
    whole = chain((start,), pieces)
    return dechunk(whole) if is_chunked(start) else whole


def is_chunked(start: bytes) -> bool:
    """Return whether a body that begins so may be chunked: its first line is a size. An empty one may be."""
    line = start[: _LONGEST_LINE + 1].partition(b"\n")[0]
    try:
        return not start or (start[:1] in _SIZE_STARTS and int(line.split(b";")[0].strip(), 16) >= 0)
    except ValueError:
        return False


def decode(chunks: Iterable[bytes], head: Head, limit: int) -> Body:
    """Undo the content codings of a de-chunked payload, keeping at most `limit` bytes."""
    flags: list[str] = []
    data = BytesIO()  # getvalue() shares this buffer, while a list of pieces and their join would take the memory twice
    left = limit
    for piece in decoded(chunks, head, flags):
        if len(piece) > left:
            data.write(piece[:left])
            flags.append("bomb")
            break
        data.write(piece)
        left -= len(piece)
    return Body(data.getvalue(), tuple(dict.fromkeys(flags)))


def decoded(chunks: Iterable[bytes], head: Head, flags: list[str]) -> Iterator[bytes]:
    """Yield a de-chunked payload without its content codings, in constant memory.

    Faults are appended to `flags` during iteration. The result doesn't depend on how the payload is cut into `chunks`.
    """
    stream = iter(chunks)
    codings = head.codings
    if len(codings) > _MOST_CODINGS:
        flags.append("too-many-codings")
        return stream
    for coding in reversed(codings):
        undone = without_coding(stream, coding, flags)
        if undone is None:
            flags.append(f"unknown-{coding[:20]}")
            break
        stream = undone
    return stream
