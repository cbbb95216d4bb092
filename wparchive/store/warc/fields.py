"""WARC header fields and the metadata record: from values to bytes and back, exactly.

What a response record can't state about its capture is in the metadata record (application/warc-fields) as
`wparchive-NAME`, so that a Capture read from the file equals the one made while writing. Source: WARC 1.1, section 4.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import quote

from wparchive.http1.message import Head, unfolded, whole_number
from wparchive.model import UNREAD, Capture, Privilege

__all__ = [
    "Fields",
    "Record",
    "bare",
    "capture_of",
    "fields_block",
    "known_as",
    "parse_block",
    "parse_header",
    "uri",
    "whole_date",
]

_PREFIX = "wparchive-"
# Names that other WARC tools know, written without our prefix.
_COMMON = frozenset({"via", "hopsFromSeed", "fetchTimeMs"})
_COLUMNS = ("site", "run", "crawl", "key", "kind", "route", "method", "verdict", "final", "privilege", "truncated")
_DIGESTS = ("body-sha256", "payload-sha256", "payload-size", "flags", "url")
_OURS = frozenset((*_COLUMNS, *_DIGESTS, "response-member", "request-member"))
# A field is one line, and readers strip white space around its value.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\\\u2028\u2029\ud800-\udfff]|^\s|\s$")
_UNSTORABLE = re.compile("[\ud800-\udfff\0]")
_SPELLED = ("url", "key")
_SAFE = "!#$%&'()*+,/:;=?@[]~|^`{}\"\\<>"
_AS_IT_IS = re.compile(rf"[A-Za-z0-9._~{re.escape(_SAFE)}-]*")
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")
_GIVEN = re.compile("urn:uuid:[0-9a-f-]{36}")
_TO_THE_MINUTE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", re.ASCII)


@dataclass(frozen=True, slots=True)
class Record:
    """Where one WARC record is: a row of the table `records`; `sha256` is that of its compressed member."""

    warc: str
    offset: int
    length: int
    record_id: str
    type: str
    sha256: str


class Fields:
    """The named fields of a WARC header, case-insensitive; repeated fields are kept."""

    __slots__ = ("_values", "pairs", "version")

    def __init__(self, pairs: Iterable[tuple[str, str]], version: str = "WARC/1.1") -> None:
        self.pairs = tuple(pairs)
        self.version = version
        self._values: dict[str, list[str]] = {}
        for name, value in self.pairs:
            self._values.setdefault(name.lower(), []).append(value)

    def get(self, name: str, default: str = "") -> str:
        """Return the first value of `name`."""
        return self._values.get(name.lower(), (default,))[0]

    def ids(self, name: str) -> list[str]:
        """Return every value of `name`, without angle brackets."""
        return [bare(value) for value in self._values.get(name.lower(), ())]


def bare(value: str) -> str:
    """Return a record id or URI without the angle brackets around it."""
    return value[1:-1] if value.startswith("<") and value.endswith(">") else value


def uri(url: str) -> str:
    """Return `url` as a WARC header can hold it: ASCII, without spaces and control characters."""
    if _AS_IT_IS.fullmatch(url):
        return url  # nearly all are, and this is found out several times as fast
    return quote(url.encode("utf-8", "backslashreplace"), safe=_SAFE)


def parse_header(data: bytes) -> Fields:
    """Parse the version line and named fields of a record's header; tolerates folded lines and bare line feeds."""
    version, _, text = data.decode("utf-8", "replace").replace("\r\n", "\n").partition("\n")
    pairs = unfolded(text)
    if b"\n " in data or b"\n\t" in data:  # a value may begin on the second line
        pairs = [(name, value.strip()) for name, value in pairs]
    return Fields(pairs, version.strip())


def fields_block(fields: Mapping[str, str]) -> bytes:
    """Return named values as the block of a metadata or warcinfo record."""
    return "".join([_line(name, value) for name, value in fields.items()]).encode()


def parse_block(data: bytes) -> dict[str, str]:
    """Parse such a block; fields of other tools keep their names."""
    pairs = unfolded(data.decode("utf-8", "replace").replace("\r\n", "\n"))
    return {name.removeprefix(_PREFIX): _unescape(value) for name, value in pairs}


@lru_cache(512)  # most lines are the same for every capture of a run
def _line(name: str, value: str) -> str:
    return f"{name if name in _COMMON else _PREFIX + name}: {_escape(value)}\r\n"


