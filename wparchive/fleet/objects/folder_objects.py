"""Objects in a folder of one machine: a lock and a rename do what a bucket's conditions do. The version is the SHA-256."""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from wparchive.errors import LockedError, MissingError, RemoteError, way_out
from wparchive.fleet.objects.backend import ConflictError, Listed
from wparchive.store.archive import Lock
from wparchive.store.warc.writing.writer import sync_folder

__all__ = ["ObjectFolder"]

_PIECE = 1 << 20
_HIDDEN = "."  # how the names of files begin that are no objects
_WAIT = 60.0  # seconds for the lock, which is held for moments only
_LASTING = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG)


class ObjectFolder:
    """The objects below the folder `root`. Implements `Backend`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, key: str) -> tuple[bytes, str] | None:
        """Return content and version of an object; None when there is none."""
        with self._as_ours("read", key):
            try:
                data = self._path(key).read_bytes()
            except (FileNotFoundError, IsADirectoryError):
                return None
        return data, hashlib.sha256(data).hexdigest()

    def head(self, key: str) -> tuple[int, str]:
        """Return size and version of an object. Raises MissingError."""
        with self._as_ours("read", key):
            path = self._path(key)
            return path.stat().st_size, _digest(path) or ""

    def create(self, key: str, source: bytes | Path) -> str:
        """Make an object, of bytes or of a file; returns its version."""
        return self._put(key, source, None)

    def replace(self, key: str, data: bytes, version: str) -> str:
        """Replace that version of an object; returns the new one."""
        return self._put(key, data, version)

    def _put(self, key: str, source: bytes | Path, version: str | None) -> str:
        path = self._path(key)
        with self._as_ours("written", key):
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f"{_HIDDEN}{uuid4().hex}.new")
            try:
                digest = _written(fresh, source)
                with Lock(self._root / f"{_HIDDEN}lock", f"{self._root}: process PID doesn't let go of it", _WAIT):
                    if _digest(path) != version:
                        raise ConflictError
                    fresh.rename(path)
                    sync_folder(path.parent)
            finally:
                with suppress(OSError):
                    fresh.unlink(missing_ok=True)
        return digest

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """Return bytes of an object: as many as there are, at most `length`."""
        with self._as_ours("read", key), self._path(key).open("rb") as file:
            file.seek(start)
            return file.read(length)

    def pieces(self, key: str) -> Iterator[bytes]:
        """Yield the content of an object."""
        with self._as_ours("read", key), self._path(key).open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece

    def list(self, prefix: str) -> Iterator[Listed]:
        """Yield the objects in the folder `prefix` and below it."""
        with self._as_ours("listed", prefix):
            top = self._path(prefix) if prefix else self._root
            for path in sorted(top.rglob("*")):
                if path.is_file() and not path.is_symlink() and not path.name.startswith(_HIDDEN):
                    yield Listed(path.relative_to(self._root).as_posix(), path.stat().st_size)

    def delete(self, key: str) -> None:
        """Delete an object, if it is there."""
        with self._as_ours("deleted", key):
            self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        path = self._root
        for part in key.split("/"):
            path = path / part
            if not part or part.startswith(_HIDDEN) or "\0" in part or path.is_symlink():
                raise RemoteError(f"{self._root}: {key!r} can't be the name of an object here")
        return path

    @contextmanager
    def _as_ours(self, done: str, key: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise MissingError(f"{self._root}/{key}: missing in the store") from None
        except OSError as error:
            what = f"{self._root}/{key}: can't be {done} ({error.strerror or error}); {way_out(error)}"
            raise RemoteError(what, passing=error.errno not in _LASTING) from None
        except LockedError as error:
            raise RemoteError(str(error), passing=True) from None


def _written(path: Path, source: bytes | Path) -> str:
    """Write a new file, durably; returns the SHA-256 of its content."""
    digest = hashlib.sha256()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    with os.fdopen(handle, "wb") as file:
        for piece in (source,) if isinstance(source, bytes) else _pieces(source):
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _digest(path: Path) -> str | None:
    """Return the version of the object at `path`; None when there is none."""
    digest = hashlib.sha256()
    try:
        for piece in _pieces(path):
            digest.update(piece)
    except FileNotFoundError:
        return None
    return digest.hexdigest()


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
