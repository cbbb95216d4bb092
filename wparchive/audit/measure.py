"""Reads one record for the checks, and computes its digests and sizes on the way."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from wparchive.http1.message import Head, decoded, head_length, parse_head, payload, payload_as_held
from wparchive.seal.proof.file_measure import leaf_of
from wparchive.store import Fields, Member, Record
from wparchive.store.warc.held_records import HTTP, LONGEST_FACT, fact_name, holds_http

__all__ = ["ANSWERS", "Seen", "measure"]

ANSWERS = ("response", "revisit")
_DECODE_LIMIT = 1 << 30  # bytes; limits decompression bombs
_KEEP = 1 << 16
_LONGEST = 1 << 20  # bytes in the block of a record that must be read whole


@dataclass(slots=True)
class Seen:
    """A record as read, with its measured digests and sizes."""

    record: Record
    headers: Fields
    canonical: bool
    data: bytes = b""  # the block of a small record that must be parsed
    cut: bool = False  # the block is longer than that
    fact: str | None = None  # run and name of a fact that we recorded
    head: Head | None = None
    block_sha256: str = ""  # as the record itself spells its digest
    leaf: bytes = b""  # of a seal's tree
    payload_sha256: str = ""
    payload_size: int = 0
    body_sha256: str | None = None  # None: not decoded, so nothing to compare


def measure(member: Member, *, foreign: bool = False) -> Seen:
    """Read a record to its end and compute its digests. Only small records that must be parsed are kept in memory.

    A `foreign` answer may have a body whose chunks were undone, though its head names them.
    """
    seen = Seen(Record("", 0, 0, "", "", ""), member.headers, False)
    block = hashlib.new(_algorithm(member.headers.get("WARC-Block-Digest")))
    sealed = block if block.name == "sha256" else hashlib.sha256()
    pieces = _hashing(member.content(), block)
    if sealed is not block:
        pieces = _hashing(pieces, sealed)
    kind = member.type
    start = _start_of(pieces) if kind in ANSWERS else b""
    pieces = chain(filter(None, (start,)), pieces)
    if kind in ANSWERS and holds_http(member.headers, start):
        _read_http(seen, pieces, payload_as_held if foreign else payload)
    else:
        seen.fact = fact_name(member.headers)
        keep = LONGEST_FACT if seen.fact is not None else _LONGEST if kind in ("metadata", "warcinfo") else 0
        _read_plain(seen, pieces, keep=keep, http=kind == "request")
    for _ in pieces:
        pass
    member.finish()
    seen.leaf = leaf_of(member.header, sealed.digest())
    seen.block_sha256 = _spelled(block, member.headers.get("WARC-Block-Digest"))
    return seen


def _start_of(pieces: Iterator[bytes]) -> bytes:
    start = b""
    while len(start) < len(HTTP) and (piece := next(pieces, b"")):
        start += piece
    return start


def _hashing(pieces: Iterable[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for piece in pieces:
        digest.update(piece)
        yield piece


def _read_plain(seen: Seen, pieces: Iterator[bytes], *, keep: int, http: bool) -> None:
    digest = hashlib.sha256()
    start = bytearray()
    most = keep or (_KEEP if http else 0)
    for piece in pieces:
        digest.update(piece)
        seen.payload_size += len(piece)
        if len(start) < most:
            start += piece
    seen.cut = 0 < keep < seen.payload_size
    seen.data = bytes(start) if keep and not seen.cut else b""
    seen.payload_sha256 = digest.hexdigest()
    if http:
        seen.payload_sha256 = hashlib.sha256(start.partition(b"\r\n\r\n")[2]).hexdigest()


def _read_http(
    seen: Seen, pieces: Iterator[bytes], unframed: Callable[[Iterable[bytes], Head], Iterator[bytes]]
) -> None:
    start = b""
    while (end := head_length(start)) < 0:
        piece = next(pieces, b"")
        if not piece or len(start) > _LONGEST:
            return
        start += piece
    head = seen.head = parse_head(start[:end])
    digest = hashlib.sha256()
    counted = _counting(seen, unframed(chain(filter(None, (start[end:],)), pieces), head), digest)
    seen.body_sha256 = _body_sha256(counted, head)
    for _ in counted:
        pass
    seen.payload_sha256 = digest.hexdigest()


def _body_sha256(pieces: Iterator[bytes], head: Head) -> str | None:
    """Return the digest of the decoded body; None if it cannot be decoded in full."""
    flags: list[str] = []
    digest = hashlib.sha256()
    size = 0
    for piece in decoded(pieces, head, flags):
        digest.update(piece)
        size += len(piece)
        if size > _DECODE_LIMIT and head.codings:
            return None
    return None if flags else digest.hexdigest()


def _counting(seen: Seen, pieces: Iterable[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for piece in _hashing(pieces, digest):
        seen.payload_size += len(piece)
        yield piece


def _algorithm(stated: str) -> str:
    name = stated.partition(":")[0].replace("-", "").lower()
    return name if name in ("sha1", "md5", "sha256", "sha512") else "sha256"


def _spelled(digest: "hashlib._Hash", stated: str) -> str:
    """Return `digest` in the record's own spelling: hex, or base32 as other tools write it."""
    name, _, value = stated.partition(":")
    if len(value) == digest.digest_size * 2:
        return f"{name}:{digest.hexdigest() if value.islower() or value.isdecimal() else digest.hexdigest().upper()}"
    return f"{name}:{base64.b32encode(digest.digest()).decode()}"
