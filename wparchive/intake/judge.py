"""Judges one record of a foreign file: is it an answer of a WordPress REST API, and what does it say of itself?

Nothing here raises for what a file holds: what isn't taken has a reason, in one word.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from wparchive.http1.message import Head, decode, head_length, parse_head, payload, whole_number
from wparchive.intake.foreign.scan import LARGEST, Taken
from wparchive.store.warc.fields import Fields, bare
from wparchive.urls import Fault, parse
from wparchive.wordpress.routes import Root, RootForm, Route, split_root

__all__ = ["Answer", "Asked", "judge_answer", "judge_request", "moment_of"]

_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z", re.ASCII)
_LEEWAY = timedelta(days=1)
_FIRST_YEAR = 2015  # the REST API came with WordPress 4.4
_ID = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:[^<>\s]+")
_NOT_TAKEN = ("/oembed/", "/batch/")
_LOGGED_IN = re.compile(rb"\r?\n(?:authorization|x-wp-nonce)[ \t]*:|wordpress_logged_in_", re.IGNORECASE)
_BLANK = b"\xef\xbb\xbf \t\r\n"
_SELF = re.compile(rb'"self":\[\{"href":"([^"]{1,500})"')
Bytes = bytes | memoryview
_SITES = re.compile(r"/wp/v2/sites/([^/]+)")
_CODINGS = ("x-orig-content-encoding", "x-crawler-content-encoding")


@dataclass(slots=True)
class Answer:
    """An answer to be taken, by its place in its file; digests are hex SHA-256, `at` is its WARC-Date."""

    offset: int
    length: int
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
    stated: int | None = None
    pages: int | None = None
    private: bool = False
    of: str = ""
    range: str = ""
    claims: list[str] = field(default_factory=list)  # homes that the answer calls its own
    document: bytes = b""  # of an index, or a list of types: what a site says of itself


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, by its place in its file; `private` if it was made with credentials."""

    offset: int
    length: int
    id: str
    tied: list[str]
    uri: str
    method: str
    private: bool


@lru_cache(256)
def moment_of(date: str) -> datetime | None:
    """Return the time of a WARC-Date to the second; None if it is none."""
    found = _DATE.fullmatch(date)
    try:
        return datetime.fromisoformat(found[1]).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def judge_request(taken: Taken) -> Asked | None:
    """Return what a request record says; None if it can't be tied to an answer."""
    ids = [one for one in taken.fields.ids("WARC-Record-ID") if _ID.fullmatch(one)]
    if not ids or not taken.block:
        return None
    end = head_length(taken.block)
    head = taken.block[: end if end > 0 else 1 << 16]
    method = head.split(b" ", 1)[0][:20].decode("latin-1").upper()
    private = _LOGGED_IN.search(head) is not None
    tied = taken.fields.ids("WARC-Concurrent-To")
    uri = bare(taken.fields.get("WARC-Target-URI"))
    return Asked(taken.offset, taken.length, ids[0], tied, uri, method, private)


def judge_answer(taken: Taken, now: datetime) -> Answer | str:
    """Return what a response or revisit record says, or in a word why it isn't taken."""
    fields = taken.fields
    found = split_root(bare(fields.get("WARC-Target-URI")))
    if found is None:
        return "no-route"
    if reason := _fault(fields, found[1], now):
        return reason
    answer = _answer(taken, *found)
    if taken.block is None:
        return "too-large"
    if answer.type == "revisit":
        return _revisit(answer, fields, taken.block)
    return _response(answer, fields, taken.block)


def _fault(fields: Fields, route: Route, now: datetime) -> str:
    at = moment_of(fields.get("WARC-Date"))
    if at is None or at.year < _FIRST_YEAR:
        return "undated"
    if at > now + _LEEWAY:
        return "future"
    if not all(map(_ID.fullmatch, fields.ids("WARC-Record-ID")[:1] or [""])):
        return "no-id"
    return "no-items" if f"{route.path}/".startswith(_NOT_TAKEN) else ""


def _answer(taken: Taken, root: Root, route: Route) -> Answer:
    fields = taken.fields
    return Answer(
        offset=taken.offset,
        length=taken.length,
        id=fields.ids("WARC-Record-ID")[0],
        type=fields.get("WARC-Type").lower(),
        uri=bare(fields.get("WARC-Target-URI")),
        at=fields.get("WARC-Date"),
        home=_home(root),
        root=root.url,
        form=str(root.form),
        route=str(route),
        tied=fields.ids("WARC-Concurrent-To"),
        info="".join(fields.ids("WARC-Warcinfo-ID")[:1]),
        digest=fields.get("WARC-Payload-Digest"),
        private=dict(route.params).get("context") == "edit",
        of=bare(fields.get("WARC-Source-URI")),
        range=fields.get("WARC-Source-Range"),
    )


@lru_cache(256)
def _home(root: Root) -> str:
    """Return the site's home: on WordPress.com's own host, the one that its path names."""
    named = _SITES.search(root.url) if root.form is RootForm.WORDPRESS_COM else None
    if named and "." in named[1] and not isinstance(parse(f"https://{named[1]}/"), Fault):
        return f"https://{named[1]}/"
    return root.address


