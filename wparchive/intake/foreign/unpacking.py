"""Unpacks one member of a foreign file step by step, in bounded memory: gzip by zlib, zstd by the extra `import`."""

import zlib
from collections.abc import Callable
from typing import Protocol

from wparchive.store.warc.gzip_members import inflating

__all__ = ["OUT", "Unpack", "UnsoundMemberError", "ungzip", "unzstd"]

OUT = 1 << 20
"""Bytes that come out in one step."""
_STEP = 1 << 12  # bytes of zstd at once: what comes out of them has no limit but the format's
_WINDOW = 128 << 20  # bytes; what RFC 8878 recommends to support at most


class UnsoundMemberError(Exception):
    """The bytes aren't those of a member."""


class Unpack(Protocol):
    """One member being unpacked; `eof` is set at its end."""

    @property
    def eof(self) -> bool: ...

    def step(self, data: bytes, most: int = OUT) -> tuple[bytes, bytes]:
        """Return what comes out of some of `data`, about `most` bytes, and the rest of it. Raises UnsoundMemberError."""
        ...


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


class _Frame:
    def __init__(self, engine: "object") -> None:
        self._engine = engine

    @property
    def eof(self) -> bool:
        return bool(getattr(self._engine, "eof", False))

    def step(self, data: bytes, most: int = OUT) -> tuple[bytes, bytes]:  # noqa: ARG002 - it knows no limit
        from zstandard import ZstdError

        decompress: Callable[[bytes], bytes] = getattr(self._engine, "decompress")  # noqa: B009 - untyped
        try:
            out = decompress(data[:_STEP])
        except ZstdError as error:
            raise UnsoundMemberError(str(error)) from None
        unused: bytes = getattr(self._engine, "unused_data", b"") if self.eof else b""
        return out, unused + data[_STEP:]


def unzstd(dictionary: bytes | None) -> Callable[[], Unpack]:
    """Return what begins a zstd frame, made with `dictionary` or without one."""
    import zstandard

    held = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
    # Checksums of frames are verified where they have one.
    engine = zstandard.ZstdDecompressor(dict_data=held, max_window_size=_WINDOW)
    return lambda: _Frame(engine.decompressobj())
