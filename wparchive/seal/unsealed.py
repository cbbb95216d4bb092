"""Which WARCs of an archive no seal names yet."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wparchive.seal.entries import SealedFile, removals_in, sealed_files
from wparchive.seal.log import Log
from wparchive.seal.moved_files import MovedFiles
from wparchive.seal.seals_folder import Seals
from wparchive.store import Archive, SiteFolder
from wparchive.store.warc.names import is_finished, lasting_name

__all__ = ["Unsealed", "finished", "unsealed"]


@dataclass(frozen=True, slots=True)
class Unsealed:
    """A finished WARC: where it lies, its path as the log names it, and whether it was made with credentials."""

    path: Path
    file: str
    private: bool


def finished(archive: Archive) -> Iterator[Unsealed]:
    """Yield every finished WARC of the archive, those of forgotten sites too, in the order in which they are read."""
    for site in [*archive.sites(), *archive.forgotten()]:
        for path in site.warcs():
            if is_finished(path.name):
                yield Unsealed(path, path.relative_to(archive.root).as_posix(), _is_private(site, path))


def _is_private(site: SiteFolder, path: Path) -> bool:
    return path.is_relative_to(site.private)


def unsealed(archive: Archive, log: Log) -> Iterator[Unsealed]:
    """Yield the finished WARCs that have no entry; one that only lies elsewhere since then has."""
    sealed: dict[str, list[SealedFile]] = {}
    for one in sealed_files(log):
        sealed.setdefault(one.name, []).append(one)
    now = {(one.name, one.sha256) for one in removals_in(log)}
    files = [*finished(archive)]
    moved = MovedFiles(Seals.of(archive), {found.file for found in files})
    for found in files:
        namesakes = sealed.get(lasting_name(found.file), [])
        if any(one.file == found.file for one in namesakes):
            continue
        if namesakes and _is_one_of(found, namesakes, now, moved):
            continue
        yield found
    moved.keep()


def _is_one_of(found: Unsealed, sealed: list[SealedFile], now: set[tuple[str, str]], moved: MovedFiles) -> bool:
    """Whether a file is one that was sealed under another path, as it was or as a removal left it."""
    try:
        digest = moved.sha256(found.file, found.path)
    except OSError:
        return False  # sealing it names the fault
    return any(one.sha256 == digest for one in sealed) or (lasting_name(found.file), digest) in now
