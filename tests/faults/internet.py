"""An Internet inside this process: names and addresses of the test's making, and a list of all that was connected to.

The seam is the standard library's own (`socket.connect`, `getaddrinfo`), so that nothing of the program gets past it,
whichever way it goes.
"""

import errno
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import pytest

from wparchive.crawl import network

__all__ = ["FORBIDDEN", "HOSTS", "OTHERS", "SITE", "TURNCOATS", "Internet"]

SITE, OTHERS = "93.184.215.14", "93.184.215.15"  # public addresses: of the site, and of all other hosts

# Kind of forbidden place -> how a URL names it. What stands for it may be all of the authority.
FORBIDDEN = {
    "loopback": "127.0.0.1",
    "loopback, elsewhere": "127.8.8.8",
    "loopback, a service": "127.0.0.1:6379",
    "loopback, a web server": "127.0.0.1:8080",
    "this host": "0.0.0.0",
    "this network": "0.1.2.3",
    "10/8": "10.0.0.1",
    "172.16/12, first": "172.16.0.1",
    "172.16/12, last": "172.31.255.254",
    "192.168/16": "192.168.1.1",
    "link-local": "169.254.1.1",
    "metadata": "169.254.169.254",
    "metadata, container": "169.254.170.2",
    "metadata, Alibaba": "100.100.100.200",
    "metadata, Oracle": "192.0.0.192",
    "metadata, IPv6": "[fd00:ec2::254]",
    "CGNAT": "100.64.0.1",
    "protocols": "192.0.0.1",
    "documentation": "192.0.2.1",
    "6to4 relay": "192.88.99.1",
    "benchmark": "198.18.0.1",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "IPv6 loopback": "[::1]",
    "IPv6 loopback, long": "[0:0:0:0:0:0:0:1]",
    "IPv6 this host": "[::]",
    "ULA": "[fc00::1]",
    "ULA, random": "[fd12:3456::1]",
    "IPv6 link-local": "[fe80::1]",
    "IPv6 link-local, zone": "[fe80::1%25eth0]",
    "IPv6 site-local": "[fec0::1]",
    "IPv6 multicast": "[ff02::1]",
    "mapped": "[::ffff:127.0.0.1]",
    "mapped, hexadecimal": "[::ffff:a00:1]",
    "compatible": "[::127.0.0.1]",
    "6to4": "[2002:7f00:1::]",
    "NAT64": "[64:ff9b::a00:1]",
    "NAT64, local": "[64:ff9b:1::a00:1]",
    "Teredo": "[2001:0:53aa:64c:0:0:80ff:fffe]",
    "decimal": "2130706433",
    "hexadecimal": "0x7f000001",
    "hexadecimal parts": "0x7f.0.0.0x1",
    "octal": "0177.0.0.1",
    "octal, one number": "017700000001",
    "short": "127.1",
    "trailing dot": "127.0.0.1.",
    "localhost": "localhost",
    "localhost, a web server": "localhost:8080",
    "localhost, capitals": "LocalHost",
    "localhost, trailing dot": "localhost.",
    "below localhost": "wp.localhost",
    "user name": "site.example@127.0.0.1",
    "user name and port": "site.example:80@127.0.0.1",
    "two user names": "a@site.example@127.0.0.1",
    "empty user name": "@127.0.0.1",
    "backslash": "site.example\\@127.0.0.1",
    "percent-encoded": "%31%32%37.0.0.1",
    "percent-encoded dots": "127%2e0%2e0%2e1",
    "percent-encoded at": "site.example%40127.0.0.1",
    "NUL": "127.0.0.1%00.site.example",
    "ideographic dots": "127。0。0。1",
    "full width": "127.0.0.1",
    "circled": "①②⑦.⓪.⓪.①",
    "circled name": "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "soft hyphen": "local\u00adhost",
    "name of loopback": "loop.example",
    "name of loopback, IPv6": "six.example",
    "name of 10/8": "intranet.example",
    "name of metadata": "metadata.example",
    "name of mapped": "mapped.example",
    "name of NAT64": "nat64.example",
    "name of this host": "zero.example",
    "name of CGNAT": "cgnat.example",
    "name of multicast": "multicast.example",
    "name, trailing dot": "intranet.example.",
    "name, IDNA": "ıntranet.example",
}
HOSTS = {
    "site.example": (SITE,),
    "loop.example": ("127.0.0.1",),
    "six.example": ("::1",),
    "intranet.example": ("10.0.0.1", "10.0.0.2"),
    "metadata.example": ("169.254.169.254",),
    "mapped.example": ("::ffff:127.0.0.1",),
    "nat64.example": ("64:ff9b::a00:1",),
    "zero.example": ("0.0.0.0",),
    "cgnat.example": ("100.64.0.1",),
    "multicast.example": ("224.0.0.1",),
    "xn--ntranet-qfb.example": ("10.0.0.1",),
    "localhost": ("127.0.0.1", "::1"),
    "wp.localhost": ("127.0.0.1",),
}
# Names whose answers change or are mixed: of these the public addresses may be asked.
TURNCOATS = ("mixed.example", "turning.example")


class Internet:
    """Public addresses with a server of this process behind each; `connected` are the addresses that were tried, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.servers: dict[str, int | None] = {}  # None: whatever port is asked for, as it is
        self.hosts: dict[str, Callable[[], Sequence[str]]] = {
            name: lambda found=found: found  # type: ignore[misc]  # bound now
            for name, found in HOSTS.items()
        }
        self.hosts["mixed.example"] = lambda: ("10.0.0.1", "127.0.0.1", OTHERS, "::1")
        answers = self._turning()
        self.hosts["turning.example"] = lambda: next(answers)
        self.connected: list[tuple[str, int]] = []
        self.asked: list[str] = []
        self._real = (socket.socket.connect_ex, socket.socket.getpeername, socket.getaddrinfo)
        network._check_once()  # which talks to a server of its own, and only once
        self._far: WeakKeyDictionary[socket.socket, Any] = WeakKeyDictionary()
        monkeypatch.setattr(socket.socket, "connect_ex", lambda sock, address: self._connect(sock, address))
        monkeypatch.setattr(socket.socket, "connect", self._raising)
        monkeypatch.setattr(socket.socket, "getpeername", lambda sock: self._peer(sock))
        monkeypatch.setattr(socket, "getaddrinfo", self.look_up)

    @staticmethod
    def _turning() -> Iterator[Sequence[str]]:
        yield (OTHERS,)
        while True:
            yield ("127.0.0.1",)

    @property
    def strangers(self) -> set[str]:
        """What was connected to and may not be."""
        return {host for host, _ in self.connected} - self.servers.keys()

    def _connect(self, sock: socket.socket, address: Any) -> int:
        self.connected.append(address[:2])
        if address[0] not in self.servers:
            return errno.ECONNREFUSED
        self._far[sock] = address
        return self._real[0](sock, ("127.0.0.1", self.servers[address[0]] or address[1]))

    def _raising(self, sock: socket.socket, address: Any) -> None:
        code = self._connect(sock, address)
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, "refused")

    def _peer(self, sock: socket.socket) -> Any:
        return self._far.get(sock) or self._real[1](sock)

    def look_up(self, host: Any, port: Any, *_: Any, **how: Any) -> list[Any]:
        """As getaddrinfo: the names of HOSTS, and every way to write an address that the C library takes for one."""
        self.asked.append(host)
        found: list[Any] = []
        name = host.lower().removesuffix(".")
        for address in self.hosts[name]() if name in self.hosts else (host,):
            found += self._real[2](address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return found
