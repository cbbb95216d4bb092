"""Opens `archive.db` for reading; every command reports a faulty file with the same message.

Nothing is written, not even beside the file, so it works on read-only media.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from wparchive.errors import DamagedError, StorageError, UsageError, WparchiveError
from wparchive.index.database.sound_rows import unsound
from wparchive.index.schema import ROW_RULES, TABLES, stamp_of
from wparchive.store.sqlite import PASSING, open_read_only, primary_code, refuse_no_file, why_unread

__all__ = ["NO_SENSE", "WAY_OUT", "reading", "refuse_outdated", "senseless"]

NO_SENSE = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    RecursionError,
)  # raised by code that reads rows of a forged or damaged database
WAY_OUT = "rebuild it from the WARCs with: wparchive index --rebuild"
_BUSY = 30.0  # seconds


@contextmanager
def reading(database: Path) -> Iterator[sqlite3.Connection]:
    """Open the database read-only, with rows by name or position. Errors while it is read are translated too.

    Raises UsageError if it does not exist or belongs to a newer wparchive; DamagedError if it is damaged, empty,
    another program's, no database, or not readable; StorageError if it must be brought up to date first.
    """
    if not os.path.lexists(database):
        raise UsageError(f"{database} isn't there; crawl something first, or run `wparchive index`")
    refuse_no_file(database, WAY_OUT)
    rules = ROW_RULES
    try:
        with closing(open_read_only(database, _BUSY)) as conn:
            conn.row_factory = sqlite3.Row
            try:
                rules = stamp_of(conn).rules
                _recognise(database, conn, rules)
                yield conn
            except NO_SENSE as error:
                if rules < ROW_RULES:  # it lacks tables and columns that its maker didn't know
                    raise _outdated(database) from error
                raise senseless(database, conn) or error from error.__cause__
            except sqlite3.Error as error:
                if primary_code(error) == sqlite3.SQLITE_ERROR and rules == ROW_RULES:
                    raise senseless(database, conn) or error from error.__cause__
                raise
    except sqlite3.Error as error:
        raise _meaning(database, error, rules) from error


def refuse_outdated(database: Path) -> None:
    """Raise StorageError if an older wparchive made the database without tables that there are now, and as `reading`."""
    with reading(database) as conn:
        if stamp_of(conn).rules < ROW_RULES and TABLES.keys() - _tables(conn):
            raise _outdated(database)


def senseless(database: Path, conn: sqlite3.Connection) -> DamagedError | None:
    """Return what it means that rows could not be processed: the file is damaged or forged.

    Returns None if it contains only what an index run writes: then the error is a bug of ours.
    """
    wrong = unsound(conn)
    return DamagedError(f"{database}: damaged ({wrong}); {WAY_OUT}") if wrong else None


def _recognise(database: Path, conn: sqlite3.Connection, rules: int) -> None:
    tables = _tables(conn)
    if "captures" not in tables or "_wparchive_files" not in tables:
        what = "a database of something else" if tables else "empty"
        raise DamagedError(f"{database}: {what}, not what wparchive made; {WAY_OUT}")
    if rules > ROW_RULES:
        raise UsageError(f"{database}: made by a newer wparchive; use that one, this one leaves it as it is")
    missing = sorted(TABLES.keys() - tables)
    if missing and rules == ROW_RULES:
        raise DamagedError(f"{database}: damaged (no table {missing[0]}); {WAY_OUT}")


def _tables(conn: sqlite3.Connection) -> set[str]:
    return {name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _meaning(database: Path, error: sqlite3.Error, rules: int) -> WparchiveError | sqlite3.Error:
    code = primary_code(error)
    if code == sqlite3.SQLITE_ERROR and rules == ROW_RULES:
        return error
    if rules < ROW_RULES and code not in PASSING:
        return _outdated(database)
    return why_unread(database, error, WAY_OUT)


def _outdated(database: Path) -> StorageError:
    return StorageError(f"{database}: made by an older wparchive; bring it up to date with: wparchive index")
