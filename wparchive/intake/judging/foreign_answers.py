"""A foreign response as it is taken: what its record's header says, its HTTP head, its body by digests, its doubts.

Nothing here raises for what a file holds.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from wparchive.http1.message import (
    Body,
    Head,
    decode,
    head_length,
    is_chunked,
    parse_head,
    payload_as_held,
    whole_number,
)
from wparchive.intake.foreign.scan import LARGEST, Taken
from wparchive.intake.judging.privileged import head_shows
from wparchive.intake.judging.readable import ends_early
from wparchive.intake.judging.stated_digests import block_fits, fits
from wparchive.model import NOT_CHUNKED
from wparchive.store.warc.fields import Fields, bare, whole_date
from wparchive.store.warc.held_records import HTTP, holds_http

__all__ = [
    "BLOCK_DIGEST",
    "DIGEST",
    "RECORD_ID",
    "Answer",
    "Asked",
    "Bytes",
    "Got",
    "fault_of",
    "filled",
    "got_from",
    "moment_of",
    "opened",
    "revisit_of",
]

_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z", re.ASCII)
_FAR = timedelta(days=1)
_FIRST_YEAR = 2015  # the REST API came with WordPress 4.4
_FIRST_LINE = 1 << 13  # bytes
_CODINGS = ("x-orig-content-encoding", "x-crawler-content-encoding")
DIGEST, BLOCK_DIGEST = "digest-differs", "block-digest-differs"
"""The flags of an answer whose payload, or whose whole record, isn't what its record states by a digest."""
RECORD_ID = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:[^<>\s]+")
Bytes = bytes | memoryview


@dataclass(slots=True)
class Answer:
    """An answer to be taken, by its place in its file; digests are hex SHA-256, `at` is its WARC-Date, to the second.

    `exact` is that of the record, as `Strict` has it.
    `kind` is empty for one of the REST API, else that of the capture (page, sitemap, feed), and `route` its key then.
    `unread` says in a word why its body can't be read, as `readable` has them.
    """

    offset: int
    length: int
    exact: bool
    id: str
    type: str
    uri: str
    at: str
    home: str
    root: str
    form: str
    route: str
    tied: list[str]
    info: str
    kind: str = ""
    status: int | None = None
    mime: str = ""
    body: str = ""
    payload: str = ""
    size: int = 0
    flags: list[str] = field(default_factory=list)
    truncated: str | None = None
    refers_id: str | None = None
    refers_uri: str = ""
    refers_at: str = ""
    digest: str = ""
    sha1: str = ""
    stated: int | None = None
    pages: int | None = None
    private: bool = False
    unread: str = ""
    of: str = ""
    range: str = ""
    claims: list[str] = field(default_factory=list)  # homes that the answer calls its own
    empty: bool = False  # whether it shows no item
    document: bytes = b""  # of an index, or a list of types: what a site says of itself


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, by its place in its file; `private` if it was made with credentials, `at` is its WARC-Date."""

    offset: int
    length: int
    exact: bool
    id: str
    tied: list[str]
    uri: str
    method: str
    private: bool
    at: str


@lru_cache(256)
def moment_of(date: str) -> datetime | None:
    """Return the time of a WARC-Date to the second; None if it is none."""
    found = _DATE.fullmatch(date)
    try:
        return datetime.fromisoformat(found[1]).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def fault_of(fields: Fields, now: datetime) -> str:
    """Return why the header of a record is too little to take it, in a word; empty if it isn't."""
    at = moment_of(whole_date(fields.get("WARC-Date")))
    if at is None or at.year < _FIRST_YEAR:
        return "undated"
    if at > now:  # taken, it would stand behind whatever a crawl sees until then
        return "future"
    if not all(map(RECORD_ID.fullmatch, fields.ids("WARC-Record-ID")[:1] or [""])):
        return "no-id"
    return ""


def opened(taken: Taken, home: str, route: str) -> Answer:
    """Return what the header of a record says of an answer, so far without its block."""
    fields = taken.fields
    return Answer(
        offset=taken.offset,
        length=taken.length,
        exact=taken.exact,
        id=fields.ids("WARC-Record-ID")[0],
        type=fields.get("WARC-Type").lower(),
        uri=bare(fields.get("WARC-Target-URI")),
        at=whole_date(fields.get("WARC-Date")),
        home=home,
        root="",
        form="",
        route=route,
        tied=fields.ids("WARC-Concurrent-To"),
        info="".join(fields.ids("WARC-Warcinfo-ID")[:1]),
        digest=fields.get("WARC-Payload-Digest"),
        of=bare(fields.get("WARC-Source-URI")),
        range=fields.get("WARC-Source-Range"),
    )


