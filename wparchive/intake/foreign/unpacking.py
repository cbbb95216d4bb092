"""Unpacks one member of a foreign file step by step, in bounded memory: gzip by zlib, zstd by the extra `import`."""

import zlib
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from typing import BinaryIO, NamedTuple, Protocol

from wparchive.store.warc.blobs import read_at
from wparchive.store.warc.gzip_members import MAGIC, inflating

__all__ = [
    "GZIP",
    "OUT",
    "WINDOW",
    "ZSTD_MAGIC",
    "Members",
    "Unpack",
    "UnsoundMemberError",
    "content_size_at",
    "has_zstd",
    "skippable",
    "ungzip",
    "unzstd",
    "window_at",
]

OUT = 1 << 20
"""Bytes that come out in one step."""
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
WINDOW = 128 << 20
"""Bytes of memory that a frame of zstd may ask for; what RFC 8878 recommends to support at most."""
_STEP = 1 << 10  # bytes of zstd at once: 32 MiB may come out of them, and not less by any limit of ours
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_UNKNOWN = (1 << 64) - 2  # and above: no size
_HEAD = 18  # bytes of a frame's header at most


class UnsoundMemberError(Exception):
    """The bytes aren't those of a member; `before` is what came out of the last of them before the fault."""

    def __init__(self, reason: str, before: bytes = b"") -> None:
        super().__init__(reason)
        self.before = before


class Unpack(Protocol):
    """One member being unpacked; `eof` is set at its end."""

    @property
    def eof(self) -> bool: ...

    def step(self, data: bytes, most: int = OUT) -> tuple[bytes, bytes]:
        """Return what comes out of some of `data`, about `most` bytes, and the rest of it. Raises UnsoundMemberError."""
        ...


class Members(NamedTuple):
    """What the members of a file are: what unpacks one, and the bytes that it begins with."""

    begin: Callable[[], Unpack]
    magic: bytes


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
            raise UnsoundMemberError(str(error), _until_fault(before, data)) from None


def _until_fault(engine: "zlib._Decompress", data: bytes) -> bytes:
    out = bytearray()
    with suppress(zlib.error):
        for at in range(len(data)):
            out += engine.decompress(data[at : at + 1])
    return bytes(out)


GZIP = Members(_Rescuing, MAGIC)


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
            raise UnsoundMemberError(_reason(str(error))) from None
        unused: bytes = getattr(self._engine, "unused_data", b"") if self.eof else b""
        return out, unused + data[_STEP:]


def _reason(said: str) -> str:
    if "too much memory" in said:
        return f"it needs more than {WINDOW >> 20} MB of memory to be unpacked"
    return said.removeprefix("zstd decompressor error: ")


def has_zstd() -> bool:
    """Return whether zstd can be unpacked: whether the extra `import` is installed."""
    return find_spec("zstandard") is not None


def unzstd(dictionary: bytes | None) -> Members:
    """Return what the zstd frames of a file are, made with `dictionary` or without one."""
    import zstandard

    held = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
    # Checksums of frames are verified where they have one.
    engine = zstandard.ZstdDecompressor(dict_data=held, max_window_size=WINDOW)
    return Members(lambda: _Frame(engine.decompressobj()), ZSTD_MAGIC)


def skippable(file: BinaryIO, at: int) -> int:
    """Return the length of the zstd frame at `at` if it is one that holds nothing, else 0. Source: RFC 8878, 3.1.2."""
    head = read_at(file, 8, at)
    if len(head) < 8 or int.from_bytes(head[:4], "little") not in _SKIPPABLE:
        return 0
    return 8 + int.from_bytes(head[4:], "little")


def window_at(file: BinaryIO, at: int) -> int:
    """Return how many bytes of memory the zstd frame at `at` asks for; 0 if there is none."""
    import zstandard

    try:
        return int(zstandard.get_frame_parameters(read_at(file, _HEAD, at)).window_size)
    except zstandard.ZstdError:
        return 0


def content_size_at(file: BinaryIO, at: int) -> int | None:
    """Return how many bytes the zstd frame at `at` says that it holds; None if it doesn't say."""
    import zstandard

    try:
        size = int(zstandard.get_frame_parameters(read_at(file, _HEAD, at)).content_size)
    except zstandard.ZstdError:
        return None
    return size if 0 < size < _UNKNOWN else None
