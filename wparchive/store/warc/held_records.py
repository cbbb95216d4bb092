"""Records in memory, as a reader of WARCs holds them: whole when small, else their start, or only where they stand.

The limits keep the memory for reading any file constant; a record of ours that exceeds them is damaged.
"""

from wparchive.http1.message import head_length
from wparchive.store.warc.fields import Fields, Record, bare
from wparchive.store.warc.members import Member

__all__ = ["HTTP", "KEEP", "LONGEST_FACT", "RUN_URN", "Held", "fact_name", "holds_http"]

KEEP = 1 << 20
LONGEST_FACT = 64 << 20
RUN_URN = "urn:wparchive:run:"
HTTP = b"HTTP/"
"""What a response of HTTP begins with."""
_BYTES = "application/octet-stream"
_PASSED_OVER = 1 << 18  # bytes: a stored response of this size or more isn't read
_START = 9 << 14  # bytes read of a skipped response: the HTTP head, and enough of the body to recognise its format
_MOST_VALUES = 400_000  # JSON values in one fact
_OURS = b"wparchive-crawl: "
_ANSWERS = ("response", "revisit")
_EXCHANGED = (*_ANSWERS, "request")


def fact_name(headers: Fields) -> str | None:
    """Return `RUN:NAME` when the record claims to be a fact of one of our runs; None for any other record."""
    uri = bare(headers.get("WARC-Target-URI"))
    ours = headers.get("WARC-Type").lower() == "resource" and uri.startswith(RUN_URN)
    return uri.removeprefix(RUN_URN) if ours else None


class Held:
    """A record, with its block in memory when that is small; `every_byte` verifies what isn't read too."""

    __slots__ = ("data", "ends", "headers", "record")

    def __init__(self, member: Member, warc: str, *, every_byte: bool = True) -> None:
        self.headers = member.headers
        self.data = _passed_over(member, every_byte=every_byte) or _read(member)
        self.ends = member.ends  # position and size of the last stored blocks of a skipped member
        self.record = Record(warc, member.offset, member.length, member.record_id, member.type, member.sha256)

    @property
    def size(self) -> int:
        """The size of the block, as the header states it."""
        return int(self.headers.get("Content-Length"))

    @property
    def whole(self) -> bool:
        """Whether the whole block is in memory."""
        return len(self.data) == self.size

    @property
    def is_answer(self) -> bool:
        """Whether it holds a response, or refers to one."""
        return self.record.type in _ANSWERS

    @property
    def is_exchanged(self) -> bool:
        """Whether it is the request or the response of an exchange."""
        return self.record.type in _EXCHANGED

    @property
    def is_last(self) -> bool:
        """Whether no record that follows can belong to the same exchange; our own groups end with the metadata record."""
        return _OURS in self.data if self.record.type == "metadata" else not self.is_exchanged

    @property
    def head_size(self) -> int:
        """The length of the HTTP head that a response begins with; 0 when there is none."""
        http = self.is_answer and holds_http(self.headers, self.data)
        return max(head_length(self.data), 0) if http else 0

    def related(self, others: list["Held"]) -> bool:
        """Whether this record and one of `others` name each other, or the same third record, in WARC-Concurrent-To."""
        named = self._names()
        return any(not named.isdisjoint(other._names()) for other in others)

    def _names(self) -> set[str]:
        return {self.record.record_id, *self.headers.ids("WARC-Concurrent-To")}


def holds_http(headers: Fields, block: bytes) -> bool:
    """Return whether a response or revisit with this header, and a block that begins so, holds an HTTP message.

    Not all tools state the type of a block, and some state that of the body. What nothing could be read in is stated to be mere
    bytes, by us too: such an answer may begin like one of HTTP.
    """
    stated = headers.get("Content-Type").lower()
    return stated.startswith("application/http") or (block.startswith(HTTP) and not stated.startswith(_BYTES))


def _passed_over(member: Member, *, every_byte: bool) -> bytes | None:
    """Return the start of a large stored response, whose rest is skipped; None for any other record."""
    large = member.type == "response" and int(member.headers.get("Content-Length")) >= _PASSED_OVER
    start = member.skip(_START) if large else None
    if every_byte and start is not None:
        member.verify()
    return start


def _read(member: Member) -> bytes:
    """Return the block, or the start of a large one: it holds the HTTP head."""
    is_fact = fact_name(member.headers) is not None
    data, size = _start_of(member, LONGEST_FACT if is_fact else KEEP)
    wrong = ""
    if size > len(data) and (
        is_fact or (member.type == "metadata" and _OURS in data)
    ):  # cut off, it could mean something else
        wrong = "its block is longer than such a record's may be"
    elif is_fact and sum(map(data.count, (b"[", b"{"))) > _MOST_VALUES:
        wrong = "it holds more values than any fact"
    if wrong:
        del data  # an exception keeps its frame's variables alive
        raise member.broken(wrong)
    return data


def _start_of(member: Member, most: int) -> tuple[bytes, int]:
    """Read the block to its end; returns the pieces up to and including the one that exceeds `most`, and its size."""
    parts: list[bytes] = []
    size = 0
    for piece in member.content():
        if size <= most:
            parts.append(piece)
        size += len(piece)
    return b"".join(parts), size
