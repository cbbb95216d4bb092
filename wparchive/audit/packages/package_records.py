"""The records of an evidence package: gapless, whole, and each in the tree of its file."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wparchive.audit.finding import Finding
from wparchive.audit.packages.contents import Contents, UnreadableFile, pieces, read_small_file
from wparchive.http1.message import head_length
from wparchive.seal.proof.checkpoint import Proof, to_base64
from wparchive.seal.proof.file_measure import leaf_of
from wparchive.store import Fields
from wparchive.store.warc.fields import parse_block, parse_header
from wparchive.store.warc.gzip_members import UnsoundError, inflating

__all__ = ["PackageRecord", "PackageRecords"]

_ROW = re.compile(r"([1-9][0-9]{0,8})\t(0|[1-9][0-9]{0,14})\t([1-9][0-9]{0,14})\t(0|[1-9][0-9]{0,14})")
_HEADER = 1 << 20  # bytes
_KEPT = 1 << 20  # bytes of a block that are kept: all of a metadata record
_END = b"\r\n\r\n"
_STEP = 1 << 20


@dataclass(frozen=True, slots=True)
class PackageRecord:
    """A record: its header, the digest of its block, and the block's beginning."""

    header: bytes
    fields: Fields
    block_sha256: bytes
    start: bytes

    @property
    def leaf(self) -> bytes:
        """Its leaf in the tree of its file."""
        return leaf_of(self.header, self.block_sha256)


class PackageRecords:
    """The records of `contents`; `found` are those that are whole, by number, `entries` the entries of their files."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self.found: dict[int, PackageRecord] = {}
        self.entries: set[int] = set()
        self.entry_of: dict[int, int] = {}

    def findings(self, entry: Callable[[int], Mapping[str, Any]]) -> Iterator[Finding]:
        """Yield records that aren't whole, aren't proven, or that nothing accounts for. Raises UnreadableFile."""
        feed = _Feed(pieces(self._contents, "records.warc.gz"))
        at = 0
        for line in read_small_file(self._contents, "records.tsv").decode("ascii", "replace").splitlines():
            row = _ROW.fullmatch(line)
            if not row:
                yield _finding("a line of it names no record", "records.tsv")
                return
            number, offset, length, index = map(int, row.groups())
            if offset != at:
                yield _finding(f"record {number}: bytes that nothing accounts for", "records.warc.gz")
                return
            at += length
            record = _record(feed, length)
            if record is None:
                yield _finding(f"record {number}: no whole record in one gzip member", "records.warc.gz")
                continue
            self.found[number] = record
            self.entries.add(index)
            self.entry_of[number] = index
            yield from self._proven(number, record, entry(index))
        if feed.take(1):
            yield _finding("bytes behind the last record", "records.warc.gz")

    def _proven(self, number: int, record: PackageRecord, entry: Mapping[str, Any]) -> Iterator[Finding]:
        name = f"proofs/{number}"
        try:
            proof = Proof.parse(read_small_file(self._contents, name))
        except (ValueError, UnreadableFile):
            yield _finding("no proof", name, "package-proof")
            return
        if not proof.holds(record.leaf):
            yield _finding("doesn't lead from its record to its root", name, "package-proof")
        tree = (proof.checkpoint.size, to_base64(proof.checkpoint.root))
        if tree != (entry.get("records"), entry.get("root")):
            yield _finding("is of another tree than the entry of its file names", name, "package-proof")

    def body_fault(self, body: int, metadata: int, sha256: str) -> str:
        """Return why a body isn't the one of the record `body`, by its record `metadata`; "" when it is."""
        answer, meta = self.found.get(body), self.found.get(metadata)
        if answer is None or meta is None:
            return "its records aren't here"
        if parse_block(meta.start).get("body-sha256") != sha256:
            return "isn't the body that was sealed"
        if (answer.fields.get("WARC-Type"), meta.fields.get("WARC-Type")) != ("response", "metadata"):
            return "is the body of another record"
        ours = answer.fields.ids("WARC-Record-ID")
        return "" if ours and ours[0] in meta.fields.ids("WARC-Concurrent-To") else "is the body of another record"


class _Feed:
    """Bytes in order, from pieces."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source, self._held = source, b""

    def take(self, most: int) -> bytes:
        """Return the next bytes, at most `most`; empty at the end."""
        if not self._held:
            self._held = next(self._source, b"")
        piece, self._held = self._held[:most], self._held[most:]
        return piece


def _record(feed: _Feed, length: int) -> PackageRecord | None:
    """Read one member of `length` bytes; None when it isn't one whole record."""
    inflate, left = inflating(), length
    header, block, start, size = b"", hashlib.sha256(), b"", 0
    fields, stated, end = Fields(()), -1, b""
    sound = True
    while left:
        given = feed.take(min(left, _STEP))
        if not given:
            return None
        left -= len(given)
        while sound and given:
            try:
                out = inflate.decompress(given, _STEP)
            except UnsoundError:
                sound = False
                break
            given = inflate.unconsumed_tail
            if stated < 0:
                header += out
                at = head_length(header)
                if at < 0:
                    sound = len(header) <= _HEADER
                    continue
                header, out = header[:at], header[at:]
                fields = parse_header(header)
                text = fields.get("Content-Length")
                stated = int(text) if text.isdecimal() and len(text) < 16 else -1
                sound = stated >= 0 and header.startswith(b"WARC/1.")
            piece, rest = out[: stated - size], out[stated - size :]
            block.update(piece)
            size += len(piece)
            start += piece[: _KEPT - len(start)]
            end += rest[: len(_END) + 1 - len(end)]
    whole = sound and inflate.eof and not inflate.unused_data and size == stated and end == _END
    return PackageRecord(header, fields, block.digest(), start) if whole else None


def _finding(message: str, file: str, code: str = "package-record") -> Finding:
    return Finding("package", message, file, code=code)
