"""What a seal says of one WARC: its size and digest, the root over its records, and the root over the items in them.

A record's leaf is its header, as it is before packing, through its first empty line, and the SHA-256 of its block: so a
leaf survives that the file is packed anew, and a header can be shown without its body.
"""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from wparchive.seal.proof.commitments import commitments
from wparchive.seal.proof.tree import Root, leaf_hash
from wparchive.store import Damage, Member, walk

__all__ = ["FileMeasure", "MeasuredRecord", "UnsoundFile", "file_sha256", "leaf_of", "measure_file", "read_record"]

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_PASSED_OVER = 1 << 18  # bytes: a stored response of this size or more isn't read: its block digest is taken
_START = 1 << 16
_STEP = 1 << 20
_LARGEST_BODY = 1 << 26  # bytes of a block in which items are looked for


class UnsoundFile(Exception):
    """A WARC that can't be sealed, because not all of it is whole records; the message says where and why."""


@dataclass(slots=True)
class FileMeasure:
    """A WARC as a seal names it: bytes, lower-case hex SHA-256, records and their root, items and theirs, dates."""

    bytes: int = 0
    sha256: str = ""
    records: Root = field(default_factory=Root)
    items: Root = field(default_factory=Root)
    first: str = ""  # the earliest WARC-Date
    last: str = ""

    def _date(self, date: str) -> None:
        self.first = min(filter(None, (self.first, date)), default="")
        self.last = max(self.last, date)


def measure_file(path: Path) -> FileMeasure:
    """Read the finished WARC at `path`, in constant memory. Raises UnsoundFile and OSError."""
    measure = FileMeasure()
    for found in walk(path, 0, read_record):
        if isinstance(found, Damage):
            raise UnsoundFile(f"at offset {found.offset}: {found.reason}")
        measure.records.add(found.leaf)
        for line in found.items:
            measure.items.add(leaf_hash(line))
        measure._date(found.date)
    measure.sha256, measure.bytes = file_sha256(path)
    return measure


def file_sha256(path: Path) -> tuple[str, int]:
    """Return the lower-case hex SHA-256 of a file, and its size in bytes. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_STEP):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def leaf_of(header: bytes, block_sha256: bytes) -> bytes:
    """Return the leaf hash of a record: of its header bytes, and the 32 bytes of the SHA-256 of its block."""
    return leaf_hash(header + block_sha256)


@dataclass(frozen=True, slots=True)
class MeasuredRecord:
    """The hash of a record's leaf, its WARC-Date, and the lines of the items in it."""

    leaf: bytes
    date: str
    items: tuple[bytes, ...] = ()


def read_record(member: Member, *, checked: bool = True) -> MeasuredRecord:
    """Measure one record, of a large stored one by the digest that it states.

    Raises BrokenMemberError where its block doesn't match it, if it is to be `checked`.
    """
    date, is_response = member.headers.get("WARC-Date"), member.type == "response"
    stated = _DIGEST.fullmatch(member.headers.get("WARC-Block-Digest"))
    size = int(member.headers.get("Content-Length"))
    if stated and is_response and size >= _PASSED_OVER and member.skip(_START) is not None:
        return MeasuredRecord(leaf_of(member.header, bytes.fromhex(stated[1])), date)
    block = hashlib.sha256()
    kept: list[bytes] = []
    for piece in member.content():
        block.update(piece)
        if is_response and size <= _LARGEST_BODY:
            kept.append(piece)
    if checked and stated and stated[1] != block.hexdigest():
        raise member.broken("its block doesn't match its digest")
    leaf = leaf_of(member.header, block.digest())
    items = commitments(member.headers, leaf, b"".join(kept)) if kept else ()
    return MeasuredRecord(leaf, date, tuple(items))
