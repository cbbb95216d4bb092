"""Reads a stored response again, by the place that a row of `captures` names."""

from dataclasses import replace

from wparchive.model import Capture, Privilege
from wparchive.store import Archive, StoredExchange

__all__ = ["response_at"]

_BLANK = Capture(
    capture="", site="", run="", crawl="", key="", method="GET", url="", route=None, kind="file", captured_at="",
    status=None, mime="", body_sha256="", payload_sha256="", payload_size=0, record_type="response", refers_to=None,
    warc="", offset=0, length=0, privilege=Privilege.ANONYMOUS,
)  # fmt: skip


def response_at(archive: Archive, capture: str, warc: str, offset: int, url: str) -> StoredExchange:
    """Return the exchange that is stored as `capture` at `offset` of `warc`. Raises DamagedError."""
    return archive.response(replace(_BLANK, capture=capture, warc=warc, offset=offset, url=url))
