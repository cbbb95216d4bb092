"""A consistent copy of `archive.db` for others: nothing that only credentials showed, no notes of ours."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from wparchive.errors import UsageError
from wparchive.export.public_copy import copy_to, refuse_no_database, refuse_private
from wparchive.export.whole_file import refuse_places_of
from wparchive.index.database.writing import trouble
from wparchive.index.schema import TABLES
from wparchive.index.shipped import write_beside
from wparchive.store import Archive

__all__ = ["publish"]

# What changes by itself on a site, and phrases that stand everywhere or that sites repeat: whoever compares versions leaves
# them out.
_READ = {"_wparchive_volatile", "_wparchive_frequent", "_wparchive_repeated"}

_SQLITE = b"SQLite format 3\0"  # how every database begins


def publish(archive: Archive, target: Path, *, metadata: bool = False) -> int:
    """Write the copy to `target`, replacing what is there when it is whole; return its size in bytes.

    `metadata` writes what Datasette shows of tables and columns beside it. Raises UsageError (there is no database, or
    the target is one of the archive's own files), StorageError.
    """
    refuse_no_database(archive)
    refuse_places_of(archive, target)
    _refuse_other_files(target)
    new = target.with_name(f"{target.name}.new")
    try:
        with trouble(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            _remove(new)
            copy_to(archive, new)
            with closing(sqlite3.connect(new, isolation_level=None)) as conn:
                _finish(conn)
            with new.open("rb+") as file:
                os.fsync(file.fileno())
            new.replace(target)
    finally:
        _remove(new)
    if metadata:
        write_beside(target)
    return target.stat().st_size


def _refuse_other_files(target: Path) -> None:
    """Raise UsageError where the copy would take the place of something else than an earlier one."""
    if target.exists():
        with trouble(target), target.open("rb") as file:
            found = file.read(len(_SQLITE))
        if found and found != _SQLITE:
            raise UsageError(f"{target}: is there already and no database; name another file")


def _remove(path: Path) -> None:
    with suppress(FileNotFoundError):
        path.unlink()


def _finish(conn: sqlite3.Connection) -> None:
    """Take our notes out, and refuse what would hand over more than strangers were shown."""
    conn.execute("PRAGMA secure_delete = ON").fetchall()  # what is dropped is overwritten, not only forgotten
    for name in TABLES:
        if name.startswith("_wparchive_") and name not in _READ:
            conn.execute(f"DROP TABLE IF EXISTS {name}")
    refuse_private(conn)
    conn.execute("PRAGMA journal_mode = DELETE").fetchall()
