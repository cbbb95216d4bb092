"""The one guard: which URLs may be asked, and which addresses may be connected to.

Every URL out of a response is hostile. `Guard.check` judges how a URL is written, before anything is looked up;
`Guard.resolve` judges the addresses of its host, and the connection goes to those very addresses.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, urljoin

import idna

from wparchive.errors import UsageError

__all__ = ["Address", "Guard", "Place", "Refusal", "RefusedUrl", "joined", "origin", "parse", "public", "uri"]

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_LONGEST_URL = 8192
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_WEB_PORTS: Final = frozenset({80, 81, 443, 591})
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<place>[^/?#]*)(?P<target>[^#]*)(?:#.*)?", re.DOTALL)
_PLACE = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}))(?::(?P<port>[0-9]{1,5})?)?"
)
# RFC 3986's characters, and `%` as it stands: re-encoding would ask for another thing than the site names.
_URI_SAFE = "!#$%&'()*+,/:;=?@[]~-._"

# What ipaddress itself doesn't tell apart in every Python we support (IANA special-purpose registries).
_REFUSED: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
        "::/96",
        "::ffff:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)


@dataclass(frozen=True, slots=True)
class Place:
    """A URL taken apart: `host` is lower-case without brackets, `target` what goes into the request line."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """Scheme, host and port as `origin()` spells them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing may be sent to a URL."""

    url: str
    reason: str


class RefusedUrl(Exception):
    """The guard refused; nothing was sent. urllib3 lets it through as it is."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.url}: {refusal.reason}")
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Address:
    """One checked socket address: connect to it without another look-up."""

    family: socket.AddressFamily
    sockaddr: tuple[str, int] | tuple[str, int, int, int]


@lru_cache(256)
def uri(url: str) -> str:
    """`url` as it can stand in a request: fragment off, host as A-labels, what isn't ASCII percent-encoded as UTF-8.

    What is written properly stays as it is, the case of percent-encodings too. Faults are left for `Guard.check`.
    """
    match = _URL.fullmatch(url.strip())
    if not match:
        return url
    scheme, place, target = match["scheme"].lower(), match["place"], match["target"]
    if not place.isascii():
        host, colon, port = place.partition(":")
        place = f"{_a_label(host)}{colon}{port}"
    if not target.startswith("/"):
        target = f"/{target}"
    return f"{scheme}://{place}{quote(target, safe=_URI_SAFE, errors='replace')}"


def _a_label(host: str) -> str:
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return host


def joined(base: str, reference: str) -> str | None:
    """`reference`, relative or not, against `base`; None when it makes no sense at all."""
    try:
        return urljoin(base, reference.strip())
    except ValueError:
        return None


@lru_cache(256)
def parse(url: str) -> Place | Refusal:
    """Take an http(s) URL apart strictly: whatever two parsers might read in two ways is refused."""
    if len(url) > _LONGEST_URL:
        return Refusal(url[:200], f"longer than {_LONGEST_URL} characters")
    match = _URL.fullmatch(uri(url))
    if not match or match["scheme"] not in _DEFAULT_PORTS:
        return Refusal(url, "not an http or https URL")
    if "@" in match["place"]:
        return Refusal(url, "credentials in the URL")
    place = _PLACE.fullmatch(match["place"])
    if not place:
        return Refusal(url, "not a proper host name")
    port = int(place["port"] or _DEFAULT_PORTS[match["scheme"]])
    if not 0 < port < 65536:
        return Refusal(url, "not a proper port")
    host = place["host"].strip("[]").lower().rstrip(".")
    return Place(match["scheme"], host, port, match["target"])


def origin(url: str) -> str:
    """`scheme://host[:port]` of `url`: lower-case, A-labels, the scheme's own port left out; "" for no http(s) URL."""
    place = parse(url)
    return "" if isinstance(place, Refusal) else place.origin


class Guard:
    """Says where we may connect; `allowed_origins` are those that the operator named, wherever they lie.

    Raises UsageError for an allowed origin that is no http(s) origin. `look_up` is `socket.getaddrinfo` or its like.
    """

    def __init__(
        self, allowed_origins: Iterable[str] = (), *, look_up: Callable[..., list[Any]] = socket.getaddrinfo
    ) -> None:
        self.allowed = frozenset(map(origin, allowed_origins))
        if "" in self.allowed:
            raise UsageError("an allowed origin must be written like http://127.0.0.1:8080")
        self._look_up = look_up

    def check(self, url: str) -> Refusal | None:
        """Why `url` may not be asked by the way it is written; None when it may, its addresses allowing."""
        place = parse(url)
        if isinstance(place, Refusal):
            return place
        if place.origin in self.allowed:
            return None
        if place.port < 1024 and place.port not in _WEB_PORTS:
            return Refusal(url, f"port {place.port} isn't one of the web")
        address = _literal(place.host)
        if address and not public(address):
            return Refusal(url, f"{address} isn't a public address")
        return None

    def resolve(self, host: str, port: int, origin: str) -> list[Address] | Refusal:
        """The addresses that `host` may be reached at, in the resolver's order; raises OSError when it has none.

        Of a name with public and other addresses only the public ones are given.
        """
        found = self._look_up(host, port, type=socket.SOCK_STREAM)
        addresses = [Address(family, sockaddr) for family, _, _, _, sockaddr in found]
        if origin in self.allowed:
            return addresses
        safe = [address for address in addresses if public(ipaddress.ip_address(address.sockaddr[0].split("%")[0]))]
        if safe:
            return safe
        shown = addresses[0].sockaddr[0] if addresses else "nothing"
        return Refusal(f"{origin}/", f"{host} resolves to {shown}, which isn't a public address")


def public(address: IpAddress) -> bool:
    """Whether `address` is one of the public Internet, and not a wrapping of one that isn't."""
    if any(address.version == network.version and address in network for network in _REFUSED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _literal(host: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
