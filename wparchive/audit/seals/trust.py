"""Whom an auditor believes: heads of the log that were kept elsewhere, signers, and authorities that stamp."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wparchive.errors import UsageError
from wparchive.seal.proof.checkpoint import Checkpoint

__all__ = ["OWN_WORD", "Trust", "expected_head"]

_LARGEST = 1 << 16  # bytes of a checkpoint


@dataclass(frozen=True, slots=True)
class Trust:
    """Heads of the log, a file of allowed signers, a file of certificates (PEM); without one, the archive's own word."""

    expect: Sequence[Path] = ()
    signers: Path | None = None
    authorities: Path | None = None

    def heads(self) -> list[tuple[Path, Checkpoint]]:
        """Return the heads that are expected. Raises UsageError."""
        return [(path, expected_head(path)) for path in self.expect]

    def check(self) -> None:
        """Raise UsageError for a file that can't be read."""
        for option, path in (("--signers", self.signers), ("--authorities", self.authorities)):
            if path is not None:
                _readable(option, path)


OWN_WORD = Trust()
"""Nothing but what the archive says of itself."""


def expected_head(path: Path) -> Checkpoint:
    """Return the checkpoint that somebody kept at `path`. Raises UsageError."""
    try:
        return Checkpoint.parse(_readable("--expect", path))
    except ValueError:
        raise UsageError(f"--expect {path}: no checkpoint; name a copy of a seals/NUMBER/checkpoint") from None


def _readable(option: str, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise UsageError(f"{option} {path}: can't be read ({error.strerror})") from None
