"""The immutable values passed between the stages; see the glossary in the README."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from wparchive.http1.message import Head
from wparchive.http1.ranges import Piece
from wparchive.transit.spool import Spool

__all__ = [
    "AGAIN",
    "BY_DIGEST",
    "ECHOED",
    "LOST",
    "NOT_CHUNKED",
    "UNREAD",
    "UNSEARCHED",
    "WEAK",
    "Capture",
    "Exchange",
    "Fetched",
    "Privilege",
    "Target",
    "Verdict",
    "timestamp",
]


def timestamp(moment: datetime) -> str:
    """Return a time as our databases and WARC-Date store it: UTC, ISO 8601, microseconds, `Z`."""
    return f"{moment.astimezone(UTC).isoformat(timespec='microseconds').removesuffix('+00:00')}Z"


class Privilege(StrEnum):
    """Whether a capture was made with credentials."""

    ANONYMOUS = "anonymous"
    AUTHENTICATED = "authenticated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A route or file to fetch.

    `key` is its identity in the capture log: the canonical route for the API, else the URL; that of a HEAD request
    begins with `HEAD `. `kind` is its purpose: home, robots, rsd, index, types, taxonomies, listing, item, probe,
    history, file, page (as a reader gets it), requisite (what a page is shown with). `about` holds further fields for
    its metadata record. With `resume`, an interrupted transfer is continued with range requests, after the given
    pieces. `timeout` is the limit for one exchange in seconds, if it differs from the settings; `max_body` is in bytes.
    """

    url: str
    key: str
    kind: str
    route: str | None = None
    method: str = "GET"
    via: str | None = None
    hops: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    privilege: Privilege = Privilege.ANONYMOUS
    max_body: int = 1 << 24
    keep_body: bool = True
    retries: int | None = None
    about: tuple[tuple[str, str], ...] = ()
    resume: tuple[Piece, ...] | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One HTTP request and its raw response.

    `request` is as sent, with secrets redacted. `block` is the response from the status line to the last byte, exactly
    as received; interim (1xx) heads are moved to `interim`; None without a response. `payload_*` describe the body
    after removing chunked coding but not content coding. `body` is the decoded body, None if it was not kept
    (`Target.keep_body`), did not come, or another attempt or hop followed. `truncated` is one of the reasons in WARC 1.1
    (disconnect, time, length). `elapsed` is in seconds, sizes are in bytes.
    """

    url: str
    method: str
    began: datetime
    elapsed: float
    request: bytes
    block: Spool | None = None
    head_size: int = 0
    head: Head | None = None
    interim: bytes = b""
    payload_sha256: str = ""
    payload_size: int = 0
    body: bytes | None = None
    body_sha256: str = ""
    peer: str | None = None
    protocols: tuple[str, ...] = ()
    tls: tuple[tuple[str, str], ...] = ()
    error: str | None = None
    truncated: str | None = None
    attempt: int = 1
    hop: int = 0
    flags: tuple[str, ...] = ()
    privilege: Privilege = Privilege.ANONYMOUS

    @property
    def status(self) -> int | None:
        """The HTTP status, None without a response head."""
        return self.head.status if self.head else None


# Flags of responses that are stored in private and never read: one contains the operator's password, the other may, since its
# content coding can't be decoded.
ECHOED, UNSEARCHED = "secret-echoed", "not-searched"
UNREAD = frozenset((ECHOED, UNSEARCHED))

NOT_CHUNKED = "not-chunked"
"""Flag of an imported answer whose head says chunked while its body is held without chunks: it is read as it is."""

LOST, BY_DIGEST = "lost-reference", "by-digest"
"""Flags of an imported revisit: what it stands for isn't there; only its digest says which answer that is."""

WEAK = frozenset((LOST, BY_DIGEST))
"""Flags of imported revisits of which a later import may show better what they stand for."""


AGAIN = "AGAIN "  # the key of a second reading of a file is this prefix and the file's own key


class Verdict(StrEnum):
    """How the fetch of one target ended."""

    ANSWERED = "answered"  # the server answered, whatever it said
    FAILED = "failed"  # no complete response in any attempt, or a 5xx in each
    GUARDED = "guarded"  # the guard or a limit refused the URL or a redirect; nothing was sent there
    ROBOTS = "robots"  # robots.txt disallows it
    THROTTLED = "throttled"  # 429 or 503 for longer than the settings allow
    STOPPED = "stopped"  # the run is ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The result of fetching one target: every attempt and redirect in order; the last exchange is the answer."""

    target: Target
    verdict: Verdict
    exchanges: tuple[Exchange, ...] = ()
    reason: str = ""

    @property
    def last(self) -> Exchange | None:
        """The last exchange, which is the answer."""
        return self.exchanges[-1] if self.exchanges else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """An exchange as stored in a WARC; the columns of the table `captures`.

    `capture` is the id of its response or revisit record, or of its request record without a response. `warc` is
    relative to the archive; `offset` and `length` (bytes) are those of that record's gzip member. `body_sha256` is of
    the decoded body, `payload_sha256` of the body without chunked coding, both in lower-case hex. `crawl` is the run
    that began the work to which the capture belongs; `key` is the target's identity in it; `final` is False for an
    attempt or a redirect.
    """

    capture: str
    site: str
    run: str
    crawl: str
    key: str
    method: str
    url: str
    route: str | None
    kind: str
    captured_at: str
    status: int | None
    mime: str
    body_sha256: str
    payload_sha256: str
    payload_size: int
    record_type: str
    refers_to: str | None
    warc: str
    offset: int
    length: int
    privilege: Privilege
    truncated: str | None = None
    flags: tuple[str, ...] = ()
    final: bool = True
    verdict: str = "answered"
    extra: Mapping[str, str] = field(default_factory=dict)
