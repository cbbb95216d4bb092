"""URLs out of responses, taken apart the way PHP and WordPress read them; what is hostile or broken reads as None."""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit, urlunsplit

__all__ = [
    "Parts",
    "home_of",
    "is_template",
    "join",
    "left_site",
    "origin",
    "php_name",
    "resolved",
    "rest_route",
    "split",
    "stands_alone",
]

_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_TEMPLATE = re.compile(r"[{}]|\(\?P<", re.IGNORECASE)
_ROOTED = re.compile(r"[a-z][a-z0-9+.-]*:|/", re.IGNORECASE)
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")  # legal in a JSON string, but nobody can ask for it
_DOT = re.compile(r"%2e", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}


class Parts(NamedTuple):
    """An http(s) URL: host (A-label) and port unless it is the scheme's own, decoded path, query as it stands."""

    authority: str
    path: str
    query: str


def split(url: str) -> Parts | None:
    """Authority, decoded path and query of an http(s) URL; None when it is hostile or broken."""
    if _UNSAFE.search(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
        host = host.lower() if host.isascii() else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in _PORTS or not host or "@" in parts.netloc:
        return None
    host = f"[{host}]" if ":" in host else host
    path = unquote(parts.path)
    if _UNSAFE.search(path.replace(" ", "")) or any(part in (".", "..") for part in path.split("/")):
        return None
    authority = host if port in (None, _PORTS[parts.scheme]) else f"{host}:{port}"
    return Parts(authority, path or "/", parts.query)


def origin(url: str) -> str:
    """Scheme and authority of an http(s) URL, lower-case, without the scheme's own port."""
    parts = split(url)
    return f"{urlsplit(url).scheme}://{parts.authority}" if parts else ""


def home_of(url: str) -> str:
    """`url` as a home URL, ending in a slash; empty when it isn't an http(s) URL."""
    parts = urlsplit(url) if split(url) else None
    return f"{origin(url)}{parts.path.rstrip('/')}/" if parts else ""


def left_site(asked: str, got: str) -> bool:
    """Whether a redirect left the site: another host or port. `www.`, scheme and path don't count."""
    before, after = split(asked), split(got)
    return bool(before and after) and _bare(before.authority) != _bare(after.authority)  # type: ignore[union-attr]


def _bare(authority: str) -> str:
    return authority.removeprefix("www.")


def join(base: str, reference: str) -> str:
    """`reference`, relative or not, against `base`; empty when it makes no sense at all."""
    try:
        return urljoin(base, reference.strip())
    except ValueError:
        return ""


def stands_alone(href: str) -> bool:
    """Whether `href` means the same in every answer of one host: it is absolute, or begins at the host's root."""
    return _ROOTED.match(href) is not None


def resolved(href: str, base: str) -> str:
    """`href` as an absolute URL, read as a browser does in an answer from `base` (RFC 3986, 5.2); what is hostile is empty.

    Dot segments are walked, encoded ones too; a climb stays below the host, so what it leads to is judged like any URL.
    """
    if not href or _UNSAFE.search(href):
        return ""
    try:
        scheme, netloc, path, query, _ = urlsplit(urljoin(base, href))
    except ValueError:
        return ""
    if _LONE_SURROGATE.search(path):
        return ""
    return urlunsplit((scheme, netloc, _walked(path), query, ""))


def _walked(path: str) -> str:
    if "." not in path and "%2" not in path:
        return path
    steps: list[str] = []
    parts = path.split("/")
    for part in parts:
        plain = _DOT.sub(".", part)
        if plain == "..":
            steps[1:] = steps[1:-1]
        elif plain != ".":
            steps.append(part)
    folder = _DOT.sub(".", parts[-1]) in (".", "..")
    return "/".join((*steps, "") if folder and steps[-1:] != [""] else steps) or "/"


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
