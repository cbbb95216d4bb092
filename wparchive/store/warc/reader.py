"""Reading WARC files member by member, in constant memory: our own, and other tools' with one gzip member a record.

`members` is the plain walk, `exchanges` groups what belongs together. A body larger than `KEEP` isn't held but read
again from its file when asked for. Source: WARC 1.1; RFC 1952.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from wparchive.errors import DamagedError, scarcity
from wparchive.http1.message import Body, Head, decode, head_length, parse_head, payload
from wparchive.model import ECHOED, Capture
from wparchive.store.symlinks import inside
from wparchive.store.warc.fact_json import fact_value
from wparchive.store.warc.fields import Fields, Record, bare, capture_of, parse_block
from wparchive.store.warc.members import Member, members
from wparchive.store.warc.refers_to import find_answer
from wparchive.store.warc.resync import Damage, walk

__all__ = [
    "LONGEST_FACT",
    "Entry",
    "InfoRecord",
    "ResourceRecord",
    "StoredExchange",
    "WholeEntry",
    "at",
    "exchanges",
    "fact_name",
    "is_ours",
    "on_disk",
    "warc_name",
]

KEEP = 1 << 20
_PASSED_OVER = 1 << 18  # bytes from which on a response that is stored as it came isn't read
LONGEST_FACT = 64 << 20
_MOST_VALUES = 400_000  # of a fact
_MOST_TOGETHER = 64  # records of one exchange
_OURS = b"wparchive-crawl: "
_START = 9 << 14  # bytes of it that are: the HTTP head, and enough of the body to tell what it is
_PIECE = 1 << 16
_DIGITS = 19
_URN = "urn:wparchive:run:"
_ANSWERS = ("response", "revisit")
_EXCHANGED = (*_ANSWERS, "request")


class _Held:
    """A record whose block is in memory when it is small."""

    __slots__ = ("data", "ends", "headers", "record")

    def __init__(self, member: Member, warc: str, *, every_byte: bool = True) -> None:
        self.headers = member.headers
        self.data = self._read(member, every_byte)
        self.ends = member.ends  # where the last bytes of a member stand that was passed over
        self.record = Record(warc, member.offset, member.length, member.record_id, member.type, member.sha256)

    @staticmethod
    def _read(member: Member, every_byte: bool) -> bytes:
        size = int(member.headers.get("Content-Length"))
        if size >= _PASSED_OVER and member.type == "response" and (start := member.skip(_START)) is not None:
            if every_byte:
                member.vouch()
            return start
        # The start of a larger block is kept: the HTTP head is in it.
        parts: list[bytes] = []
        held = 0
        is_fact = fact_name(member.headers) is not None
        most = LONGEST_FACT if is_fact else KEEP
        for piece in member.content():
            if held <= most:
                parts.append(piece)
            held += len(piece)
        data = b"".join(parts)
        parts.clear()
        ours = is_fact or (member.type == "metadata" and _OURS in data)
        wrong = ""
        if ours and held > len(data):  # what isn't read whole may mean something else
            wrong = "its block is longer than such a record's may be"
        elif is_fact and sum(map(data.count, (b"[", b"{"))) > _MOST_VALUES:
            wrong = "it holds more values than any fact"
        if wrong:
            del data  # an exception keeps the frame that raised it, and what that holds
            raise member.broken(wrong)
        return data

    @property
    def size(self) -> int:
        return int(self.headers.get("Content-Length"))

    @property
    def whole(self) -> bool:
        return len(self.data) == self.size

    def related(self, others: list["_Held"]) -> bool:
        """Whether this record says that it belongs with one of `others`, or one of them says so, or both with a third."""
        named = {self.record.record_id, *self.headers.ids("WARC-Concurrent-To")}
        return any(
            not named.isdisjoint((other.record.record_id, *other.headers.ids("WARC-Concurrent-To"))) for other in others
        )


class StoredExchange:
    """An exchange as it stands in a WARC: its capture, its request, and the response behind it.

    `head` and `head_bytes` are its own; `chunks`, `payload`, `body` and `raw` follow a revisit to what it refers to,
    and raise DamagedError when that isn't there. `metadata` holds every field of its metadata record.
    """

    __slots__ = ("_answer", "_block", "_path", "capture", "end", "head", "head_bytes", "metadata", "records", "request")

    def __init__(self, path: Path, group: list[_Held]) -> None:
        main = next((one for one in group if one.record.type in _ANSWERS), group[0])
        asked = next((one for one in group if one.record.type == "request"), None)
        about = next((one for one in group if one.record.type == "metadata"), None)
        self._path = path
        self._block = None if main.record.type == "request" else main
        self._answer: StoredExchange | None = None
        self.records = tuple(one.record for one in group)
        self.end = max(record.offset + record.length for record in self.records)
        self.request = asked.data if asked else b""
        self.metadata = parse_block(about.data) if about else {}
        size = head_length(main.data) if self._block and _is_http(main) else -1
        self.head_bytes = main.data[:size] if size > 0 else b""
        self.head: Head | None = parse_head(self.head_bytes) if size > 0 else None
        self.capture: Capture = capture_of(main.headers, self.metadata, self.head, main.record)

    @property
    def answer(self) -> "StoredExchange":
        """The exchange whose bytes count: itself, or for a revisit the one that it refers to."""
        if self.capture.record_type != "revisit":
            return self
        if self._answer is None:
            self._answer = _referred(self)
        return self._answer

    def raw(self) -> Iterator[bytes]:
        """The response as it was on the wire, from status line to last byte."""
        return self.answer._bytes(0)

    def chunks(self) -> Iterator[bytes]:
        """The body as it was on the wire."""
        answer = self.answer
        return answer._bytes(len(answer.head_bytes))

    def payload(self) -> Iterator[bytes]:
        """The body without transfer coding, still in its content coding."""
        answer = self.answer
        return payload(answer.chunks(), answer.head) if answer.head else answer.chunks()

    def body(self, limit: int = 1 << 26) -> Body:
        """The decoded body, at most `limit` bytes of it, with its faults named; of one that holds a password, nothing."""
        if ECHOED in self.capture.flags:
            return Body(b"", (ECHOED,))
        head = self.answer.head
        return decode(self.payload(), head, limit) if head else Body(b"".join(self.chunks())[:limit])

    def tail(self, size: int) -> bytes:
        """The last bytes of the response as it was on the wire, at most `size` of them."""
        block = self.answer._block
        if block is None or block.whole:
            return block.data[-size:] if block else b""
        with self.answer._path.open("rb") as file:
            last = b"".join(os.pread(file.fileno(), length, at) for at, length in block.ends)
        last = last.removesuffix(b"\r\n\r\n")
        if len(last) < size:
            last = b""
            for piece in self.raw():
                last = (last + piece)[-size:]
        return last[-size:]

    def _bytes(self, start: int) -> Iterator[bytes]:
        block = self._block
        if block is None:
            return
        while start < len(block.data):  # in pieces: often only the beginning is wanted
            yield block.data[start : start + _PIECE]
            start = min(start + _PIECE, len(block.data))
        if block.whole:
            return
        walk = members(self._path, block.record.offset)  # held: the file closes with it
        member = next(walk)
        for piece in member.content():
            if start < len(piece):
                yield piece[start:]
            start = max(0, start - len(piece))
        member.finish()


def fact_name(headers: Fields) -> str | None:
    """Of which run, and called what, the fact of ours is that the record says it is: `RUN:NAME`; None for any other."""
    uri = bare(headers.get("WARC-Target-URI"))
    ours = headers.get("WARC-Type").lower() == "resource" and uri.startswith(_URN)
    return uri.removeprefix(_URN) if ours else None


def _is_http(held: _Held) -> bool:
    return held.headers.get("Content-Type").lower().startswith("application/http")


def _referred(exchange: StoredExchange) -> StoredExchange:
    """What a revisit refers to: by the place our metadata names, else looked for in the site's files, by id or URI and date."""
    capture, extra = exchange.capture, exchange.capture.extra
    folder = _site_folder(exchange._path)
    found: StoredExchange | None = None
    if named := extra.get("refers-to-file", ""):
        offset, file = extra.get("refers-to-offset", ""), inside(folder, named)
        known = offset.isdecimal() and len(offset) < _DIGITS
        with suppress(DamagedError):  # the file may only be called otherwise now
            found = at(on_disk(file), int(offset)) if known and file and not on_disk(file).is_symlink() else None
    if found is None or (capture.refers_to and found.capture.capture != capture.refers_to):
        paths = [
            path
            for path in sorted(folder.glob("warc/**/*.warc.gz*"))
            if path.suffix != ".torn" and not path.is_symlink()
        ]
        place = find_answer(paths, capture.refers_to, extra.get("refers-to-uri", ""), extra.get("refers-to-date", ""))
        found = at(*place) if place else None
    if found is None or (capture.refers_to and found.capture.capture != capture.refers_to):
        what = capture.refers_to or f"{extra.get('refers-to-uri')} of {extra.get('refers-to-date')}"
        raise DamagedError(f"{capture.warc}: revisit {capture.capture} refers to {what}, which isn't there")
    return found


