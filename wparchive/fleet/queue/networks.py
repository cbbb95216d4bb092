"""Which network a site's server is in: turns are counted by it, since one server may stand behind thousands of sites."""

import ipaddress
import os
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from wparchive.errors import UsageError
from wparchive.fleet.queue.fleet_file import Network
from wparchive.fleet.queue.tables import Connection
from wparchive.urls import Place, parse

__all__ = [
    "UNKNOWN",
    "LookUp",
    "network_of",
    "networks_by_port",
    "note_networks",
    "registered_domain",
    "system_look_up",
]

LookUp = Callable[[str], Sequence[str]]
"""Returns the addresses of a host name; raises OSError."""

UNKNOWN: Final = "unknown"
"""The network of sites whose host can't be looked up now: they are asked one after the other."""
_V6_PREFIX = 64  # one customer's addresses


def system_look_up(host: str) -> Sequence[str]:
    """Return the addresses of `host` by the system's resolver. Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def network_of(url: str, networks: Iterable[Network], look_up: LookUp, *, by_port: bool = False) -> str:
    """Return the name of the network of `url`: one of `networks` that its host or address fits, else its address.

    IPv6 addresses count by their /64. With `by_port`, each port of an address is a network: for tests on one machine.
    """
    place = parse(url)
    if not isinstance(place, Place):
        return UNKNOWN
    host = place.host
    named = next((one for one in networks if any(_fits(host, pattern) for pattern in one.hosts)), None)
    if named is None:
        try:
            addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in _addresses(host, look_up)]
        except (OSError, ValueError):
            return UNKNOWN
        if not addresses:
            return UNKNOWN
        named = next((one for one in networks if _is_in(addresses[0], one)), None)
        if named is None:
            port = f":{place.authority.rpartition(':')[2]}" if by_port and ":" in place.authority else ""
            return f"{_block(addresses[0])}{port}"
    return f"{named.name}/{registered_domain(host)}" if named.by == "host" else named.name


def _addresses(host: str, look_up: LookUp) -> Sequence[str]:
    try:
        return [str(ipaddress.ip_address(host.strip("[]")))]
    except ValueError:
        return look_up(host)


def _fits(host: str, pattern: str) -> bool:
    return host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]))


def _is_in(address: ipaddress.IPv4Address | ipaddress.IPv6Address, network: Network) -> bool:
    blocks = (ipaddress.ip_network(block) for block in network.cidr)
    return any(address.version == block.version and address in block for block in blocks)


def _block(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, _V6_PREFIX), strict=False))


def networks_by_port() -> bool:
    """Return whether each port of an address is a network of its own: for trying a fleet out on one machine."""
    return os.environ.get("WPARCHIVE_FLEET_BY_PORT") == "1"


def registered_domain(host: str) -> str:
    """Return the part of `host` that somebody registered, by the public suffix list that comes with tldextract.

    Raises UsageError where the extra isn't installed.
    """
    try:
        import tldextract
    except ImportError:
        raise UsageError("a fleet needs more packages: pip install 'wparchive[fleet]'") from None
    # No list is ever fetched: what counts must be the same on every worker.
    extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
    return extract(host).top_domain_under_public_suffix or host


def note_networks(conn: Connection, names: Iterable[str], networks: Iterable[Network]) -> None:
    """Give each of the networks called `names` its row, with the slots that the configuration gives it."""
    slots = {one.name: one.slots for one in networks}
    for name in dict.fromkeys(names):
        count = 1 if name == UNKNOWN else slots.get(name.partition("/")[0], 2)
        conn.execute(
            "INSERT INTO fleet.networks (network, slots, slots_now) VALUES (%(name)s, %(count)s, %(count)s) "
            "ON CONFLICT (network) DO UPDATE SET slots = excluded.slots, "
            "slots_now = least(fleet.networks.slots_now, excluded.slots)",
            {"name": name, "count": count},
        )
