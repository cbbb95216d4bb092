"""A WARC of pages that we wrote ourselves: resource records, the same for the same pages."""

from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from wparchive.store.warc.writing.record_bytes import deflated_member, opening_pairs, sha256
from wparchive.version import __version__

__all__ = ["CONTENTS", "ReadingWarc", "address"]

CONTENTS = "https://wparchive.invalid/"
"""The address of the table of contents; all others of ours are below it, and can be nobody's (RFC 2606)."""

_INFO = (
    f"software: wparchive/{__version__}\r\n"
    "format: WARC file version 1.1\r\n"
    "description: Reading copies, made from the captures beside them. The evidence is the captures.\r\n"
)


def address(*parts: str) -> str:
    """Return the address below CONTENTS with these segments."""
    return CONTENTS + "/".join(quote(part, safe="") for part in parts)


class ReadingWarc:
    """The file at `path`, being written. Raises OSError."""

    def __init__(self, path: Path, name: str, date: str) -> None:
        self._out = path.open("wb")
        self._info = _identity(name, date)
        about = (("WARC-Date", date), ("WARC-Filename", name))
        self._write("warcinfo", self._info, about, "application/warc-fields", _INFO.encode())

    def page(self, url: str, date: str, html: str) -> None:
        """Append the page `html` at `url`, as of the time `date`."""
        about = (("WARC-Date", date), ("WARC-Target-URI", url), ("WARC-Warcinfo-ID", f"<{self._info}>"))
        data = html.encode("utf-8", "replace")
        self._write("resource", _identity(url, date, data), about, "text/html; charset=utf-8", data)

    def _write(self, kind: str, record: str, about: tuple[tuple[str, str], ...], mime: str, data: bytes) -> None:
        digest = sha256(data)
        pairs = opening_pairs(kind, record, about, mime, len(data), digest)
        if kind == "resource":
            pairs = (*pairs, ("WARC-Payload-Digest", f"sha256:{digest}"))
        self._out.write(deflated_member(pairs, [data]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._out.close()


def _identity(name: str, date: str, data: bytes = b"") -> str:
    """A record id that follows from the content, so that the same archive gives the same bytes."""
    return uuid5(NAMESPACE_URL, f"{name} {date} {sha256(data)}").urn
