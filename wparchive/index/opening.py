"""Opening `archive.db` to read it: whatever is wrong with the file, one message says so, in every command.

Nothing is written, not even beside the file, so it works on read-only media too.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from wparchive.errors import DamagedError, StorageError, UsageError, WparchiveError, scarcity
from wparchive.index.schema import ROW_RULES, TABLES, stamp_of
from wparchive.index.sound_rows import unsound
from wparchive.store.log.database import is_linked, look_at

__all__ = ["DAMAGE", "NO_SENSE", "primary_code", "reading", "senseless"]

NO_SENSE = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    RecursionError,
)  # of rows that are read
DAMAGE = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))
_LOCKED = frozenset((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED))
_WAY_OUT = "make it anew from the WARCs with: wparchive index --rebuild"
_BUSY = 30.0  # seconds


@contextmanager
def reading(database: Path) -> Iterator[sqlite3.Connection]:
    """The database, read-only, its rows by name or position; what fails while it is read is told as ours too.

    Raises UsageError when it isn't there or belongs to a newer wparchive; DamagedError when it is damaged, empty, no
    database of wparchive or none at all, or may not be read; StorageError when it must be brought up to date first.
    """
    if not os.path.lexists(database):
        raise UsageError(f"{database} isn't there; crawl something first, or run `wparchive index`")
    if is_linked(database):
        raise DamagedError(f"{database}: a symbolic link, which isn't followed; remove it, then {_WAY_OUT}")
    rules = ROW_RULES
    try:
        with closing(look_at(database, _BUSY)) as conn:
            conn.row_factory = sqlite3.Row
            try:
                rules = stamp_of(conn).rules
                _recognise(database, conn, rules)
                yield conn
            except NO_SENSE as error:
                raise senseless(database, conn) or error from error.__cause__
            except sqlite3.Error as error:
                if primary_code(error) == sqlite3.SQLITE_ERROR and rules == ROW_RULES:
                    raise senseless(database, conn) or error from error.__cause__
                raise
    except sqlite3.Error as error:
        raise _meaning(database, error, rules) from error


def senseless(database: Path, conn: sqlite3.Connection) -> DamagedError | None:
    """What it means that rows couldn't be understood: the file is damaged, or comes from somebody who means us ill.

    None where it holds what an index writes, and nothing else: then whoever didn't understand it has a fault.
    """
    wrong = unsound(conn)
    return DamagedError(f"{database}: damaged ({wrong}); {_WAY_OUT}") if wrong else None


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's code of `error`: an extended one holds the primary one in its low byte."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _unreadable(database: Path) -> str:
    """Why the file can't be read at all, empty when it can. Raises StorageError where no more files can be opened."""
    try:
        database.open("rb").close()
    except OSError as error:
        if trouble := scarcity(error, certain=True):
            raise trouble from error
        return error.strerror or str(error)
    return ""


def _recognise(database: Path, conn: sqlite3.Connection, rules: int) -> None:
    tables = {name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "captures" not in tables or "_wparchive_files" not in tables:
        what = "a database of something else" if tables else "empty"
        raise DamagedError(f"{database}: {what}, not what wparchive made; {_WAY_OUT}")
    if rules > ROW_RULES:
        raise UsageError(f"{database}: made by a newer wparchive; use that one, this one leaves it as it is")
    missing = sorted(TABLES.keys() - tables)
    if missing and rules == ROW_RULES:
        raise DamagedError(f"{database}: damaged (no table {missing[0]}); {_WAY_OUT}")


def _meaning(database: Path, error: sqlite3.Error, rules: int) -> WparchiveError | sqlite3.Error:
    if reason := _unreadable(database):
        return DamagedError(f"{database}: can't be read ({reason}); mend that, or {_WAY_OUT}")
    if primary_code(error) in _LOCKED:
        return StorageError(f"{database}: held by another program ({error}); try again when that has ended")
    if primary_code(error) == sqlite3.SQLITE_CANTOPEN:
        return StorageError(f"{database}: its log can't be read here; copy the archive to where it can be written")
    ours = isinstance(error, sqlite3.ProgrammingError | sqlite3.InterfaceError)
    if ours or (primary_code(error) == sqlite3.SQLITE_ERROR and rules == ROW_RULES):
        return error
    if rules < ROW_RULES:
        return StorageError(f"{database}: made by an older wparchive; bring it up to date with: wparchive index")
    return DamagedError(f"{database}: damaged ({error}); {_WAY_OUT}")
