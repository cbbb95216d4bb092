"""The checks of one WARC file: every member's framing, every record's digests, every exchange's pairs.

For our own files nothing may change unseen: a stored member is vouched for by its CRC and its fixed form, a deflated
one by its digest in the metadata record beside it, both by the fixed gzip header. Source: WARC 1.1; `store.framing`.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from wparchive.audit.finding import Finding, Tally
from wparchive.audit.ledger import Ledger
from wparchive.index.rows import capture_row
from wparchive.message import Head, decoded, head_length, parse_head, payload
from wparchive.store import BrokenMemberError, Fields, Member, Record, members
from wparchive.store.fields import capture_of, parse_block
from wparchive.store.framing import GZIP_HEADER, is_stored
from wparchive.store.reader import is_ours, warc_name

__all__ = ["check_file"]

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
_ID = re.compile(r"<[a-zA-Z][a-zA-Z0-9+.-]*:[^<>\s]+>")
_DECODE_LIMIT = 1 << 30  # bombs stop here
_KEEP = 1 << 16
_SCAN = 1 << 20
_ANSWERS = ("response", "revisit")


@dataclass(slots=True)
class _Seen:
    """A record as it was read, with what was counted on the way."""

    record: Record
    headers: Fields
    canonical: bool
    data: bytes = b""  # the block of a small record that must be read
    head: Head | None = None
    block_sha256: str = ""
    payload_sha256: str = ""
    payload_size: int = 0
    body_sha256: str | None = None  # None: not decoded, nothing to compare


class _Problem(Exception):  # noqa: N818 (never leaves this module)
    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message


def check_file(path: Path, ledger: Ledger, tally: Tally) -> Iterator[Finding]:
    """Check the WARC at `path`, noting what is in it in `ledger`."""
    check = _File(path, ledger, tally)
    tally.files += 1
    with path.open("rb") as file:
        yield from check.walk(file)


class _File:
    def __init__(self, path: Path, ledger: Ledger, tally: Tally) -> None:
        self._path, self._ledger, self._tally = path, ledger, tally
        self._warc = warc_name(path)
        self._open = path.name.endswith(".open")
        self._ours = path.name.startswith("wparchive-") or is_ours(path)
        self._group: list[_Seen] = []
        self._doubtful = False  # a record of the present group is broken: what is missing in it has been named

    def walk(self, file: BinaryIO) -> Iterator[Finding]:
        offset: int | None = 0
        first = True
        while offset is not None:
            try:
                for member in members(self._path, offset):
                    offset = member.offset
                    yield from self._record(member, file, first)
                    first = False
                    offset = member.offset + member.length
                break
            except BrokenMemberError as error:
                first = False
                if error.torn and self._open:
                    self._tally.notes.append(f"{self._warc}: open, with a torn tail; the next crawl cuts it off")
                    return
                yield self._broken(error)
                offset = self._resume(file, error.offset)
        yield from self._ended()

    def _broken(self, error: BrokenMemberError) -> Finding:
        self._doubtful = True
        self._ledger.broken(self._warc, error.offset)
        record_id = self._ledger.name_of(self._warc, error.offset) or error.record_id
        return Finding("torn" if error.torn else "broken", error.reason, self._warc, error.offset, record_id)

    def _resume(self, file: BinaryIO, offset: int) -> int | None:
        """Where the next sound record begins after a broken one: as the database says, else by looking for one."""
        known = self._ledger.next_offset(self._warc, offset)
        return known if known is not None else _search(self._path, file, offset + 1)

    def _record(self, member: Member, file: BinaryIO, first: bool) -> Iterator[Finding]:
        seen = _read(member)
        seen.record = Record(self._warc, member.offset, member.length, member.record_id, member.type, member.sha256)
        self._tally.records += 1
        self._tally.bytes += member.length
        problems = list(_digests(seen))
        if self._ours:
            seen.canonical = is_stored(file, member.offset, member.length)
            problems += _form(seen, file, first)
        self._ledger.record(
            seen.record, seen.payload_sha256 if seen.record.type in _ANSWERS else "", open_file=self._open
        )
        yield from (self._finding(seen, problem) for problem in problems)
        yield from self._grouped(seen)

    def _finding(self, seen: _Seen, problem: _Problem) -> Finding:
        record = seen.record
        return Finding(problem.kind, problem.message, record.warc, record.offset, record.record_id)

    def _grouped(self, seen: _Seen) -> Iterator[Finding]:
        kind = seen.record.type
        if kind in (*_ANSWERS, "request"):
            self._group.append(seen)
        if kind in _ANSWERS and len(self._group) > 1 and self._ours:
            yield from self._incomplete(self._group[:-1])
            self._group = [seen]
        if kind == "metadata" and self._ours:
            yield from self._exchange(seen)
        elif not self._ours and kind in _ANSWERS:
            capture = capture_of(seen.headers, {}, seen.head, seen.record)
            self._ledger.capture(capture, capture_row(capture))
        if not self._ours:
            self._group = []

    def _exchange(self, metadata: _Seen) -> Iterator[Finding]:
        group, doubtful = self._group, self._doubtful
        self._group, self._doubtful = [], False
        fields = parse_block(metadata.data)
        main = next((one for one in group if one.record.type in _ANSWERS), None)
        asked = next((one for one in group if one.record.type == "request"), None)
        for member in group:
            yield from (self._finding(member, problem) for problem in _vouched(member, fields))
        subject = main or asked
        if doubtful:
            return
        if asked is None or subject is None:
            yield self._finding(metadata, _Problem("pair", "its request record is missing"))
            return
        for one, others in ((main, [asked]), (asked, [main] if main else []), (metadata, [subject])):
            if one is not None and not all(_names(one, other) for other in others):
                yield self._finding(one, _Problem("pair", "doesn't name the record that it belongs with"))
        yield from (self._finding(subject, problem) for problem in _measured(subject, fields))
        capture = capture_of(subject.headers, fields, subject.head, subject.record)
        self._ledger.capture(capture, capture_row(capture))

    def _incomplete(self, group: Iterable[_Seen]) -> Iterator[Finding]:
        if not self._doubtful:
            message = "the exchange that it belongs to isn't whole"
            yield from (self._finding(one, _Problem("pair", message)) for one in group)
        self._doubtful = False

    def _ended(self) -> Iterator[Finding]:
        if not self._ours:
            return
        if self._open:
            self._tally.notes.append(f"{self._warc}: open; a run is writing it, or one was killed")
        else:
            yield from self._incomplete(self._group)


def _read(member: Member) -> _Seen:
    """Read a record to its end, counting digests on the way; only small ones that must be parsed are held."""
    seen = _Seen(Record("", 0, 0, "", "", ""), member.headers, False)
    block = hashlib.new(_algorithm(member.headers.get("WARC-Block-Digest")))
    pieces = _hashing(member.content(), block)
    kind = member.type
    if kind in _ANSWERS and member.headers.get("Content-Type").startswith("application/http"):
        _read_http(seen, pieces)
    else:
        _read_plain(seen, pieces, keep=kind in ("metadata", "warcinfo"), http=kind == "request")
    for _ in pieces:
        pass
    member.finish()
    seen.block_sha256 = _spelled(block, member.headers.get("WARC-Block-Digest"))
    return seen


def _hashing(pieces: Iterable[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for piece in pieces:
        digest.update(piece)
        yield piece


def _read_plain(seen: _Seen, pieces: Iterator[bytes], *, keep: bool, http: bool) -> None:
    digest = hashlib.sha256()
    start = b""
    for piece in pieces:
        if keep or (http and len(start) < _KEEP):
            start += piece
        digest.update(piece)
        seen.payload_size += len(piece)
    seen.data = start if keep else b""
    seen.payload_sha256 = digest.hexdigest()
    if http:
        seen.payload_sha256 = hashlib.sha256(start.partition(b"\r\n\r\n")[2]).hexdigest()


def _read_http(seen: _Seen, pieces: Iterator[bytes]) -> None:
    start = b""
    while (end := head_length(start)) < 0:
        piece = next(pieces, b"")
        if not piece:
            return
        start += piece
    head = seen.head = parse_head(start[:end])
    digest = hashlib.sha256()
    counted = _counting(seen, payload(_chain(start[end:], pieces), head), digest)
    seen.body_sha256 = _body_sha256(counted, head)
    for _ in counted:
        pass
    seen.payload_sha256 = digest.hexdigest()


def _body_sha256(pieces: Iterator[bytes], head: Head) -> str | None:
    """The digest of the decoded body; None when it can't be decoded whole."""
    flags: list[str] = []
    digest = hashlib.sha256()
    size = 0
    for piece in decoded(pieces, head, flags):
        digest.update(piece)
        size += len(piece)
        if size > _DECODE_LIMIT and head.codings:
            return None
    return None if flags else digest.hexdigest()


