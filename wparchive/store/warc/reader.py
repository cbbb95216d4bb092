"""Read WARC files in constant memory: our own, and those of other tools with one gzip member for each record.

`exchanges` groups the records that belong together. A body larger than `KEEP` isn't held in memory but read again from
its file when it is asked for. Source: WARC 1.1; RFC 1952.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from wparchive.errors import DamagedError, scarcity
from wparchive.http1.message import Body, Head, decode, decoded, parse_head, payload
from wparchive.model import NOT_CHUNKED, UNREAD, WEAK, Capture
from wparchive.store.symlinks import inside
from wparchive.store.warc.blobs import Elsewhere, Source, opened, place_of, read_at
from wparchive.store.warc.fact_json import fact_value
from wparchive.store.warc.fields import capture_of, known_as, parse_block
from wparchive.store.warc.held_records import RUN_URN, Held
from wparchive.store.warc.members import members
from wparchive.store.warc.names import is_compressed, on_disk, site_folder, warc_name
from wparchive.store.warc.refers_to import find_referred, sought_by
from wparchive.store.warc.resync import Damage, walk
from wparchive.store.warc.writing.tombstones import Statement, is_tombstone, statement_in

__all__ = [
    "Entry",
    "InfoRecord",
    "ResourceRecord",
    "StoredExchange",
    "WholeEntry",
    "at",
    "exchanges",
    "is_ours",
]

_MOST_TOGETHER = 64  # records of one exchange
_PIECE = 1 << 16
_DIGITS = 19  # of an offset


class StoredExchange:
    """An exchange as stored in a WARC: its capture, its request, and the response.

    `head` and `head_bytes` are those of the record itself; `chunks`, `payload`, `body` and `raw` follow a revisit to
    the response that it refers to, and raise DamagedError when that is missing. `metadata` has every field of the
    metadata record, `headers` those of the record itself. `by_digest`, once the response of a revisit was asked for: it is
    known by its digest alone.
    """

    __slots__ = (
        *("_answer", "_block", "_elsewhere", "_source"),
        *("by_digest", "capture", "end", "head", "head_bytes", "headers", "metadata", "records", "request"),
    )

    def __init__(self, source: Source, group: list[Held], elsewhere: Elsewhere | None = None) -> None:
        by_type = {one.record.type: one for one in reversed(group)}
        main = next((one for one in group if one.is_answer), group[0])
        self._source, self._elsewhere = source, elsewhere
        self._block = None if main.record.type == "request" else main
        self._answer: StoredExchange | None = None
        self.by_digest = False
        self.headers = main.headers
        self.metadata = parse_block(by_type["metadata"].data) if "metadata" in by_type else {}
        self.records = tuple(known_as(one.record, self.metadata) for one in group)
        self.end = max(record.offset + record.length for record in self.records)
        self.request = by_type["request"].data if "request" in by_type else b""
        self.head_bytes = main.data[: main.head_size]
        self.head: Head | None = parse_head(self.head_bytes) if self.head_bytes else None
        self.capture: Capture = capture_of(main.headers, self.metadata, self.head, known_as(main.record, self.metadata))

    @property
    def answer(self) -> "StoredExchange":
        """The exchange with the bytes: this one, or for a revisit the one that it refers to."""
        if self.capture.record_type != "revisit":
            return self
        if self._answer is None:
            self._answer, self.by_digest = _referred(self)
        return self._answer

    def raw(self) -> Iterator[bytes]:
        """Yield the response as it was on the wire, from the status line to the last byte."""
        return self.answer._bytes(0)

    def members(self) -> Iterator[bytes]:
        """Yield the gzip members of all its records, as they are stored; together they are a valid WARC file."""
        with opened(self._source) as file:
            for record in self.records:
                for done in range(0, record.length, _PIECE):
                    yield read_at(file, min(_PIECE, record.length - done), record.offset + done)

    def chunks(self) -> Iterator[bytes]:
        """Yield the body as it was on the wire."""
        answer = self.answer
        return answer._bytes(len(answer.head_bytes))

    def payload(self) -> Iterator[bytes]:
        """Yield the body without transfer coding, still in its content coding."""
        answer = self.answer
        if NOT_CHUNKED in answer.capture.flags:
            return answer.chunks()
        return payload(answer.chunks(), answer.head) if answer.head else answer.chunks()

    def body(self, limit: int = 1 << 26) -> Body:
        """Return the decoded body, at most `limit` bytes, with flags for its faults; empty if it may hold a password."""
        if unread := UNREAD.intersection(self.capture.flags):
            return Body(b"", tuple(sorted(unread)))
        head = self.answer.head
        return decode(self.payload(), head, limit) if head else Body(b"".join(self.chunks())[:limit])

    def content(self) -> Iterator[bytes]:
        """Yield the decoded body in pieces, however large it is; nothing if it may hold a password."""
        head = self.answer.head
        if head and UNREAD.isdisjoint(self.capture.flags):
            yield from decoded(self.payload(), head, [])

    def tail(self, size: int) -> bytes:
        """Return the last bytes of the response as it was on the wire, at most `size`."""
        block = self.answer._block
        if block is None or block.whole:
            return block.data[-size:] if block else b""
        with opened(self.answer._source) as file:
            last = b"".join(read_at(file, length, at) for at, length in block.ends)
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
        while start < len(block.data):  # in pieces, because often only the beginning is needed
            yield block.data[start : start + _PIECE]
            start = min(start + _PIECE, len(block.data))
        if block.whole:
            return
        walk = members(
            self._source, block.record.offset
        )  # kept in a variable, since the file closes with the generator
        member = next(walk)
        for piece in member.content():
            if start < len(piece):
                yield piece[start:]
            start = max(0, start - len(piece))
        member.finish()


def _referred(exchange: StoredExchange) -> tuple[StoredExchange, bool]:
    """Return the response that a revisit refers to, and whether it is known by its digest alone.

    Our metadata names its place, unless it wasn't there when another tool's revisit was imported, or only its digest said
    which it is; else it is looked for within the site's files.
    """
    capture, extra = exchange.capture, exchange.capture.extra
    folder = site_folder(place_of(exchange._source))
    weak = not WEAK.isdisjoint(capture.flags)
    with suppress(DamagedError):  # the file may just have been renamed
        found = None if weak else _at_its_place(folder, extra, exchange._elsewhere)
        if found and _is_meant(found, capture):
            return found, False
    paths = [path for path in sorted(folder.glob("warc/**/*")) if is_compressed(path.name) and not path.is_symlink()]
    sought = sought_by(capture, exchange.headers)
    place = find_referred(paths, sought)
    found = at(*place[0]) if place else None
    if found is None or place is None or not (weak or _is_meant(found, capture)):
        what = (
            sought.name
            or sought.id
            or (f"{sought.uri} of {sought.at}" if sought.uri else sought.digest or "no response")
        )
        raise DamagedError(f"{capture.warc}: revisit {capture.capture} refers to {what}, which isn't there")
    return found, place[1]


def _at_its_place(folder: Path, extra: Mapping[str, str], elsewhere: Elsewhere | None) -> StoredExchange | None:
    """Return the exchange at the place that our metadata names; None when it names none, or nothing is there."""
    offset, file = extra.get("refers-to-offset", ""), inside(folder, extra.get("refers-to-file", ""))
    if not file or on_disk(file).is_symlink() or not offset.isdecimal() or len(offset) >= _DIGITS:
        return None
    if elsewhere and not on_disk(file).exists():
        blob = elsewhere(f"{folder.name}/{extra['refers-to-file']}")
        return at(blob, int(offset)) if blob else None
    return at(on_disk(file), int(offset))


def _is_meant(found: StoredExchange, revisit: Capture) -> bool:
    return not revisit.refers_to or found.capture.capture == revisit.refers_to


class ResourceRecord:
    """A fact of a run, `urn:wparchive:run:RUN:NAME`; `value` is its JSON, None when it isn't JSON.

    `removed` is what a tombstone says of the records that stood in its place; None for any other record.
    """

    __slots__ = ("data", "date", "end", "name", "records", "removed", "run", "uri", "value")

    def __init__(self, held: Held) -> None:
        self.uri = held.headers.ids("WARC-Target-URI")[0] if held.headers.get("WARC-Target-URI") else ""
        run, _, name = self.uri.removeprefix(RUN_URN).partition(":") if self.uri.startswith(RUN_URN) else ("", "", "")
        self.run, self.name = run, unquote(name)
        self.data = held.data
        self.date = held.headers.get("WARC-Date")
        of_json = held.headers.get("Content-Type").startswith("application/json")
        self.value = fact_value(held.data) if of_json else None
        self.removed: Statement | None = statement_in(held.data) if is_tombstone(self.uri) else None
        self.records = (held.record,)
        self.end = held.record.offset + held.record.length


class InfoRecord:
    """A warcinfo record, or another tool's record that isn't part of an exchange; `fields` are those of its block."""

    __slots__ = ("date", "end", "fields", "filename", "records", "type")

    def __init__(self, held: Held) -> None:
        self.type = held.record.type
        self.fields = parse_block(held.data) if "warc-fields" in held.headers.get("Content-Type") else {}
        self.filename = held.headers.get("WARC-Filename")
        self.date = held.headers.get("WARC-Date")
        self.records = (held.record,)
        self.end = held.record.offset + held.record.length


WholeEntry = StoredExchange | ResourceRecord | InfoRecord
Entry = WholeEntry | Damage


def exchanges(
    source: Source, offset: int = 0, *, every_byte: bool = False, elsewhere: Elsewhere | None = None
) -> Iterator[Entry]:
    """Yield the contents of a WARC from `offset` on: whole groups in order, damage after the group around it.

    Large stored bodies (media) are skipped unless `every_byte` is set: only their start and end are checked then. An
    incomplete group at the end of an `.open` file is left out silently: a killed run leaves such a tail. Revisits to
    WARCs that aren't on this disk are followed to those that `elsewhere` gives. Raises OSError.
    """
    group: list[Held] = []
    damaged: list[Damage] = []
    path = place_of(source)
    warc = warc_name(path)
    for found in walk(source, offset, lambda member: Held(member, warc, every_byte=every_byte)):
        if isinstance(found, Damage):
            damaged.append(found)
            continue
        if not group or len(group) >= _MOST_TOGETHER or not found.related(group):
            yield from _entries(source, group, damaged, elsewhere)
            group, damaged = [], []
        group.append(found)
        if found.is_last:
            yield from _entries(source, group, damaged, elsewhere)
            group, damaged = [], []
    if not path.name.endswith(".open"):
        yield from _entries(source, group, damaged, elsewhere)


def at(source: Source, offset: int, elsewhere: Elsewhere | None = None) -> StoredExchange | None:
    """Return the exchange whose first record is at `offset`; None when something else is there."""
    try:
        entry = next(exchanges(source, offset, elsewhere=elsewhere), None)
    except OSError as error:
        # A lack of descriptors says nothing about the file.
        raise scarcity(error, certain=True) or DamagedError(f"{place_of(source)}: {error.strerror}") from None
    there = isinstance(entry, StoredExchange) and entry.records[0].offset == offset
    return entry if isinstance(entry, StoredExchange) and there else None


def _entries(source: Source, group: list[Held], damaged: list[Damage], elsewhere: Elsewhere | None) -> Iterator[Entry]:
    if any(held.is_exchanged for held in group) and not _answer_is_lost(group):
        yield StoredExchange(source, group, elsewhere)
    else:
        for held in group:
            yield ResourceRecord(held) if held.record.type == "resource" else InfoRecord(held)
    yield from damaged


def _answer_is_lost(group: list[Held]) -> bool:
    """Whether a request names a response that is missing: it must not pass for a request without a response."""
    asked = [held for held in group if held.record.type == "request"]
    named = any(held.headers.ids("WARC-Concurrent-To") for held in asked)
    return named and not any(held.is_answer for held in group)


@lru_cache(maxsize=64)
def is_ours(path: Path) -> bool:
    """Whether wparchive wrote the file at `path`, by its name or its warcinfo record."""
    if path.name.startswith("wparchive-"):
        return True
    first = next(exchanges(path), None)
    return isinstance(first, InfoRecord) and first.fields.get("software", "").startswith("wparchive")
