"""Judges one record of a foreign file: is it an answer of a WordPress REST API, and what does it say of itself?

Nothing here raises for what a file holds: what isn't taken has a reason, in one word.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from wparchive.http1.message import head_length
from wparchive.intake.foreign.scan import Taken
from wparchive.intake.judging.foreign_answers import (
    BLOCK_DIGEST,
    DIGEST,
    RECORD_ID,
    Answer,
    Asked,
    Bytes,
    Got,
    fault_of,
    filled,
    got_from,
    opened,
    revisit_of,
)
from wparchive.intake.judging.privileged import address_shows, envelope_shows, head_shows, items_show, request_shows
from wparchive.intake.judging.readable import as_read, is_wrapped, unread
from wparchive.store.warc.fields import Fields, bare
from wparchive.urls import Fault, parse
from wparchive.wordpress.routes import Root, RootForm, split_root

__all__ = ["home_of", "judge_answer", "judge_request"]

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"))  # RFC 9110, 5789
_NOT_MODIFIED = 304
_NOT_TAKEN = ("/oembed/", "/batch/")
_BLANK = b"\xef\xbb\xbf \t\r\n"
_SELF = re.compile(rb'"self":\[\{"href":"([^"]{1,500})"')
_ID = re.compile(rb'"id"\s*:')
_SITES = re.compile(r"/wp/v2/sites/([^/]+)")
_AT_ANOTHERS = re.compile(r"\A[^?]*[^:/]/+https?:/", re.IGNORECASE)
_USERINFO = re.compile(r"[a-z]+://[^/?#]*@", re.IGNORECASE)


def judge_request(taken: Taken) -> Asked | None:
    """Return what a request record says; None if it can't be tied to an answer."""
    ids = [one for one in taken.fields.ids("WARC-Record-ID") if RECORD_ID.fullmatch(one)]
    if not ids or not taken.block:
        return None
    end = head_length(taken.block)
    head = taken.block[: end if end > 0 else 1 << 16]
    method = head.split(b" ", 1)[0][:20].decode("latin-1").upper()
    method = method if method in _METHODS else ""  # of a request that can't be read nothing follows
    tied = taken.fields.ids("WARC-Concurrent-To")
    uri = bare(taken.fields.get("WARC-Target-URI"))
    at, private = taken.fields.get("WARC-Date"), request_shows(head)
    return Asked(taken.offset, taken.length, taken.exact, ids[0], tied, uri, method, private, at)


def home_of(uri: str) -> str:
    """Return the home of the site whose REST API has this address; empty if it is none of an API."""
    found = split_root(uri)
    return _home(found[0]) if found else ""


def judge_answer(taken: Taken, now: datetime) -> Answer | str:
    """Return what a response or revisit record says, or in a word why it isn't taken."""
    fields = taken.fields
    found = split_root(bare(fields.get("WARC-Target-URI")))
    if found is None:
        return "no-route" if _USERINFO.match(bare(fields.get("WARC-Target-URI"))) is None else "userinfo"
    if reason := fault_of(fields, now):
        return reason
    root, route = found
    if fields.get("WARC-Type").lower() in ("resource", "conversion"):
        return "no-http"
    home = _home(root)
    if not home:
        return "replayed"
    if f"{route.path}/".startswith(_NOT_TAKEN):
        return "no-items"
    answer = opened(taken, home, str(route))
    answer.root, answer.form, answer.private = root.url, str(root.form), address_shows(answer.uri, answer.route)
    if taken.block is None:
        return "too-large"
    if answer.type == "revisit":
        return revisit_of(answer, fields, taken.block)
    return _response(answer, fields, taken.block)


@lru_cache(256)
def _home(root: Root) -> str:
    """Return the site's home: on WordPress.com's own host, the one that its path names; empty for one at another's address.

    What a web archive or a proxy shows of a site (`https://web.archive.org/web/2020id_/https://example.org/wp-json/`) has
    another address at each time, and isn't what the site answered.
    """
    if _AT_ANOTHERS.search(root.url):
        return ""
    named = _SITES.search(root.url) if root.form is RootForm.WORDPRESS_COM else None
    if named and "." in named[1] and not isinstance(parse(f"https://{named[1]}/"), Fault):
        return f"https://{named[1]}/"
    return root.address


def _response(answer: Answer, fields: Fields, block: bytes) -> Answer | str:
    got = got_from(fields, block)
    if isinstance(got, str):
        return got
    head, text = got.head, got.text
    if reason := _not_json(got):
        if reason == "redirect" and (target := split_root(head.get("location"))):
            answer.claims += filter(None, [_home(target[0])])
            answer.route, answer.status = "", head.status  # only the claim counts
            return answer
        return reason
    text = as_read(text)
    shown = head_shows(head, answer.route) or envelope_shows(text, answer.route) or items_show(text)
    answer.private = answer.private or shown
    if head.status == 200:
        answer.empty = _ID.search(text) is None
    _listen(filled(answer, fields, got), text)
    word = unread(head, got.held, got.text, got.faults, answer.truncated)
    answer.unread = word or ("" if {DIGEST, BLOCK_DIGEST}.isdisjoint(answer.flags) else "digest")
    return answer


def _not_json(got: Got) -> str:
    """Return why an answer isn't one of a REST API; empty if it is."""
    head, text = got.head, got.text
    start = bytes(text[:64]).lstrip(_BLANK)[:1]
    if 300 <= head.status < 400:
        return "redirect" if head.status != _NOT_MODIFIED else "not-modified"
    if head.mime == "application/json" or start in (b"[", b"{") or is_wrapped(text):
        return ""
    if got.faults and start != b"<":
        return "coding"
    return "html" if b"<" in start or "html" in head.mime else "no-json"


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
        answer.claims += filter(None, [_home(named[0])] if named else [])


def _homes(text: bytes) -> Iterator[str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(value, dict):
        yield from (one for one in (value.get("home"), value.get("url")) if isinstance(one, str))
