"""Unpacks one member of a foreign file step by step, in bounded memory: what does so for gzip, and the form of what does."""

import zlib
from collections.abc import Callable
from typing import NamedTuple, Protocol

from wparchive.store.warc.gzip_members import MAGIC, inflating

__all__ = ["GZIP", "OUT", "Members", "Unpack", "UnsoundMemberError", "ungzip"]

OUT = 1 << 20
"""Bytes that come out in one step."""
_NEAR = 1 << 8  # bytes


class UnsoundMemberError(Exception):
    """The bytes aren't those of a member; `before` is what came out of the last `used` of them before the fault."""

    def __init__(self, reason: str, before: bytes = b"", used: int = 0) -> None:
        super().__init__(reason)
        self.before, self.used = before, used


class Unpack(Protocol):
    """One member being unpacked; `eof` is set at its end."""

    @property
    def eof(self) -> bool: ...

    def step(self, data: bytes, most: int = OUT) -> tuple[bytes, bytes]:
        """Return what comes out of some of `data`, about `most` bytes, and the rest of it. Raises UnsoundMemberError."""
        ...


class Members(NamedTuple):
    """What the members of a file are: what unpacks one, the bytes that it begins with, and whether some can be its first."""

    begin: Callable[[], Unpack]
    magic: bytes
    may_begin: Callable[[bytes], bool]


class ungzip:  # noqa: N801 - used as the function that begins a member
    """A gzip member."""

    def __init__(self) -> None:
        self._engine = inflating()

    @property
    def eof(self) -> bool:
        return self._engine.eof

    def step(self, data: bytes, most: int = OUT) -> tuple[bytes, bytes]:
        """Return what comes out of `data`, and the rest of it."""
        try:
            out = self._engine.decompress(data, most)
        except zlib.error as error:
            raise UnsoundMemberError(str(error)) from None
        return out, self._engine.unused_data if self._engine.eof else self._engine.unconsumed_tail


class _Rescuing(ungzip):
    """A gzip member of which all is wanted that comes before damage."""

    def step(self, data: bytes, most: int = OUT) -> tuple[bytes, bytes]:
        before = self._engine.copy()
        try:
            return super().step(data, most)
        except UnsoundMemberError as error:
            raise UnsoundMemberError(str(error), *_until_fault(before, data)) from None


def _until_fault(engine: "zlib._Decompress", data: bytes) -> tuple[bytes, int]:
    """Return what comes out of `data` before the fault in it, and where that is: found by pieces, then byte by byte."""
    out, at, size = bytearray(), 0, _NEAR
    while at < len(data):
        before = engine.copy() if size > 1 else engine
        try:
            out += engine.decompress(data[at : at + size])
        except zlib.error:
            if size == 1:
                break
            engine, size = before, 1
            continue
        at += size
    return bytes(out), at


def _may_begin(data: bytes) -> bool:
    try:
        inflating().decompress(data, 1)
    except zlib.error:
        return False
    return True


GZIP = Members(_Rescuing, MAGIC, _may_begin)
