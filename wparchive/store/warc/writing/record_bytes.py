"""WARC records as bytes: warcio writes each, from its header fields and its block, into a gzip member of ours.

warcio is given every field, in order, and the block unparsed: by itself it would parse an HTTP head and serialise it
again, add SHA-1 digests, and write gzip headers that vary. For streamed blocks only the header is written here. Source:
WARC 1.1, section 4.
"""

import hashlib
from collections.abc import Iterable
from typing import Final, Protocol

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import BaseWARCWriter

from wparchive.store.warc.gzip_members import Deflating, stored

__all__ = ["END", "Pairs", "deflated_member", "header_bytes", "opening_pairs", "sha256", "stored_member"]

Pairs = tuple[tuple[str, str], ...]

END: Final = b"\r\n\r\n"
"""What follows the block of every record."""


def opening_pairs(kind: str, record_id: str, about: Pairs, mime: str, size: int, digest: str) -> Pairs:
    """Return the first header fields of any record; `digest` is the hex SHA-256 of its block of `size` bytes."""
    return (
        ("WARC-Type", kind),
        ("WARC-Record-ID", f"<{record_id}>"),
        *about,
        ("Content-Type", mime),
        ("Content-Length", str(size)),
        ("WARC-Block-Digest", f"sha256:{digest}"),
    )


def header_bytes(pairs: Pairs) -> bytes:
    """Return the header of a record, blank line included."""
    header: bytes = _header(pairs).to_bytes()
    return header


def deflated_member(pairs: Pairs, block: Iterable[bytes]) -> bytes:
    """Return the record of header fields `pairs` and the pieces of `block`, as a deflated member."""
    out = Deflating()
    _write(out, pairs, block)
    return out.member


def stored_member(pairs: Pairs, data: bytes) -> bytes:
    """Return the record of header fields `pairs` and block `data`, as a stored member."""
    return b"".join(stored([header_bytes(pairs) + data + END]))


def sha256(data: bytes) -> str:
    """Return the lower-case hex SHA-256 of `data`."""
    return hashlib.sha256(data).hexdigest()


class _Out(Protocol):
    """What warcio writes to; it flushes once, after the record."""

    def write(self, data: bytes, /) -> object: ...
    def flush(self) -> object: ...


def _write(out: _Out, pairs: Pairs, block: Iterable[bytes]) -> None:
    fields = dict(pairs)
    kind, length = fields["WARC-Type"], int(fields["Content-Length"])
    # For a revisit warcio writes the response's head instead of the block.
    head = _Head(b"".join(block)) if kind == "revisit" else None
    _WRITER.write_record(ArcWarcRecord("warc", kind, _header(pairs), _Block(block), head, None, length), out)


def _header(pairs: Pairs) -> StatusAndHeaders:
    return StatusAndHeaders("", pairs, protocol="WARC/1.1")


class _Writer(BaseWARCWriter):  # type: ignore[misc]  # warcio comes without types
    """warcio's writer, to any file and from any thread."""

    def write_record(self, record: ArcWarcRecord, params: _Out) -> None:
        """Write `record` to the file `params`: a hook that warcio leaves to its subclasses."""
        self._write_warc_record(params, record)

    def ensure_digest(self, record: ArcWarcRecord, block: bool = True, payload: bool = True) -> None:
        """Add no digest: the fields have all of them."""


# The gzip member around the record is made by `gzip_members`.
_WRITER: Final = _Writer(gzip=False)


class _Head:
    """The bytes of an HTTP head, in the interface through which warcio would serialise one."""

    def __init__(self, data: bytes) -> None:
        self.headers_buff = data

    def compute_headers_buffer(self, _header_filter: object) -> None:
        """Do nothing: the bytes are there already."""


class _Block:
    """Pieces of a block, in the form of a file that warcio can read."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)

    def read(self, _most: int) -> bytes:
        """Return the next piece, of whatever size; empty at the end."""
        return next(self._pieces, b"")
