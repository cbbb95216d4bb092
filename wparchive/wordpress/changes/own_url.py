"""Replaces the URL with which an item was requested where its own content repeats it (forms, share and login links).

WordPress renders content while it answers a REST request, so a plug-in that inserts the page's URL inserts the
request's. That URL varies with the page size and the form of the root. Each such place becomes the same mark.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from wparchive.wordpress.values import href_of

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
    href = _text(href_of(item, "collection")) or _text(href_of(item, "self"))
    wp_id = str(item["id"]) if isinstance(item.get("id"), int) else ""
    return _own(href, "", "", wp_id) if href else _own("", _text(item.get("link")), _text(item.get("type")), wp_id)


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
    is_item = wp_id and path.rstrip("/").rpartition("/")[2].isdecimal()
    prefix, named = _api_route(path.removesuffix(f"/{wp_id}") if is_item else path, in_query="rest_route=" in href)
    if not named and kind and not href:
        named = f"wp/v2/{_BASES.get(kind, kind)}"
    return Own(host, prefix or "wp-json", named, wp_id) if host and named else NOWHERE


def _api_route(path: str, *, in_query: bool) -> tuple[str, str]:
    """Return the API's prefix and the route, without slashes around them, in the path of a REST URL; empty in another."""
    space = re.search(r"/([\w.-]+/v\d+/.+?)/?$", path)
    if not space:
        return "", ""
    before = path[: space.start()].rpartition("/")[2]
    if before or in_query:
        return before, space[1]
    prefix, _, named = space[1].partition("/")  # the host has nothing but the API, as at WordPress.com
    return prefix, named


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
