"""The archive on disk: its folders and names, its locks, and any capture in it by file and offset."""

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from typing import Self

from wparchive.errors import DamagedError, LockedError, WparchiveError
from wparchive.model import Capture
from wparchive.naming import folded, site_key, site_name
from wparchive.store.deeds import Deed, deed_of
from wparchive.store.folder import SiteFolder
from wparchive.store.log.database import committed_in, first_peer_in
from wparchive.store.remote import Remote
from wparchive.store.strays import is_text
from wparchive.store.symlinks import inside, links_below, refuse_links_at
from wparchive.store.warc.blobs import Source
from wparchive.store.warc.names import on_disk
from wparchive.store.warc.reader import StoredExchange, at, exchanges
from wparchive.store.warc.recovery import Recovery, recover
from wparchive.store.warc.writing.writer import storage_error

__all__ = ["Archive", "Lock"]

_FORGOTTEN = "forgotten"
_POLL = 0.05  # seconds between two attempts to take a lock


class Lock:
    """An flock held until `release` or the end of the `with` block; the kernel releases it when the process dies."""

    def __init__(
        self, path: Path, busy: str, timeout: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        deadline = clock() + timeout
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise storage_error(path, error) from None
        while not self._try(path):
            if clock() >= deadline:
                holder = os.pread(self._file, 20, 0).decode("ascii", "replace").strip() or "unknown"
                os.close(self._file)
                raise LockedError(busy.replace("PID", holder))
            time.sleep(_POLL)
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            pass  # the pid is only shown to people; the lock is held all the same

    def _try(self, path: Path) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever held it may have moved or removed the folder: then this locks nothing.
            return os.path.samestat(os.fstat(self._file), path.stat())
        except (BlockingIOError, FileNotFoundError):
            return False

    def release(self) -> None:
        """Release the lock; safe to call twice."""
        if self._file >= 0:
            os.close(self._file)
            # A second release must not close somebody else's descriptor.
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class Archive:
    """The archive in the folder `root`; nothing is made before it is needed.

    Those WARCs of its site that aren't in the folder are read from `remote`.

    >>> archive = Archive("archive")
    >>> [site.name for site in archive.sites()]
    ['example.org']
    """

    def __init__(self, root: Path | str, remote: Remote | None = None) -> None:
        self._remote = remote
        # Names of captures are relative to the root, so a later change of the working folder must not matter.
        self.root = Path(root).absolute()

    @property
    def database(self) -> Path:
        """The SQLite database that people browse."""
        return self.root / "archive.db"

    def site(self, name: str) -> SiteFolder:
        """Return the folder of the site called `name`."""
        return SiteFolder(self.root / name, self._remote)

    def sites(self) -> list[SiteFolder]:
        """Return the sites in the archive, by name. Raises DamagedError for one that no text can name."""
        if not self.root.is_dir():
            return []
        # A link could lead out of the archive.
        found = (SiteFolder(path, self._remote) for path in sorted(self.root.iterdir()) if not path.is_symlink())
        sites = [site for site in found if site.warc.is_dir() and not site.warc.is_symlink()]
        for site in sites:
            if not is_text(site.name):
                raise DamagedError(f"{site.path}: the name of this folder isn't UTF-8; rename it")
        return sites

    def forgotten(self) -> list[SiteFolder]:
        """Return the folders that `forget` has kept, where nothing reads them."""
        return [SiteFolder(path) for path in sorted((self.root / _FORGOTTEN).glob("*/*")) if (path / "warc").is_dir()]

    def places_for_forgotten(self, name: str, now: datetime) -> Iterator[Path]:
        """Yield the places where the folder of a site that is forgotten at `now` may go, the best first."""
        for number in count(1):
            yield self.root / _FORGOTTEN / f"{now:%Y-%m-%d}{f'.{number}' if number > 1 else ''}" / name

    @property
    def is_private(self) -> bool:
        """Whether it holds captures made with credentials, so that its database must be the owner's alone."""
        return any(site.private_warcs() for site in self.sites())

    def links(self) -> list[Path]:
        """Return every symbolic link in the archive; none is ever followed."""
        return list(links_below(self.root))

    def find_site(self, url: str) -> str | None:
        """Return the site at or above `url`, the one with the longest address (see `site_key`); None without one."""
        wanted = f"{site_key(url)}/"
        found = (
            (len(at), site.name) for site in self.sites() for at in deed_of(site).keys if wanted.startswith(f"{at}/")
        )
        return max(found, default=(0, None))[1]

    def deeds(self) -> dict[str, Deed]:
        """Return the owner of each site's folder, by site name."""
        return {site.name: deed_of(site) for site in self.sites()}

    def site_at(self, url: str, deeds: Mapping[str, Deed] | None = None) -> str | None:
        """Return the site whose own address is `url`, not one above it; of two, the one named after `url`.

        `deeds` are those of this archive, if the caller has read them already.
        """
        wanted, likely = site_key(url), site_name(url)
        if deeds is None:
            folder = next((site for site in self.sites() if site.name == likely), None)
            if wanted and folder and wanted in deed_of(folder).keys:
                return likely  # without reading the deeds of all others
            deeds = self.deeds()
        found = [name for name, deed in deeds.items() if wanted in deed.keys]
        return min(found, key=lambda name: name != likely, default=None) if wanted else None

    def name_for(self, url: str, deeds: Mapping[str, Deed] | None = None) -> str:
        """Return the name of the site at `url`, or a free name for a new one.

        A folder without an owner on record isn't taken: another run is just starting that site and holds its lock.
        """
        deeds, name = self.deeds() if deeds is None else deeds, site_name(url)
        # Names that differ only in case would share a folder on some file systems.
        taken = folded(name) in (folded(owned) for owned, deed in deeds.items() if deed != Deed())
        return self.site_at(url, deeds) or (site_name(url, apart=True) if taken else name)

    def first_peer(self, name: str) -> str | None:
        """Return the IP address that first responded for the site called `name`; None when its WARCs don't record one.

        Raises StorageError when the WARCs can't be read, which must not pass for None.
        """
        for path in self.site(name).warcs(imports=False):
            try:
                for entry in exchanges(path):
                    if isinstance(entry, StoredExchange) and entry.capture.status and (peer := _address(entry.capture)):
                        return peer
            except DamagedError:
                continue  # another file may still record the address
            except OSError as error:
                raise storage_error(path, error) from None
        return first_peer_in(self.site(name).path) if self._remote else None

    def lock(self, name: str) -> Lock:
        """Take the lock on the site called `name`, to write to it or to index it.

        Raises LockedError with the pid of the holder, StorageError, DamagedError for a symbolic link among its files,
        and UsageError when a newer wparchive wrote some of its WARCs.
        """
        # Before the lock file is created, which a link could put elsewhere.
        refuse_links_at(self.root, self.site(name).path)
        self.site(name).refuse_newer()
        busy = f"{name}: another run (pid PID) holds this site; wait for it to end"
        return Lock(self.site(name).path / ".lock", busy)

    def refuse_unwritable(self) -> None:
        """Raise StorageError when nothing can be written here, before anything is fetched that could not be kept."""
        place = next(place for place in (self.root, *self.root.parents) if os.path.lexists(place))
        # Not the real user's rights, where the system can tell them apart.
        if not os.access(place, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
            number = errno.EROFS if os.statvfs(place).f_flag & os.ST_RDONLY else errno.EACCES
            raise storage_error(place, OSError(number, os.strerror(number)))

    @property
    def was_indexed(self) -> bool:
        """Whether `archive.db` was ever begun here, whatever has become of it."""
        return self._index_lock.exists()

    @property
    def _index_lock(self) -> Path:
        return self.root / ".index.lock"

    def index_lock(self, timeout: float = 600.0) -> Lock:
        """Take the lock on `archive.db`, waiting at most `timeout` seconds. Raises LockedError and StorageError."""
        refuse_links_at(self.root, self.root)
        busy = "archive.db: process PID is still indexing; run `wparchive index` when it has ended"
        return Lock(self._index_lock, busy, timeout)

    def path(self, warc: str) -> Path:
        """Return the file behind `Capture.warc`. Raises DamagedError when it is missing."""
        place = inside(self.root, warc)
        path = on_disk(place) if place else self.root / warc
        if place is None or path.is_symlink():
            raise DamagedError(f"{path}: leads out of the archive, or through a symbolic link; run `wparchive verify`")
        if not path.exists():
            raise DamagedError(f"{path}: missing; put it back, or run `wparchive verify` to see what else is")
        return path

    def is_here(self, warc: str) -> bool:
        """Whether the file behind `Capture.warc` is on this disk."""
        place = inside(self.root, warc)
        return place is not None and on_disk(place).exists()

    def _source(self, warc: str) -> Source:
        blob = self._remote.blob(warc) if self._remote and not self.is_here(warc) else None
        return blob or self.path(warc)

    def response(self, capture: Capture) -> StoredExchange:
        """Return the stored exchange of `capture`. Raises DamagedError when its offset holds something else or nothing."""
        elsewhere = self._remote.blob if self._remote else None
        found = at(self._source(capture.warc), capture.offset, elsewhere)
        # The file may have been replaced since its offset was recorded.
        if found is None or found.capture.capture != capture.capture:
            raise DamagedError(
                f"{capture.warc}: {capture.capture} isn't at offset {capture.offset}, or is damaged; run `wparchive verify`"
            )
        return found

    def finish(self, name: str) -> list[Recovery]:
        """Finish the files that killed runs of a site left open, cutting off torn tails.

        The caller holds the site's lock.
        """
        site = self.site(name)
        try:
            committed = committed_in(site.path)
        except WparchiveError:
            committed = {}  # without the log each file is read from its beginning
        opened = [path for path in site.warcs(imports=False) if path.name.endswith(".open")]
        return [recover(path, committed.get(site.relative(path), 0)) for path in opened]


def _address(capture: Capture) -> str | None:
    try:
        return str(ip_address(capture.extra.get("peer", "")))
    except ValueError:
        return None
