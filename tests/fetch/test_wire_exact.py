"""What came over the wire is what an exchange holds, to the byte, however odd it is."""

import gzip
import hashlib
import tracemalloc
import zlib

import pytest
from scripted import Peer, Scripted, answering

from wparchive.http1.message import dechunk

JSON = b'[{"id":1,"title":{"rendered":"\xc3\xa9"}}]'
PACKED = gzip.compress(JSON, mtime=0)


def chunked(data: bytes, *sizes: int, trailers: bytes = b"") -> bytes:
    out, at = b"", 0
    for size in (*sizes, len(data) - sum(sizes)):
        out += b"%x\r\n%s\r\n" % (size, data[at : at + size])
        at += size
    return out + b"0\r\n" + trailers + b"\r\n"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# name: (head, body as sent, payload, decoded body, flags)
ANSWERS: dict[str, tuple[bytes, bytes, bytes, bytes, tuple[str, ...]]] = {
    "plain": (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(JSON), JSON, JSON, JSON, ()),
    "empty": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"", b"", b"", ()),
    "header case, order and blanks": (
        b"HTTP/1.1 200 OK\r\nx-B:1\r\nX-a:   2  \r\nx-b: 3\r\nCONTENT-length:%d\r\nx-empty:\r\n\r\n" % len(JSON),
        JSON,
        JSON,
        JSON,
        (),
    ),
    "folded header": (b"HTTP/1.1 200 OK\r\nX-Long: a\r\n  b\r\nContent-Length: 2\r\n\r\n", b"[]", b"[]", b"[]", ()),
    "a line that is no header": (b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 2\r\n\r\n", b"[]", b"[]", b"[]", ()),
    "bare line feeds": (b"HTTP/1.1 200 OK\nContent-Length: 6\n\n", b"[\r\n\r\n]", b"[\r\n\r\n]", b"[\r\n\r\n]", ()),
    "no reason": (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n", b"[]", b"[]", b"[]", ()),
    "reason in Latin-1": (b"HTTP/1.1 404 Non trouv\xe9\r\nContent-Length: 2\r\n\r\n", b"[]", b"[]", b"[]", ()),
    "reason in UTF-8": (b"HTTP/1.1 200 \xe5\xa5\xbd\r\nContent-Length: 2\r\n\r\n", b"[]", b"[]", b"[]", ()),
    "odd status": (b"HTTP/1.1 299 A  B\r\nContent-Length: 2\r\n\r\n", b"[]", b"[]", b"[]", ()),
    "gzip": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED),
        PACKED,
        PACKED,
        JSON,
        (),
    ),
    "deflate": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: %d\r\n\r\n" % len(zlib.compress(JSON)),
        zlib.compress(JSON),
        zlib.compress(JSON),
        JSON,
        (),
    ),
    "gzip that isn't": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(JSON),
        JSON,
        JSON,
        JSON,
        ("not-gzip",),
    ),
    "packed twice": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(gzip.compress(PACKED)),
        gzip.compress(PACKED, mtime=0),
        gzip.compress(PACKED, mtime=0),
        JSON,
        (),
    ),
    "unknown coding": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: x-unknown\r\nContent-Length: 2\r\n\r\n",
        b"[]",
        b"[]",
        b"[]",
        ("unknown-x-unknown",),
    ),
    "chunked": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunked(JSON, 1, 7, 2), JSON, JSON, ()),
    "chunk extensions, capitals and trailers": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n",
        b'00A;x="y"\r\n0123456789\r\n0;last\r\nX-Sum: 1\r\nx-More: 2\r\n\r\n',
        b"0123456789",
        b"0123456789",
        (),
    ),
    "chunked and gzip": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
        chunked(PACKED, 10),
        PACKED,
        JSON,
        (),
    ),
    "chunked beside a length": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        chunked(JSON),
        JSON,
        JSON,
        (),
    ),
    "chunked beside a length of zero": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
        chunked(JSON),
        JSON,
        JSON,
        (),
    ),
    "length stated twice": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2, 2\r\n\r\n",
        b"[]",
        b"[]",
        b"[]",
        (),
    ),
    "no content": (b"HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", b"", b"", b"", ()),
    "not modified": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: x\r\n\r\n", b"", b"", b"", ()),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_kept_to_the_byte_and_its_connection_used_again(name, make_wire):
    head, body, payload, decoded, flags = ANSWERS[name]
    after = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nafter"
    with Scripted(answering(head + body, after)) as server:
        wire = make_wire(server.origin)
        exchange = wire.exchange("GET", f"{server.origin}/a")
        following = wire.exchange("GET", f"{server.origin}/b")
    assert exchange.block.read() == head + body
    assert exchange.block.sha256 == sha(head + body)
    assert exchange.head_size == len(head)
    assert (exchange.payload_sha256, exchange.payload_size) == (sha(payload), len(payload))
    assert exchange.body == decoded
    assert exchange.body_sha256 == sha(decoded)
    assert (exchange.error, exchange.truncated, exchange.flags) == (None, None, flags)
    assert following.block.read() == after
    assert server.connections == 1


