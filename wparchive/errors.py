"""What stops us, and the exit code that each carries.

A server's answer is data, never an exception: these are for what we can't go on from.

    WparchiveError              1  error
      UsageError                2  usage
        ConfigError             2
        CredentialsError        2
      LockedError               5  locked
      RefusedError              6  refused
      NoApiError                7  no-api
      StorageError              8  storage
        DamagedError            8
      InexactError              1  (the capture self-test)
      Interrupted             130  interrupted
"""

from enum import IntEnum
from typing import ClassVar

__all__ = [
    "ConfigError",
    "CredentialsError",
    "DamagedError",
    "ExitCode",
    "InexactError",
    "Interrupted",
    "LockedError",
    "NoApiError",
    "RefusedError",
    "StorageError",
    "UsageError",
    "WparchiveError",
    "worst",
]


class ExitCode(IntEnum):
    """How an invocation ended; the numbers are the process's exit codes."""

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
    """Base of everything that we raise; its message is one line that says what to do next."""

    exit_code: ClassVar[ExitCode] = ExitCode.ERROR


class UsageError(WparchiveError):
    """The arguments are wrong; nothing was started."""

    exit_code = ExitCode.USAGE


class ConfigError(UsageError):
    """The configuration file is wrong; the message says where and what."""


class CredentialsError(UsageError):
    """The credentials don't work; names the user and the site, never the secret."""


class LockedError(WparchiveError):
    """Another run holds this site."""

    exit_code = ExitCode.LOCKED


class RefusedError(WparchiveError):
    """The site throttled or blocked us past our patience."""

    exit_code = ExitCode.REFUSED


class NoApiError(WparchiveError):
    """Nothing at the target speaks WordPress REST."""

    exit_code = ExitCode.NO_API


class StorageError(WparchiveError):
    """The disk is full or not writable; everything committed is safe."""

    exit_code = ExitCode.STORAGE


class DamagedError(StorageError):
    """A file of the archive isn't what it should be."""


class InexactError(WparchiveError):
    """This Python or urllib3 doesn't let us capture to the byte, so we refuse to archive with it."""


class Interrupted(WparchiveError):
    """SIGINT or SIGTERM: stopped cleanly, resumable."""

    exit_code = ExitCode.INTERRUPTED


# Of several sites' codes the process exits with the first of these that occurred.
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
    """The exit code of a process whose sites ended with `codes`; a site without an API counts only when alone."""
    if codes == [ExitCode.NO_API]:
        return ExitCode.NO_API
    return next((code for code in _PRECEDENCE if code in codes), ExitCode.COMPLETE)
