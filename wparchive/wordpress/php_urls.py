"""URLs out of responses, taken apart the way PHP and WordPress read them; what is hostile or broken reads as None."""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from wparchive.urls import Fault, join, origin, parse, same_host

__all__ = [
    "Parts",
    "home_of",
    "is_template",
    "left_site",
    "php_name",
    "resolved",
    "rest_route",
    "split",
    "stands_alone",
]

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")
_TEMPLATE = re.compile(r"[{}]|\(\?P<", re.IGNORECASE)
_ROOTED = re.compile(r"[a-z][a-z0-9+.-]*:|/", re.IGNORECASE)
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")  # legal in a JSON string, but nobody can ask for it


class Parts(NamedTuple):
    """An http(s) URL: host (A-label) and port unless it is the scheme's own, decoded path, query as it stands."""

    authority: str
    path: str
    query: str


def split(url: str) -> Parts | None:
    """Authority, decoded path and query of an http(s) URL; None when it is hostile or broken."""
    place = parse(url)
    if isinstance(place, Fault) or _UNSAFE.search(url) or " " in url:
        return None
    path = unquote(place.path)
    if _UNSAFE.search(path) or any(part in (".", "..") for part in path.split("/")):
        return None
    return Parts(place.authority, path, place.query)


def home_of(url: str) -> str:
    """`url` as a home URL, ending in a slash; empty when it isn't an http(s) URL."""
    parts = urlsplit(url) if split(url) else None
    return f"{origin(url)}{parts.path.rstrip('/')}/" if parts else ""


def left_site(asked: str, got: str) -> bool:
    """Whether a redirect left the site: another host or port. `www.`, scheme and path don't count."""
    return bool(origin(asked) and origin(got)) and not same_host(asked, got)


def stands_alone(href: str) -> bool:
    """Whether `href` means the same in every answer of one host: it is absolute, or begins at the host's root."""
    return _ROOTED.match(href) is not None


def resolved(href: str, base: str) -> str:
    """`href` as an absolute URL, read as a browser does in an answer from `base` (RFC 3986, 5.2); what is hostile is empty."""
    if not href or _UNSAFE.search(href) or " " in href or _LONE_SURROGATE.search(href.partition("?")[0]):
        return ""
    return join(base, href)


def rest_route(query: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Every `rest_route` of a query and the other parameters, names as PHP reads them."""
    named: list[str] = []
    pairs: list[tuple[str, str]] = []
    for name, value in parse_qsl(query, keep_blank_values=True):
        name = php_name(name)
        if name == "rest_route":
            named.append(value)
        elif name.startswith("rest_route["):
            named += [value, value]  # an array: core would not see a route, so neither do we
        else:
            pairs.append((name, value))
    return named, pairs


def php_name(name: str) -> str:
    """A parameter's name as PHP registers it: `rest.route` and `rest[route` are `rest_route`."""
    name = name.lstrip(" ")
    stem, bracket, rest = name.partition("[")
    stem = stem.replace(".", "_").replace(" ", "_")
    if bracket and "]" not in rest:
        return f"{stem}_{rest}".replace(".", "_").replace(" ", "_")
    return stem + bracket + rest


def is_template(url: str) -> bool:
    """Whether `url` is a pattern to be filled in (`{rel}`, or a route's own regex), however it is encoded."""
    return bool(_TEMPLATE.search(url) or ("%" in url and _TEMPLATE.search(unquote(url))))
