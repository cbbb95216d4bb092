"""Which archives of a fleet are open: each is fetched when somebody wants to read it, and the last few stay."""

import asyncio
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

from datasette.database import Database

__all__ = ["CATALOGUE", "KEPT", "Library", "Shelf"]

CATALOGUE: Final = "catalogue"
"""How the database over all sites is called."""
KEPT: Final = 20
_FILE: Final = "archive.db"
_GRACE: Final = 60.0  # seconds that a page may take at most
_TAKEN: Final = {CATALOGUE, "_internal", "_memory", "internal"}


class Library(Protocol):
    """Where a fleet's figures and archives come from. `catalogue` is the file of its catalogue."""

    @property
    def catalogue(self) -> Path:
        """The SQLite file over all sites."""

    @property
    def trouble(self) -> str:
        """Why the catalogue couldn't be brought up to date; "" when it could."""

    def fetch(self, site: str, path: Path) -> bool:
        """Write the `archive.db` of a site to `path`; False where there is none. Raises WparchiveError."""


class Shelf:
    """The open archives of a fleet, in the folder `root`: ROOT/SITE/GENERATION/archive.db, at most `kept` of them."""

    def __init__(self, library: Library, root: Path, kept: int = KEPT) -> None:
        self.library = library
        self._root, self._kept = root, kept
        self._locks: dict[str, asyncio.Lock] = {}
        self._open: dict[str, Path] = {}  # the one used last comes last

    def reopen(self, datasette: Any) -> None:
        """Open what was open when this was served last."""
        found = sorted(self._root.glob(f"*/*/{_FILE}"), key=lambda path: path.stat().st_mtime)
        for path in found:
            self._put(datasette, path.parent.parent.name, path)

    async def open(self, datasette: Any, site: str, generation: int) -> bool:
        """Open the archive of a site as it was indexed in that generation; False where there is none. Raises WparchiveError."""
        if site in _TAKEN:
            return False
        async with self._locks.setdefault(site, asyncio.Lock()):  # two readers of one site fetch it once
            path = self._root / site / str(generation) / _FILE
            if not path.is_file() and not await asyncio.to_thread(self.library.fetch, site, path):
                return False
            self._put(datasette, site, path)
        return True

    def _put(self, datasette: Any, site: str, path: Path) -> None:
        path.touch()
        before = self._open.pop(site, None)
        self._open[site] = path
        if before == path:
            return
        if before is not None:
            self._close(datasette, site, before)
        datasette.add_database(Database(datasette, path=str(path), is_mutable=True), name=site)
        while len(self._open) > self._kept:
            oldest = next(iter(self._open))
            self._close(datasette, oldest, self._open.pop(oldest))

    def _close(self, datasette: Any, site: str, path: Path) -> None:
        database = datasette.databases[site]
        datasette.remove_database(site)
        shutil.rmtree(path.parent, ignore_errors=True)
        with suppress(OSError):
            path.parent.parent.rmdir()  # if no newer generation is in it
        try:
            # A page may still be read from it; its files are open until then.
            asyncio.get_running_loop().call_later(_GRACE, database.close)
        except RuntimeError:
            database.close()
