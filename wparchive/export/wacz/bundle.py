"""The zip around a package, written from the first byte to the last in constant memory.

Times, rights and order are the same for the same content. What is compressed already is stored, so that a viewer can read
a record out of the middle of a WARC. Source: WACZ 1.1.1, section 4; APPNOTE.TXT 6.3 (zip64: 4.3.9.2, 4.5.3).
"""

import hashlib
import os
import stat
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

__all__ = ["Bundle", "Resource", "pieces_of"]

_PIECE = 1 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can state
_UNIX = 3
_MODE = stat.S_IFREG | 0o644


@dataclass(frozen=True, slots=True)
class Resource:
    """A file in the package; `sha256` is lower-case hex."""

    path: str
    bytes: int
    sha256: str


class Bundle:
    """A zip being written to the binary file `out`; `resources` are the files in it so far."""

    def __init__(self, out: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(out, "w", allowZip64=True)
        self.resources: list[Resource] = []

    def add(self, name: str, source: Path) -> Resource:
        """Copy the file `source` in as `name`. Raises OSError, also where it is a symbolic link."""
        with _opened(source) as file:
            size = os.fstat(file.fileno()).st_size
            return self._write(name, size, pieces_of(file))

    def put(self, name: str, data: bytes) -> Resource:
        """Write `data` as the file `name`. Raises OSError."""
        return self._write(name, len(data), [data])

    def _write(self, name: str, size: int, pieces: Iterable[bytes]) -> Resource:
        info = zipfile.ZipInfo(name, _EPOCH)
        info.create_system, info.external_attr = _UNIX, _MODE << 16
        info.compress_type = zipfile.ZIP_STORED if name.endswith(".gz") else zipfile.ZIP_DEFLATED
        info.file_size = size  # by which it is told whether zip64 is needed
        digest, written = hashlib.sha256(), 0
        with self._zip.open(info, "w") as member:
            for piece in pieces:
                digest.update(piece)
                written += member.write(piece)
        self.resources.append(Resource(name, written, digest.hexdigest()))
        return self.resources[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        if kind is None:  # a zip that isn't whole gets no list of what it holds
            self._zip.close()
        else:
            self._zip.fp = None


def pieces_of(file: BinaryIO) -> Iterator[bytes]:
    """Yield what is left of `file`, a mebibyte at a time."""
    while piece := file.read(_PIECE):
        yield piece


def _opened(path: Path) -> BinaryIO:
    """Open an ordinary file, never what a symbolic link in its place leads to."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    return os.fdopen(handle, "rb")
