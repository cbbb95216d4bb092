"""The programs that sign and check: ssh-keygen and openssl, called as git calls them, without a terminal."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["MissingProgram", "Said", "run"]

_SECONDS = 30
_LONGEST = 300  # characters of a complaint


class MissingProgram(Exception):
    """A program isn't installed; the message says which, and what it is for."""


@dataclass(frozen=True, slots=True)
class Said:
    """How a program ended; `complaint` is what it wrote about a failure, in one line."""

    code: int
    out: bytes
    complaint: str


def run(command: Sequence[str | Path], given: bytes | None = None, *, seconds: float = _SECONDS) -> Said:
    """Run `command`, with `given` as its input, for at most so many seconds. Raises MissingProgram."""
    # No question may wait for an answer where nobody is: a key with a passphrase fails at once.
    quiet = {"LC_ALL": "C", "TZ": "UTC0", "SSH_ASKPASS_REQUIRE": "never"}
    try:
        process = subprocess.Popen(
            [*map(str, command)],
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **quiet},
            start_new_session=True,  # without a terminal to ask on
        )
    except FileNotFoundError:
        raise MissingProgram(f"{command[0]} isn't installed") from None
    except OSError as error:
        return Said(-1, b"", f"{command[0]}: {error.strerror}")
    with process:
        try:
            out, said = process.communicate(given, timeout=seconds)
        except BaseException as error:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and what it started
            if isinstance(error, subprocess.TimeoutExpired):
                return Said(-1, b"", f"{command[0]} didn't end within {seconds:.0f} seconds")
            raise
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return Said(process.returncode, out, "; ".join(lines)[:_LONGEST])
