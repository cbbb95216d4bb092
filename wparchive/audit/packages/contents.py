"""What is in a package, a folder or a zip: names and bytes, all of it hostile."""

import hashlib
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from wparchive.errors import UsageError

__all__ = ["Contents", "FolderContents", "UnreadableFile", "ZipContents", "opened", "sha256_of_file"]

_SMALL = 64 << 20  # bytes of a file that is read whole
_PIECE = 1 << 20
_MOST = 1_000_000  # files


class UnreadableFile(Exception):
    """A file of a package can't be read; the message says why."""


class Contents(Protocol):
    """The files of a package; `odd` names what is no plain file, and names that stand more than once."""

    @property
    def names(self) -> Sequence[str]:
        """The names of all files, in order."""

    @property
    def odd(self) -> Sequence[str]:
        """What can't be a part of a package."""

    def open(self, name: str) -> BinaryIO:
        """Open a file. Raises UnreadableFile."""


def read_small_file(contents: Contents, name: str) -> bytes:
    """Return the bytes of a file of at most 64 MiB. Raises UnreadableFile."""
    with closing(contents.open(name)) as file, _reading(name):
        data = file.read(_SMALL + 1)
    if len(data) > _SMALL:
        raise UnreadableFile(f"{name}: larger than any such file")
    return data


def pieces(contents: Contents, name: str) -> Iterator[bytes]:
    """Yield the bytes of a file. Raises UnreadableFile."""
    with closing(contents.open(name)) as file:
        while True:
            with _reading(name):
                piece = file.read(_PIECE)
            if not piece:
                return
            yield piece


def sha256_of_file(contents: Contents, name: str) -> str:
    """Return the lower-case hex SHA-256 of a file. Raises UnreadableFile."""
    digest = hashlib.sha256()
    for piece in pieces(contents, name):
        digest.update(piece)
    return digest.hexdigest()


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise UnreadableFile(f"{name}: can't be read ({error})") from None


class FolderContents:
    """A package that was unpacked."""

    def __init__(self, root: Path) -> None:
        self._root = root
        names, odd = [], []
        for folder, folders, files in os.walk(root):
            for name in (*folders, *files):
                path = Path(folder, name)
                mode = path.lstat().st_mode
                if stat.S_ISREG(mode):
                    names.append(path.relative_to(root).as_posix())
                elif not stat.S_ISDIR(mode):
                    odd.append(path.relative_to(root).as_posix())
        self.names: Sequence[str] = sorted(names)
        self.odd: Sequence[str] = odd

    def open(self, name: str) -> BinaryIO:
        """Open a file. Raises UnreadableFile."""
        if name not in self.names:
            raise UnreadableFile(f"{name}: isn't there")
        with _reading(name):
            return (self._root / name).open("rb")


class ZipContents:
    """A package in a zip."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._zip = archive
        seen: set[str] = set()
        odd = []
        for one in archive.infolist():
            if one.is_dir():
                continue
            bad = one.filename.startswith("/") or ".." in one.filename.split("/") or "\\" in one.filename
            if bad or one.filename in seen or one.flag_bits & 1 or stat.S_ISLNK(one.external_attr >> 16):
                odd.append(one.filename)
            seen.add(one.filename)
        self.names: Sequence[str] = sorted(seen)
        self.odd: Sequence[str] = odd

    def open(self, name: str) -> BinaryIO:
        """Open a file. Raises UnreadableFile."""
        if name not in self.names:
            raise UnreadableFile(f"{name}: isn't there")
        with _reading(name):
            return self._zip.open(name)  # type: ignore[return-value]  # readable, which is all that is asked of it


@contextmanager
def opened(path: Path) -> Iterator[Contents]:
    """Open the package at `path`. Raises UsageError for what is neither a folder nor a zip."""
    if path.is_dir():
        yield FolderContents(path)
        return
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; name an evidence package or a WACZ") from None
    except (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise UsageError(f"{path}: neither a folder nor a zip that can be read ({error})") from None
    with archive:
        if len(archive.infolist()) > _MOST:
            raise UsageError(f"{path}: more files than any package has")
        yield ZipContents(archive)
