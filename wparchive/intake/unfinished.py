"""What a killed import left of the file that it was writing: nothing of it is lost elsewhere, so the next import removes it."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from wparchive.errors import LockedError, UsageError
from wparchive.store import Archive, SiteFolder
from wparchive.store.warc.writing.writer import storage_error

__all__ = ["UNFINISHED", "clear_unfinished"]

UNFINISHED = ".part"
"""How the name of a file ends that an import is writing."""


def clear_unfinished(archive: Archive) -> None:
    """Remove it from all sites that nobody writes to at the moment. Raises StorageError."""
    for folder in archive.sites():
        if next(_left(folder), None):
            with suppress(LockedError, UsageError), archive.lock(folder.name):
                for path in _left(folder):
                    try:
                        path.unlink(missing_ok=True)
                    except OSError as error:
                        raise storage_error(path, error) from None


def _left(folder: SiteFolder) -> Iterator[Path]:
    for place in (folder.imported, folder.private):
        yield from place.glob(f"import-*{UNFINISHED}")
