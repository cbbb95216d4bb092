"""The guard: http(s) only, public addresses only, and the address that was checked is the one connected to."""

import socket
from typing import Any

import pytest
from scripted import Scripted, answering

from wparchive.errors import UsageError
from wparchive.fetch import Guard, RefusedUrl
from wparchive.fetch.guard import Refusal, public
from wparchive.urls import origin, uri

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"


def looking_up(*addresses: str) -> Any:
    """A resolver that gives `addresses` for every name, and counts how often it is asked."""

    def look_up(host: str, port: int, **_: object) -> list[Any]:
        look_up.calls += 1  # type: ignore[attr-defined]
        families = [(socket.AF_INET6 if ":" in address else socket.AF_INET, address) for address in addresses]
        return [
            (family, socket.SOCK_STREAM, 6, "", (address, port, 0, 0) if ":" in address else (address, port))
            for family, address in families
        ]

    look_up.calls = 0  # type: ignore[attr-defined]
    return look_up


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "gopher://example.org/",
        "//example.org/",
        "/wp-json/",
        "",
        "http://",
        "http:///path",
        "http://user@example.org/",
        "http://user:pass@example.org/",
        "http://example.org\\@evil.example/",
        "http://exa mple.org/",
        "http://example.org\t.evil/",
        "http://example.org:0/",
        "http://example.org:65536/",
        "http://example.org:99999999/",
        "http://example.org:22/",
        "http://example.org:25/",
        "http://example.org:http/",
        "http://[::1/",
        "http://[fe80::1%25eth0]/",
        "http://ex%61mple.org/",
        "http://127.0.0.1/",
        "http://10.1.2.3/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[fd00::1]/",
        "http://example.org/" + "a" * 9000,
    ],
)
def test_a_url_written_like_this_is_refused(url):
    assert Guard().check(url) is not None


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "https://EXAMPLE.org:8443/wp-json/?a=b#c",
        "https://bücher.example/é",
        "http://93.184.216.34/",
        "http://[2606:2800:220:1::1]:8080/",
        "HTTP://example.org/a b",
        "https://under_score.example.org./",
    ],
)
def test_a_url_written_like_this_may_be_asked(url):
    assert Guard().check(url) is None


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.8.8.8",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:8.8.8.8",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_a_name_that_resolves_to_such_an_address_is_refused(address):
    refusal = Guard(look_up=looking_up(address)).resolve("name.example", 80, "http://name.example")
    assert isinstance(refusal, Refusal)
    assert address in refusal.reason


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1::1", "2a00:1450::1"])
def test_public_addresses_are_given_as_they_were_looked_up(address):
    (found,) = Guard(look_up=looking_up(address)).resolve("name.example", 443, "https://name.example")
    assert found.sockaddr[:2] == (address, 443)


def test_of_a_name_with_both_kinds_only_the_public_addresses_are_used():
    found = Guard(look_up=looking_up("127.0.0.1", "8.8.8.8", "::1")).resolve("both.example", 80, "http://both.example")
    assert [address.sockaddr[0] for address in found] == ["8.8.8.8"]


def test_an_allowed_origin_is_that_scheme_host_and_port_and_no_other():
    guard = Guard(["http://127.0.0.1:8081", "https://intranet.example:443/some/path"], look_up=looking_up("10.0.0.5"))
    assert guard.check("http://127.0.0.1:8081/x") is None
    assert guard.check("https://intranet.example/") is None
    for other in ("http://127.0.0.1:8082/", "https://127.0.0.1:8081/", "http://127.0.0.1/", "http://127.0.0.2:8081/"):
        assert guard.check(other) is not None
    assert isinstance(guard.resolve("intranet.example", 443, "https://intranet.example"), list)
    assert isinstance(guard.resolve("intranet.example", 80, "http://intranet.example"), Refusal)


ADDRESSES = {
    "public": ("8.8.8.8", "2a00:1450::1"),
    "private": ("10.0.0.5", "fd00::5"),
    "loopback": ("127.0.0.1",),
    "metadata": ("169.254.169.254",),
    "both": ("10.0.0.5", "8.8.8.8"),
}
NAME = "http://name.example"


@pytest.mark.parametrize("kind", ADDRESSES)
@pytest.mark.parametrize("was_private", [None, True, False])
def test_a_name_that_is_to_be_crawled_may_be_private_only_if_it_was_so_from_the_first(kind, was_private):
    guard = Guard(targets=[NAME], was_private=lambda: was_private, look_up=looking_up(*ADDRESSES[kind]))
    found = guard.resolve("name.example", 80, NAME)
    if kind in ("public", "both"):
        assert [one.public for one in found] == [True] * len(found)
    elif was_private is False:
        assert isinstance(found, Refusal)
        assert "--allow-origin http://name.example" in found.reason
    else:
        assert [one.sockaddr[0] for one in found] == list(ADDRESSES[kind])


