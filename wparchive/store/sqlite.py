"""An archive's databases as files: opened read-only, migrated, and SQLite's errors turned into messages with a remedy.

Every reader reports the same fault in the same words. Source: https://sqlite.org/rescode.html
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wparchive.errors import DamagedError, StorageError, WparchiveError, scarcity, way_out

if TYPE_CHECKING:
    from sqlite_utils import Database

__all__ = [
    "DAMAGE",
    "PASSING",
    "apply_migrations",
    "is_linked",
    "meaning",
    "open_read_only",
    "primary_code",
    "read_only",
    "read_only_uri",
    "refuse_no_file",
    "set_aside",
    "storable",
    "why_unread",
]

PARTS = ("", "-wal", "-shm", "-journal")  # suffixes of the files that make up one database
DAMAGE = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))
_LOCKED = frozenset((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED))
_STORAGE = frozenset(
    (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
    )
)
# Faults in this program's own use of SQLite, which must not pass for damage.
_OURS = (sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.IntegrityError)
PASSING = _LOCKED | _STORAGE  # codes that say nothing about the contents of the file


@contextmanager
def read_only(path: Path, remedy: str, *, wait: float = 5.0) -> Iterator[sqlite3.Connection]:
    """Open the database at `path` for reading: it is never created, repaired or followed through a link.

    Works on read-only media too. SQLite's errors in the `with` block become ours, with the `remedy` for a damaged
    database. `wait` is in seconds. Raises DamagedError when the file is missing, damaged or unreadable, StorageError
    when another program holds it.
    """
    refuse_no_file(path, remedy)
    try:
        with closing(open_read_only(path, wait)) as db:
            yield db
    except sqlite3.Error as error:
        raise why_unread(path, error, remedy) from error


def read_only_uri(path: Path) -> str:
    """Return the URI by which SQLite opens or attaches the database at `path` without ever writing to it."""
    return f"{path.absolute().as_uri()}?mode=ro"


def open_read_only(path: Path, wait: float = 5.0) -> sqlite3.Connection:
    """Open a read-only connection; `wait` is in seconds. Raises sqlite3.Error, for callers with their own messages."""
    try:
        return _connected(read_only_uri(path), wait)
    except sqlite3.OperationalError:
        log = path.with_name(f"{path.name}-wal")
        if not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids) or (
            log.exists() and log.stat().st_size
        ):
            raise
        # A database in WAL mode on read-only media, with an empty log: everything is in the main file.
        return _connected(f"{path.absolute().as_uri()}?immutable=1", wait)


def _connected(uri: str, wait: float) -> sqlite3.Connection:
    db = sqlite3.connect(uri, uri=True, timeout=wait)
    try:
        # sqlite3.connect reads nothing; the first query shows whether the file can be read.
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except UnicodeDecodeError:  # SQLite's message names what is malformed, in bytes that are no text any more
        db.close()
        raise sqlite3.DatabaseError("malformed database schema") from None
    except BaseException:
        db.close()
        raise
    return db


def why_unread(path: Path, error: sqlite3.Error, remedy: str) -> WparchiveError | sqlite3.Error:
    """Return the error to raise when the database at `path` can't be read; `error` itself when the fault is ours."""
    try:
        path.open("rb").close()
    except OSError as trouble:
        if scarce := scarcity(trouble, certain=True):
            return scarce
        return DamagedError(f"{path}: can't be read ({trouble.strerror or trouble}); mend that, or {remedy}")
    if primary_code(error) == sqlite3.SQLITE_CANTOPEN:
        return StorageError(f"{path}: its log can't be read here; copy the archive to where it can be written")
    return meaning(path, error, remedy)


def meaning(path: Path, error: sqlite3.Error, remedy: str) -> WparchiveError | sqlite3.Error:
    """Return the error to raise for an SQLite `error` at `path`; `error` itself when the fault is ours."""
    code = primary_code(error)
    if code in _LOCKED:
        return StorageError(f"{path}: held by another program ({error}); try again when that has ended")
    if code in _STORAGE:
        return StorageError(f"{path}: can't be written ({error}); {way_out(error)}, then run again")
    if code == sqlite3.SQLITE_NOMEM or isinstance(error, _OURS):
        return error
    return DamagedError(f"{path}: damaged ({error}); {remedy}")


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code: an extended code holds it in its low byte."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def is_linked(path: Path) -> bool:
    """Whether the database at `path`, or a file beside it, is a symbolic link, which could lead anywhere."""
    return any(path.with_name(path.name + end).is_symlink() for end in PARTS)


def refuse_no_file(path: Path, remedy: str) -> None:
    """Raise DamagedError when the database at `path`, or a file beside it, is a link, a pipe or anything but a regular file.

    Opening a pipe may block for ever.
    """
    if is_linked(path):
        raise DamagedError(f"{path}: a symbolic link, which isn't followed; remove it, then {remedy}")
    for part in (path.with_name(path.name + end) for end in PARTS):
        if os.path.lexists(part) and not part.is_file():
            raise DamagedError(f"{part}: a folder, a pipe or a device, not a file; remove it, then {remedy}")


def apply_migrations(conn: sqlite3.Connection, called: str, steps: Mapping[str, "Callable[[Database], None]"]) -> None:
    """Apply the named `steps` that the database lacks, in order; sqlite-utils records them as the set `called`."""
    from sqlite_utils import Database, Migrations  # the import takes 50 ms, which `--help` needn't pay

    migrations = Migrations(called)
    for name, step in steps.items():
        migrations(name=name)(step)
    migrations.apply(Database(conn, execute_plugins=False))


def set_aside(path: Path, called: str = "damaged") -> Path:
    """Rename a database out of the way, or remove it if it is a link; returns the new name.

    Raises OSError.
    """
    names = (path.with_name(f"{path.name}.{called}{number or ''}") for number in range(10**6))
    # What was set aside before is never overwritten.
    aside = next(name for name in names if not os.path.lexists(name))
    if path.is_symlink():
        path.unlink()
    elif os.path.lexists(path):
        path.rename(aside)
    # Left in place, SQLite would apply them to the new database.
    for end in PARTS[1:]:
        part = path.with_name(path.name + end)
        if part.is_dir() and not part.is_symlink():
            part.rename(aside.with_name(aside.name + end))
        else:
            part.unlink(missing_ok=True)
    return aside


def storable(values: Iterable[object]) -> tuple[object, ...]:
    """Return `values` as SQLite can store them: lone surrogates, as in hostile URLs, become question marks."""
    return tuple(v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for v in values)
