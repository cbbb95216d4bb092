"""The `archive.db` of a site as it is in the store: fetched, verified, decompressed."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from wparchive.errors import DamagedError, MissingError, UsageError
from wparchive.fleet.manifest import Index, read_index
from wparchive.fleet.objects import ObjectStore
from wparchive.store.warc.writing.writer import storage_error

__all__ = ["fetch_database", "zstandard_module"]

_PIECE = 1 << 20
_MOST = 1 << 42  # bytes of a database; more than SQLite's own 281 TB would be a bomb, and so is far less


def fetch_database(store: ObjectStore, site: str, path: Path) -> Index | None:
    """Write the `archive.db` of a site to `path`, in one step, and return its INDEX; None where the store has none yet.

    Raises RemoteError, DamagedError, StorageError.
    """
    found = read_index(store, site)
    if found is None:
        return None
    try:
        _fetch(store, site, found[0], path)
    except MissingError:
        newer = read_index(store, site)  # a worker has put a newer one, and taken this one away
        if newer is None or newer[0].key == found[0].key:
            raise
        _fetch(store, site, newer[0], path)
        return newer[0]
    return found[0]


def _fetch(store: ObjectStore, site: str, index: Index, path: Path) -> None:
    packed = path.with_name(f".{path.name}.{uuid4().hex[:8]}.zst")
    fresh = path.with_name(f".{path.name}.{uuid4().hex[:8]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if store.fetch(f"{site}/{index.key}", packed) != index.sha256:
            raise DamagedError(f"{store.url}/{site}/{index.key}: altered; run `wparchive fleet check`")
        _unpack(packed, fresh)
        fresh.replace(path)
    except OSError as error:
        raise storage_error(path, error) from None
    finally:
        for left in (packed, fresh):
            with suppress(OSError):
                left.unlink(missing_ok=True)


def _unpack(packed: Path, fresh: Path) -> None:
    size = 0
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        for piece in _pieces(packed):
            size += len(piece)
            if size > _MOST:
                raise DamagedError(f"{packed.name}: larger than any database")
            file.write(piece)


def _pieces(packed: Path) -> Iterator[bytes]:
    zstandard = zstandard_module()
    try:
        with packed.open("rb") as source, zstandard.ZstdDecompressor().stream_reader(source) as reader:
            while piece := reader.read(_PIECE):
                yield piece
    except zstandard.ZstdError as error:
        raise DamagedError(f"{packed.name}: can't be decompressed ({error}); run `wparchive fleet check`") from None


def zstandard_module() -> Any:
    """Return zstandard. Raises UsageError where the extra isn't installed."""
    try:
        import zstandard
    except ImportError:
        raise UsageError("a fleet needs more packages: pip install 'wparchive[fleet]'") from None
    return zstandard
