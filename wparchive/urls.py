"""The only URL parser and normaliser. A URL that two parsers might read differently is rejected.

Hosts become A-labels by UTS 46 (non-transitional), as in browsers, and so do numbers that stand for an IP address
(`0x7f.1`). As in browsers, surrounding spaces, fragments and default ports are dropped, and characters that cannot
occur in a request are percent-encoded. Unlike in browsers, userinfo, control characters, and backslashes before the
path make a URL unusable.
"""

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote, urljoin

import idna

__all__ = [
    "LONGEST",
    "Fault",
    "Place",
    "host_of",
    "join",
    "origin",
    "parse",
    "same_host",
    "uri",
    "url_key",
    "why_not",
    "without_dots",
]

LONGEST: Final = 8192  # characters of a URL as sent
_PORTS: Final = {"http": 80, "https": 443}
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<place>[^/?#]*)(?P<target>[^#]*)(?:#.*)?", re.DOTALL)
_PLACE = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[^\[\]:@\\%\x00-\x20\x7f]+)(?::(?P<port>[0-9]{0,5}))?")
_LONGEST_HOST = 253
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_C0_AND_SPACE = "".join(map(chr, range(33)))
_DOT = re.compile(r"\.|%2e", re.IGNORECASE)
_DOTS = re.compile(r"/(?:\.|%2e){1,2}(?=/|\Z)", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")
# RFC 3986's characters, and `%` unchanged: encoding it again would request something else than the site names.
_URI_SAFE = "!#$%&'()*+,/:;=?@[]~-._"
_SENT_AS_IT_IS = re.compile(rf"[A-Za-z0-9{re.escape(_URI_SAFE)}]*")


@dataclass(frozen=True, slots=True)
class Place:
    """A parsed URL: `host` is in lower case and without brackets, `target` is what goes into the request line."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The host, with the port unless it is the scheme's default."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS.get(self.scheme) else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port, as `origin()` returns them."""
        return f"{self.scheme}://{self.authority}"

    @property
    def path(self) -> str:
        """The path, percent-encoded as in the request."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The part after the first question mark."""
        return self.target.partition("?")[2]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a URL cannot be requested."""

    reason: str


@lru_cache(1024)
def parse(url: str) -> Place | Fault:
    """Parse an http(s) URL strictly; for any other, return a `Fault` with a short reason."""
    if len(url) > LONGEST:
        return Fault(f"longer than {LONGEST} characters")
    match = _URL.fullmatch(url.strip(_C0_AND_SPACE))
    if not match or match["scheme"].lower() not in _PORTS:
        return Fault("not an http or https URL")
    if _CONTROL.search(match[0]):
        return Fault("control characters in the URL")
    if "@" in match["place"]:
        return Fault("credentials in the URL")
    place = _PLACE.fullmatch(match["place"])
    host = _host(place["host"]) if place else ""
    if not place or not host:
        return Fault("not a proper host name")
    scheme = match["scheme"].lower()
    port = int(place["port"] or _PORTS[scheme])
    if not 0 < port < 65536:
        return Fault("not a proper port")
    target = _target(match["target"])
    return Place(scheme, host, port, target) if len(target) <= LONGEST else Fault(f"longer than {LONGEST} characters")


@lru_cache(1024)
def uri(url: str) -> str:
    """Return `url` as it can be sent: without fragment, host as A-labels, non-ASCII percent-encoded as UTF-8 (RFC 3986).

    Valid spellings are unchanged, including the case of percent-encodings and dot segments. Faulty URLs are returned as
    they are.
    """
    place = parse(url)
    if isinstance(place, Fault):
        return url
    written = url.strip(_C0_AND_SPACE).partition("://")[2]
    authority = re.split(r"[/?#]", written, maxsplit=1)[0]
    shown = authority if place.host in authority.lower() else place.authority
    return f"{place.scheme}://{shown}{place.target}"


def origin(url: str) -> str:
    """Return `scheme://host[:port]`: lower case, A-labels, no default port; "" for anything but an http(s) URL."""
    place = parse(url)
    return "" if isinstance(place, Fault) else place.origin


def host_of(url: str) -> str:
    """Return the host of `url`, an IPv6 address in brackets; "" for anything but an http(s) URL."""
    place = parse(url)
    return "" if isinstance(place, Fault) else f"[{place.host}]" if ":" in place.host else place.host


def url_key(url: str) -> str:
    """Return the canonical spelling of all URLs that request the same as `url`; "" for one that cannot be requested.

    Dot segments and the fragment are removed. `%2f` and the like stay, since servers distinguish them from what they
    encode. If they hide dot segments (`..%2f`), servers disagree on the target, so such a URL is not requested.
    """
    place = parse(url)
    if isinstance(place, Fault):
        return ""
    path = without_dots(place.path)
    if "%" in path and not {".", ".."}.isdisjoint(unquote(path).split("/")):
        return ""
    return f"{place.origin}{path}?{place.query}" if place.query else f"{place.origin}{path}"


def why_not(url: str) -> str:
    """Return in a few words why `url` cannot be requested; "" if it can, that is, if `url_key` is not empty."""
    if not url.strip(_C0_AND_SPACE):
        return "no URL"
    place = parse(url)
    if isinstance(place, Fault):
        return place.reason
    return "" if url_key(url) else "dot segments behind encoded slashes"


def join(base: str, reference: str) -> str:
    """Resolve `reference` against `base` (RFC 3986, section 5.2), with dot segments removed; "" if that is impossible.

    A URL that is faulty or not http(s) is returned unchanged, so that whoever requests it learns what is wrong.
    """
    reference = reference.strip(_C0_AND_SPACE)
    if reference[:2] in ("\\\\", "/\\", "\\/"):
        return ""  # some parsers read a host here, others a path
    try:
        url = urljoin(base, _slashed(reference))
    except ValueError:
        return ""
    match = _URL.fullmatch(url)
    if not match or match["scheme"].lower() not in _PORTS:
        return url
    path, mark, query = match["target"].partition("?")
    head, tail = url[: match.end("place")], url[match.end("target") :]
    return f"{head}{without_dots(path)}{mark}{query}{tail}"


def without_dots(path: str) -> str:
    """Return `path` with `.` and `..` resolved, encoded ones included, as browsers do."""
    if not _DOTS.search(path):
        return path or "/"
    kept: list[str] = []
    parts = path.split("/")[1:]
    for number, part in enumerate(parts, 1):
        plain = _DOT.sub(".", part) if len(part) <= 6 else part
        if plain == "..":
            kept = kept[:-1]
        elif plain != ".":
            kept.append(part)
            continue
        if number == len(parts):
            kept.append("")
    return "/" + "/".join(kept)


def same_host(one: str, other: str) -> bool:
    """Return whether two http(s) URLs have the same host and port, regardless of scheme and `www.`."""
    first, second = parse(one), parse(other)
    if isinstance(first, Fault) or isinstance(second, Fault):
        return False
    return first.authority.removeprefix("www.") == second.authority.removeprefix("www.")


def _target(written: str) -> str:
    path, mark, query = _slashed(written).partition("?")
    path = path if path.startswith("/") else f"/{path}"
    if _SENT_AS_IT_IS.fullmatch(path) and _SENT_AS_IT_IS.fullmatch(query):
        return f"{path}{mark}{query}"  # nearly all are, and this is found out several times as fast
    return quote(_SURROGATE.sub("\ufffd", f"{path}{mark}{query}"), safe=_URI_SAFE)


def _slashed(reference: str) -> str:
    """Replace backslashes in a path by slashes, as every browser does; in a query they are literal."""
    if "\\" not in reference:
        return reference
    end = min((at for mark in "?#" if (at := reference.find(mark)) >= 0), default=len(reference))
    authority = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*|[/\\]{2}[^/?#]*", reference)
    start = authority.end() if authority else 0  # backslashes in the authority stay, and make the URL faulty
    return reference[:start] + reference[start:end].replace("\\", "/") + reference[end:]


def _host(written: str) -> str:
    """Return a normalised host without brackets; "" if it is invalid."""
    if written.startswith("["):
        return _ipv6(written[1:-1])
    host = written.lower() if written.isascii() else _a_labels(written)
    host = host.removesuffix(".")
    if not _HOST.fullmatch(host):
        return ""
    return _ipv4(host) if _NUMBER.fullmatch(host.rpartition(".")[2]) else host


def _ipv6(written: str) -> str:
    try:
        address = ipaddress.IPv6Address(written)
    except ValueError:
        return ""
    mapped = address.ipv4_mapped
    # Python versions differ in how they print these.
    return f"::ffff:{int(mapped) >> 16:x}:{int(mapped) & 0xFFFF:x}" if mapped else str(address)


def _ipv4(host: str) -> str:
    """Return the address for a host that ends in a number: parts may be octal or hexadecimal, and fewer than four."""
    parts = host.split(".")
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return ""
    try:
        numbers = [_number(part) for part in parts]
    except ValueError:
        return ""
    *first, last = numbers
    if any(number > 255 for number in first) or last >= 256 ** (5 - len(parts)):
        return ""
    value = last + sum(number << 8 * (3 - place) for place, number in enumerate(first))
    return str(ipaddress.IPv4Address(value))


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8) if len(part) > 1 and part.startswith("0") else int(part)


def _a_labels(host: str) -> str:
    if len(host) > _LONGEST_HOST:
        return ""
    try:
        mapped = idna.uts46_remap(host, std3_rules=False, transitional=False)
        return ".".join(label if label.isascii() else _a_label(label) for label in mapped.split("."))
    except (idna.IDNAError, UnicodeError):
        return ""


def _a_label(label: str) -> str:
    try:
        return idna.alabel(label).decode("ascii")
    except idna.InvalidCodepoint:  # symbols, which UTS 46 and browsers permit
        return f"xn--{label.encode('punycode').decode('ascii')}"