@pytest.mark.parametrize("name", ANSWERS)
def test_a_body_that_is_not_kept_has_the_same_digests(name, make_wire):
    head, body, payload, decoded, flags = ANSWERS[name]
    with Scripted(answering(head + body)) as server:
        exchange = make_wire(server.origin).exchange("GET", server.origin, keep_body=False)
    assert exchange.body is None
    assert (exchange.payload_sha256, exchange.body_sha256) == (sha(payload), sha(decoded))
    assert exchange.flags == flags
    assert exchange.block.read() == head + body


@pytest.mark.parametrize("name", ANSWERS)
def test_how_the_network_cuts_an_answer_changes_nothing(name, make_wire):
    head, body, payload, decoded, flags = ANSWERS[name]

    def play(peer: Peer) -> None:
        peer.request()
        for at in range(len(head + body)):
            peer.send((head + body)[at : at + 1])
        peer.hold()

    with Scripted(play) as server:
        exchange = make_wire(server.origin).exchange("GET", server.origin)
    assert exchange.block.read() == head + body
    assert (exchange.payload_sha256, exchange.body, exchange.flags) == (sha(payload), decoded, flags)
    assert exchange.error is None


def test_a_head_request_has_no_body_whatever_its_length_says(make_wire):
    answer = b"HTTP/1.1 200 OK\r\nX-WP-Total: 7\r\nContent-Length: 830000\r\n\r\n"
    with Scripted(answering(answer, answer)) as server:
        wire = make_wire(server.origin)
        for _ in range(2):
            exchange = wire.exchange("HEAD", server.origin)
            assert exchange.block.read() == answer
            assert (exchange.error, exchange.body, exchange.payload_size) == (None, b"", 0)
        assert server.connections == 1
        assert server.requests[0].startswith(b"HEAD / HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "interim", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"]
)
def test_interim_heads_stand_apart_from_the_block(interim, make_wire):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
    with Scripted(answering(interim * 3 + answer)) as server:
        exchange = make_wire(server.origin).exchange("GET", server.origin)
    assert exchange.block.read() == answer
    assert exchange.interim == interim * 3
    assert exchange.status == 200


def test_an_answer_that_ends_with_its_connection_is_whole(make_wire):
    answer = b"HTTP/1.0 200 OK\r\n\r\n" + JSON

    def play(peer: Peer) -> None:
        peer.request()
        peer.send(answer)

    with Scripted(play) as server:
        wire = make_wire(server.origin)
        exchanges = [wire.exchange("GET", server.origin) for _ in range(2)]
    assert [exchange.block.read() for exchange in exchanges] == [answer, answer]
    assert [exchange.error for exchange in exchanges] == [None, None]
    assert exchanges[0].protocols == ("http/1.0",)
    assert server.connections == 2


