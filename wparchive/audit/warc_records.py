"""The checks of one WARC file: the framing of members, the digests of records, the pairs of exchanges.

In our own files no change may go unnoticed. A stored gzip member is covered by its CRC and its fixed form, a deflated
one by its digest in the accompanying metadata record, and both by the fixed gzip header. Sources: WARC 1.1 (ISO 28500);
`store.warc.gzip_members`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from wparchive.audit.finding import Finding, Tally
from wparchive.audit.imported import taken_faults
from wparchive.audit.measure import ANSWERS, Seen, measure
from wparchive.audit.notes import Ledger
from wparchive.audit.seals.file_check import RecordSink
from wparchive.audit.seals.seal_check import SealCheck
from wparchive.audit.sense import moment, nonsense_in_date, nonsense_in_fact, nonsense_in_fields, nonsense_in_info
from wparchive.model import WEAK
from wparchive.store import Damage, Member, Record, is_ours, walk
from wparchive.store.warc.fact_json import fact_value
from wparchive.store.warc.fields import bare, capture_of, parse_block
from wparchive.store.warc.gzip_members import begins_as_ours, is_stored
from wparchive.store.warc.names import is_import, warc_name
from wparchive.store.warc.writing.tombstones import is_tombstone

__all__ = ["check_file"]

_ID = re.compile(r"<[a-zA-Z][a-zA-Z0-9+.-]*:[^<>\s]+>")


@dataclass(frozen=True, slots=True)
class _Problem:
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class _Info:
    """What a file's warcinfo record states: its id, the file's run, and when the file was begun."""

    record_id: str = ""
    run: str = ""
    began: datetime | None = None


def check_file(
    path: Path, ledger: Ledger, tally: Tally, committed: int | None = None, seals: SealCheck | None = None
) -> Iterator[Finding]:
    """Check the WARC at `path` and note its records in `ledger`; an open file is checked up to `committed` bytes.

    What its records say to `seals` is noted there. Raises OSError.
    """
    sink = seals.sink(path) if seals else None
    check = _File(path, ledger, tally, committed, seals, sink)
    tally.files += 1
    with path.open("rb") as file:
        yield from check.walk(file)
    if seals:
        seals.read(path, sink)


class _File:
    def __init__(
        self,
        path: Path,
        ledger: Ledger,
        tally: Tally,
        committed: int | None,
        seals: SealCheck | None,
        sink: RecordSink | None,
    ) -> None:
        self._seals, self._sink = seals, sink
        self._path, self._ledger, self._tally = path, ledger, tally
        self._warc = warc_name(path)
        self._open = path.name.endswith(".open")
        self._end = committed if self._open else None  # anything after that may be half written at this moment
        self._ours = is_ours(path)
        self._imported = is_import(path)
        self._private = path.parent.name == "private"
        self._info = _Info()
        self._now = datetime.now(UTC)
        self._group: list[Seen] = []
        # a record of the present group is broken, so what is missing in the group has been reported
        self._doubtful = False

    def walk(self, file: BinaryIO) -> Iterator[Finding]:
        first = True
        for seen in walk(self._path, 0, self._measured):
            if isinstance(seen, Damage):
                if self._open and (seen.torn or self._is_beyond(seen.offset)):
                    self._tally.notes.append(f"{self._warc}: open, with a torn tail; the next crawl cuts it off")
                    return
                yield self._broken(seen)
            elif self._is_beyond(seen.record.offset):
                break
            else:
                yield from self._record(seen, file, first)
            first = False
        yield from self._ended()

    def _measured(self, member: Member) -> Seen:
        seen = measure(member, foreign=self._imported)
        seen.record = Record(self._warc, member.offset, member.length, member.record_id, member.type, member.sha256)
        return seen

    def _is_beyond(self, offset: int) -> bool:
        return self._end is not None and offset >= self._end

    def _broken(self, damage: Damage) -> Finding:
        self._doubtful = True
        self._ledger.broken(self._warc, damage.offset)
        record_id = self._ledger.name_of(self._warc, damage.offset) or damage.record_id
        return Finding("torn" if damage.torn else "broken", damage.reason, self._warc, damage.offset, record_id)

    def _record(self, seen: Seen, file: BinaryIO, first: bool) -> Iterator[Finding]:
        self._tally.records += 1
        self._tally.bytes += seen.record.length
        if self._sink:
            removed = seen.record.type == "resource" and is_tombstone(bare(seen.headers.get("WARC-Target-URI")))
            self._sink.record(seen.record.offset, seen.leaf, tombstone=removed)
        problems = list(_digests(seen))
        if self._imported and seen.record.type in (*ANSWERS, "request"):
            # Another tool wrote it, and its form and digests are that tool's: every bit of it is vouched for by our metadata.
            problems = []
        elif self._ours:
            seen.canonical = is_stored(file, seen.record.offset, seen.record.length)
            problems += _form(seen, file, first)
            problems += self._sense(seen)
        elif moment(seen.headers.get("WARC-Date")) is None:
            problems.append(_Problem("header", "its date isn't one"))
        self._ledger.record(
            seen.record, seen.payload_sha256 if seen.record.type in ANSWERS else "", open_file=self._open
        )
        yield from self._findings(seen, problems)
        yield from self._grouped(seen)

    def _sense(self, seen: Seen) -> Iterator[_Problem]:
        """Yield what is impossible in a record, though its digests are correct."""
        headers, kind = seen.headers, seen.record.type
        date = headers.get("WARC-Date")
        said: list[str] = []
        if kind == "warcinfo":
            fields = parse_block(seen.data)
            began = None if self._imported else moment(date)  # what others captured is older than the file that took it
            self._info = _Info(seen.record.record_id, fields.get("isPartOf", ""), began)
            name = self._path.name.removesuffix(".open")
            said += nonsense_in_info(name, unquote(headers.get("WARC-Filename")), self._now)
        elif kind == "metadata":
            said += nonsense_in_fields(parse_block(seen.data), self._info.run, private=self._private)
        elif seen.fact is not None:
            run, _, name = seen.fact.partition(":")
            said += nonsense_in_fact(run, unquote(name), seen.data, self._info.run)
            if self._seals and name == "start":
                self._seals.fact(seen.fact, fact_value(seen.data))
        said += nonsense_in_date(date, self._info.began, self._now)
        yield from (_Problem("nonsense", one) for one in said)
        # A record moved from another file keeps valid digests; only its warcinfo id shows the move.
        if self._info.record_id not in (*headers.ids("WARC-Warcinfo-ID"), "") and headers.get("WARC-Warcinfo-ID"):
            yield _Problem("header", "it was written into another file: it names the warcinfo record of that")

    def _finding(self, seen: Seen, problem: _Problem) -> Finding:
        record = seen.record
        return Finding(problem.kind, problem.message, record.warc, record.offset, record.record_id)

    def _findings(self, seen: Seen, problems: Iterable[_Problem]) -> Iterator[Finding]:
        return (self._finding(seen, problem) for problem in problems)

    def _grouped(self, seen: Seen) -> Iterator[Finding]:
        kind = seen.record.type
        if not self._ours:
            if kind in ANSWERS:
                self._noted(seen, {})
        elif kind == "metadata":
            yield from self._exchange(seen)
        elif kind in (*ANSWERS, "request"):
            held = {one.record.type for one in self._group}
            if held and (kind in ANSWERS or "request" in held):
                yield from self._incomplete(self._group)
                self._group = []
            self._group.append(seen)

    def _exchange(self, metadata: Seen) -> Iterator[Finding]:
        group, doubtful = self._group, self._doubtful
        self._group, self._doubtful = [], False
        fields = parse_block(metadata.data)
        for member in group:
            yield from self._findings(member, _vouched(member, fields))
        if self._imported:
            for seen, kind, message in taken_faults(metadata, group, fields, doubtful=doubtful):
                yield self._finding(seen, _Problem(kind, message))
            for member in group:
                member.record = self._ledger.known_as(member.record, fields)
            if (taken := _first(group, *ANSWERS)) and not any(flag in fields.get("flags", "") for flag in WEAK):
                yield from self._findings(taken, () if taken.record.type == "revisit" else _measured(taken, fields))
                self._noted(taken, fields)
            return
        answer, asked = _first(group, *ANSWERS), _first(group, "request")
        if asked is None:
            if not doubtful:
                yield self._finding(metadata, _Problem("pair", "its request record is missing"))
            return
        strangers = _strangers(metadata, asked, answer)
        if doubtful and strangers:
            return
        message = "doesn't name the record that it belongs with"
        yield from (self._finding(one, _Problem("pair", message)) for one in strangers)
        subject = answer or asked
        yield from self._findings(subject, _measured(subject, fields))
        self._noted(subject, fields)

    def _noted(self, seen: Seen, fields: dict[str, str]) -> None:
        if seen.record.type == "revisit":
            self._ledger.revisit(capture_of(seen.headers, fields, seen.head, seen.record))
        elif not self._ours and seen.record.type == "response":
            self._ledger.answer(bare(seen.headers.get("WARC-Target-URI")), seen.headers.get("WARC-Date"))

    def _incomplete(self, group: Iterable[Seen]) -> Iterator[Finding]:
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


def _digests(seen: Seen) -> Iterator[_Problem]:
    """Check the record against its own headers."""
    headers = seen.headers
    stated = headers.get("WARC-Block-Digest")
    if stated and stated != seen.block_sha256:
        yield _Problem("digest", "its block doesn't match its digest")
    stated = headers.get("WARC-Payload-Digest")
    checkable = seen.record.type in ("response", "request", "resource") and (seen.head is None or not seen.head.chunked)
    if stated.startswith("sha256:") and checkable and stated != f"sha256:{seen.payload_sha256}":
        yield _Problem("digest", "its payload doesn't match its digest")
    if not _ID.fullmatch(headers.get("WARC-Record-ID")):
        yield _Problem("header", "it has no record id")


def _form(seen: Seen, file: BinaryIO, first: bool) -> Iterator[_Problem]:
    """Check the form that all records of ours have."""
    if not begins_as_ours(file, seen.record.offset):
        yield _Problem("framing", "its gzip header isn't the one that we write")
    if first != (seen.record.type == "warcinfo"):
        yield _Problem("header", "a file begins with its warcinfo record, and has one")
    if seen.cut:
        yield _Problem("header", "its block is longer than such a record's may be")
    if not seen.headers.get("WARC-Block-Digest"):
        yield _Problem("header", "it has no block digest")
    if seen.record.type not in (*ANSWERS, "request") and not seen.canonical:
        yield _Problem("framing", "its compressed bytes aren't as they were written")


def _vouched(seen: Seen, fields: dict[str, str]) -> Iterator[_Problem]:
    """Check that a deflated member has the digest stated in the metadata record."""
    stated = fields.get("request-member" if seen.record.type == "request" else "response-member")
    if (stated or not seen.canonical) and stated != seen.record.sha256:
        yield _Problem("framing", "its compressed bytes aren't as they were written")


def _measured(seen: Seen, fields: dict[str, str]) -> Iterator[_Problem]:
    """Check the response against our own digests of it."""
    if seen.record.type == "revisit":
        if seen.headers.get("WARC-Payload-Digest") != f"sha256:{fields.get('payload-sha256')}":
            yield _Problem("digest", "its payload digest isn't that of its metadata")
        return
    if seen.record.type != "response" or seen.head is None:
        return
    if _differs(fields.get("payload-sha256"), seen.payload_sha256):
        yield _Problem("digest", "its payload doesn't match the digest in its metadata")
    if fields.get("payload-size", "0") != str(seen.payload_size):
        yield _Problem("digest", "its payload hasn't the length that its metadata states")
    whole = not (fields.get("flags") or fields.get("truncated"))
    if whole and _differs(fields.get("body-sha256"), seen.body_sha256):
        yield _Problem("digest", "its body doesn't match the digest in its metadata")


def _differs(stated: str | None, measured: str | None) -> bool:
    """Return whether two digests differ, as far as both are known."""
    return bool(stated) and measured is not None and stated != measured


def _first(group: Iterable[Seen], *types: str) -> Seen | None:
    return next((one for one in group if one.record.type in types), None)


def _strangers(metadata: Seen, asked: Seen, answer: Seen | None) -> list[Seen]:
    """Return the records of an exchange that don't name the one that they belong with."""
    pairs = [(metadata, answer or asked), *([(answer, asked), (asked, answer)] if answer else [])]
    return [one for one, other in pairs if other.record.record_id not in one.headers.ids("WARC-Concurrent-To")]
