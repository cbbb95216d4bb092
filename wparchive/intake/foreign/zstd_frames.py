"""The zstd frames of a foreign file, given to their engine block by block, so that no more comes out than was asked for.

Four bytes may be a block of 128 KB, and the engine knows no limit of its own. Sources: RFC 8878 (3.1.1, 3.1.2), and the
IIPC's proposal for WARC with zstd, "Dictionary frame".
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import BinaryIO

from wparchive.errors import UsageError
from wparchive.intake.foreign.unpacking import OUT, Members, UnsoundMemberError
from wparchive.store.warc.blobs import read_at

__all__ = [
    "WINDOW",
    "ZSTD_MAGIC",
    "begins_frame",
    "content_size_at",
    "dictionary_at",
    "has_zstd",
    "skippable",
    "unzstd",
    "window_at",
]

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
WINDOW = 128 << 20
"""Bytes of memory that a frame of zstd may ask for; what RFC 8878 recommends to support at most."""
_BLOCK = 1 << 17  # bytes that a block holds at most
_RLE, _RESERVED = 1, 3  # types of blocks
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_SKIPPABLE_HEAD = 8  # bytes
_LOOK = 21  # bytes: a frame's longest header, and a block's
_UNKNOWN = (1 << 64) - 2  # and above: no size
_HEAD = 18  # bytes of a frame's header at most
_AT_ONCE = 1 << 16
_DICTIONARY = b"\x5d\x2a\x4d\x18"
_LONGEST = 64 << 20  # bytes of a dictionary
_WHATEVER = 1 << 62  # bytes, where the engine shall find out what is wrong with them


def begins_frame(data: bytes) -> int:
    """Return how many bytes it takes to unpack the first block of the frame that `data` begins with; 0 if it can't be one."""
    size = _head_size(data)
    block = data[size : size + 3]
    if not size or len(block) < 3:
        return 0
    kind, length = _block(block)
    return 0 if kind == _RESERVED or length > _BLOCK else size + 3 + (1 if kind == _RLE else length)


def _head_size(data: bytes) -> int:
    """Return the length of a frame's header by its first bytes; 0 if it is none."""
    if len(data) < 5 or not data.startswith(ZSTD_MAGIC) or data[4] & 8:
        return 0
    flags = data[4]
    single = flags >> 5 & 1
    return 5 + (not single) + (0, 1, 2, 4)[flags & 3] + (single, 2, 4, 8)[flags >> 6]


def _block(head: bytes) -> tuple[int, int]:
    """Return the type of a block and the size that its header states."""
    number = int.from_bytes(head, "little")
    return number >> 1 & 3, number >> 3


class _Frame:
    """One frame; `_left` are the bytes up to the end of the block that is being given, `_head` those of a header so far."""

    def __init__(self, engine: "object") -> None:
        self._engine = engine
        self._head, self._left = b"", 0
        self._inside = self._last = self._checked = False
        self._sum = 0  # bytes of the checksum behind the last block

    @property
    def eof(self) -> bool:
        return bool(getattr(self._engine, "eof", False))

    def step(self, data: bytes, most: int = OUT) -> tuple[bytes, bytes]:
        from zstandard import ZstdError

        decompress: Callable[[bytes], bytes] = getattr(self._engine, "decompress")  # noqa: B009 - untyped
        size = self._reach(data, max(1, most // _BLOCK))
        try:
            out = decompress(data[:size])
        except ZstdError as error:
            raise UnsoundMemberError(_reason(str(error)), used=size) from None
        unused: bytes = getattr(self._engine, "unused_data", b"") if self.eof else b""
        return out, unused + data[size:]

    def _reach(self, data: bytes, blocks: int) -> int:
        """Return how many bytes of `data` hold the ends of at most so many blocks, or the end of the frame."""
        at = 0
        while at < len(data):
            if self._left:
                taken = min(self._left, len(data) - at)
                at, self._left = at + taken, self._left - taken
            else:
                at = self._read_head(data, at)
            if self._inside and not self._left:
                self._inside, blocks = False, blocks - 1
                if self._last or not blocks:
                    break
        return at

    def _read_head(self, data: bytes, at: int) -> int:
        """Take what `data` has of the next header from `at` on; return where it ends there."""
        if not self._checked:
            return self._read_first(data, at)
        behind = at + 3 - len(self._head)
        self._head += data[at:behind]
        if len(self._head) == 3:
            kind, size = _block(self._head)
            self._last = bool(self._head[0] & 1)
            self._inside, self._head = True, b""
            self._left = _WHATEVER if kind == _RESERVED else 1 if kind == _RLE else size
            self._left += self._sum if self._last else 0
        return min(behind, len(data))

    def _read_first(self, data: bytes, at: int) -> int:
        """Take the header of the frame itself; what is none is left to the engine."""
        begun = len(self._head)
        self._head += data[at : at + _HEAD - begun]
        if len(self._head) < 5:
            return len(data)
        size = _head_size(self._head)
        if not size:
            self._checked, self._left = True, _WHATEVER
            return at
        if len(self._head) < size:
            return len(data)
        self._sum = 4 if self._head[4] & 4 else 0
        self._checked, self._head = True, b""
        return at + size - begun


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
    return Members(lambda: _Frame(engine.decompressobj()), ZSTD_MAGIC, lambda data: begins_frame(data) > 0)


def skippable(file: BinaryIO, at: int, end: int | None = None) -> int:
    """Return the length of the zstd frames at `at` that hold nothing, as far as they end before `end`; 0 if there is none."""
    start, data, begin = at, b"", at
    while True:
        if not begin <= at <= begin + len(data) - _LOOK:
            data, begin = read_at(file, _AT_ONCE, at), at
        size = _nothing(data[at - begin : at - begin + _LOOK])
        if not size or (end is not None and at + size > end):
            return at - start
        at += size


def _nothing(data: bytes) -> int:
    """Return the length of the frame that `data` begins with if it holds nothing, as some do, or says so; else 0."""
    if data.startswith(ZSTD_MAGIC):
        size = _head_size(data)
        last_of_nothing = size and data[size : size + 3] == b"\x01\0\0"
        return size + 3 + (4 if data[4] & 4 else 0) if last_of_nothing else 0
    if len(data) < _SKIPPABLE_HEAD or int.from_bytes(data[:4], "little") not in _SKIPPABLE:
        return 0
    return _SKIPPABLE_HEAD + int.from_bytes(data[4:_SKIPPABLE_HEAD], "little")


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


def dictionary_at(file: BinaryIO, start: int) -> tuple[bytes | None, int]:
    """Return the dictionary in the frame at `start`, and where the records begin; None where there is no such frame.

    Raises UsageError when the extra that reads it isn't installed, or it is no dictionary.
    """
    head = read_at(file, _SKIPPABLE_HEAD, start)
    size = int.from_bytes(head[4:8], "little")
    if head[:4] != _DICTIONARY:
        return None, start
    data = read_at(file, min(size, _LONGEST), start + _SKIPPABLE_HEAD)
    if data.startswith(ZSTD_MAGIC):
        import zstandard

        try:
            with zstandard.ZstdDecompressor().stream_reader(data) as reader:
                data = reader.read(_LONGEST)
        except zstandard.ZstdError as error:
            raise UsageError(f"{file.name}: the dictionary that it begins with is damaged ({error})") from None
    return data, start + _SKIPPABLE_HEAD + size
