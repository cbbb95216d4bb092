"""How far each reader of an archive has looked: a small file beside `archive.db`, which is a view of the WARCs and may go.

What is kept is, by the reader's name and by what was asked, the last run of each site whose changes were shown.
"""

import json
import os
from collections.abc import Mapping
from typing import Any

from wparchive.errors import DamagedError
from wparchive.store.archive import Archive, Lock
from wparchive.store.warc.writer import storage_error, sync_folder

__all__ = ["Readers"]

_LARGEST = 64 << 20


class Readers:
    """The places of all readers of an archive; another process may move its own at the same time."""

    def __init__(self, archive: Archive) -> None:
        self._path = archive.root / ".readers.json"

    def places(self, reader: str, asked: str) -> dict[str, str]:
        """The run up to which `reader`, who asks for `asked`, was shown each site.

        Raises StorageError where the archive can't be written, so that a place would be lost, and DamagedError.
        """
        with self._lock():
            own = self._read().get(reader, {}).get(asked, {})
            return {str(site): str(run) for site, run in own.items()}

    def move(self, reader: str, asked: str, places: Mapping[str, str]) -> None:
        """Keep that `reader` was shown each site of `places` up to that run; its other sites stay.

        Raises StorageError and DamagedError.
        """
        if not places:
            return
        with self._lock():
            everyone = self._read()
            everyone.setdefault(reader, {}).setdefault(asked, {}).update(places)
            self._write(everyone)

    def _lock(self) -> Lock:
        return Lock(
            self._path.with_name(".readers.lock"), f"{self._path}: process PID doesn't let go of it", timeout=60
        )

    def _read(self) -> dict[str, Any]:
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
        if not _is_sound(value):
            raise DamagedError(f"{self._path}: damaged; remove it, and every reader begins again with all that is held")
        sound: dict[str, Any] = value
        return sound

    def _write(self, value: Mapping[str, Any]) -> None:
        fresh = self._path.with_name(f"{self._path.name}.new")  # one name, under the lock: a kill leaves no second one
        try:
            fresh.unlink(missing_ok=True)
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                json.dump(value, file, indent=1, sort_keys=True)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            raise storage_error(self._path, error) from None


def _is_sound(value: object) -> bool:
    """Whether it is reader → question → site → run."""
    return isinstance(value, dict) and all(
        isinstance(asked, dict)
        and all(isinstance(sites, dict) and all(map(_is_text, sites.values())) for sites in asked.values())
        for asked in value.values()
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)
