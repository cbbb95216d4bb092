"""Where a worker works: an archive of one site for each turn, which lasts from turn to turn as long as nobody else had one.

`sites/SITE` is such an archive; `unsent/SITE` one whose turn could not be pushed; `aside/SITE...` one that another worker's
turn has overtaken, kept for `wparchive fleet check --adopt`.
"""

import hashlib
import json
import shutil
from collections.abc import Container
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from wparchive.errors import DamagedError
from wparchive.fleet.manifest import Head
from wparchive.fleet.objects import ObjectStore
from wparchive.fleet.turns.packing import pack, unpack_to
from wparchive.store import Archive, SiteFolder
from wparchive.store.log.database import snapshot_of
from wparchive.store.warc.writing.writer import storage_error, sync_folder

__all__ = ["Mark", "Scratch", "frontier_packed"]

_MARK = "turn.json"


@dataclass(frozen=True, slots=True)
class Mark:
    """Of which turn a folder of the scratch is: it goes on from `generation`, and has the owner's `epoch`."""

    site: str
    url: str
    generation: int
    epoch: int
    run: str = ""
    outcome: str = ""
    code: int = 0

    @classmethod
    def read(cls, root: Path) -> Self | None:
        """Return the mark of the folder `root`; None when it has none that can be read."""
        try:
            return cls(**json.loads((root / _MARK).read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, root: Path) -> None:
        """Put it into the folder `root`. Raises StorageError."""
        mark, new, text = root / _MARK, root / f"{_MARK}.new", json.dumps(asdict(self))
        try:
            root.mkdir(parents=True, exist_ok=True)
            try:
                new.write_text(text, "utf-8")
                new.replace(mark)
            except OSError:  # a disk without room for a second one; a mark that is cut off here counts as none
                new.unlink(missing_ok=True)
                _write_over(mark, text)
        except OSError as error:
            raise storage_error(root, error) from None


def _write_over(path: Path, text: str) -> None:
    with path.open("r+", encoding="utf-8") as file:
        file.write(text)
        file.truncate()


class Scratch:
    """The folder `root` of a worker's disk, which no other has: a turn that is only believed dead may still write there."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def site(self, site: str) -> Path:
        """Return the folder for the turn of a site."""
        return self._root / "sites" / site

    def unsent(self) -> list[Path]:
        """Return the folders that could not be pushed."""
        folder = self._root / "unsent"
        return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []

    def set_unsent(self, site: str) -> None:
        """Keep the folder of a site until it can be pushed."""
        self._move(self.site(site), self._root / "unsent" / site)

    def set_sent(self, folder: Path, site: str) -> None:
        """Return a folder that was pushed at last to where the next turn looks for it."""
        self._move(folder, self.site(site))

    def set_aside(self, folder: Path, site: str) -> None:
        """Keep a folder that another worker's turn has overtaken, if there are WARCs in it; else remove it."""
        if not any(folder.rglob("*.warc.gz*")):
            shutil.rmtree(folder, ignore_errors=True)
            return
        aside = self._root / "aside"
        number = 1
        while (place := aside / f"{site}.{number}").exists():
            number += 1
        self._move(folder, place)

    def make_room(self, least: int, busy: Container[str]) -> None:
        """Remove what can be fetched again until `least` bytes of this disk are free: first what was used longest ago.

        Those are the folders of sites whose last turn here is committed as a whole, and of their indexes, but for sites in
        `busy`.
        """
        found = [*(self._root / "sites").glob("*"), *(self._root / "index").glob("*")]
        for folder in sorted(found, key=lambda path: path.stat().st_mtime):
            if shutil.disk_usage(self._root).free >= least:
                return
            mark = Mark.read(folder)
            committed = mark and mark.outcome and not any(folder.rglob("*.open"))
            if folder.name not in busy and (folder.parent.name == "index" or committed):
                shutil.rmtree(folder, ignore_errors=True)

    def _move(self, folder: Path, place: Path) -> None:
        try:
            if place.exists():
                self.set_aside(place, place.name)
            place.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(place)
            sync_folder(place.parent)
        except OSError as error:
            raise storage_error(folder, error) from None

    def open(self, site: str, url: str, head: Head | None, epoch: int, store: ObjectStore) -> Path:
        """Return the folder for a turn that goes on from `head`: the one of the last turn here, or a new one.

        In a new one the capture log is the one that `head` names. Raises RemoteError, DamagedError and StorageError.
        """
        folder, generation = self.site(site), head.generation if head else 0
        mark = Mark.read(folder)
        if folder.exists() and (mark is None or mark.generation != generation):
            self.set_aside(folder, site)
        if not folder.exists() and head and head.state:
            _restore(Archive(folder).site(site), head, site, store)
        Mark(site, url, generation, epoch).write(folder)
        return folder


def _restore(folder: SiteFolder, head: Head, site: str, store: ObjectStore) -> None:
    """Write the capture log that `head` names."""
    assert head.state is not None
    found = store.get(f"{site}/{head.state.key}")
    if found is None or hashlib.sha256(found[0]).hexdigest() != head.state.sha256:
        what = "altered" if found else "missing"
        raise DamagedError(
            f"{store.url}/{site}/{head.state.key}: {what}, and HEAD.json names it; run `wparchive fleet check`"
        )
    folder.create()
    unpack_to(found[0], folder.frontier, f"{store.url}/{site}/{head.state.key}")


def frontier_packed(folder: SiteFolder) -> bytes:
    """Return the capture log of a site whose run has ended, packed. Raises StorageError."""
    return pack(snapshot_of(folder.path))
