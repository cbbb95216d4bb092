"""WARCs that lie elsewhere, as whoever keeps them there tells the store: which there are, and their bytes."""

from collections.abc import Mapping
from typing import Protocol

from wparchive.store.warc.blobs import Blob

__all__ = ["Remote"]


class Remote(Protocol):
    """The WARCs of one site that lie elsewhere, finished and never changed; names are those of `Capture.warc`."""

    def blob(self, warc: str) -> Blob | None:
        """Return the WARC of that name; None when it isn't listed."""

    def recent(self) -> Mapping[str, int]:
        """Return name and size in bytes of the WARCs that a capture log may not know yet."""

    def every(self) -> Mapping[str, int]:
        """Return name and size in bytes of all WARCs that are listed."""
