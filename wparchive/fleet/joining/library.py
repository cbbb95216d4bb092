"""A fleet as `wparchive serve` shows it: its catalogue, brought up to date every minute, and the archive.db of each site."""

import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Self

from wparchive.errors import WparchiveError
from wparchive.fleet.joining.catalogue import catalogue
from wparchive.fleet.joining.shelf import fetch_database
from wparchive.fleet.objects import ObjectStore
from wparchive.fleet.queue.fleet_file import FleetFile
from wparchive.fleet.queue.tables import connect

__all__ = ["FleetLibrary"]

_EVERY: Final = 60.0  # seconds


class FleetLibrary:
    """Keeps a catalogue in a temporary folder as long as it is open as a context manager; `every` is in seconds.

    Raises StorageError when the database can't be reached at the start; later that is `trouble`, and the catalogue stays.
    """

    def __init__(self, fleet: FleetFile, *, every: float = _EVERY) -> None:
        self._fleet, self._every = fleet, every
        self._store = ObjectStore(fleet.store)
        self._ended = threading.Event()
        self.trouble = ""

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="wparchive-catalogue-")
        try:
            self.refresh(heads=False)
        except BaseException:
            self._folder.cleanup()
            raise
        self._thread = threading.Thread(target=self._keep, name="catalogue", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._folder.cleanup()

    @property
    def catalogue(self) -> Path:
        """The SQLite file over all sites."""
        return Path(self._folder.name) / "catalogue.db"

    def refresh(self, *, heads: bool = True) -> None:
        """Bring the catalogue up to date; HEADs of the store take long at first. Raises StorageError and RemoteError."""
        with connect(self._fleet.database) as conn:
            catalogue(self.catalogue, conn, self._store if heads else None)

    def _keep(self) -> None:
        wait = 0.0
        while not self._ended.wait(wait):
            wait = self._every
            try:
                self.refresh()
                self.trouble = ""
            except WparchiveError as error:
                self.trouble = str(error)

    def fetch(self, site: str, path: Path) -> bool:
        """Write the `archive.db` of a site to `path`; False where the store has none yet. Raises what the store raises."""
        return fetch_database(self._store, site, path) is not None
