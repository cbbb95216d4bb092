"""Gathers sites of a fleet into an ordinary archive on this disk: the WARCs that their HEADs list, and their rows."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from wparchive.errors import DamagedError, UsageError
from wparchive.fleet.joining.join import held_sites, is_current, join, shows_private
from wparchive.fleet.joining.shelf import fetch_database
from wparchive.fleet.manifest import StoredFile, listed_files, read_head
from wparchive.fleet.objects import ObjectStore
from wparchive.index import index
from wparchive.store import Archive, SiteFolder
from wparchive.store.archive import Lock
from wparchive.store.modes import own_folder
from wparchive.store.warc.writing.writer import storage_error

__all__ = ["Gathered", "gather"]

_AT_ONCE = 8  # files of a site
_PRIVATE = "warc/private/"
_ROOM = ".gather"


@dataclass(slots=True)
class Gathered:
    """What was gathered: sites, WARCs fetched and there already, bytes fetched; `faults` names what is missing, a line each.

    `joined` are sites whose rows came from the store; those of the others were read out of their WARCs.
    """

    sites: int = 0
    fetched: int = 0
    kept: int = 0
    size: int = 0
    joined: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Places:
    store: ObjectStore
    private: ObjectStore | None
    archive: Archive
    say: Callable[[str], None]


def gather(
    store: ObjectStore,
    names: Sequence[str],
    archive: Archive,
    *,
    private: ObjectStore | None = None,
    warcs: bool = True,
    say: Callable[[str], None],
) -> Gathered:
    """Gather the sites `names` into `archive`; what is there already is kept, so that it may be run again at any time.

    Without `warcs` only rows are gathered, for reading. `private` is the store of what was read with credentials; without
    it that is left out. `say` gets a line for each site. Raises RemoteError, DamagedError, StorageError, LockedError, and
    UsageError where another file has the name of a WARC.
    """
    archive.refuse_unwritable()
    done, places = Gathered(), _Places(store, private, archive, say)
    with _room(archive.root) as folder, ExitStack() as held:
        present = []
        for name in sorted(set(names)):
            if warcs:
                held.enter_context(archive.lock(name))
            if not warcs or _fetch_warcs(places, name, folder, done):
                present.append(name)
        _join(places, present, folder, done, warcs=warcs)
        if warcs and present:
            report = index(archive, present, notice=say)
            done.faults += [
                f"{row.warc}: {row.length:,} bytes from offset {row.offset}: {row.reason}" for row in report.damaged
            ]
    return done


def _fetch_warcs(places: _Places, name: str, folder: Path, done: Gathered) -> bool:
    """Fetch the WARCs of a site that aren't here; returns whether the store has the site."""
    found = read_head(places.store, name)
    if found is None:
        done.faults.append(f"{name}: nothing of it is in the store yet")
        return False
    files = listed_files(places.store, name, found[0])
    wanted = {warc: one for warc, one in files.items() if places.private or not warc.startswith(_PRIVATE)}
    site = places.archive.site(name).create()
    if any(warc.startswith(_PRIVATE) for warc in wanted):
        own_folder(site.private)
    lacking = {warc: one for warc, one in wanted.items() if not _stands(site, warc, one)}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        tasks = [
            pool.submit(_fetch, places, site, folder / f"{name}-{number}", warc, one)
            for number, (warc, one) in enumerate(lacking.items())
        ]
        try:
            for task in tasks:
                task.result()
        finally:
            pool.shutdown(cancel_futures=True)
    done.sites += 1
    done.fetched += len(lacking)
    done.kept += len(wanted) - len(lacking)
    done.size += sum(one.size for one in lacking.values())
    left = f", {len(files) - len(wanted):,} read with credentials left out" if len(files) > len(wanted) else ""
    places.say(f"{name}: {len(lacking):,} WARCs fetched, {len(wanted) - len(lacking):,} here already{left}")
    return True


def _stands(site: SiteFolder, warc: str, stored: StoredFile) -> bool:
    """Return whether a WARC is here. Raises UsageError where another file has its name.

    Only what was verified ever gets that name; a file that something else put there is known by its size, or by `verify`.
    """
    path = site.path / warc
    if path.is_symlink() or (path.exists() and path.stat().st_size != stored.size):
        raise UsageError(f"{path}: another file of that name than the one in the store; gather into another folder")
    return path.exists()


def _fetch(places: _Places, site: SiteFolder, fresh: Path, warc: str, stored: StoredFile) -> None:
    source = places.private if warc.startswith(_PRIVATE) else places.store
    assert source is not None
    digest = source.fetch(f"{site.name}/{warc}", fresh)
    if digest != stored.sha256 or fresh.stat().st_size != stored.size:
        raise DamagedError(f"{source.url}/{site.name}/{warc}: not what HEAD.json lists; run `wparchive fleet check`")
    try:
        fresh.rename(site.path / warc)
    except OSError as error:
        raise storage_error(site.path / warc, error) from None


def _join(places: _Places, names: Sequence[str], folder: Path, done: Gathered, *, warcs: bool) -> None:
    """Take the rows of the sites from the store, as far as it has them and they aren't here."""
    target = places.archive.database
    here = held_sites(target) if warcs else set()
    sources: dict[str, Path] = {}
    for name in names:
        if name in here:
            continue  # indexing reads what is new, and no more
        lacks = _database(places, name, folder / f"{len(sources)}.db", sources)
        if lacks and not warcs:
            done.faults.append(f"{name}: {lacks}; gather it with its WARCs")
    done.joined = len(sources)
    if not warcs:
        done.sites = len(sources)
    stale = target.is_file() and not is_current(target)
    if stale and not warcs:
        raise UsageError(f"{target}: made by another version of wparchive; name another folder")
    if sources and not stale:  # otherwise indexing makes it anew from all WARCs
        private = places.archive.is_private or any(map(shows_private, sources.values()))
        with places.archive.index_lock():
            join(target, sources.items(), private=private)


def _database(places: _Places, name: str, path: Path, sources: dict[str, Path]) -> str:
    """Fetch the rows of a site, and note them in `sources`; returns why it can't be."""
    found = fetch_database(places.store, name, path)
    if found is None:
        return "no rows of it are in the store yet"
    if not is_current(path):
        return "its rows in the store are those of another version of wparchive"
    sources[name] = path
    return ""


@contextmanager
def _room(root: Path) -> Iterator[Path]:
    """Yield a folder in `root` for what isn't verified yet; what a killed run left is removed. Raises LockedError."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        with Lock(root / f"{_ROOM}.lock", f"{root}: another gathering (pid PID) is at work here; wait for it to end"):
            for left in root.glob(f"{_ROOM}-*"):
                shutil.rmtree(left, ignore_errors=True)
            with TemporaryDirectory(prefix=f"{_ROOM}-", dir=root) as folder:
                yield Path(folder)
    except OSError as error:
        raise storage_error(root, error) from None
