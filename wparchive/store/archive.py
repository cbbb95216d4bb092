"""The archive on disk: its folders and names, its locks, and any capture in it by where it stands."""

import fcntl
import hashlib
import json
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit

from wparchive.errors import DamagedError, LockedError
from wparchive.model import Capture
from wparchive.store.database import peek
from wparchive.store.modes import own_folder
from wparchive.store.reader import ResourceRecord, StoredExchange, at, exchanges, on_disk, warc_name
from wparchive.store.recovery import Recovery, recover
from wparchive.store.strays import Stray, in_order, strays_among
from wparchive.store.warc import storage_error

__all__ = ["Archive", "Lock", "SiteFolder", "site_name"]

_UNNAMEABLE = re.compile(r"[^\w.-]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST = 120
_POLL = 0.05


def site_name(url: str) -> str:
    """The folder of the site at `url`: `example.org`, `example.org_blog`, `127.0.0.1_8081`, whatever the scheme."""
    parts = urlsplit(url)
    segments = [unquote(segment) for segment in parts.path.split("/")]
    words = [_UNNAMEABLE.sub("-", word).strip("-.") for word in (_ascii(parts.hostname or ""), _port(parts), *segments)]
    name = "_".join(word for word in words if word) or "site"
    if len(name.encode()) <= _LONGEST:
        return name
    return f"{name[: _LONGEST // 4]}_{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def _port(parts: SplitResult) -> str:
    return str(parts.port) if parts.port and parts.port != _DEFAULT_PORTS.get(parts.scheme) else ""


@dataclass(frozen=True, slots=True)
class SiteFolder:
    """The folder of one site; it needn't exist yet."""

    path: Path

    @property
    def name(self) -> str:
        """The site's name."""
        return self.path.name

    @property
    def warc(self) -> Path:
        """Where public WARCs are."""
        return self.path / "warc"

    @property
    def private(self) -> Path:
        """Where WARCs are that were made with credentials."""
        return self.path / "warc" / "private"

    @property
    def runs(self) -> Path:
        """Where the runs' logs are."""
        return self.path / "runs"

    @property
    def frontier(self) -> Path:
        """The frontier's database."""
        return self.path / "frontier.db"

    def create(self) -> Self:
        """Make the folder. Raises StorageError."""
        try:
            self.warc.mkdir(parents=True, exist_ok=True)
            own_folder(self.runs)
            if self.private.is_dir():
                own_folder(self.private)
        except OSError as error:
            raise storage_error(self.path, error) from None
        return self

    def warcs(self) -> list[Path]:
        """Every WARC of the site, finished or open, in the order of runs; within one the public files first."""
        found = self._found()
        astray = {stray.path for stray in strays_among(found, self.path)}
        return in_order(path for path in found if path not in astray)

    def strays(self) -> list[Stray]:
        """The files that lie among the WARCs and aren't read, each with the reason."""
        return strays_among(self._found(), self.path)

    def _found(self) -> list[Path]:
        return [path for folder in (self.warc, self.private) for path in _warcs_in(folder)]

    def relative(self, path: Path) -> str:
        """`path` as `Capture.warc` has it."""
        return warc_name(path)


def _warcs_in(folder: Path) -> Iterable[Path]:
    if not folder.is_dir():
        return ()
    names = (".warc", ".warc.gz", ".warc.gz.open")
    return (path for path in sorted(folder.iterdir()) if path.name.endswith(names) and path.is_file())


class Lock:
    """An flock held until `release` or the end of the `with` block; the kernel frees it when the process dies."""

    def __init__(
        self, path: Path, busy: str, timeout: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        deadline = clock() + timeout
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise storage_error(path, error) from None
        while not self._try():
            if clock() >= deadline:
                holder = os.pread(self._file, 20, 0).decode("ascii", "replace").strip() or "unknown"
                os.close(self._file)
                raise LockedError(busy.replace("PID", holder))
            time.sleep(_POLL)
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            pass  # the pid is a help for people, the lock itself stands

    def _try(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let go of the lock; harmless when done twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Archive:
    """The archive in the folder `root`; nothing is made before it is needed."""

    def __init__(self, root: Path) -> None:
        # Names of captures are relative to it, whatever the working folder becomes.
        self.root = root.absolute()

    @property
    def database(self) -> Path:
        """What people browse."""
        return self.root / "archive.db"

    def site(self, name: str) -> SiteFolder:
        """The folder of the site called `name`."""
        return SiteFolder(self.root / name)

    def sites(self) -> list[SiteFolder]:
        """The sites that are there, by name."""
        if not self.root.is_dir():
            return []
        return [SiteFolder(path) for path in sorted(self.root.iterdir()) if (path / "warc").is_dir()]

    @property
    def is_private(self) -> bool:
        """Whether it holds captures made with credentials, so that its database is the owner's alone."""
        return any(any(_warcs_in(site.private)) for site in self.sites())

    def find_site(self, url: str, *, exact: bool = False) -> str | None:
        """The site that `url` belongs to: the one whose home, root or alias is its longest prefix, schemes aside.

        With `exact`, only one that is at `url` itself: below a site's home there may be another site.
        """
        wanted, likely = _place(url), site_name(url)
        if exact:
            sites = sorted(self.sites(), key=lambda site: site.name != likely)
            return next((site.name for site in sites if wanted in _places(site)), None)
        best = max(
            ((len(place), site.name) for site in self.sites() for place in _places(site) if _within(wanted, place)),
            default=(0, None),
        )
        return best[1]

    def first_peer(self, name: str) -> str | None:
        """The address that first answered for the site called `name`; None when its WARCs don't say."""
        for path in self.site(name).warcs():
            with suppress(DamagedError, OSError):
                for entry in exchanges(path):
                    if isinstance(entry, StoredExchange) and entry.capture.status and (peer := _address(entry.capture)):
                        return peer
        return None

    def lock(self, name: str) -> Lock:
        """Hold the site called `name`. Raises LockedError, naming the process that holds it, and StorageError."""
        busy = f"{name}: another run (pid PID) holds this site; wait for it to end, or use --if-locked skip"
        return Lock(self.site(name).path / ".lock", busy)

    @property
    def was_indexed(self) -> bool:
        """Whether somebody began to make `archive.db` here, whatever has become of it."""
        return self._index_lock.exists()

    @property
    def _index_lock(self) -> Path:
        return self.root / ".index.lock"

    def index_lock(self, timeout: float = 600.0) -> Lock:
        """Hold `archive.db`, waiting at most `timeout` seconds. Raises LockedError and StorageError."""
        busy = "archive.db: process PID is still indexing; run `wparchive index` when it has ended"
        return Lock(self._index_lock, busy, timeout)

    def path(self, warc: str) -> Path:
        """The file behind `Capture.warc`. Raises DamagedError when it is missing."""
        path = on_disk(self.root / warc)
        if not path.exists():
            raise DamagedError(f"{path}: missing; put it back, or run `wparchive verify` to see what else is")
        return path

    def response(self, capture: Capture) -> StoredExchange:
        """The stored exchange of `capture`. Raises DamagedError when something else, or nothing, stands there."""
        found = at(self.path(capture.warc), capture.offset)
        if found is None or found.capture.capture != capture.capture:
            raise DamagedError(
                f"{capture.warc}: {capture.capture} isn't at offset {capture.offset}, or is damaged; run `wparchive verify`"
            )
        return found

    def settle(self, name: str) -> list[Recovery]:
        """Finish the files that dead runs of a site left open, torn tails cut off. The caller holds the site's lock."""
        site = self.site(name)
        try:
            committed = {warc: int(size) for warc, size in peek(site.frontier, "SELECT warc, committed FROM files")}
        except sqlite3.Error:
            committed = {}  # lost: each file is walked from its beginning
        opened = [path for path in site.warcs() if path.name.endswith(".open")]
        return [recover(path, committed.get(site.relative(path), 0)) for path in opened]


def _address(capture: Capture) -> str | None:
    try:
        return str(ip_address(capture.extra.get("peer", "")))
    except ValueError:
        return None


def _place(url: str) -> str:
    """`url` without scheme, query and trailing slash; host and default port normalised."""
    try:
        parts = urlsplit(url)
        return f"{_ascii(parts.hostname or '')}:{_port(parts)}{parts.path.rstrip('/')}"
    except ValueError:
        return ""


def _within(place: str, prefix: str) -> bool:
    return bool(prefix) and (place == prefix or place.startswith(f"{prefix}/"))


def _places(site: SiteFolder) -> list[str]:
    fact = _site_fact(site)
    aliases = fact.get("aliases")
    urls = [fact.get("home"), fact.get("root"), *(aliases if isinstance(aliases, list) else ())]
    return [_place(url) for url in urls if isinstance(url, str)]


def _site_fact(site: SiteFolder) -> dict[str, object]:
    """What the last run found the site to be: from its frontier, else from its WARCs."""
    try:
        rows = peek(site.frontier, "SELECT value FROM meta WHERE name = 'site'")
    except sqlite3.Error:
        rows = []
    value = json.loads(rows[0][0]) if rows else _site_fact_in_warcs(site)
    return value if isinstance(value, dict) else {}


def _site_fact_in_warcs(site: SiteFolder) -> object:
    for path in reversed(site.warcs()):
        try:
            facts = [e.value for e in exchanges(path) if isinstance(e, ResourceRecord) and e.name == "site"]
        except OSError:
            continue
        if facts:
            return facts[-1]
    return None