def revisit_of(answer: Answer, fields: Fields, block: bytes) -> Answer:
    """Complete what a revisit record says: its head, and the answer that it stands for."""
    size = head_length(block)
    if size > 0 and block.startswith(HTTP):
        head = parse_head(block[:size])
        answer.status, answer.mime = head.status, head.mime
        answer.private = answer.private or head_shows(head, answer.route)
        _count(answer, head)
    if not block_fits(fields, block):
        answer.flags.append(BLOCK_DIGEST)
        answer.unread = "digest"
    answer.refers_id = next(iter(fields.ids("WARC-Refers-To")), None)
    answer.refers_uri = bare(fields.get("WARC-Refers-To-Target-URI"))
    answer.refers_at = whole_date(fields.get("WARC-Refers-To-Date"))
    return answer


@dataclass(frozen=True, slots=True)
class Got:
    """The parts of a response: all of it, its head, and its body as it was coded, without chunks, and decoded."""

    block: Bytes
    head: Head
    coded: Bytes
    held: Bytes
    body: Body | None

    @property
    def text(self) -> Bytes:
        """The body without codings."""
        return self.body.data if self.body else self.held

    @property
    def faults(self) -> tuple[str, ...]:
        """The flags of its content codings, as `http1.message.Body` has them."""
        return self.body.flags if self.body else ()


def got_from(fields: Fields, block: bytes) -> Got | str:
    """Return the parts of the response in the block of a record, or in a word why there are none."""
    size = head_length(block)
    if size < 0 or not block.startswith(HTTP) or not holds_http(fields, block):
        return "no-http"
    head = parse_head(block[:size])
    if not head.status:
        return "no-http"
    coded = memoryview(block)[size:]  # not copied: most bodies are only hashed
    held: bytes | memoryview = b"".join(payload_as_held([bytes(coded)], head)) if head.chunked else coded
    body = decode([bytes(held)], head, LARGEST) if head.codings else None
    if body and "bomb" in body.flags:
        return "too-large"
    return Got(block, head, coded, held, body)


def filled(answer: Answer, fields: Fields, got: Got) -> Answer:
    """Complete what is known of an answer by its response."""
    head, held, body = got.head, got.held, got.body
    answer.status, answer.mime, answer.size = head.status, head.mime, len(held)
    answer.payload = hashlib.sha256(held).hexdigest()
    answer.body = hashlib.sha256(got.text).hexdigest() if body else answer.payload
    # Revisits of most tools state it, some of the body without chunks. Who states none here states none in a revisit.
    if answer.digest and (head.chunked or not answer.digest.lower().startswith("sha1:")):
        answer.sha1 = hashlib.sha1(held, usedforsecurity=False).hexdigest()
    answer.truncated = fields.get("WARC-Truncated") or _cut(fields, head, got)
    answer.flags += [*(body.flags if body else ()), *_doubts(fields, got, answer)]
    _count(answer, head)
    return answer


def _cut(fields: Fields, head: Head, got: Got) -> str | None:
    """Return why a body is cut that its writer didn't mark: it lacks its end, and its framing says that more was to come."""
    if fields.get("WARC-Segment-Number"):
        return "unspecified"  # it goes on in other records (WARC 1.1, 7), which nothing here joins
    if bytes(got.text[-64:]).rstrip()[-1:] in (b"]", b"}"):
        return None
    stated = whole_number(head.get("content-length"))
    short = stated is not None and len(got.held) < stated and not any(head.get(name) for name in _CODINGS)
    return "unspecified" if short or ends_early(head, got.coded) else None


def _doubts(fields: Fields, got: Got, answer: Answer) -> Iterator[str]:
    head, held, coded = got.head, got.held, got.coded
    if head.chunked and not is_chunked(bytes(coded[:_FIRST_LINE])):
        yield NOT_CHUNKED
    stated, known = fields.get("WARC-Payload-Digest"), {"sha256": answer.payload, "sha1": answer.sha1}
    if stated and not (fits(stated, held, known) or any(fits(stated, one) for one in _payloads(got))):
        yield DIGEST
    elif not block_fits(fields, got.block):
        yield BLOCK_DIGEST
    date, when = head.get("date"), moment_of(answer.at)
    if date and when and _is_far(date, when) and not head.get("age"):
        yield "clock-differs"


def _payloads(got: Got) -> Iterator[Bytes]:
    """Yield what writers digest that differ over what a payload is; bytes for which any of these vouches are those they had.

    With its chunks; without its content coding; without the blank line that Common Crawl's of August 2018 have before it
    (commoncrawl/nutch#5); with its head.
    """
    if got.head.chunked:
        yield got.coded
    yield from (got.text, bytes(got.held).strip(b"\r\n"), got.block)


def _is_far(date: str, when: datetime) -> bool:
    from email.utils import parsedate_to_datetime

    try:
        made = parsedate_to_datetime(date)
        return abs((made.replace(tzinfo=made.tzinfo or UTC) - when).total_seconds()) > _FAR.total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return False


def _count(answer: Answer, head: Head) -> None:
    answer.stated = whole_number(head.get("x-wp-total"))
    answer.pages = whole_number(head.get("x-wp-totalpages"))
