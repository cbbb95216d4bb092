"""The folder or zip of an evidence package: its files, the list of their digests, and the signature of that list."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

from wparchive.errors import UsageError
from wparchive.export.wacz.bundle import Bundle
from wparchive.export.whole_file import refuse_places_of, whole_file
from wparchive.index.database.writing import trouble
from wparchive.seal.endorsement.programs import MissingProgram
from wparchive.seal.endorsement.signing import PACKAGE_NAMESPACE, SigningError, sign
from wparchive.store import Archive
from wparchive.store.warc.writing.writer import sync_folder

__all__ = ["PackageFolder", "package_folder", "shell_script"]

_SUMS = "SHA256SUMS"


class PackageFolder:
    """A package being made in the folder `place`."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.unsigned = ""  # why the list of digests isn't signed

    def put(self, name: str, data: bytes) -> None:
        """Write the file `name`. Raises OSError."""
        with self.open(name) as file:
            file.write(data)

    def open(self, name: str) -> BinaryIO:
        """Open the file `name` to write it. Raises OSError."""
        path = self.place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")

    def names(self) -> list[str]:
        """Return the files in it so far, by name."""
        found = (Path(folder, name) for folder, _, names in os.walk(self.place) for name in names)
        return sorted(path.relative_to(self.place).as_posix() for path in found)

    def close(self, key: Path | None) -> None:
        """Write the digests of all files, and sign them with `key`. Raises OSError."""
        lines = [f"{_sha256(self.place / name)}  {name}\n" for name in self.names()]
        text = "".join(lines).encode("ascii")
        self.put(_SUMS, text)
        if key is None:
            self.unsigned = "no key is set; give one to `wparchive seal`"
            return
        try:
            self.put(f"{_SUMS}.sig", sign(key, text, PACKAGE_NAMESPACE))
        except (SigningError, MissingProgram) as error:
            self.unsigned = str(error)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def package_folder(archive: Archive, target: Path, *, private: bool = False) -> Iterator[PackageFolder]:
    """Make a package in a folder of its own, and put it in place of `target` at the end of the block: whole or not at all.

    A `target` whose name ends with `.zip` is made a zip. A folder that is there is never replaced. With `private`, other
    users have no access to it. Raises UsageError and StorageError.
    """
    is_zip = target.suffix.lower() == ".zip"
    if not is_zip and os.path.lexists(target):
        raise UsageError(f"{target}: is there already; name a new folder, or a file that ends with .zip")
    if is_zip or target.resolve().is_relative_to(archive.root.resolve()):
        refuse_places_of(archive, target)
    with trouble(target):
        parent = target.absolute().parent
        if not parent.is_dir():
            raise UsageError(f"{target}: no folder {target.parent}; make it, or name a place elsewhere")
        place = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=parent))
        try:
            made = PackageFolder(place / "package")
            made.place.mkdir(mode=0o700 if private else 0o777)
            yield made
            if is_zip:
                with whole_file(archive, target, private=private) as out:
                    _zip(made, out)
            else:
                made.place.rename(target)
                sync_folder(parent)
        finally:
            shutil.rmtree(place, ignore_errors=True)


def _zip(made: PackageFolder, out: BinaryIO) -> None:
    with Bundle(out) as bundle:
        for name in made.names():
            bundle.add(name, made.place / name)


def shell_script(*parts: str) -> bytes:
    """Return the program in plain sh that is made of these parts of the folder `checks`."""
    folder = files("wparchive.export.evidence") / "checks"
    return b"".join((folder / part).read_bytes() for part in parts)
