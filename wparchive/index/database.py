"""Opening `archive.db` for its one writer: in place, or anew beside it and put in its place when it is whole."""

import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event

from wparchive.errors import DamagedError, StorageError, WparchiveError
from wparchive.index.schema import migrate

__all__ = ["connect", "transaction", "trouble", "write_anew", "write_in_place"]

_BUSY_MS = 30_000
_CACHE_KIB = 4_000  # sorting for an index takes as much again
# Nobody else sees the file while it is made and it is thrown away when that fails, so it needs no journal.
_ANEW = ("page_size = 8192", "journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE")
_FLUSH_SECONDS = 1.0
_IN_PLACE = ("journal_mode = WAL", "synchronous = NORMAL")


def connect(path: Path, *pragmas: str) -> sqlite3.Connection:
    """A connection without implicit transactions, with `pragmas` set."""
    conn = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_MS / 1000)
    for pragma in (*pragmas, f"cache_size = -{_CACHE_KIB}", "temp_store = FILE"):
        conn.execute(f"PRAGMA {pragma}")
    return conn


@contextmanager
def transaction(conn: sqlite3.Connection) -> Iterator[None]:
    """One write transaction; begun at once, because a deferred one that read first can't be made to wait."""
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):  # an error such as a full disk has rolled back by itself
            conn.execute("ROLLBACK")
        raise
    conn.execute("COMMIT")


@contextmanager
def write_in_place(path: Path) -> Iterator[sqlite3.Connection]:
    """Write to the database at `path` while others read it; checkpointed at the end. Raises StorageError."""
    with trouble(path), closing(connect(path, *_IN_PLACE)) as conn:
        migrate(conn)
        yield conn
        conn.execute("PRAGMA optimize")
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@contextmanager
def write_anew(path: Path) -> Iterator[sqlite3.Connection]:
    """Make a database from nothing; it stands at `path` only once it is whole and on the disk. Raises StorageError."""
    new = path.with_name(f"{path.name}.new")
    with trouble(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove(new)
        try:
            with closing(connect(new, *_ANEW)) as conn:
                migrate(conn)
                with _written_behind(new):
                    yield conn
                conn.execute("PRAGMA analysis_limit = 400")
                conn.execute("ANALYZE")
                conn.execute("PRAGMA locking_mode = NORMAL")
                conn.execute("PRAGMA journal_mode = WAL").fetchall()
            _put(new, path)
        finally:
            _remove(new)


@contextmanager
def _written_behind(path: Path) -> Iterator[None]:
    """Let the disk take the file at `path` while it grows, so that the end needn't wait for all of it. Raises OSError."""
    done = Event()

    def flush() -> None:
        with path.open("rb") as file:
            while not done.wait(_FLUSH_SECONDS):
                os.fsync(file.fileno())

    with ThreadPoolExecutor(1, thread_name_prefix="wparchive-sync") as pool:
        flushing = pool.submit(flush)
        try:
            yield
        finally:
            done.set()
        flushing.result()


@contextmanager
def trouble(path: Path) -> Iterator[None]:
    """Say what an error of SQLite or of the disk means for whoever called: StorageError or DamagedError."""
    try:
        yield
    except sqlite3.Error as error:
        raise _meaning(path, error) from error
    except OSError as error:
        raise StorageError(
            f"{path}: can't be written ({error.strerror}); make room or check its permissions"
        ) from error


_STORAGE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_BUSY,
}
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _meaning(path: Path, error: sqlite3.Error) -> WparchiveError | sqlite3.Error:
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF  # extended codes hold the primary one in their low byte
    if primary in _STORAGE:
        return StorageError(
            f"{path}: can't be written ({error}); make room or check its permissions, then run index again"
        )
    if primary in _DAMAGE:
        return DamagedError(f"{path}: damaged ({error}); make it anew with: wparchive index --rebuild")
    return error


def _put(new: Path, path: Path) -> None:
    """Put `new` in place of `path`, safely for those who read the old one at this moment."""
    if path.exists() and not _alone(path):
        # A reader shares -wal and -shm by name with whoever opens the new file: so write through SQLite instead.
        with closing(connect(new)) as source, closing(connect(path)) as target:
            source.backup(target)
            target.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return
    with new.open("rb+") as file:
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _alone(path: Path) -> bool:
    """Whether nobody has `path` open, or it is no database at all; then leaves it without -wal and -shm."""
    side = [path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal")]
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=1)) as conn:
            conn.execute("PRAGMA journal_mode = DELETE").fetchall()  # needs every other connection closed
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGE:
            return False
    for file in side:
        file.unlink(missing_ok=True)
    return True


def _remove(new: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        new.with_name(new.name + end).unlink(missing_ok=True)
