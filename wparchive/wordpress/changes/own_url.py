"""Replaces the URL with which an item was requested where its own content repeats it (forms, share and login links).

WordPress renders content while it answers a REST request, so a plug-in that inserts the page's URL inserts the
request's. That URL varies with the page size and the form of the root. Each such place becomes the same mark.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

__all__ = ["NOWHERE", "Own", "own_of", "without_own"]

MARK = "/own-request"
_SLASH = r"(?:/|\\/|%(?:25){0,3}2F)"
_CODED = "%(?:25){0,3}"
_AT_ONCE = r"(?:(?<![\w-])|(?<=2F)|(?<=3F)|(?<=26))"
# Written literally, the URL is followed by its own parameters; inside another URL, it ends at that URL's next
# parameter.
_TO_ITS_END = r"""(?:[^\s"'<>#&\\]|&(?!quot;|lt;|gt;|#0?3[49];|apos;)(?:#0?38;|amp;|(?!))?+|(?!))*+"""
_TO_NEXT_PARAMETER = r"""[^\s"'<>#&\\]*+"""
_BASES = {"post": "posts", "page": "pages", "attachment": "media", "comment": "comments"}
_LONGEST = 2000
_WINDOW = 400


class Own(NamedTuple):
    """What identifies an item's own requests. `host` is without `www.`; `prefix` is the path segment of the API."""

    host: str = ""
    prefix: str = ""
    route: str = ""
    wp_id: str = ""


NOWHERE = Own()


def own_of(item: Mapping[str, Any]) -> Own:
    """Return what identifies the requests of `item`: from its `_links` if present, else from its type and URL."""
    links = item.get("_links")
    href = _href(links, "collection") or _href(links, "self") if isinstance(links, dict) else ""
    wp_id = item.get("id")
    return _own(
        href,
        "" if href else _text(item.get("link")),
        "" if href else _text(item.get("type")),
        str(wp_id) if isinstance(wp_id, int) else "",
    )


def _href(links: Mapping[str, Any], relation: str) -> str:
    found = links.get(relation)
    first = found[0] if isinstance(found, list) and found else None
    return _text(first.get("href")) if isinstance(first, dict) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) < _LONGEST else ""


@lru_cache(maxsize=1024)
def _own(href: str, link: str, kind: str, wp_id: str) -> Own:
    try:
        parts = urlsplit(href or link)
        host = (parts.netloc.rpartition("@")[2]).lower().removeprefix("www.")
    except ValueError:
        return NOWHERE
    path = parts.query.partition("rest_route=")[2].partition("&")[0].replace("%2F", "/") or parts.path
    route = path.removesuffix(f"/{wp_id}") if wp_id and not _is_collection(path) else path
    space = re.search(r"/([\w.-]+/v\d+/.+?)/?$", route)
    named = space[1] if space else f"wp/v2/{_BASES.get(kind, kind)}" if kind and not href else ""
    before = route[: space.start()].rpartition("/")[2] if space else ""
    if not before and space and "rest_route=" not in href:
        before, _, named = named.partition("/")  # the host has nothing but the API, as at WordPress.com
    return Own(host, before or "wp-json", named, wp_id) if host and named else NOWHERE


def _is_collection(path: str) -> bool:
    return not path.rstrip("/").rpartition("/")[2].isdecimal()


def without_own(html: str, own: Own) -> str:
    """Return `html` with every spelling of an own request replaced by one mark."""
    if not own.host or (own.prefix not in html and "rest_route" not in html):
        return html
    pattern = _pattern(own.prefix, own.route, own.wp_id)
    pieces: list[str] = []
    at = 0
    for found in pattern.finditer(html):
        start = _beginning(html, max(at, found.start() - _WINDOW), found, own.host)
        if start >= at:
            pieces += [html[at:start], MARK]
            at = found.end()
    return "".join((*pieces, html[at:])) if pieces else html


@lru_cache(maxsize=256)
def _pattern(prefix: str, route: str, wp_id: str) -> re.Pattern[str]:
    steps = _SLASH.join(re.escape(step) for step in route.split("/"))
    one = (
        rf"(?:{_SLASH}{wp_id}(?!\d)(?:{_SLASH}(?:revisions|autosaves)(?:{_SLASH}\d++|(?!))?+|(?!))?+|(?!))?+"
        if wp_id
        else ""
    )
    asked = rf"{steps}{one}{_SLASH}?(?![\w-]|{_SLASH}[\w-])"
    root = re.escape(prefix)
    return re.compile(
        rf"{_AT_ONCE}(?:(?:{root}\\?/|(?P<plain>rest_route=){_SLASH}?){asked}{_TO_ITS_END}"
        rf"|(?:{root}{_CODED}2F|rest_route{_CODED}3D{_SLASH}?){asked}{_TO_NEXT_PARAMETER})",
        re.IGNORECASE,
    )


_ENDS = ('"', "'", "<", ">", " ", "\t", "\n", "\r")
_HTTP = re.compile(r"https?(?::|%(?:25){0,3}3A)(?:\\?/|%(?:25){0,3}2F){2}", re.IGNORECASE)
_HOST = re.compile(r"(?:[\w.-]|(?::|%(?:25){0,3}3A)(?=\d)|\[[\da-f:]{0,60}\]|(?!))++", re.IGNORECASE)
_COLON = re.compile(r"%(?:25){0,3}3A", re.IGNORECASE)


def _beginning(html: str, floor: int, found: re.Match[str], host: str) -> int:
    """Return where the URL that contains `found` begins, -1 if it is another site's."""
    # Inside another URL it is the value of a parameter.
    ends = _ENDS if found["plain"] else (*_ENDS, "=")
    before = html[floor : found.start()]
    start = 1 + max(before.rfind(end) for end in ends)
    schemes = list(_HTTP.finditer(before, start))
    if not schemes:
        return floor + start
    last = schemes[-1]
    named = _HOST.match(before, last.end())
    same = named is not None and _COLON.sub(":", named[0]).lower().removeprefix("www.") == host
    return floor + last.start() if same else -1
