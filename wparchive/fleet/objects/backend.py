"""What a place for objects must be able to do; `ObjectStore` tries again, compares, and words what callers see."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

__all__ = ["Backend", "ConflictError", "Listed"]


class Listed(NamedTuple):
    """An object of a listing: its key, and its size in bytes."""

    key: str
    size: int


class ConflictError(Exception):
    """The object is there already, or isn't the one that was to be replaced; nothing was written."""


class Backend(Protocol):
    """A bucket, or a folder. A `version` is what a store calls one content of an object; it is compared, never read.

    Everything raises RemoteError, in one line that names store and key.
    """

    def get(self, key: str) -> tuple[bytes, str] | None:
        """Return content and version of an object; None when there is none."""

    def head(self, key: str) -> tuple[int, str]:
        """Return size in bytes and version of an object. Raises MissingError."""

    def create(self, key: str, source: bytes | Path) -> str:
        """Make an object, of bytes or of a file; returns its version. Raises ConflictError where one is."""

    def replace(self, key: str, data: bytes, version: str) -> str:
        """Replace that version of an object; returns the new one. Raises ConflictError where it isn't the present one."""

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """Return bytes of an object: as many as there are, at most `length`."""

    def pieces(self, key: str) -> Iterator[bytes]:
        """Yield the content of an object."""

    def list(self, prefix: str) -> Iterator[Listed]:
        """Yield the objects in the folder `prefix` and below it; "" for all."""

    def delete(self, key: str) -> None:
        """Delete an object, if it is there."""