def _revisit(answer: Answer, fields: Fields, block: bytes) -> Answer:
    size = head_length(block)
    if size > 0 and block.startswith(b"HTTP/"):
        head = parse_head(block[:size])
        answer.status, answer.mime = head.status, head.mime
        _count(answer, head)
    answer.refers_id = next(iter(fields.ids("WARC-Refers-To")), None)
    answer.refers_uri = bare(fields.get("WARC-Refers-To-Target-URI"))
    answer.refers_at = fields.get("WARC-Refers-To-Date")
    return answer


def _response(answer: Answer, fields: Fields, block: bytes) -> Answer | str:
    size = head_length(block)
    if size < 0 or not block.startswith(b"HTTP/"):
        return "no-http"
    head = parse_head(block[:size])
    if not head.status:
        return "no-http"
    coded = memoryview(block)[size:]  # not copied: most bodies are only hashed
    held: bytes | memoryview = b"".join(payload([bytes(coded)], head)) if head.chunked else coded
    body = decode([bytes(held)], head, LARGEST) if head.codings else None
    if body and "bomb" in body.flags:
        return "too-large"
    text: bytes | memoryview = body.data if body else held
    if reason := _not_json(head, text):
        if reason == "redirect" and (target := split_root(head.get("location"))):
            answer.claims.append(_home(target[0]))
            answer.route, answer.status = "", head.status  # only the claim counts
            return answer
        return reason
    answer.status, answer.mime, answer.size = head.status, head.mime, len(held)
    answer.payload = hashlib.sha256(held).hexdigest()
    answer.body = hashlib.sha256(text).hexdigest() if body else answer.payload
    answer.truncated = fields.get("WARC-Truncated") or _cut(head, held, text)
    answer.flags += [*(body.flags if body else ()), *_doubts(fields, head, held, coded, answer.at)]
    _count(answer, head)
    _listen(answer, text)
    return answer


def _not_json(head: Head, text: Bytes) -> str:
    """Return why an answer isn't one of a REST API; empty if it is."""
    start = bytes(text[:64]).lstrip(_BLANK)[:1]
    if 300 <= head.status < 400:
        return "redirect"
    if head.mime == "application/json" or start in (b"[", b"{"):
        return ""
    return "html" if b"<" in start or "html" in head.mime else "no-json"


def _cut(head: Head, held: Bytes, text: Bytes) -> str | None:
    """Return why a body is cut that its writer didn't mark: it lacks its end, and is shorter than its head states."""
    stated = whole_number(head.get("content-length"))
    short = stated is not None and len(held) < stated and not any(head.get(name) for name in _CODINGS)
    return "unspecified" if short and bytes(text[-64:]).rstrip()[-1:] not in (b"]", b"}") else None


def _doubts(fields: Fields, head: Head, held: Bytes, coded: Bytes, at: str) -> Iterator[str]:
    stated = fields.get("WARC-Payload-Digest")
    if stated and not (_fits(stated, held) or (head.chunked and _fits(stated, coded))):
        yield "digest-differs"
    date, when = head.get("date"), moment_of(at)
    if date and when and _is_far(date, when) and not head.get("age"):
        yield "clock-differs"


def _fits(stated: str, data: Bytes) -> bool:
    """Return whether `data` has the digest that a record states, in hex or base32; one that we can't compute fits."""
    name, _, value = stated.partition(":")
    name = name.strip().lower().replace("-", "")
    if name not in ("sha1", "sha256", "sha512", "md5"):
        return True
    digest = hashlib.new(name, data, usedforsecurity=False)
    text = base64.b32encode(digest.digest()).decode().rstrip("=")
    return value.lower() == digest.hexdigest() or value.upper().rstrip("=") == text


def _is_far(date: str, when: datetime) -> bool:
    from email.utils import parsedate_to_datetime

    try:
        made = parsedate_to_datetime(date)
        return abs((made.replace(tzinfo=made.tzinfo or UTC) - when).total_seconds()) > _LEEWAY.total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return False


def _count(answer: Answer, head: Head) -> None:
    answer.stated = whole_number(head.get("x-wp-total"))
    answer.pages = whole_number(head.get("x-wp-totalpages"))


def _listen(answer: Answer, text: Bytes) -> None:
    """Note what an answer says of the site itself: its home, the types that it has."""
    path = answer.route.partition("?")[0]
    if answer.status == 200 and path in ("/", "/wp/v2/types", "/wp/v2/taxonomies") and len(text) <= 4 << 20:
        answer.document = bytes(text)
    if path == "/" and answer.document:
        answer.claims += _homes(answer.document)
    elif found := _SELF.search(text):
        link = bytes(found[1]).replace(b"\\/", b"/").decode("utf-8", "replace")
        named = None if link.startswith(answer.root) else split_root(link)  # a link to itself says nothing new
        answer.claims += [_home(named[0])] if named else []


def _homes(text: bytes) -> Iterator[str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(value, dict):
        yield from (one for one in (value.get("home"), value.get("url")) if isinstance(one, str))
