"""The database file behind the frontier: opened and checked, brought to its newest shape, its errors told as ours.

Any thread may use it. What stands in the frontier can be had again from the WARCs, so it is synced less strictly than they are.
"""

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from wparchive.errors import DamagedError, StorageError, UsageError, scarcity
from wparchive.store.log.schema import MIGRATIONS
from wparchive.store.log.soundness import fault, migrations_done, migrations_fault
from wparchive.store.modes import own_file

__all__ = ["Database", "committed_in", "is_linked", "look_at", "meaning", "peek", "set_aside", "storable"]

_PARTS = ("", "-wal", "-shm", "-journal")
_REBUILT = "; it is rebuilt from the WARCs at the next start"

_STORAGE = frozenset(
    (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    )
)


class Database:
    """The open database at `path`, made when it isn't there; `site` is whose it must be (None: never mind).

    Raises DamagedError when it isn't what we made, or not that site's (rebuild it), StorageError when it can't be written,
    UsageError when a newer wparchive made it: then nothing was written.
    """

    def __init__(self, path: Path, site: str | None = None) -> None:
        self._path, self._site = path, site
        self._lock = threading.RLock()
        if is_linked(path):
            raise DamagedError(f"{path}: a symbolic link, which nothing in an archive may be{_REBUILT}")
        if os.path.lexists(path):
            self._refuse_others()
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

    def _refuse_others(self) -> None:
        """Look at what is there before anything is written to it."""
        try:
            with self._path.open("rb") as file:
                if not file.read(1):
                    return
        except OSError as error:  # a folder, or one that nobody may read
            raise scarcity(error, certain=True) or DamagedError(f"{self._path}: {error.strerror}{_REBUILT}") from None
        with self._guard(), closing(look_at(self._path, 30.0)) as db:
            done = migrations_done(db)
        wrong, newer = migrations_fault(done) if done is not None else ("", False)
        if newer:
            raise UsageError(f"{self._path}: made by a newer wparchive; use that one, this one leaves it as it is")
        if wrong:
            raise DamagedError(f"{self._path}: {wrong}{_REBUILT}")

    def _prepare(self) -> None:
        self._db.row_factory = sqlite3.Row
        # The WARC is the truth and synced first, so NORMAL is enough.
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
        done = [str(name) for name in migrations_done(self._db) or ()]
        if done and (wrong := fault(self._db, done, self._site)):
            raise DamagedError(f"{self._path}: {wrong}{_REBUILT}")
        self._db.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY) WITHOUT ROWID")
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
            raise meaning(self._path, error) from None


def meaning(path: Path, error: sqlite3.Error) -> Exception:
    """What an error of SQLite says of the frontier at `path`: StorageError, DamagedError, or itself: a fault of ours."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _STORAGE:
        return StorageError(f"{path}: {error}; make room or grant access, then run again")
    ours = isinstance(error, sqlite3.ProgrammingError | sqlite3.IntegrityError)
    return error if ours or code == sqlite3.SQLITE_NOMEM else DamagedError(f"{path}: {error}{_REBUILT}")


def is_linked(path: Path) -> bool:
    """Whether the database at `path`, or what lies beside it, is a symbolic link: it may lead anywhere, and isn't followed."""
    return any(path.with_name(path.name + end).is_symlink() for end in _PARTS)


def set_aside(path: Path) -> Path:
    """Move what stands in the place of a database out of the way, a link alone taken away; gives its new name. Raises OSError."""
    names = (path.with_name(f"{path.name}.damaged{number or ''}") for number in range(10**6))
    aside = next(name for name in names if not os.path.lexists(name))
    if path.is_symlink():
        path.unlink()
    elif os.path.lexists(path):
        path.rename(aside)
    for end in _PARTS[1:]:
        path.with_name(path.name + end).unlink(missing_ok=True)
    return aside


def committed_in(site: Path) -> dict[str, int]:
    """How far each WARC of the site in that folder was committed, as its frontier says; that is only looked at.

    Raises sqlite3.Error when it isn't there, can't be read, or is another site's.
    """
    rows = peek(site / "frontier.db", "SELECT warc, committed FROM files")
    found = {
        warc: size
        for warc, size in rows
        if isinstance(warc, str) and warc.startswith(f"{site.name}/") and isinstance(size, int) and size >= 0
    }
    if len(found) < len(rows):
        raise sqlite3.DatabaseError("it isn't that of this site, or damaged")
    return found


def peek(path: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of the database at `path`, which is only looked at: never made, repaired or waited for.

    Raises sqlite3.Error when it isn't there or can't be read, or is a link.
    """
    if is_linked(path):
        raise sqlite3.OperationalError("a symbolic link")
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
