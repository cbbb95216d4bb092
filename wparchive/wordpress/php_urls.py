"""Parses URLs in responses the way PHP and WordPress do. Hostile or malformed URLs are rejected, never raised."""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from wparchive.urls import Fault, join, origin, parse, same_host

__all__ = ["Parts", "home_of", "is_template", "left_site", "resolved", "rest_route", "split", "stands_alone"]

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")
_TEMPLATE = re.compile(r"[{}]|\(\?P<", re.IGNORECASE)
_ROOTED = re.compile(r"[a-z][a-z0-9+.-]*:|/", re.IGNORECASE)
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")  # legal in a JSON string, but no request can contain it


class Parts(NamedTuple):
    """The parts of an http(s) URL: host (A-label) with any non-default port, decoded path, and the raw query."""

    authority: str
    path: str
    query: str


@lru_cache(256)
def split(url: str) -> Parts | None:
    """Return the authority, decoded path and query of an http(s) URL; None if it is hostile or malformed."""
    place = parse(url)
    if isinstance(place, Fault) or _UNSAFE.search(url) or " " in url:
        return None
    path, _, query = place.target.partition("?")
    path = unquote(path)
    if _UNSAFE.search(path) or not {".", ".."}.isdisjoint(path.split("/")):
        return None
    return Parts(place.authority, path, query)


def home_of(url: str) -> str:
    """Return `url` as a home URL that ends in a slash; empty if it is not an http(s) URL."""
    parts = urlsplit(url) if split(url) else None
    return f"{origin(url)}{parts.path.rstrip('/')}/" if parts else ""


def left_site(asked: str, got: str) -> bool:
    """Return whether a redirect leaves the site for another host or port. `www.`, scheme and path are ignored."""
    return bool(origin(asked) and origin(got)) and not same_host(asked, got)


def stands_alone(href: str) -> bool:
    """Return whether `href` means the same in every response of one host: it is absolute, or starts at the host's root."""
    return _ROOTED.match(href) is not None


def resolved(href: str, base: str) -> str:
    """Resolve `href` against `base` as a browser does (RFC 3986, section 5.2); a hostile one returns an empty string."""
    if not href or _UNSAFE.search(href) or " " in href or _LONE_SURROGATE.search(href.partition("?")[0]):
        return ""
    return join(base, href)


@lru_cache(256)
def rest_route(query: str) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Return every `rest_route` of a query, and the other parameters, with names as PHP reads them."""
    named: list[str] = []
    pairs: list[tuple[str, str]] = []
    for name, value in parse_qsl(query, keep_blank_values=True):
        name = php_name(name)
        if name == "rest_route":
            named.append(value)
        elif name.startswith("rest_route["):
            named += [value, value]  # an array: core sees no route in it, so neither do we
        else:
            pairs.append((name, value))
    return tuple(named), tuple(pairs)


def php_name(name: str) -> str:
    """Return a parameter's name as PHP registers it: `rest.route` and `rest[route` become `rest_route`."""
    name = name.lstrip(" ")
    stem, bracket, rest = name.partition("[")
    stem = stem.replace(".", "_").replace(" ", "_")
    if bracket and "]" not in rest:
        return f"{stem}_{rest}".replace(".", "_").replace(" ", "_")
    return stem + bracket + rest


def is_template(url: str) -> bool:
    """Return whether `url` is a template to be filled in (`{rel}`, or a route's own regex), however it is encoded."""
    return bool(_TEMPLATE.search(url) or ("%" in url and _TEMPLATE.search(unquote(url))))
