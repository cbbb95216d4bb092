"""The errors that end a run or a command, each with its exit code.

A server's response is data, never an exception: these are for what makes it impossible to continue.
"""

import errno
from collections.abc import Sequence
from enum import IntEnum
from typing import ClassVar

__all__ = [
    "AlteredLogError",
    "AmbiguousError",
    "ConfigError",
    "CredentialsError",
    "CutShort",
    "DamagedError",
    "ExitCode",
    "InexactError",
    "Interrupted",
    "LockedError",
    "MissingError",
    "RefusedError",
    "RemoteError",
    "StorageError",
    "SwappedError",
    "TakenError",
    "UsageError",
    "WparchiveError",
    "scarcity",
    "way_out",
    "worst",
]


class ExitCode(IntEnum):
    """How a command ended; the numbers are the process's exit codes."""

    COMPLETE = 0
    ERROR = 1
    USAGE = 2
    INCOMPLETE = 3
    FINDINGS = 4
    LOCKED = 5
    REFUSED = 6
    NO_API = 7
    STORAGE = 8
    INTERRUPTED = 130


class WparchiveError(Exception):
    """Base class of our errors; the message is one line that says what to do next."""

    exit_code: ClassVar[ExitCode] = ExitCode.ERROR


class UsageError(WparchiveError):
    """The arguments are wrong; nothing was started."""

    exit_code = ExitCode.USAGE


class AmbiguousError(UsageError):
    """A name means more than one thing; `choices` are these, each on a line that begins with a name that is clear."""

    def __init__(self, message: str, choices: Sequence[str]) -> None:
        super().__init__(message)
        self.choices = tuple(choices)


class ConfigError(UsageError):
    """The configuration file is wrong; the message names the place and the fault."""


class CredentialsError(UsageError):
    """The credentials do not work; the message names the user and the site, never the secret."""


class LockedError(WparchiveError):
    """Another run holds the lock of this site."""

    exit_code = ExitCode.LOCKED


class RefusedError(WparchiveError):
    """The site throttled or blocked requests for longer than the settings allow."""

    exit_code = ExitCode.REFUSED


class StorageError(WparchiveError):
    """The disk is full or not writable; everything committed is safe."""

    exit_code = ExitCode.STORAGE


class RemoteError(StorageError):
    """The object store refused, or can't be reached; `passing` when another try may succeed.

    The message names the store and the key, never a secret.
    """

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class MissingError(RemoteError):
    """The object store has no object of that name."""


class TakenError(RemoteError):
    """The object store has another object of that name, and none is ever overwritten."""


class SwappedError(RemoteError):
    """The object in the store isn't the one that was read: somebody else has replaced it, and nothing was written."""


class AlteredLogError(WparchiveError):
    """The log of seals isn't the one that was sealed, so nothing may be added to it."""

    exit_code = ExitCode.FINDINGS


class DamagedError(StorageError):
    """A file of the archive is not as it should be."""


class InexactError(WparchiveError):
    """This Python or urllib3 does not allow byte-exact capture, so nothing is archived with it."""


class CutShort(WparchiveError):
    """The run reached a limit set by the operator; what it holds stays, and the next run resumes it."""

    exit_code = ExitCode.INCOMPLETE


class Interrupted(WparchiveError):
    """SIGINT or SIGTERM: the run stopped cleanly and can be resumed."""

    exit_code = ExitCode.INTERRUPTED


_NONE_LEFT = (errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def scarcity(error: BaseException, *, certain: bool = False) -> StorageError | None:
    """Return a StorageError if an error of the system or of SQLite means missing resources or rights; else None.

    With `certain`, only unambiguous errors count, because network failures are OSErrors too.
    """
    import sqlite3  # not loaded for `--help`

    if isinstance(error, sqlite3.Error):
        no_room = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
        code = int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return StorageError(f"{error}: held by another program; run again when that has ended")
        return StorageError(f"{error}; {way_out(error)}, then run again") if code in no_room else None
    if not isinstance(error, OSError) or (certain and error.errno not in _NONE_LEFT):
        return None
    place = f"{error.filename}: " if isinstance(error.filename, str) else ""
    return StorageError(f"{place}{error.strerror or error}; {way_out(error)}, then run again")


def way_out(error: Exception) -> str:
    """What a person does about `error` of a file or folder, of the system or of SQLite."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return _WAYS_OUT_OF_SQLITE.get(code & 0xFF, _UNCERTAIN)
    return _WAYS_OUT.get(getattr(error, "errno", None) or 0, _UNCERTAIN)


_UNCERTAIN = "make room or grant access"
# The result codes FULL, PERM, READONLY and CANTOPEN; `sqlite3` isn't loaded for `--help`.
_WAYS_OUT_OF_SQLITE = {13: "make room", **dict.fromkeys((3, 8, 14), "grant access")}
_WAYS_OUT = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room"),
    **dict.fromkeys((errno.EACCES, errno.EPERM), "grant access"),
    errno.EROFS: "name a folder that can be written",
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "allow more open files (ulimit -n)"),
    **dict.fromkeys((errno.ENOTDIR, errno.EISDIR, errno.EEXIST), "move elsewhere what is there"),
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EFBIG: "allow larger files (ulimit -f)",
}

# For several sites, the process exits with the first of these codes that occurred.
_PRECEDENCE = (
    ExitCode.STORAGE,
    ExitCode.ERROR,
    ExitCode.USAGE,
    ExitCode.REFUSED,
    ExitCode.INCOMPLETE,
    ExitCode.LOCKED,
    ExitCode.INTERRUPTED,
)


def worst(codes: list[ExitCode]) -> ExitCode:
    """Return the exit code for sites that ended with `codes`. A site without an API counts only when alone."""
    if codes == [ExitCode.NO_API]:
        return ExitCode.NO_API
    return next((code for code in _PRECEDENCE if code in codes), ExitCode.COMPLETE)
