"""A copy of `archive.db` at one moment, without what only credentials showed: what leaves the archive is read from it.

Without captures made with credentials it is SQLite's own copy. With any, it is rebuilt from the public WARCs alone:
deleting rows would also lose what strangers see of an item that was last read with credentials.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from wparchive.errors import StorageError, UsageError, way_out
from wparchive.index.database.opening import NO_SENSE, reading, senseless
from wparchive.index.database.public import build_public
from wparchive.index.schema import TABLES
from wparchive.store import Archive
from wparchive.store.sqlite import open_read_only

__all__ = ["copied", "copy_to", "refuse_no_database", "refuse_private"]

_NOT_WRITTEN = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_CANTOPEN)


@contextmanager
def copied(archive: Archive, *, private: bool = False) -> Iterator[sqlite3.Connection]:
    """Open a temporary copy to read from, however long that takes: nobody who writes to the archive waits for it.

    With `private`, all of `archive.db` is in it. Raises UsageError (there is no database), StorageError (TMPDIR names
    another place for the copy), DamagedError.
    """
    with TemporaryDirectory(prefix="wparchive-") as folder:
        copy = Path(folder, "copy.db")
        copy_to(archive, copy, private=private)
        with closing(open_read_only(copy)) as conn:
            if not private:
                refuse_private(conn)
            try:
                yield conn
            except (*NO_SENSE, sqlite3.OperationalError) as error:
                raise senseless(archive.database, conn) or error from error.__cause__


def copy_to(archive: Archive, new: Path, *, private: bool = False) -> None:
    """Write the copy to `new`, where nothing is yet. Raises UsageError, StorageError, DamagedError."""
    refuse_no_database(archive)
    if private or not archive.is_private:
        with reading(archive.database) as conn:
            try:
                conn.execute("VACUUM INTO ?", (str(new),))
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode in _NOT_WRITTEN:  # which says nothing about what is read
                    raise StorageError(
                        f"{new}: can't be written ({error}); {way_out(error)}, then run again"
                    ) from error
                raise
    else:
        build_public(archive, new)


def refuse_no_database(archive: Archive) -> None:
    """Raise UsageError for an archive without a database."""
    if not archive.database.is_file():
        raise UsageError(f"{archive.database}: there is no database yet; run `wparchive crawl` or `wparchive index`")


def refuse_private(conn: sqlite3.Connection) -> None:
    """Raise StorageError for a database that would hand over more than strangers were shown."""
    for table in TABLES.values():
        if table.name.startswith("_"):
            continue
        for column, wrong in (("privilege", "privilege != 'anonymous'"), ("warc", "warc LIKE '%/private/%'")):
            if column in table.columns and conn.execute(f"SELECT 1 FROM {table.name} WHERE {wrong} LIMIT 1").fetchone():  # noqa: S608 - our own names
                raise StorageError(
                    f"{table.name} holds what only credentials showed; nothing was handed over: run `wparchive verify`"
                )