class ResourceRecord:
    """A fact of a run, `urn:wparchive:run:RUN:NAME`; `value` is its JSON, None when it isn't JSON."""

    __slots__ = ("data", "date", "end", "name", "records", "run", "uri", "value")

    def __init__(self, held: _Held) -> None:
        self.uri = held.headers.ids("WARC-Target-URI")[0] if held.headers.get("WARC-Target-URI") else ""
        run, _, name = self.uri.removeprefix(_URN).partition(":") if self.uri.startswith(_URN) else ("", "", "")
        self.run, self.name = run, unquote(name)
        self.data = held.data
        self.date = held.headers.get("WARC-Date")
        of_json = held.headers.get("Content-Type").startswith("application/json")
        self.value = fact_value(held.data) if of_json else None
        self.records = (held.record,)
        self.end = held.record.offset + held.record.length


class InfoRecord:
    """A warcinfo record, or one of another tool's that is no exchange; `fields` are those of its block."""

    __slots__ = ("date", "end", "fields", "filename", "records", "type")

    def __init__(self, held: _Held) -> None:
        self.type = held.record.type
        self.fields = parse_block(held.data) if "warc-fields" in held.headers.get("Content-Type") else {}
        self.filename = held.headers.get("WARC-Filename")
        self.date = held.headers.get("WARC-Date")
        self.records = (held.record,)
        self.end = held.record.offset + held.record.length


