"""What goes into storage packed: capture logs and databases, by zstandard (RFC 8878)."""

from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

from wparchive.errors import DamagedError, UsageError
from wparchive.store.warc.writing.writer import storage_error

__all__ = ["pack", "pack_file", "unpack_to"]

_LEVEL = 6
_LARGEST = 1 << 40  # bytes that are unpacked


def pack(data: bytes) -> bytes:
    """Return `data`, packed. Raises UsageError where the extra isn't installed."""
    packed: bytes = _zstandard().ZstdCompressor(level=_LEVEL).compress(data)
    return packed


def pack_file(source: Path, target: Path) -> None:
    """Write the file `source` packed to `target`. Raises StorageError, and UsageError as `pack` does."""
    engine = _zstandard().ZstdCompressor(level=_LEVEL)
    try:
        with source.open("rb") as given, target.open("wb") as taken:
            engine.copy_stream(given, taken)
    except OSError as error:
        raise storage_error(target, error) from None


def unpack_to(data: bytes, target: Path, where: str) -> None:
    """Write what is packed in `data` to the file `target`, whole or not at all; `where` is what errors call it.

    Raises DamagedError for what can't be unpacked, StorageError, and UsageError as `pack` does.
    """
    zstandard = _zstandard()
    new = target.with_name(f"{target.name}.new")
    try:
        with new.open("wb") as taken:
            for piece in zstandard.ZstdDecompressor().read_to_iter(BytesIO(data)):
                taken.write(piece)
                if taken.tell() > _LARGEST:
                    raise DamagedError(f"{where}: unpacks to more than any such file")
        new.replace(target)
    except zstandard.ZstdError:
        raise DamagedError(f"{where}: can't be unpacked") from None
    except OSError as error:
        raise storage_error(target, error) from None
    finally:
        new.unlink(missing_ok=True)


def _zstandard() -> Any:
    try:
        return import_module("zstandard")
    except ImportError:
        raise UsageError("a fleet needs more packages: pip install 'wparchive[fleet]'") from None
