"""CDXJ: for each capture a line by which replay programs (pywb, ReplayWeb.page) find it in its WARC.

`SURT YYYYMMDDHHMMSS {"url": ..., "mime": ..., "status": ..., "digest": ..., "length": ..., "offset": ..., "filename": ...}`,
to the byte as cdxj-indexer 1.5 writes it. One difference: where a record has no payload digest, ours is the SHA-256 of the
body without transfer coding; there it is the SHA-1 of the bytes with their chunk borders, which differ from one answer to
the next. Source: CDXJ as in https://specs.webrecorder.net/cdxj/0.1.0/.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final

from wparchive.errors import UsageError
from wparchive.export.sorted_lines import sorted_lines
from wparchive.export.surt import surt
from wparchive.http1.message import Head, head_length, parse_head, payload
from wparchive.store import Archive, Damage, Member, walk
from wparchive.store.warc.fields import bare
from wparchive.store.warc.held_records import holds_http

__all__ = ["CdxLine", "lines", "write_cdxj"]

_LISTED: Final = ("response", "revisit", "resource", "metadata")
_LARGE = 1 << 18  # bytes: the body of a stored response of this size isn't read
_LONGEST_HEAD = 1 << 20  # bytes
_START = 1 << 16  # bytes read of a response whose body isn't
_MOMENT = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?Z?)?)?)?")
_LEAST = ("", "01", "01", "00", "00", "00")  # what a date that is less exact leaves out


@dataclass(frozen=True, slots=True)
class CdxLine:
    """One line; `bytes(line)` ends with a newline and is ASCII."""

    key: str
    timestamp: str
    fields: Mapping[str, str]

    def __bytes__(self) -> bytes:
        return f"{self.key} {self.timestamp} {json.dumps(self.fields)}\n".encode("ascii")


def lines(path: Path, name: str) -> Iterator[CdxLine | Damage]:
    """Yield a line for each capture in the WARC at `path`, in the file's order, and what can't be read, where it stands.

    `name` is what the lines call the file. A torn end of a file that is being written is left out. Raises OSError.
    """
    for found in walk(path, 0, partial(_line, path, name)):
        if isinstance(found, Damage) and found.torn and path.name.endswith(".open"):
            return
        if found is not None:
            yield found


def write_cdxj(
    archive: Archive,
    out: BinaryIO,
    *,
    sites: Collection[str] | None = None,
    private: bool = False,
    tell: Callable[[Damage], None],
) -> int:
    """Write the lines of all WARCs of `archive` (or of `sites`) to `out`, sorted and each once; return their number.

    Without `private`, what only credentials showed is left out. `tell` hears of each stretch that can't be read. Files
    are called by their names, and by their places in the archive where two have the same. Raises UsageError, OSError.
    """
    if not archive.sites():
        raise UsageError(f"{archive.root}: no archive, or nothing in it; run `wparchive crawl` first")
    places = list(_warcs(archive, sites, private))
    known = Counter(_name(path) for path in places)
    written = 0
    for line in sorted_lines(_bytes_of(places, known, archive, tell)):
        out.write(line)
        written += 1
    return written


def _warcs(archive: Archive, sites: Collection[str] | None, private: bool) -> Iterator[Path]:
    for site in archive.sites():
        if sites is None or site.name in sites:
            hidden = () if private else set(site.private_warcs())
            yield from (path for path in site.warcs() if path not in hidden)


def _name(path: Path) -> str:
    return path.name.removesuffix(".open")


def _bytes_of(
    places: Iterable[Path], known: Mapping[str, int], archive: Archive, tell: Callable[[Damage], None]
) -> Iterator[bytes]:
    for path in places:
        name = path.with_name(_name(path))
        where = name.relative_to(archive.root).as_posix() if known[name.name] > 1 else name.name
        for one in _read(path, name, where):
            if isinstance(one, Damage):
                tell(one)
            else:
                yield bytes(one)


def _read(path: Path, finished: Path, where: str) -> Iterator[CdxLine | Damage]:
    """Yield what the WARC at `path` holds, or at `finished` once its run has ended meanwhile; some of it twice then."""
    try:
        yield from lines(path, where)
    except FileNotFoundError:
        if path == finished:
            raise
        if finished.exists():  # an open file without a whole record is deleted
            yield from lines(finished, where)


def _line(path: Path, name: str, member: Member) -> CdxLine | Damage | None:
    """Return the line of a record; None for one that isn't listed."""
    headers, kind = member.headers, member.type
    content_type = headers.get("Content-Type")
    if kind not in _LISTED or (kind in ("resource", "metadata") and content_type == "application/warc-fields"):
        return None
    url, timestamp = bare(headers.get("WARC-Target-URI")), _timestamp(headers.get("WARC-Date"))
    head, body = _opened(member) if kind in ("response", "revisit") else (None, member.content())
    digest = headers.get("WARC-Payload-Digest") or _digest(member, head, body)
    member.finish()
    if not url or not timestamp:
        wrong = "no date" if url else "no address"
        return Damage(path, member.offset, member.length, f"it has {wrong}", record_id=member.record_id)
    fields = {
        "url": url,
        "mime": _mime(member, head),
        "status": f"{head.status:03d}" if head and head.status else None,
        "digest": digest,
        "length": str(member.length),
        "offset": str(member.offset),
        "filename": name,
    }
    return CdxLine(surt(url), timestamp, {field: value for field, value in fields.items() if value is not None})


def _opened(member: Member) -> tuple[Head | None, Iterable[bytes]]:
    """Return the HTTP head of a response or revisit, and the pieces behind it; none of a large one that has its digest."""
    headers = member.headers
    if headers.get("WARC-Payload-Digest") and int(headers.get("Content-Length")) >= _LARGE:
        start = member.skip(_START)
        if start is not None:
            return _head(member, start[: head_length(start)]), ()
    pieces = member.content()
    data = b""
    while (end := head_length(data)) < 0 and len(data) < _LONGEST_HEAD:
        piece = next(pieces, b"")
        if not piece:
            break
        data += piece
    head = _head(member, data[:end] if end >= 0 else data)
    return head, chain((data[end:] if head and end >= 0 else data,), pieces)


def _head(member: Member, data: bytes) -> Head | None:
    """Return the HTTP head `data`, which may be cut off; None for another protocol, such as DNS."""
    return parse_head(data) if holds_http(member.headers, data) else None


def _mime(member: Member, head: Head | None) -> str | None:
    """Return the media type as it is spelled, without parameters; None where none is stated."""
    if member.type == "revisit":
        return "warc/revisit"
    answered = head.all("content-type") if head else []
    stated = answered if member.type == "response" else member.headers.ids("Content-Type")
    return re.split(r"[;\s]", stated[0], maxsplit=1)[0] if stated else None


def _digest(member: Member, head: Head | None, body: Iterable[bytes]) -> str | None:
    """Return the digest of a record's payload; None for a revisit, which doesn't hold it."""
    if member.type == "revisit":
        return None
    digest = hashlib.sha256()
    for piece in payload(body, head) if head else body:
        digest.update(piece)
    return f"sha256:{digest.hexdigest()}"


def _timestamp(date: str) -> str:
    """Return the 14 digits of a WARC-Date, which may be less exact; empty when it is no date."""
    stated = _MOMENT.fullmatch(date)
    if stated is None:
        return ""
    digits = "".join(part or least for part, least in zip(stated.groups(), _LEAST, strict=True))
    try:
        datetime.strptime(digits, "%Y%m%d%H%M%S")  # noqa: DTZ007 - only whether there is such a moment
    except ValueError:
        return ""
    return digits
