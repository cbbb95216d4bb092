"""A small JSON file beside `archive.db`, for what no WARC holds: locked, private, written whole or not at all."""

import errno
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from wparchive.errors import DamagedError
from wparchive.store.archive import Lock
from wparchive.store.warc.writing.writer import storage_error, sync_folder

__all__ = ["Arrivals", "KeptFile"]

_LARGEST = 64 << 20
_LEAST_RESERVE = 1 << 16  # bytes
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class KeptFile:
    """The file at `path`; `is_sound` judges what is read, and `way_out` says what a person does about a damaged one.

    With `reserve`, as much room as it takes is kept free beside it, so that it can be written on a full disk too.
    """

    def __init__(
        self, path: Path, is_sound: Callable[[object], bool], way_out: str, timeout: float = 60, reserve: bool = False
    ) -> None:
        self._path = path
        self._is_sound = is_sound
        self._way_out = way_out
        self._timeout = timeout
        self._reserve = path.with_suffix(".reserve") if reserve else None

    def lock(self) -> Lock:
        """Hold it against other processes. Raises LockedError, and StorageError where the archive can't be written."""
        held = f"{self._path}: process PID doesn't let go of it"
        return Lock(self._path.with_suffix(".lock"), held, timeout=self._timeout)

    def read(self) -> dict[str, Any]:
        """What it holds, {} before it was first written. Raises StorageError and DamagedError."""
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as file:
                value = json.loads(file.read(_LARGEST))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise storage_error(self._path, error) from None
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict) or not self._is_sound(value):
            raise DamagedError(f"{self._path}: damaged; {self._way_out}")
        return value

    def write(self, value: Mapping[str, Any]) -> None:
        """Write `value`, under the lock; it is on the disk when this returns. Raises StorageError."""
        data = json.dumps(value, indent=1, sort_keys=True).encode("ascii")
        with self._as_ours():
            try:
                self._replace(self._path, data)
            except OSError as error:
                if self._reserve is None or error.errno not in _NO_ROOM:
                    raise
                self._reserve.unlink(missing_ok=True)
                self._replace(self._path, data)
        with suppress(OSError):
            self._keep_room(2 * len(data))

    def _replace(self, path: Path, data: bytes) -> None:
        fresh = path.with_name(f"{path.name}.new")  # one name, under the lock: a kill leaves no second one
        fresh.unlink(missing_ok=True)
        try:
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError:
            with suppress(OSError):  # half a file takes the room that its next try needs
                fresh.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)

    def _keep_room(self, size: int) -> None:
        if self._reserve is None:
            return
        size = max(_LEAST_RESERVE, size)
        held = self._reserve.stat().st_size if self._reserve.exists() else 0
        if held < size:
            self._replace(self._reserve, os.urandom(2 * size))  # what a file system can't compress

    @contextmanager
    def _as_ours(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise storage_error(self._path, error) from None


class Arrivals:
    """Short keys in the order in which they were first met: whoever keeps a place in it is shown each of them once.

    All keys have `length` characters; `text` is what `str` made of the keys before.
    """

    def __init__(self, length: int, text: str = "") -> None:
        keys = (text[at : at + length] for at in range(0, len(text), length))
        self._places = {key: place for place, key in enumerate(keys)}

    def __len__(self) -> int:
        return len(self._places)

    def __str__(self) -> str:
        return "".join(self._places)

    def take(self, keys: Iterable[str]) -> bool:
        """Add those of `keys` that are new; whether any is."""
        before = len(self)
        for key in keys:
            self._places.setdefault(key, len(self._places))
        return len(self) > before

    def places(self, keys: Iterable[str]) -> set[int]:
        """The places of `keys`, all of which it has."""
        return {self._places[key] for key in keys}

    def since(self, place: int) -> set[str]:
        """The keys at `place` and behind it."""
        return {*islice(self._places, place, None)}

    def but(self, places: Set[int]) -> set[str]:
        """The keys at other places than these."""
        return {key for key, place in self._places.items() if place not in places}
