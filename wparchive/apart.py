"""What keeps one thing that a site sent from stopping the rest: each record, item, file and link is read apart.

Whatever a stranger sends is expected to be odd, and read as such. This is for what nobody expected, a bug of ours: it may cost
the thing that shows it, by name, and no other.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wparchive.errors import WparchiveError
from wparchive.events import clean

__all__ = ["NOT_UNDERSTOOD", "apart"]

NOT_UNDERSTOOD = "not-understood"  # the flag of a capture of which something couldn't be read
_LONGEST = 200
# What has nothing to do with what was read: the disk, the database, memory.
_OURS = (WparchiveError, OSError, MemoryError, sqlite3.InternalError)


def _is_passing(error: Exception) -> bool:
    """Whether `error` says nothing of what was being read, and has to go on up."""
    if isinstance(error, sqlite3.Error):
        code = int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF
        told = code in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH)
        return not told or isinstance(error, sqlite3.InternalError)
    return isinstance(error, _OURS)


@contextmanager
def apart(tell: Callable[[str], None], about: object = None) -> Iterator[None]:
    """Go on behind this block whatever the thing `about` that is read in it is like; `tell` is told what went wrong."""
    try:
        yield
    except Exception as error:
        if _is_passing(error):
            raise
        what = f"{about} not understood" if about is not None else "not understood"
        tell(clean(f"{what}: {type(error).__name__}: {error}")[:_LONGEST])