def _escape(value: str) -> str:
    if value.isprintable() and "\\" not in value and value == value.strip():
        return value  # nearly all are, and this is found out several times as fast
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", value)


def _unescape(value: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value) if "\\" in value else value


def whole_date(date: str) -> str:
    """Return a WARC-Date without seconds, which WARC 1.1 allows (section 5.4), with them: the earliest moment that it means."""
    return f"{date[:-1]}:00Z" if _TO_THE_MINUTE.fullmatch(date) else date


def known_as(record: Record, fields: Mapping[str, str]) -> Record:
    """Return the record of another tool as we know it: by the name in our metadata, where its id is another record's too."""
    name = fields.get("request-known-as" if record.type == "request" else "known-as", "")
    ours = record.type != "metadata" and fields.get("clock") == "foreign" and _GIVEN.fullmatch(name)
    return replace(record, record_id=name) if ours else record


def capture_of(header: Fields, fields: Mapping[str, str], head: Head | None, record: Record) -> Capture:
    """Return the capture of a response, revisit or request record and its metadata.

    Without metadata of ours (`fields` is empty) the capture is foreign: no run, kind `foreign`, keyed by its URL.
    """
    fields = {name: value if value.isprintable() else _storable(name, value) for name, value in fields.items()}
    url = fields.get("url") or bare(header.get("WARC-Target-URI"))
    foreign = "crawl" not in fields
    flags = _flags(fields.get("flags", ""))
    return Capture(
        capture=record.record_id,
        site=record.warc.partition("/")[0],  # the folder's name now, which may not be what it was when this was written
        run=fields.get("run", ""),
        crawl=fields.get("crawl", ""),
        key=fields.get("key", url),
        method=fields.get("method", "GET"),
        url=url,
        route=fields.get("route"),
        kind=fields.get("kind", "foreign"),
        captured_at=whole_date(header.get("WARC-Date"))
        if fields.get("clock") == "foreign"
        else header.get("WARC-Date"),
        status=head.status if head else None,
        mime=head.mime if head and UNREAD.isdisjoint(flags) else "",
        body_sha256=fields.get("body-sha256", ""),
        payload_sha256=fields.get("payload-sha256") or (_payload_digest(header, record) if foreign else ""),
        payload_size=whole_number(fields.get("payload-size", "")) or 0,
        record_type=record.type,
        refers_to=fields.get("refers-to") or next(iter(header.ids("WARC-Refers-To")), None),
        warc=record.warc,
        offset=record.offset,
        length=record.length,
        privilege=_privilege(fields.get("privilege", "")),
        truncated=fields.get("truncated") or _truncated(header, record),
        flags=flags,
        final=fields.get("final", "yes") == "yes",
        verdict=fields.get("verdict", "answered"),
        extra=_referred(header) if foreign else _extra(fields),
    )


def _storable(name: str, value: str) -> str:
    # A site's own URLs may contain characters that SQLite can't store; in other fields only a forger would write them.
    return value if name in _SPELLED else _UNSTORABLE.sub("\ufffd", value)


def _extra(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name not in _OURS}


def _payload_digest(header: Fields, record: Record) -> str:
    """Return the SHA-256 that another tool's record states; a request's says nothing about the response."""
    digest = header.get("WARC-Payload-Digest").removeprefix("sha256:")
    return digest if record.type != "request" and re.fullmatch("[0-9a-f]{64}", digest) else ""


def _truncated(header: Fields, record: Record) -> str | None:
    # A revisit is marked as truncated because it lacks the payload, not because the response was cut off.
    return None if record.type == "revisit" else header.get("WARC-Truncated") or None


def _referred(header: Fields) -> dict[str, str]:
    """Return what another tool's revisit refers to, if it names URI and date."""
    uri, date = bare(header.get("WARC-Refers-To-Target-URI")), header.get("WARC-Refers-To-Date")
    return {"refers-to-uri": uri, "refers-to-date": date} if uri and date else {}


def _privilege(value: str) -> Privilege:
    return Privilege.AUTHENTICATED if value == Privilege.AUTHENTICATED else Privilege.ANONYMOUS


def _flags(value: str) -> tuple[str, ...]:
    try:
        flags = json.loads(value) if value.startswith("[") else ()
    except (ValueError, RecursionError):
        return ()
    return tuple(flag for flag in flags if isinstance(flag, str))
