"""The guard: which URLs may be requested, and which addresses may be connected to.

Every URL out of a response is hostile. `Guard.check` judges the URL as it is written, before any look-up;
`Guard.resolve` judges the addresses of its host, and the connection goes to those very addresses (no DNS rebinding).
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from wparchive import urls
from wparchive.errors import UsageError
from wparchive.urls import Place, origin

__all__ = ["Address", "Guard", "Refusal", "RefusedUrl", "parse", "public"]

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_SHOWN = 200  # characters shown of a URL that is too long
_WEB_PORTS: Final = frozenset({80, 81, 443, 591})
# Special-purpose networks (IANA registries) that not every supported Python's ipaddress module excludes.
_SPECIAL = """
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24
192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3
::/96 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fc00::/7
fe80::/10 fec0::/10 ff00::/8
"""
_REFUSED: Final = tuple(map(ipaddress.ip_network, _SPECIAL.split()))


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a URL may not be requested."""

    url: str
    reason: str


class RefusedUrl(Exception):
    """The guard refused and nothing was sent. urllib3 passes it on unchanged."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.url}: {refusal.reason}")
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Address:
    """A checked socket address, to connect to without another look-up."""

    family: socket.AddressFamily
    sockaddr: tuple[str, int] | tuple[str, int, int, int]

    @property
    def public(self) -> bool:
        """Whether the address is on the public Internet."""
        return public(ipaddress.ip_address(self.sockaddr[0].split("%")[0]))


def parse(url: str) -> Place | Refusal:
    """Parse an http(s) URL strictly: refuses whatever two parsers might read differently."""
    place = urls.parse(url)
    shown = url if len(url) <= urls.LONGEST else url[:_SHOWN]
    return place if isinstance(place, Place) else Refusal(shown, place.reason)


class Guard:
    """Decides where a connection may go.

    `allowed_origins` may be at any address, since the operator named each. `targets` are the sites to crawl: an IP
    address or localhost may be anywhere too. A target's host name must be public, or on an intranet: then all of its
    addresses must be private at the first look-up, and `was_private` (what the archive knows about the name; None for
    nothing) must not return False. The addresses of both are looked up once. `look_up` is `socket.getaddrinfo` or its
    like. Raises UsageError for an origin that isn't http(s).
    """

    def __init__(
        self,
        allowed_origins: Iterable[str] = (),
        *,
        targets: Iterable[str] = (),
        was_private: Callable[[], bool | None] = lambda: None,
        look_up: Callable[..., list[Any]] = socket.getaddrinfo,
    ) -> None:
        self._anywhere = frozenset(map(origin, allowed_origins))
        self.allowed = self._anywhere | frozenset(map(origin, targets))
        if "" in self.allowed:
            raise UsageError("an allowed origin must be written like http://127.0.0.1:8080")
        self._was_private = was_private
        self._look_up = look_up
        self._pinned: dict[tuple[str, int], list[Address] | Refusal] = {}
        self._pinning = Lock()

    def check(self, url: str) -> Refusal | None:
        """Return why `url` as written may not be requested; None when it may, subject to `resolve`."""
        place = parse(url)
        if isinstance(place, Refusal):
            return place
        if place.origin in self.allowed:
            return None
        # Low ports belong to other protocols, and their servers might act on an HTTP request.
        if place.port < 1024 and place.port not in _WEB_PORTS:
            return Refusal(url, f"port {place.port} isn't one of the web")
        address = _literal(place.host)
        if address and not public(address):
            return Refusal(url, f"{address} isn't a public address")
        return None

    def resolve(self, host: str, port: int, origin: str) -> list[Address] | Refusal:
        """Return the addresses that `host` may be reached at, in the resolver's order; raises OSError when it has none.

        Of a host with public and other addresses only the public ones are returned; for an origin that may be anywhere,
        the public ones come first.
        """
        if origin not in self.allowed:
            return self._public_only(host, self._addresses(host, port), origin)
        with self._pinning:  # one look-up per run, so that a name server can't change its answer in between
            if (host, port) not in self._pinned:
                self._pinned[host, port] = self._of_operator(host, self._addresses(host, port), origin)
            return self._pinned[host, port]

    def _addresses(self, host: str, port: int) -> list[Address]:
        found = self._look_up(host, port, type=socket.SOCK_STREAM)
        return [Address(family, sockaddr) for family, _, _, _, sockaddr in found]

    def _of_operator(self, host: str, addresses: list[Address], origin: str) -> list[Address] | Refusal:
        if origin in self._anywhere or _literal(host) or host == "localhost" or host.endswith(".localhost"):
            return sorted(addresses, key=lambda address: not address.public)
        intranet = not any(address.public for address in addresses)
        if not intranet or self._was_private() is False:
            found = self._public_only(host, addresses, origin)
            hint = f"; it was when it was first archived: --allow-origin {origin} if it moved into your own network"
            return Refusal(found.url, found.reason + hint) if isinstance(found, Refusal) else found
        return addresses

    def _public_only(self, host: str, addresses: list[Address], origin: str) -> list[Address] | Refusal:
        safe = [address for address in addresses if address.public]
        if safe:
            return safe
        shown = addresses[0].sockaddr[0] if addresses else "nothing"
        return Refusal(f"{origin}/", f"{host} resolves to {shown}, which isn't a public address")


def public(address: IpAddress) -> bool:
    """Whether `address` is on the public Internet, and doesn't embed one that isn't."""
    if any(address.version == network.version and address in network for network in _REFUSED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _literal(host: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
