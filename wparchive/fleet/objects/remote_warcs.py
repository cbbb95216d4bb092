"""The WARCs of a site in the object store, read by ranges: what `Archive(root, remote=...)` takes."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from wparchive.errors import DamagedError, MissingError
from wparchive.fleet.manifest import Head, StoredFile, listed_files, month_of, read_month
from wparchive.fleet.objects.object_store import ObjectStore
from wparchive.store.warc.blobs import Blob

__all__ = ["RemoteWarcs"]

_RANGE = 1 << 18  # bytes of one request
_KEPT = 16  # ranges in memory


class RemoteWarcs:
    """The WARCs that the HEAD of a site lists; implements `store.Remote`. Any thread may use it.

    `root` is the archive's folder on this disk. `requests` and `bytes` count what was read.
    """

    def __init__(
        self, root: Path, site: str, head: Head, store: ObjectStore, private: ObjectStore | None = None
    ) -> None:
        self._root, self._site, self._head = root, site, head
        self._store, self._private = store, private
        self._months: dict[str, dict[str, StoredFile]] = {}
        self._ranges: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._lock = threading.Lock()
        self.requests = 0
        self.bytes = 0

    def blob(self, warc: str) -> Blob | None:
        """Return the WARC of that name; None when HEAD doesn't list it. Raises RemoteError and DamagedError."""
        site, _, name = warc.partition("/")
        stored = self._stored(name) if site == self._site else None
        return _RemoteBlob(self, self._root / warc, name, stored.size) if stored else None

    def recent(self) -> Mapping[str, int]:
        """Return name and size of the WARCs that HEAD itself lists."""
        return self._sizes(self._head.files)

    def every(self) -> Mapping[str, int]:
        """Return name and size of all WARCs, with a request for each month that is over."""
        return self._sizes(listed_files(self._store, self._site, self._head))

    def _sizes(self, files: Mapping[str, StoredFile]) -> dict[str, int]:
        return {f"{self._site}/{name}": one.size for name, one in files.items() if self._store_of(name)}

    def _stored(self, name: str) -> StoredFile | None:
        if found := self._head.files.get(name):
            return found if self._store_of(name) else None
        month = month_of(name)
        with self._lock:
            if month not in self._months:
                part = self._head.months.get(month)
                self._months[month] = read_month(self._store, self._site, part) if part else {}
        return self._months[month].get(name) if self._store_of(name) else None

    def _store_of(self, name: str) -> ObjectStore | None:
        return self._private if name.startswith("warc/private/") else self._store

    def read(self, name: str, size: int, start: int, length: int) -> bytes:
        """Return a stretch of the WARC `name` of `size` bytes, in ranges that are kept for a while."""
        pieces = []
        while length > 0 and start < size:
            at, data = self._range(name, size, start)
            piece = data[start - at : start - at + length]
            pieces.append(piece)
            start, length = start + len(piece), length - len(piece)
        return b"".join(pieces)

    def _range(self, name: str, size: int, start: int) -> tuple[int, bytes]:
        """Return a range with the byte at `start`, and where it begins: there, as records are read from their start on."""
        with self._lock:
            for (kept, at), data in self._ranges.items():
                if kept == name and at <= start < at + len(data):
                    self._ranges.move_to_end((kept, at))
                    return at, data
        data = self._fetched(name, start, min(_RANGE, size - start))
        with self._lock:
            self._ranges[name, start] = data
            while len(self._ranges) > _KEPT:
                self._ranges.popitem(last=False)
        return start, data

    def _fetched(self, name: str, start: int, length: int) -> bytes:
        store = self._store_of(name)
        assert store is not None
        try:
            data = store.read_range(f"{self._site}/{name}", start, length)
        except MissingError as error:
            raise DamagedError(f"{error}, and HEAD.json lists it; run `wparchive fleet check`") from None
        with self._lock:
            self.requests, self.bytes = self.requests + 1, self.bytes + len(data)
        return data


class _RemoteBlob:
    """One WARC of these; implements `Blob`."""

    def __init__(self, warcs: RemoteWarcs, path: Path, name: str, size: int) -> None:
        self._warcs, self._name = warcs, name
        self.path, self.size = path, size

    def read_at(self, size: int, offset: int) -> bytes:
        """Return up to `size` bytes from `offset`; fewer only at its end."""
        return self._warcs.read(self._name, self.size, offset, size)
