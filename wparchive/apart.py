"""Isolates the processing of single records, items, files and links, so that one cannot stop the rest.

Odd data from a server is expected and handled where it is read. This is for the unexpected, a bug of ours: it may cost
the thing that triggers it, which is reported, and no other.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wparchive.errors import WparchiveError
from wparchive.events import clean

__all__ = ["NOT_UNDERSTOOD", "apart"]

NOT_UNDERSTOOD = "not-understood"  # flag of a capture that could not be processed completely
_LONGEST = 200
# Errors that do not depend on the data: the disk, the database, memory.
_OURS = (WparchiveError, OSError, MemoryError, sqlite3.InternalError)


def _is_passing(error: Exception) -> bool:
    """Return whether `error` does not depend on the data, and so must be raised."""
    if isinstance(error, sqlite3.Error):
        code = int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF
        of_data = code in (
            sqlite3.SQLITE_ERROR,
            sqlite3.SQLITE_CONSTRAINT,
            sqlite3.SQLITE_TOOBIG,
            sqlite3.SQLITE_MISMATCH,
        )
        return not of_data or isinstance(error, sqlite3.InternalError)
    return isinstance(error, _OURS)


@contextmanager
def apart(report: Callable[[str], None], about: object = None) -> Iterator[None]:
    """Continue after this block if processing `about` fails in it; `report` is called with the reason."""
    try:
        yield
    except Exception as error:
        if _is_passing(error):
            raise
        what = f"{about} not understood" if about is not None else "not understood"
        report(clean(f"{what}: {type(error).__name__}: {error}")[:_LONGEST])