WholeEntry = StoredExchange | ResourceRecord | InfoRecord
Entry = WholeEntry | Damage


def exchanges(path: Path, offset: int = 0, *, every_byte: bool = False) -> Iterator[Entry]:
    """What the file at `path` holds from `offset` on, whole groups in order, damage after the group that it is in.

    Large bodies that are stored as they came (media) are passed over unless `every_byte` is asked for: nothing is known
    of them then but that they begin and end as they should. The tail of an open file that is no whole group is left out
    silently: that is how a killed run leaves its file. Raises OSError.
    """
    group: list[_Held] = []
    damaged: list[Damage] = []
    warc = warc_name(path)
    for found in walk(path, offset, lambda member: _Held(member, warc, every_byte=every_byte)):
        if isinstance(found, Damage):
            damaged.append(found)
            continue
        if not group or len(group) >= _MOST_TOGETHER or not found.related(group):
            yield from _entries(path, group, damaged)
            group, damaged = [], []
        group.append(found)
        if _complete(found):
            yield from _entries(path, group, damaged)
            group, damaged = [], []
    if not path.name.endswith(".open"):
        yield from _entries(path, group, damaged)


def at(path: Path, offset: int) -> StoredExchange | None:
    """The exchange whose first record stands at `offset`, None when what stands there isn't one."""
    try:
        entry = next(exchanges(path, offset), None)
    except OSError as error:
        raise scarcity(error, certain=True) or DamagedError(f"{path}: {error.strerror}") from None
    there = isinstance(entry, StoredExchange) and entry.records[0].offset == offset
    return entry if isinstance(entry, StoredExchange) and there else None


def _complete(held: _Held) -> bool:
    """Whether no record can follow that belongs with this one; ours end with their metadata."""
    if held.record.type == "metadata":
        return _OURS in held.data
    return held.record.type not in _EXCHANGED


def _entries(path: Path, group: list[_Held], damaged: list[Damage]) -> Iterator[Entry]:
    if any(held.record.type in _EXCHANGED for held in group) and not _answer_is_lost(group):
        yield StoredExchange(path, group)
    else:
        for held in group:
            yield ResourceRecord(held) if held.record.type == "resource" else InfoRecord(held)
    yield from damaged


def _answer_is_lost(group: list[_Held]) -> bool:
    """Whether a request names what came back and that isn't there: not to be taken for one that nothing came back to."""
    asked = [held for held in group if held.record.type == "request"]
    if any(held.record.type in _ANSWERS for held in group):
        return False
    return any(held.headers.ids("WARC-Concurrent-To") for held in asked)


@lru_cache(maxsize=64)
def is_ours(path: Path) -> bool:
    """Whether the file at `path` was begun by us: as its name says, or its warcinfo record."""
    if path.name.startswith("wparchive-"):
        return True
    first = next(exchanges(path), None)
    return isinstance(first, InfoRecord) and first.fields.get("software", "").startswith("wparchive")


def _site_folder(path: Path) -> Path:
    return next((parent.parent for parent in path.parents if parent.name == "warc"), path.parent)


@lru_cache(maxsize=16)  # asked of the same file for each of its records
def warc_name(path: Path) -> str:
    """`path` as `Capture.warc` has it: relative to the archive, and without `.open`."""
    folder = _site_folder(path)
    inside = path.relative_to(folder).as_posix()
    name = inside if folder == path.parent else f"{folder.name}/{inside}"
    return name.removesuffix(".open")


def on_disk(path: Path) -> Path:
    """`path`, or its `.open` form while it is being written."""
    opened = path.with_name(path.name + ".open")
    return opened if not path.exists() and opened.exists() else path
