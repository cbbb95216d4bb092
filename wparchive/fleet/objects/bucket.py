"""Objects in a bucket of S3, Google Cloud or Azure, by obstore. Credentials come from the environment as obstore takes them."""

import mmap
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from wparchive.errors import MissingError, RemoteError, UsageError
from wparchive.fleet.objects.backend import ConflictError, Listed

__all__ = ["Bucket"]

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_SMALL, _LARGE = "60s", "30m"  # for one request: of a few bytes, of a whole file
_STALLED = "60s"
_PIECE = 1 << 20
# A name and a password in a URL, and whatever follows "?" in one.
_SECRET = re.compile(r"(?<=://)[^/@\s]+@|(?<=\w)\?[^\s]*")
# S3 says so while another write of the object is under way, which may fail yet.
_UNDECIDED = "<Code>ConditionalRequestConflict</Code>"
_MOST = 240  # characters of what a store says


class Bucket:
    """The objects below `url`: s3://BUCKET/PREFIX, gs:// or az://. Implements `Backend`.

    Raises UsageError where obstore isn't installed, and for a URL or settings that it doesn't understand.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        try:
            import obstore
            import obstore.exceptions
            import obstore.store
        except ImportError:
            raise UsageError(f"{url}: an object store needs obstore: pip install 'wparchive[fleet]'") from None
        self._obstore: Any = obstore
        self._errors: Any = obstore.exceptions
        self._small = self._opened(timeout=_SMALL)
        self._large = self._opened(timeout=_LARGE)
        # A stalled download is noticed; an upload has nothing to read until it is done.
        self._reading = self._opened(timeout=_LARGE, read_timeout=_STALLED)

    def _opened(self, **client: str) -> Any:
        options: dict[str, object] = {"connect_timeout": "10s", **client}
        if any(_is_loopback(os.environ.get(name, "")) for name in _ENDPOINTS):
            options["allow_http"] = True
        try:
            return self._obstore.store.from_url(self._url, client_options=options, retry_config={"max_retries": 0})
        except (self._errors.BaseError, ValueError) as error:
            raise UsageError(f"{self._url}: {_said(error)}; see the settings of the store") from None

    def get(self, key: str) -> tuple[bytes, str] | None:
        """Return content and version of an object; None when there is none."""
        try:
            with self._as_ours("read", key):
                found = self._obstore.get(self._small, key)
                return bytes(found.bytes()), _version(found.meta)
        except FileNotFoundError:
            return None

    def head(self, key: str) -> tuple[int, str]:
        """Return size and version of an object. Raises MissingError."""
        with self._there("read", key):
            meta = self._obstore.head(self._small, key)
            return int(meta["size"]), _version(meta)

    def create(self, key: str, source: bytes | Path) -> str:
        """Make an object; a file is sent from where it is mapped, so that it isn't copied into memory."""
        if isinstance(source, bytes):
            return self._put(self._small, key, source, "create")
        try:
            content = _mapped(source)
        except (OSError, ValueError) as error:
            raise RemoteError(f"{self._url}/{key}: {source} can't be read to send it: {error}") from None
        return self._put(self._large, key, content, "create")

    def replace(self, key: str, data: bytes, version: str) -> str:
        """Replace that version of an object; returns the new one."""
        tag, _, number = version.partition("\n")
        return self._put(self._small, key, data, {"e_tag": tag} | ({"version": number} if number else {}))

    def _put(self, store: Any, key: str, data: "bytes | mmap.mmap", mode: str | Mapping[str, str]) -> str:
        try:
            with self._as_ours("written", key):
                return _version(self._obstore.put(store, key, data, mode=mode))
        except FileNotFoundError:
            raise RemoteError(f"{self._url}: there is no such bucket; make it, or name another") from None

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """Return bytes of an object: as many as there are, at most `length`."""
        with self._there("read", key):
            return bytes(self._obstore.get_range(self._small, key, start=start, length=length))

    def pieces(self, key: str) -> Iterator[bytes]:
        """Yield the content of an object."""
        with self._there("read", key):
            for piece in self._obstore.get(self._reading, key).stream(min_chunk_size=_PIECE):
                yield bytes(piece)

    def list(self, prefix: str) -> Iterator[Listed]:
        """Yield the objects in the folder `prefix` and below it."""
        with self._there("listed", prefix):
            for page in self._obstore.list(self._small, prefix or None):
                yield from (Listed(str(one["path"]), int(one["size"])) for one in page)

    def delete(self, key: str) -> None:
        """Delete an object, if it is there."""
        try:
            with self._as_ours("deleted", key):
                self._obstore.delete(self._small, key)
        except FileNotFoundError:
            return

    @contextmanager
    def _there(self, done: str, key: str) -> Iterator[None]:
        try:
            with self._as_ours(done, key):
                yield
        except FileNotFoundError:
            raise MissingError(f"{self._url}/{key}: missing in the store") from None

    @contextmanager
    def _as_ours(self, done: str, key: str) -> Iterator[None]:
        """Raise ConflictError, FileNotFoundError for a missing object, else RemoteError, for an error of obstore."""
        errors = self._errors
        try:
            yield
        except (errors.AlreadyExistsError, errors.PreconditionError) as error:
            if _UNDECIDED in str(error):
                what = f"{self._url}/{key}: can't be {done} while another writes it; try again"
                raise RemoteError(what, passing=True) from None
            raise ConflictError from error
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):  # which must not pass for a site that isn't in it yet
                raise RemoteError(f"{self._url}: there is no such bucket; make it, or name another") from None
            raise
        except (errors.PermissionDeniedError, errors.UnauthenticatedError) as error:
            what = f"{self._url}/{key}: can't be {done}: the store refuses it ({_said(error)}); mend the credentials"
            raise RemoteError(what) from None
        except (errors.BaseError, OSError) as error:
            what = f"{self._url}/{key}: can't be {done} ({_said(error)}); try again when the store is there"
            raise RemoteError(what, passing=isinstance(error, errors.GenericError | OSError)) from None


def _mapped(path: Path) -> "bytes | mmap.mmap":
    """Return the content of a file without copying it; never closed here, as a request that failed may still hold it."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return b""  # nothing can be mapped then
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _version(meta: Mapping[str, Any]) -> str:
    """Return what identifies a content: S3 compares the ETag, Google Cloud the version."""
    return f"{meta['e_tag'] or ''}\n{meta['version'] or ''}".rstrip("\n")


def _said(error: Exception) -> str:
    """Return what the store says, in one short line without what may be secret."""
    text = str(error)
    code = re.search(r"<Code>(\w+)</Code>", text)
    line = code[1] if code else text.partition("\n")[0].rpartition(" - ")[2]
    return _SECRET.sub("", line)[:_MOST]


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
