"""Writes an export to a file that is there whole or not at all, and never in place of one of the archive's own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from wparchive.errors import UsageError
from wparchive.index.database.writing import trouble
from wparchive.store import Archive

__all__ = ["refuse_places_of", "whole_file"]


@contextmanager
def whole_file(archive: Archive, target: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of `target` at the end of the block, on disk; after an error nothing changes.

    With `private`, other users have no access to it. Raises UsageError (`target` is a place of the archive's own files),
    StorageError.
    """
    refuse_places_of(archive, target)
    new = target.with_name(f"{target.name}.new")
    with trouble(target):
        new.unlink(missing_ok=True)
        handle = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600 if private else 0o666)
        try:
            with os.fdopen(handle, "w+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            new.replace(target)
        finally:
            with suppress(OSError):
                new.unlink(missing_ok=True)


def refuse_places_of(archive: Archive, target: Path) -> None:
    """Raise UsageError where `target` is a folder, or lies where the archive has its own files."""
    if target.is_dir():
        raise UsageError(f"{target}: is a folder; name the file to write")
    place, root = target.resolve(), archive.root.resolve()
    within = place.relative_to(root).parts if place.is_relative_to(root) else ()
    if len(within) > 1 or (within and within[0].startswith(("archive.db", "."))):
        raise UsageError(f"{target}: is a place of the archive's own files; name another file")
