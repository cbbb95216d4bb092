"""The database file behind the frontier: opened and checked, brought to its newest shape, its errors told as ours.

Any thread may use it. What stands in the frontier can be had again from the WARCs, so it is synced less strictly than they are.
"""

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from wparchive.errors import DamagedError, StorageError
from wparchive.store.modes import own_file
from wparchive.store.schema import MIGRATIONS

__all__ = ["Database", "look_at", "peek", "storable"]

_STORAGE = frozenset(
    (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
    )
)


class Database:
    """The open database at `path`, made when it isn't there.

    Raises DamagedError when the file isn't a sound database (rebuild it), StorageError when it can't be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        try:
            own_file(path)
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror}; make room or grant access, then run again") from None
        with self._guard():
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        self._db.row_factory = sqlite3.Row
        # The WARC is the truth and synced first, so NORMAL is enough.
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
        if self._db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise DamagedError(f"{self._path}: not a sound database")
        self._db.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY) WITHOUT ROWID")
        done = {row[0] for row in self._db.execute("SELECT name FROM migrations")}
        for name, script in MIGRATIONS:
            if name not in done:
                done_too = f"INSERT INTO migrations VALUES ('{name}');"  # noqa: S608 (a name of our own)
                self._db.executescript(f"BEGIN IMMEDIATE; {script} {done_too} COMMIT;")

    def close(self) -> None:
        """Close the database; its write-ahead log goes into it."""
        with self._lock:
            self._db.close()

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """The rows that `query` gives."""
        with self._lock, self._guard():
            return self._db.execute(query, storable(values)).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one unit of work that is done whole or not at all."""
        with self._lock, self._guard():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                # SQLite rolls back by itself when the disk is full.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise DamagedError(f"{self._path}: {error}; it is rebuilt from the WARCs at the next start") from None
            if code in _STORAGE:
                raise StorageError(f"{self._path}: {error}; make room or grant access, then run again") from None
            raise


def peek(path: Path, query: str) -> list[tuple[str, ...]]:
    """Rows of the database at `path`, which is only looked at: never made, repaired or waited for.

    Raises sqlite3.Error when it isn't there or can't be read.
    """
    with closing(look_at(path)) as db:
        return db.execute(query).fetchall()


def look_at(path: Path, timeout: float = 5.0) -> sqlite3.Connection:
    """A read-only connection to the database at `path`, on read-only media too.

    Raises sqlite3.Error when it isn't there or can't be read.
    """
    try:
        return _connected(path, "mode=ro", timeout)
    except sqlite3.OperationalError:
        log = path.with_name(f"{path.name}-wal")
        if not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids) or (
            log.exists() and log.stat().st_size
        ):
            raise
        # Left in WAL mode where nobody can write its log, and that is empty: all there is stands in the file.
        return _connected(path, "immutable=1", timeout)


def _connected(path: Path, mode: str, timeout: float) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, timeout=timeout)
    try:
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        db.close()
        raise
    return db


def storable(values: Iterable[object]) -> tuple[object, ...]:
    """`values` as SQLite can hold them: the lone surrogates that hostile URLs may have become question marks."""
    return tuple(v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for v in values)
