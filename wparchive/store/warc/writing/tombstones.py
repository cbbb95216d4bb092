"""Tombstones: records that stand where others were removed, of the same length to the byte, so that nothing else moves.

A tombstone is one stored member in our form: a `resource` record whose JSON says when and why. Every bit of it follows from
its statement, so that a removal that was cut off can be repeated. Which leaves the removed records had in the seal's tree
is part of the statement; the log of seals has it all in full, where a short record can't hold it.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from wparchive.errors import DamagedError
from wparchive.store.warc.fields import bare
from wparchive.store.warc.gzip_members import MEMBER_FRAME, stored_in_blocks
from wparchive.store.warc.members import members
from wparchive.store.warc.writing.record_bytes import END, Pairs, header_bytes, opening_pairs
from wparchive.transit.stored_blocks import FRAMED_BLOCK, HEAD

__all__ = ["Statement", "TooShortError", "is_tombstone", "statement_in", "tombstone", "tombstone_at"]

_URN = "urn:wparchive:removed:"
_FILLER = b',"filler":"'
_DOTS = b"." * (1 << 16)
_CUT = "…"
_DIGITS = 15  # of the length of a block


class TooShortError(Exception):
    """What is to be removed is shorter than the least that must stand in its place."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a tombstone says: when it was made (UTC), why, on whose order; the base64 leaves of what stood there."""

    at: str
    reason: str
    order: str = ""
    leaves: Sequence[str] = ()


def is_tombstone(uri: str) -> bool:
    """Whether a resource record of this WARC-Target-URI stands for removed ones."""
    return uri.startswith(_URN)


def statement_in(data: bytes) -> Statement:
    """Return what the block of a tombstone says, or its beginning; what can't be read is left empty."""
    try:
        value = json.loads(data.partition(_FILLER)[0].removesuffix(b"}") + b"}")
    except (ValueError, RecursionError):
        value = None
    found = value if isinstance(value, dict) else {}
    at, reason, order = (one if isinstance(one := found.get(name), str) else "" for name in ("at", "reason", "order"))
    leaves = found.get("leaves")
    return Statement(
        at, reason, order, [one for one in leaves if isinstance(one, str)] if isinstance(leaves, list) else ()
    )


def tombstone_at(path: Path, offset: int) -> bool:
    """Whether a tombstone begins there; no, when the file can't be read there."""
    try:
        headers = next(members(path, offset)).headers
    except (DamagedError, OSError, StopIteration):
        return False
    return headers.get("WARC-Type").lower() == "resource" and is_tombstone(bare(headers.get("WARC-Target-URI")))


def tombstone(statement: Statement, seed: bytes, length: int) -> Iterator[bytes]:
    """Return the pieces of a tombstone of exactly `length` bytes; its ids follow from `seed`.

    Reason and order are cut, and then the leaves left out, where they don't fit. Raises TooShortError.
    """
    ids = hashlib.sha256(b"wparchive tombstone v1\n" + seed).digest()
    most = length // FRAMED_BLOCK + 2
    # With one block more, the record is five bytes shorter: at some lengths no block fits its own stated length.
    for blocks in range(max(1, -(-(length - MEMBER_FRAME) // FRAMED_BLOCK)), most + 1):
        size = length - MEMBER_FRAME - blocks * HEAD
        if (block := _block_size(ids, statement.at, size)) is not None:
            return _pieces(ids, statement, block, size, blocks)
    raise TooShortError(f"{length} bytes are too few for the record that must stand in their place")


def _block_size(ids: bytes, at: str, size: int) -> int | None:
    """Return the Content-Length with which the whole record has `size` bytes."""
    for digits in range(1, _DIGITS):
        block = size - len(_header(ids, at, int("9" * digits), "0" * 64)) - len(END)
        if len(str(block)) == digits and block > 0:
            return block
    return None


def _header(ids: bytes, at: str, size: int, digest: str) -> bytes:
    about: Pairs = (("WARC-Date", at), ("WARC-Target-URI", f"{_URN}{UUID(bytes=ids[16:], version=4)}"))
    record_id = f"urn:uuid:{UUID(bytes=ids[:16], version=4)}"
    return header_bytes(opening_pairs("resource", record_id, about, "application/json", size, digest))


def _pieces(ids: bytes, statement: Statement, block: int, size: int, blocks: int) -> Iterator[bytes]:
    start = _said(statement, block)
    dots = block - len(start) - len(_FILLER) - 2
    content = [start, _FILLER, *_filler(dots), b'"}'] if dots >= 0 else [start + b" " * (block - len(start) - 1), b"}"]
    digest = hashlib.sha256()
    for piece in content:
        digest.update(piece)
    record = [_header(ids, statement.at, block, digest.hexdigest()), *content, END]
    return stored_in_blocks(record, size, blocks)


def _filler(count: int) -> Iterator[bytes]:
    for at in range(0, count, len(_DOTS)):
        yield _DOTS[: min(len(_DOTS), count - at)]


def _said(statement: Statement, room: int) -> bytes:
    """Return the JSON without its last brace, cut to what `room` bytes hold. Raises TooShortError."""
    whole = {"at": statement.at, "leaves": list(statement.leaves), "order": statement.order, "reason": statement.reason}
    bare_of_leaves = {name: value for name, value in whole.items() if name != "leaves"}
    for said in (whole, bare_of_leaves):
        over = len(_written(said)) + 1 - room
        for name in ("reason", "order"):
            if over > 0:
                said[name] = _shorter(str(said[name]), over)
                over = len(_written(said)) + 1 - room
        if over <= 0:
            return _written(said)
    raise TooShortError(f"{room} bytes are too few for what must be said in their place")


def _written(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace").removesuffix(b"}")


def _shorter(text: str, less: int) -> str:
    """Return `text` cut so that it is written in at least `less` bytes less; empty when it has no more."""
    size = len(_written(text))
    while text and size - len(_written(text + _CUT)) < less:
        text = text[: -max(1, (less - size + len(_written(text + _CUT))) // 8)]
    return text + _CUT if text else ""
