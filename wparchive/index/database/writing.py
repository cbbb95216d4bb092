"""Opens `archive.db` for its one writer: in place, or as a new file that replaces it when complete."""

import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event

from wparchive.errors import StorageError, way_out
from wparchive.index.database.creation import migrate
from wparchive.index.database.opening import NO_SENSE, WAY_OUT, senseless
from wparchive.store.modes import own_file
from wparchive.store.sqlite import DAMAGE, PASSING, meaning, primary_code

__all__ = [
    "abandon",
    "at_rest",
    "compact",
    "connect",
    "scratch",
    "transaction",
    "trouble",
    "write_in_place",
    "write_new",
]

_BUSY_MS = 30_000
_CACHE_KIB = 4_000  # building an index takes as much again for sorting
# Nobody else sees the file while it is built, and it is deleted on failure, so it needs no journal.
_NEW_FILE = ("page_size = 8192", "journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE")
_FLUSH_SECONDS = 1.0
_IN_PLACE = ("journal_mode = WAL", "synchronous = NORMAL")


def connect(path: Path, *pragmas: str) -> sqlite3.Connection:
    """Return a connection without implicit transactions, with `pragmas` set."""
    conn = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_MS / 1000)
    for pragma in (*pragmas, f"cache_size = -{_CACHE_KIB}", "temp_store = FILE"):
        conn.execute(f"PRAGMA {pragma}")
    return conn


@contextmanager
def _opened(path: Path, *pragmas: str, private: bool) -> Iterator[sqlite3.Connection]:
    if private:
        own_file(path)
    with closing(connect(path, *pragmas)) as conn:
        yield conn


@contextmanager
def transaction(conn: sqlite3.Connection) -> Iterator[None]:
    """Run one write transaction. BEGIN IMMEDIATE, because a deferred one that has read cannot wait for a lock."""
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        abandon(conn)
        raise
    conn.execute("COMMIT")


def abandon(conn: sqlite3.Connection) -> None:
    """Undo the open transaction. In a database built without a journal it is committed instead.

    Rolled back without a journal, a database is corrupt. Whoever continues with such a database deletes the site's rows
    first.
    """
    with suppress(sqlite3.Error):  # after an error such as a full disk, SQLite has already rolled back
        if conn.in_transaction:
            mode = conn.execute("PRAGMA journal_mode").fetchone()[0]
            conn.execute("COMMIT" if mode == "off" else "ROLLBACK")


@contextmanager
def write_in_place(path: Path, *, private: bool = False) -> Iterator[sqlite3.Connection]:
    """Write to the database at `path` while others read it; it is left as by `at_rest`.

    Raises StorageError, DamagedError. With `private`, other users have no access.
    """
    with trouble(path), _opened(path, *_IN_PLACE, private=private) as conn:
        try:
            migrate(conn)
            yield conn
        except NO_SENSE as error:  # caused by existing rows: only a rebuild from the WARCs helps
            raise senseless(path, conn) or error from error.__cause__
        _rest(conn)


def compact(path: Path) -> None:
    """Write the database anew without what was deleted: no free page holds it any more. Raises StorageError, DamagedError."""
    with trouble(path), closing(connect(path)) as conn:
        conn.execute("VACUUM")
        _rest(conn)


def at_rest(path: Path) -> None:
    """Leave the database without a write-ahead log, so that it can be read on read-only media.

    If somebody is reading it, this is left to the next index run. Raises StorageError.
    """
    with path.open("rb") as file:
        logged = file.read(20)[18:] == b"\2\2"  # the file format's mark of a write-ahead log
    if logged:
        with trouble(path), closing(connect(path)) as conn:
            _rest(conn)


def _rest(conn: sqlite3.Connection) -> None:
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    conn.execute("PRAGMA busy_timeout = 0")
    with suppress(sqlite3.OperationalError):
        conn.execute("PRAGMA journal_mode = DELETE").fetchall()


@contextmanager
def write_new(path: Path, *, private: bool = False) -> Iterator[sqlite3.Connection]:
    """Build a new database; it appears at `path` only when it is complete and on disk. Raises StorageError.

    With `private`, other users have no access.
    """
    new = path.with_name(f"{path.name}.new")
    with trouble(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove(new)
        try:
            with _opened(new, *_NEW_FILE, private=private) as conn:
                migrate(conn)
                with _written_behind(new):
                    yield conn
            if private and path.exists():
                own_file(path)
            _put(new, path)
        finally:
            _remove(new)


@contextmanager
def scratch(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a temporary database that nobody else sees. Raises StorageError."""
    with trouble(path), closing(connect(path, *_NEW_FILE)) as conn:
        yield conn


@contextmanager
def _written_behind(path: Path) -> Iterator[None]:
    """Flush the file at `path` while it grows, so that the end need not wait for all of it. Raises OSError."""
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
    """Translate errors of SQLite or the disk into StorageError or DamagedError."""
    try:
        yield
    except sqlite3.Error as error:
        told = primary_code(error) in DAMAGE | PASSING  # any other is a bug of ours
        raise (meaning(path, error, WAY_OUT) if told else error) from error
    except OSError as error:
        other = error.filename not in (None, str(path))  # for example a WARC that may not be read
        what = f"{error.filename}: can't be used" if other else f"{path}: can't be written"
        raise StorageError(f"{what} ({error.strerror}); {way_out(error)}, then run again") from error


def _put(new: Path, path: Path) -> None:
    """Replace `path` by `new`, safely for processes that have the old file open."""
    if path.exists() and _written_over(new, path):
        return
    with new.open("rb+") as file:
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _written_over(new: Path, path: Path) -> bool:
    """Copy `new` into the intact database at `path`; return False if that is not possible.

    A process that reads the old file would otherwise continue with a renamed file, and mistake the new one's log for
    its own.
    """
    with closing(connect(new)) as source, closing(connect(path, *_IN_PLACE)) as target:
        if _page_size(source) != _page_size(target):
            return False
        source.backup(target)
        _rest(target)
    return True


def _page_size(conn: sqlite3.Connection) -> int:
    size: int = conn.execute("PRAGMA page_size").fetchone()[0]
    return size


def _remove(new: Path) -> None:
    for path in (new.with_name(new.name + end) for end in ("", "-wal", "-shm", "-journal")):
        if path.is_dir() and not path.is_symlink():
            raise StorageError(f"{path}: a folder, where the new database is to be written; remove it, then run again")
        path.unlink(missing_ok=True)
