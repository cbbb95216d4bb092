"""The room for what an import unpacks and notes on its way, and what is said when there is none."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wparchive.errors import StorageError

__all__ = ["no_room", "noting"]

# Where SQLite keeps temporary files: the first of these that can be written.
_NAMED = ("SQLITE_TMPDIR", "TMPDIR")
_USUAL = ("/var/tmp", "/usr/tmp", "/tmp", ".")  # noqa: S108 - only named in a message
_FULL = frozenset((sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_CANTOPEN))


def no_room(folder: Path, why: str) -> StorageError:
    """Return what to raise when something temporary can't be written to `folder`: which it is, and how much room it has."""
    with_free = f"{why}; {shutil.disk_usage(folder).free >> 20:,} MB are free"
    return StorageError(
        f"{folder}: no room for temporary files ({with_free}); make room, or set TMPDIR to a folder with more"
    )


@contextmanager
def noting() -> Iterator[None]:
    """Raise StorageError, with the folder, where a temporary database has no room."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode not in _FULL:
            raise
        raise no_room(_folder(), str(error)) from None


def _folder() -> Path:
    places = [*filter(None, map(os.environ.get, _NAMED)), *_USUAL]
    return next((Path(one) for one in places if os.access(one, os.W_OK | os.X_OK) and Path(one).is_dir()), Path())