@pytest.mark.parametrize("first", ADDRESSES)
@pytest.mark.parametrize("then", ADDRESSES)
def test_a_name_server_that_changes_its_mind_is_not_asked_again(first, then):
    answers = iter([looking_up(*ADDRESSES[first]), looking_up(*ADDRESSES[then])])
    guard = Guard(targets=[NAME], look_up=lambda *about, **options: next(answers)(*about, **options))
    assert guard.resolve("name.example", 80, NAME) == guard.resolve("name.example", 80, NAME)


def test_of_a_name_that_may_be_anywhere_public_addresses_are_tried_first():
    guard = Guard([NAME], look_up=looking_up("127.0.0.1", "8.8.8.8"))
    assert [one.sockaddr[0] for one in guard.resolve("name.example", 80, NAME)] == ["8.8.8.8", "127.0.0.1"]


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:8080", "http://localhost:8080", "http://blog.localhost:8080", "http://[::1]:8080"]
)
def test_an_address_that_is_to_be_crawled_is_what_the_operator_wrote(target):
    guard = Guard(targets=[target], was_private=lambda: False, look_up=looking_up("127.0.0.1"))
    host = target.removeprefix("http://").removesuffix(":8080").strip("[]")
    assert [one.sockaddr[0] for one in guard.resolve(host, 8080, target)] == ["127.0.0.1"]


def test_another_origin_of_a_named_host_is_a_strangers():
    guard = Guard(targets=[NAME], look_up=looking_up("10.0.0.5"))
    assert not isinstance(guard.resolve("name.example", 80, NAME), Refusal)
    assert isinstance(guard.resolve("name.example", 443, "https://name.example"), Refusal)


def test_an_allowed_origin_that_is_none_is_said_at_once():
    with pytest.raises(UsageError, match="allowed origin"):
        Guard(["localhost:8080"])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Example.ORG:80/x", "http://example.org"),
        ("https://example.org:443", "https://example.org"),
        ("https://example.org:80", "https://example.org:80"),
        ("https://Bücher.example./", "https://xn--bcher-kva.example"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("mailto:a@b", ""),
    ],
)
def test_an_origin_is_spelled_in_one_way(url, expected):
    assert origin(url) == expected


def test_what_is_a_proper_uri_already_stays_as_it_is():
    url = "https://example.org/%e4%bd%a0/%zz//..?a[]=%5b&b=c:d@e!$'()*,;"
    assert uri(url) == url


def test_no_number_of_an_address_slips_through_the_resolver(make_wire):
    """getaddrinfo reads `127.1`, `0x7f.1` and `2130706433` as loopback: judged by what they resolve to."""
    with Scripted(answering(ANSWER)) as server:
        wire = make_wire()
        for host in ("127.1", "0x7f.1", "2130706433", "0177.0.0.1", "localhost", "127.0.0.1"):
            with pytest.raises(RefusedUrl):
                wire.exchange("GET", f"http://{host}:{server.port}/")
        assert server.connections == 0


def test_the_checked_address_is_the_one_connected_to(make_wire):
    """A name server that changes its mind after the check gets no second question."""
    with Scripted(answering(ANSWER)) as server:
        look_up = looking_up("127.0.0.1")
        guard = Guard([f"http://rebinding.example:{server.port}"], look_up=look_up)
        exchange = make_wire(guard=guard).exchange("GET", f"http://rebinding.example:{server.port}/")
        assert (exchange.status, exchange.peer) == (200, "127.0.0.1")
        assert look_up.calls == 1
        assert server.requests[0].split(b"\r\n")[1] == f"Host: rebinding.example:{server.port}".encode()


def test_the_next_address_is_tried_when_the_first_does_not_answer(make_wire):
    with Scripted(answering(ANSWER)) as server:
        guard = Guard([f"http://two.example:{server.port}"], look_up=looking_up("127.0.0.9", "127.0.0.1"))
        exchange = make_wire(guard=guard).exchange("GET", f"http://two.example:{server.port}/")
    assert (exchange.status, exchange.peer) == (200, "127.0.0.1")


def test_public_needs_no_exception_for_what_ipaddress_calls_global():
    import ipaddress

    assert not public(ipaddress.ip_address("192.88.99.1"))
