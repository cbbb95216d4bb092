"""Objects by key: made once and never overwritten, or swapped by whoever read the last version.

A request whose response got lost may have been carried out. So what the store refuses is compared with what was to be
written: the same content is the success of an earlier try.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from tenacity import Retrying, retry_if_exception, stop_after_attempt, stop_after_delay, wait_random_exponential

from wparchive.errors import RemoteError, SwappedError, TakenError, UsageError
from wparchive.fleet.objects.backend import Backend, ConflictError, Listed
from wparchive.fleet.objects.bucket import Bucket
from wparchive.fleet.objects.folder_objects import ObjectFolder
from wparchive.store.warc.writing.writer import storage_error, sync_folder

__all__ = ["TRIES", "Listed", "ObjectStore"]

T = TypeVar("T")

_PIECE = 1 << 20
_BUCKETS = ("s3", "gs", "az")


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, RemoteError) and error.passing


TRIES = Retrying(
    retry=retry_if_exception(_may_pass),
    stop=stop_after_attempt(5) | stop_after_delay(60),
    wait=wait_random_exponential(multiplier=0.2, max=10),
    reraise=True,
)
"""How often a request is made that failed in a way that may pass, and how long it waits in between."""


class ObjectStore:
    """The objects below `url`: s3://BUCKET/PREFIX, gs://, az://, or file:///FOLDER for one machine; from any thread.

    Keys are relative to it. Everything raises RemoteError when the store refuses or can't be reached, in one line that
    names store and key, and never a secret. Raises UsageError for a URL that is none of these.

    >>> store = ObjectStore("file:///tmp/objects")
    >>> etag = store.put_new("example.org/HEAD.json", b"{}")
    >>> etag = store.swap("example.org/HEAD.json", b'{"generation": 1}', etag)
    """

    def __init__(self, url: str, *, tries: Retrying = TRIES) -> None:
        self.url = url.rstrip("/")
        self._tries = tries
        self._backend = _backend(self.url)

    def __repr__(self) -> str:
        return f"ObjectStore({self.url!r})"

    def get(self, key: str) -> tuple[bytes, str] | None:
        """Return the content of an object, and its ETag for `swap`; None when there is none."""
        return self._tried(lambda: self._backend.get(key))

    def put_new(self, key: str, source: bytes | Path) -> str:
        """Make an object, of bytes or of a file; returns its ETag. That it is there with the same content is no error.

        A file is never copied into memory. Raises TakenError where one with other content is: it is left as it is.
        """
        try:
            return self._tried(lambda: self._backend.create(key, source))
        except ConflictError:
            size, version = self._tried(lambda: self._backend.head(key))
            same = size == (len(source) if isinstance(source, bytes) else source.stat().st_size)
            if not same or self._tried(lambda: _digest_of(self._backend.pieces(key))) != _digest_of(_pieces_of(source)):
                raise TakenError(f"{self.url}/{key}: another object of this name is in the store") from None
            return version

    def swap(self, key: str, data: bytes, etag: str | None) -> str:
        """Replace the object that had this ETag when it was read, or make it when `etag` is None; returns the new ETag.

        Raises SwappedError when somebody else has replaced it since: nothing is written then.
        """
        try:
            if etag is None:
                return self._tried(lambda: self._backend.create(key, data))
            return self._tried(lambda: self._backend.replace(key, data, etag))
        except ConflictError:
            found = self.get(key)
            if found is None or found[0] != data:
                raise SwappedError(f"{self.url}/{key}: replaced by another since it was read") from None
            return found[1]

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """Return `length` bytes of an object from `start` on. Raises RemoteError where it has fewer."""

        def read() -> bytes:
            data = self._backend.read_range(key, start, length) if length else b""
            if len(data) != length:
                what = f"{self.url}/{key}: {len(data)} bytes instead of {length} from offset {start} on"
                raise RemoteError(what, passing=True)
            return data

        return self._tried(read)

    def fetch(self, key: str, path: Path) -> str:
        """Write an object to the new file `path`, durably; returns the SHA-256 of its content, in lower-case hex.

        Raises StorageError where it can't be written.
        """
        fresh = path.with_name(f".{path.name}.part")

        def fetched() -> str:
            digest = hashlib.sha256()
            try:
                with fresh.open("wb") as file:
                    for piece in self._backend.pieces(key):
                        digest.update(piece)
                        file.write(piece)
                fresh.rename(path)
                sync_folder(path.parent)
            except OSError as error:
                raise storage_error(path, error) from None
            finally:
                with suppress(OSError):
                    fresh.unlink(missing_ok=True)
            return digest.hexdigest()

        return self._tried(fetched)

    def list(self, prefix: str = "") -> Iterator[Listed]:
        """Yield the objects in the folder `prefix` and below it."""
        return self._backend.list(prefix.strip("/"))

    def delete(self, key: str) -> None:
        """Delete an object; that there is none is no error."""
        self._tried(lambda: self._backend.delete(key))

    def check(self) -> None:
        """Make sure that a second create and a swap of an old version are refused here; leaves nothing behind.

        Raises RemoteError where two workers could both commit.
        """
        key = f"check-{uuid4().hex}"
        try:
            first = self.swap(key, b"one", None)
            self._refused(lambda: self.swap(key, b"two", None), "a second create of an object is accepted")
            second = self.swap(key, b"three", first)
            self._refused(
                lambda: self.swap(key, b"four", first), "a replacement of what isn't there any more is accepted"
            )
            if self.get(key) != (b"three", second) or self.read_range(key, 1, 3) != b"hre":
                raise RemoteError(f"{self.url}: an object isn't read as it was written")
        finally:
            self.delete(key)
        if self.get(key) is not None:
            raise RemoteError(f"{self.url}: what is deleted is still there")

    def _refused(self, write: Callable[[], str], what: str) -> None:
        with suppress(SwappedError):
            write()
            raise RemoteError(
                f"{self.url}: {what}, so two workers could both commit; use a store with conditional writes"
            )

    def _tried(self, request: Callable[[], T]) -> T:
        return self._tries.copy()(request)


def _backend(url: str) -> Backend:
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError("the URL of an object store holds no secrets and no settings: name those in the environment")
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.strip("/"):
        return ObjectFolder(Path(unquote(parts.path)))
    if parts.scheme in _BUCKETS and parts.netloc:
        return Bucket(url)
    raise UsageError(f"{url}: not an object store: s3://BUCKET/PREFIX, gs://, az:// or file:///FOLDER")


def _digest_of(pieces: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def _pieces_of(source: bytes | Path) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    try:
        with source.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    except OSError as error:
        raise storage_error(source, error) from None
