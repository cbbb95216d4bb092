"""The frozen values that travel between the stages; see the glossary in the README."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from wparchive.http1.message import Head
from wparchive.http1.ranges import Piece
from wparchive.transit.spool import Spool

__all__ = ["AGAIN", "ECHOED", "Capture", "Exchange", "Fetched", "Privilege", "Target", "Verdict", "timestamp"]


def timestamp(moment: datetime) -> str:
    """`moment` as our databases and WARC-Date hold it: UTC, ISO 8601, microseconds, `Z`."""
    return f"{moment.astimezone(UTC).isoformat(timespec='microseconds').removesuffix('+00:00')}Z"


class Privilege(StrEnum):
    """With whose eyes a capture was made."""

    ANONYMOUS = "anonymous"
    AUTHENTICATED = "authenticated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A route or file still to fetch.

    `key` is its identity in the capture log: the canonical route for the API, else the URL; a HEAD's begins with `HEAD `.
    `kind` says what it is for: home, robots, rsd, index, types, taxonomies, listing, item, probe, history, file.
    `about` is what its metadata record is to say beyond that. With `resume`, a transfer that is cut goes on where it
    ended, from the pieces given on; `timeout` is the most seconds that one exchange may take, if not the usual ones.
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
    """One HTTP request and what came back, raw.

    `request` is as sent, secrets redacted. `block` is the response from status line to last byte as it came over the
    wire, interim (1xx) heads taken off into `interim`; None when nothing came. `payload_*` are of the de-chunked, still
    content-coded body; `body` is that body decoded, None when it was not kept (`Target.keep_body`) or nothing came.
    `truncated` is one of WARC's reasons (disconnect, time, length). `elapsed` is in seconds.
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
        """The HTTP status, None when no head came."""
        return self.head.status if self.head else None


ECHOED = "secret-echoed"  # the flag of an answer that holds the operator's password: kept in private, read by nobody


AGAIN = "AGAIN "  # the key of a file's second reading is this and the file's own


class Verdict(StrEnum):
    """How the fetching of one target ended."""

    ANSWERED = "answered"  # the server had its say, whatever it said
    FAILED = "failed"  # no whole answer in any attempt, or a 5xx in each
    GUARDED = "guarded"  # the guard or a limit refused the URL or a hop; nothing was sent there
    ROBOTS = "robots"  # robots.txt asks us not to
    THROTTLED = "throttled"  # 429 or 503 past our patience
    STOPPED = "stopped"  # the run is ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What fetching one target gave: every attempt and hop in order, the last one being the answer."""

    target: Target
    verdict: Verdict
    exchanges: tuple[Exchange, ...] = ()
    reason: str = ""

    @property
    def last(self) -> Exchange | None:
        """The exchange that counts."""
        return self.exchanges[-1] if self.exchanges else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """An exchange as it stands in a WARC; the columns of the table `captures`.

    `capture` is the id of its response or revisit record, or of its request record when nothing came back. `warc` is
    relative to the archive; `offset` and `length` are of that record's gzip member. `body_sha256` is of the decoded
    body, `payload_sha256` of the de-chunked one, lower-case hex. `crawl` is the run that began the work this capture is part
    of, `key` the target's identity within it, `final` whether it is the answer rather than an attempt or a hop.
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