def _counting(seen: _Seen, pieces: Iterable[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for piece in _hashing(pieces, digest):
        seen.payload_size += len(piece)
        yield piece


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _digests(seen: _Seen) -> Iterator[_Problem]:
    """What the record says of itself."""
    headers = seen.headers
    stated = headers.get("WARC-Block-Digest")
    if stated and stated != seen.block_sha256:
        yield _Problem("digest", "its block isn't what its digest says")
    stated = headers.get("WARC-Payload-Digest")
    checkable = seen.record.type in ("response", "request", "resource") and (seen.head is None or not seen.head.chunked)
    if stated.startswith("sha256:") and checkable and stated != f"sha256:{seen.payload_sha256}":
        yield _Problem("digest", "its payload isn't what its digest says")
    if not _DATE.fullmatch(headers.get("WARC-Date")):
        yield _Problem("header", "its date isn't one")
    if not _ID.fullmatch(headers.get("WARC-Record-ID")):
        yield _Problem("header", "it has no record id")


def _form(seen: _Seen, file: BinaryIO, first: bool) -> Iterator[_Problem]:
    """What all records of ours look like."""
    file.seek(seen.record.offset)
    if file.read(len(GZIP_HEADER)) != GZIP_HEADER:
        yield _Problem("framing", "its gzip header isn't the one that we write")
    if first != (seen.record.type == "warcinfo"):
        yield _Problem("header", "a file begins with its warcinfo record, and has one")
    if not seen.headers.get("WARC-Block-Digest"):
        yield _Problem("header", "it has no block digest")
    if seen.record.type not in (*_ANSWERS, "request") and not seen.canonical:
        yield _Problem("framing", "its compressed bytes aren't as they were written")


def _vouched(seen: _Seen, fields: dict[str, str]) -> Iterator[_Problem]:
    """A deflated member must be the one whose digest the metadata has."""
    stated = fields.get("request-member" if seen.record.type == "request" else "response-member")
    if (stated or not seen.canonical) and stated != seen.record.sha256:
        yield _Problem("framing", "its compressed bytes aren't as they were written")


def _measured(seen: _Seen, fields: dict[str, str]) -> Iterator[_Problem]:
    """Our own digests of what came back."""
    if seen.record.type == "revisit":
        if seen.headers.get("WARC-Payload-Digest") != f"sha256:{fields.get('payload-sha256')}":
            yield _Problem("digest", "its payload digest isn't that of its metadata")
        return
    if seen.record.type != "response" or seen.head is None:
        return
    if fields.get("payload-sha256") and fields["payload-sha256"] != seen.payload_sha256:
        yield _Problem("digest", "its payload isn't what its metadata says")
    if fields.get("payload-size", "0") != str(seen.payload_size):
        yield _Problem("digest", "its payload isn't as long as its metadata says")
    whole = not (fields.get("flags") or fields.get("truncated"))
    if whole and fields.get("body-sha256") and seen.body_sha256 not in (None, fields["body-sha256"]):
        yield _Problem("digest", "its body isn't what its metadata says")


def _names(one: _Seen, other: _Seen) -> bool:
    return other.record.record_id in one.headers.ids("WARC-Concurrent-To")


def _algorithm(stated: str) -> str:
    name = stated.partition(":")[0].replace("-", "").lower()
    return name if name in ("sha1", "md5", "sha256", "sha512") else "sha256"


def _spelled(digest: "hashlib._Hash", stated: str) -> str:
    """`digest` as the record spells its own: hex, or base32 as other tools do."""
    name, _, value = stated.partition(":")
    if len(value) == digest.digest_size * 2:
        return f"{name}:{digest.hexdigest() if value.islower() or value.isdecimal() else digest.hexdigest().upper()}"
    return f"{name}:{base64.b32encode(digest.digest()).decode()}"


def _search(path: Path, file: BinaryIO, start: int) -> int | None:
    """The first place from `start` on where a record of ours begins."""
    at = start
    while True:
        file.seek(at)
        data = file.read(_SCAN)
        found = data.find(GZIP_HEADER)
        if found < 0:
            if len(data) < _SCAN:
                return None
            at += _SCAN - len(GZIP_HEADER) + 1
            continue
        try:
            walk = members(path, at + found)
            next(walk)
        except BrokenMemberError:
            at += found + 1
        else:
            return at + found
