"""The folder `seals/` of an archive: the log, and for each seal what was signed, by whom, and when."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wparchive.errors import StorageError
from wparchive.seal.log import Log, read_log
from wparchive.seal.proof.checkpoint import Checkpoint
from wparchive.store import Archive
from wparchive.store.warc.writing.writer import storage_error

__all__ = ["MOST_BYTES", "Seal", "Seals", "read_small", "seal_numbers"]

MOST_BYTES = 1 << 20
"""The most bytes of a checkpoint, a signature or a token: more is none."""

_NUMBER = re.compile(r"[0-9]{6,12}")
_SIGNED = ("checkpoint.sig", "checkpoint.new.sig")


@dataclass(frozen=True, slots=True)
class Seal:
    """One seal, in its own folder."""

    folder: Path

    @property
    def number(self) -> int:
        """Its number, by which its folder is called."""
        return int(self.folder.name)

    @property
    def text(self) -> bytes:
        """The checkpoint as its file has it. Raises StorageError."""
        return read_small(self.folder / "checkpoint")

    def checkpoint(self) -> Checkpoint:
        """Return the checkpoint. Raises ValueError and StorageError."""
        return Checkpoint.parse(self.text)

    @property
    def signature(self) -> Path:
        """The file of the signature, there or not."""
        return self.folder / _SIGNED[0]

    @property
    def signatures(self) -> list[Path]:
        """The files of the signatures that are there: at a change of keys also that of the new one."""
        return [path for name in _SIGNED if (path := self.folder / name).is_file() and not path.is_symlink()]

    @property
    def tokens(self) -> list[Path]:
        """The files of the time stamps, by authority."""
        return [path for path in self.files() if path.suffix == ".tsr"]

    def stamped(self) -> bytes:
        """Return what an authority stamps: the checkpoint, and behind it the signature if there is one. Raises StorageError."""
        signature = self.signature
        return self.text + (read_small(signature) if signature.is_file() else b"")

    def files(self) -> list[Path]:
        """Return all files of it, those that somebody else left there too; none behind a symbolic link."""
        found = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
        return [path for path in found if path.is_file() and not path.is_symlink()]


class Seals:
    """The seals of an archive; nothing is made before it is needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, archive: Archive) -> "Seals":
        """Return the seals of `archive`."""
        return cls(archive.root / "seals")

    @property
    def signers(self) -> Path:
        """The file of our own keys, in OpenSSH's form: our own word."""
        return self.folder / "allowed_signers"

    @property
    def authorities(self) -> Path:
        """The folder of the certificates of the authorities that were asked."""
        return self.folder / "authorities"

    def log(self) -> Log:
        """Return the log. Raises StorageError."""
        return read_log(self.folder)

    def all(self) -> list[Seal]:
        """Return the seals, the oldest first."""
        if self.folder.is_symlink() or not self.folder.is_dir():
            return []
        names = [path for path in self.folder.iterdir() if _is_number(path.name) and not path.is_symlink()]
        return sorted(map(Seal, names), key=lambda seal: seal.number)

    def newest(self) -> Seal | None:
        """Return the newest seal."""
        return next(reversed(self.all()), None)

    def place(self, number: int) -> Path:
        """Return the folder of the seal `number`."""
        return self.folder / f"{number:06d}"


def _is_number(name: str) -> bool:
    # A number is written in one way: no second folder passes for the same seal.
    return _NUMBER.fullmatch(name) is not None and name == f"{int(name):06d}"


def read_small(path: Path) -> bytes:
    """Return the bytes of a file that is small if it is sound. Raises StorageError."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise storage_error(path, error) from None
    if len(data) > MOST_BYTES:
        raise StorageError(f"{path}: larger than any such file; move it elsewhere, and run `wparchive verify`")
    return data


def seal_numbers(seals: Seals, log: Log) -> Iterator[tuple[int, Seal]]:
    """Yield how many entries each seal covers, the smallest first; seals whose checkpoint can't be read are left out."""
    sized = []
    for seal in seals.all():
        try:
            checkpoint = seal.checkpoint()
        except (ValueError, StorageError):
            continue
        if checkpoint.size <= len(log.entries):
            sized.append((checkpoint.size, seal))
    yield from sorted(sized, key=lambda one: (one[0], one[1].number))
