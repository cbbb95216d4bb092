"""How far an archive is sealed, without reading its WARCs."""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from wparchive.seal.entries import sealed_files, seals_in
from wparchive.seal.seals_folder import Seals, seal_numbers
from wparchive.seal.settings import SealSettings
from wparchive.seal.unsealed import finished
from wparchive.store import Archive
from wparchive.store.warc.names import lasting_name

__all__ = ["Overview", "earliest_seals", "newest_named", "overview"]


@dataclass(frozen=True, slots=True)
class Overview:
    """The newest seal and when it was made, whether it is signed, by whom it is stamped; how much is still to do.

    `unsealed` counts finished WARCs that no seal names, `pending` the stamps that the settings ask for and nobody gave.
    """

    number: int | None = None
    at: str = ""
    entries: int = 0
    signed: bool = False
    stamped_by: tuple[str, ...] = ()
    unsealed: int = 0
    pending: int = 0


def overview(archive: Archive, settings: SealSettings) -> Overview:
    """Return how far `archive` is sealed; a file counts as sealed by its name. Raises StorageError."""
    seals = Seals.of(archive)
    log, newest = seals.log(), seals.newest()
    known = {one.name for one in sealed_files(log)}
    open_files = sum(1 for found in finished(archive) if lasting_name(found.file) not in known)
    if newest is None:
        return Overview(unsealed=open_files)
    last = next((line for line in seals_in(log) if line.number == newest.number), None)
    stamped = tuple(path.stem for path in newest.tokens)
    return Overview(
        number=newest.number,
        at=str(log.entries[last.index].value.get("at", "")) if last else "",
        entries=last.index + 1 if last else 0,
        signed=bool(newest.signatures),
        stamped_by=stamped,
        unsealed=open_files,
        pending=sum(1 for one in settings.authorities if one.name not in stamped),
    )


def newest_named(archive: Archive) -> Mapping[str, object]:
    """Return the newest seal as the first record of a run names it; {} without any. Raises StorageError and OSError."""
    newest = Seals.of(archive).newest()
    if newest is None:
        return {}
    receipts = {
        f"{newest.folder.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in newest.files()
        if path.name != "checkpoint" and not path.name.startswith(".")
    }
    return {"checkpoint": newest.text.decode("utf-8", "replace"), "receipts": receipts}


def earliest_seals(archive: Archive) -> dict[str, int]:
    """Return the number of the earliest seal over each sealed WARC, by its path in the archive. Raises StorageError."""
    seals = Seals.of(archive)
    log = seals.log()
    sealed = list(seal_numbers(seals, log))
    sizes = [size for size, _ in sealed]
    found: dict[str, int] = {}
    for file in sealed_files(log):
        first = bisect_right(sizes, file.index)
        if first < len(sealed):  # else it awaits its seal
            found.setdefault(file.file, sealed[first][1].number)
    return found