@pytest.mark.parametrize("lengths", [b"Content-Length: 3\r\nContent-Length: 5\r\n", b"Content-Length: many\r\n"])
def test_a_length_that_makes_no_sense_is_read_until_the_end(lengths, make_wire):
    answer = b"HTTP/1.1 200 OK\r\n" + lengths + b"\r\n" + JSON

    def play(peer: Peer) -> None:
        peer.request()
        peer.send(answer)

    with Scripted(play) as server:
        exchange = make_wire(server.origin).exchange("GET", server.origin)
    assert exchange.block.read() == answer
    assert exchange.error is None
    assert exchange.flags == ("odd-length",)


def test_bytes_behind_the_end_never_reach_the_next_exchange(make_wire):
    first = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
    second = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext"
    with Scripted(answering(first + b"HTTP/1.1 200 OK\r\n\r\nsmuggled"), answering(second)) as server:
        wire = make_wire(server.origin)
        exchanges = [wire.exchange("GET", server.origin) for _ in range(2)]
    assert [exchange.block.read() for exchange in exchanges] == [first, second]
    assert exchanges[0].flags == ("surplus",)


def test_a_hundred_exchanges_share_a_connection_and_each_has_its_own_bytes(make_wire):
    def play(peer: Peer) -> None:
        while request := peer.request():
            number = request.split()[1][1:]
            body = number * 5000
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body, 3, 4000))

    with Scripted(play) as server:
        wire = make_wire(server.origin)
        for number in range(100):
            exchange = wire.exchange("GET", f"{server.origin}/{number}")
            assert exchange.body == str(number).encode() * 5000
            assert b"".join(dechunk(exchange.block.chunks(exchange.head_size))) == exchange.body
        assert server.connections == 1


def test_the_request_is_kept_as_sent_and_the_url_as_spelled(make_wire):
    """Percent-encodings keep their case, dots and doubled slashes stay; only what can't be sent is encoded."""
    paths = {
        "/%e4%bd%a0?rest_route=/wp/v2/posts&a[]=1": "/%e4%bd%a0?rest_route=/wp/v2/posts&a[]=1",
        "//a/../b/./c": "//a/../b/./c",
        "?rest_route=/": "/?rest_route=/",
        "/é ü#fragment": "/%C3%A9%20%C3%BC",
        "": "/",
    }
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    with Scripted(answering(*[answer] * len(paths))) as server:
        wire = make_wire(server.origin)
        for path, target in paths.items():
            exchange = wire.exchange("GET", server.origin + path, [("X-Test", "1")])
            assert exchange.request == server.requests[-1]
            assert exchange.request.startswith(b"GET " + target.encode() + b" HTTP/1.1\r\nHost: 127.0.0.1:")
            assert exchange.url == server.origin + target
            lines = exchange.request.split(b"\r\n")
            assert b"Accept-Encoding: gzip" in lines
            assert b"User-Agent: wparchive-test" in lines
            assert b"X-Test: 1" in lines


def test_a_large_body_streams_in_constant_memory(make_wire):
    piece = bytes(range(256)) * 4096
    size = 64 * len(piece)

    def play(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(64):
            peer.send(piece)
        peer.hold()

    with Scripted(play) as server:
        wire = make_wire(server.origin)
        tracemalloc.start()
        exchange = wire.exchange("GET", server.origin, max_body=1 << 30, keep_body=False)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    digest = hashlib.sha256()
    for _ in range(64):
        digest.update(piece)
    assert (exchange.error, exchange.payload_size, exchange.payload_sha256) == (None, size, digest.hexdigest())
    assert exchange.body_sha256 == digest.hexdigest()
    assert peak < 8_000_000


def test_a_server_on_ipv6_is_reached_by_its_literal_address(make_wire):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
    with Scripted(answering(answer), host="::1") as server:
        exchange = make_wire(server.origin).exchange("GET", f"{server.origin}/x")
    assert (exchange.status, exchange.peer, exchange.url) == (200, "::1", f"{server.origin}/x")
    assert server.requests[0].split(b"\r\n")[1] == f"Host: [::1]:{server.port}".encode()
