"""Sends finished WARCs to the object store while a turn goes on: create-only, one after the other, in a thread of its own.

What can't be sent stays where it is, and is named.
"""

import hashlib
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Self

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from wparchive.errors import RemoteError, StorageError, TakenError, UsageError
from wparchive.fleet.manifest import StoredFile
from wparchive.fleet.objects.object_store import ObjectStore
from wparchive.store import SiteFolder

__all__ = ["PATIENCE", "Sent", "Uploader", "stored_file"]

PATIENCE = 600.0
"""Seconds for which a file is tried again while the store is down."""

_PIECE = 1 << 20
_LOOK = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the WARCs of a turn: `up` is in the store, `left` isn't, each with the reason.

    All are by the name in the site's folder, as `Head.files` has them. Those in `taken` are of the latter: the store has
    another worker's file of this name.
    """

    up: dict[str, StoredFile]
    left: dict[str, str]
    taken: frozenset[str] = frozenset()


class Uploader:
    """Sends the WARCs of the site in `folder` to SITE/warc/NAME of `store`, and private ones to `private` in the same form.

    `take` may be called from any thread, and is what `Options.on_finished` takes. Use it as a context manager: an
    exception ends it without waiting. `patience` is for how many seconds a file is tried while the store is down; after
    one that was given up, and once `stop` is set, the others are tried without.
    """

    def __init__(
        self,
        folder: SiteFolder,
        store: ObjectStore,
        private: ObjectStore | None = None,
        *,
        patience: float = PATIENCE,
        stop: threading.Event | None = None,
    ) -> None:
        self._folder, self._store, self._private = folder, store, private
        self._ended, self._stop = threading.Event(), stop or threading.Event()
        self._tries = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, RemoteError) and error.passing),
            stop=lambda state: self._is_hurried() or stop_after_delay(patience)(state),
            wait=wait_random_exponential(multiplier=1, max=30),
            sleep=self._wait,
            reraise=True,
        )
        self._queue: SimpleQueue[Path | None] = SimpleQueue()
        self._changing = threading.Lock()
        self._known: set[str] = set()
        self._up: dict[str, StoredFile] = {}
        self._left: dict[str, str] = {}
        self._taken: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="uploader", daemon=True)
        self._thread.start()

    def _is_hurried(self) -> bool:
        return self._ended.is_set() or self._stop.is_set()

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._is_hurried() and (left := end - time.monotonic()) > 0:
            self._ended.wait(min(left, _LOOK))

    def take(self, path: Path) -> None:
        """Send the finished WARC at `path`, once, soon; returns at once."""
        with self._changing:
            if (name := self._name(path)) in self._known:
                return
            self._known.add(name)
        self._queue.put(path)

    @property
    def sent(self) -> Sent:
        """What is in the store by now, and what was given up."""
        with self._changing:
            return Sent(dict(self._up), dict(self._left), frozenset(self._taken))

    def finish(self) -> Sent:
        """Wait until every file taken is in the store or given up; nothing can be taken afterwards."""
        self._queue.put(None)
        self._thread.join()
        return self.sent

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self._ended.set()
        self.finish()

    def _run(self) -> None:
        while path := self._queue.get():
            name = self._name(path)
            try:
                stored = self._send(path, name)
            except (StorageError, UsageError) as error:
                with self._changing:
                    self._left[name] = str(error)
                    if isinstance(error, TakenError):
                        self._taken.add(name)
                if isinstance(error, RemoteError) and error.passing:
                    self._ended.set()
            else:
                with self._changing:
                    self._up[name] = stored

    def _send(self, path: Path, name: str) -> StoredFile:
        store = self._private if path.parent.name == "private" else self._store
        if store is None:
            raise UsageError(f"{path}: made with credentials, and there is no private_store for it")
        stored = stored_file(path)
        self._tries.copy()(store.put_new, f"{self._folder.name}/{name}", path)
        return stored

    def _name(self, path: Path) -> str:
        return path.relative_to(self._folder.path).as_posix()


def stored_file(path: Path) -> StoredFile:
    """Return size and SHA-256 of the file at `path`. Raises RemoteError where it can't be read."""
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
    except OSError as error:
        raise RemoteError(f"{path}: can't be read to send it: {error.strerror or error}") from None
    return StoredFile(size, digest.hexdigest())
