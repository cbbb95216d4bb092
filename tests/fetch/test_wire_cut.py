"""What ends early is kept as far as it came, with the reason; nothing of it raises."""

import gc
import gzip
import socket
import threading
from datetime import UTC, datetime

import pytest
from loopback import HeldPort
from scripted import Peer, Scripted, answering

from wparchive.errors import StorageError
from wparchive.fetch import Guard, WireLimits
from wparchive.fetch.response import Incoming
from wparchive.transit.spool import IN_MEMORY

HOUR = 3600.0
MOMENT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def playing(answer: bytes, then: str = "close"):
    def play(peer: Peer) -> None:
        peer.request()
        peer.send(answer)
        if then != "close":
            getattr(peer, then)()

    return play


# name: (what is sent, how the server ends, reason, flags)
CUT = {
    "short body": (HEAD + b"x" * 400, "close", "disconnect", ()),
    "no body at all": (HEAD, "close", "disconnect", ()),
    "chunk cut": (CHUNKED + b"5\r\nhel", "close", "disconnect", ()),
    "no last chunk": (CHUNKED + b"5\r\nhello\r\n", "close", "disconnect", ()),
    "trailers cut": (CHUNKED + b"5\r\nhello\r\n0\r\nX-A: 1\r\n", "close", "disconnect", ()),
    "chunks that aren't": (CHUNKED + b'[{"id":1}]', "hold", None, ("broken-chunks",)),
    "negative chunk": (CHUNKED + b"-5\r\nhello\r\n", "hold", None, ("broken-chunks",)),
    "head cut": (b"HTTP/1.1 200 OK\r\nContent-Le", "close", "disconnect", ()),
    "silence in the body": (HEAD + b"x" * 10, "hold", "time", ()),
    "silence in the head": (b"HTTP/1.1 200 OK\r\n", "hold", "time", ()),
    "not HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n", "hold", "disconnect", ("not-http",)),
    "HTTP 0.9": (b"<html>hello</html>", "close", "disconnect", ("not-http",)),
    "no status": (b"HTTP/1.1 abc OK\r\n\r\n", "hold", "disconnect", ("not-http",)),
    "endless status": (b"HTTP/1.1 " + b"9" * 9000 + b"\r\n\r\n", "hold", "disconnect", ("not-http",)),
    "unasked switch of protocols": (b"HTTP/1.1 101 Go\r\n\r\n", "hold", "disconnect", ("not-http",)),
}


@pytest.mark.parametrize("name", CUT)
def test_what_came_before_the_end_is_kept(name, make_wire):
    sent, then, truncated, flags = CUT[name]
    with Scripted(playing(sent, then)) as server:
        exchange = make_wire(server.origin, read_timeout=2.0).exchange("GET", server.origin)
    assert exchange.block.read() == sent
    assert exchange.error
    assert exchange.truncated == (truncated or "disconnect")
    assert exchange.flags == flags


def test_a_reset_in_the_body_keeps_what_was_read(make_wire):
    """What the kernel had handed over by the time of the reset is kept; the exchange says that it was cut."""
    read = threading.Event()

    def play(peer: Peer) -> None:
        peer.request()
        peer.send(HEAD + b"x" * 400)
        read.wait(0.2)
        peer.reset()

    with Scripted(play) as server:
        exchange = make_wire(server.origin).exchange("GET", server.origin)
    assert exchange.block.read() == HEAD + b"x" * 400
    assert exchange.truncated == "disconnect"
    assert "Reset" in exchange.error
    assert exchange.body == b"x" * 400


@pytest.mark.parametrize("name", CUT)
def test_what_ended_early_is_let_go_of_with_its_exchange(name, make_wire):
    """Its body may take megabytes, and what nobody holds any more mustn't wait for Python to look for cycles."""
    sent, then, _, _ = CUT[name]
    gc.collect()
    gc.disable()
    try:
        with Scripted(playing(sent, then)) as server:
            make_wire(server.origin, read_timeout=2.0).exchange("GET", server.origin)
        left = [one for one in gc.get_objects() if isinstance(one, Incoming)]
    finally:
        gc.enable()
    assert not left


def test_gzip_that_is_cut_gives_what_can_be_decoded(make_wire):
    packed = gzip.compress(bytes(range(256)) * 4000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with Scripted(playing(head + packed[:-9])) as server:
        exchange = make_wire(server.origin).exchange("GET", server.origin)
    assert (exchange.truncated, exchange.flags) == ("disconnect", ("cut",))
    assert (bytes(range(256)) * 4000).startswith(exchange.body)


def test_no_answer_at_all_leaves_the_request_and_the_error(make_wire):
    with Scripted(lambda peer: peer.request() and None) as server:
        exchange = make_wire(server.origin).exchange("GET", f"{server.origin}/x")
    assert (exchange.block, exchange.head, exchange.body, exchange.truncated) == (None, None, None, None)
    assert exchange.error == "closed without an answer"
    assert exchange.request == server.requests[0]


def test_a_refused_connection_leaves_what_would_have_been_sent(make_wire):
    with HeldPort() as nobody:
        port = nobody.number
        exchange = make_wire(nobody.url).exchange("GET", f"{nobody.url}/x?y", secret="Basic QQ==")
    assert "Connection refused (ECONNREFUSED)" in exchange.error
    assert exchange.request.startswith(
        b"GET /x?y HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: wparchive-test\r\n" % port
    )
    assert b"QQ==" not in exchange.request
    assert "not-sent" in exchange.flags


def test_a_host_without_an_address_is_an_answer_of_the_network(make_wire):
    def look_up(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    exchange = make_wire(guard=Guard(look_up=look_up)).exchange("GET", "http://nowhere.example/")
    assert exchange.error == "no address for nowhere.example: gaierror: Name or service not known"
    assert exchange.flags == ("no-address", "not-sent")


@pytest.mark.parametrize("where", ["head", "body", "chunks"])
def test_a_slow_drip_is_cut_by_the_time_of_the_whole_exchange(where, make_wire):
    start = {"head": b"HTTP/1.1 200 OK\r\nX-Slow: ", "body": HEAD, "chunks": CHUNKED + b"fff\r\n"}[where]

    def play(peer: Peer) -> None:
        peer.request()
        peer.send(start)
        peer.drip(b"x" * 5000, every=0.01)

    with Scripted(play) as server:
        exchange = make_wire(server.origin, read_timeout=5.0, total_timeout=2.0).exchange("GET", server.origin)
    assert (exchange.truncated, exchange.error) == ("time", "longer than the time allowed for the whole exchange")
    kept = exchange.block.read()
    assert kept.startswith(start)
    assert kept.removeprefix(start) == b"x" * (len(kept) - len(start)) != b""


def test_endless_headers_are_cut(make_wire):
    def play(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            peer.send(b"X-More: %s\r\n" % (b"m" * 500))

    with Scripted(play) as server:
        exchange = make_wire(server.origin, limits=WireLimits(head=100_000)).exchange("GET", server.origin)
    assert (exchange.truncated, exchange.head) == ("length", None)
    assert 100_000 < exchange.block.size < 100_000 + 65_537
    assert exchange.block.read(0, 17) == b"HTTP/1.1 200 OK\r\n"


def test_endless_interim_heads_are_cut(make_wire):
    def play(peer: Peer) -> None:
        peer.request()
        while True:
            peer.send(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * 100)

    with Scripted(play) as server:
        exchange = make_wire(server.origin, limits=WireLimits(head=20_000)).exchange("GET", server.origin)
    assert exchange.error.endswith("bytes of headers")
    assert len(exchange.interim) <= 20_000


def test_a_thousand_headers_are_no_problem(make_wire):
    """http.client would stop at a hundred."""
    head = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(1000)) + b"Content-Length: 2\r\n\r\n"
    with Scripted(answering(head + b"[]")) as server:
        exchange = make_wire(server.origin).exchange("GET", server.origin)
    assert exchange.block.read() == head + b"[]"
    assert len(exchange.head.headers) == 1001


@pytest.mark.parametrize("framing", ["length", "chunks", "close"])
def test_a_body_past_the_limit_is_cut_there(framing, make_wire):
    heads = {
        "length": b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n",
        "chunks": CHUNKED,
        "close": b"HTTP/1.1 200 OK\r\n\r\n",
    }
    piece = b"x" * 65536 if framing != "chunks" else b"10000\r\n" + b"x" * 65536 + b"\r\n"

    def play(peer: Peer) -> None:
        peer.request()
        peer.send(heads[framing])
        while True:
            peer.send(piece)

    with Scripted(play) as server:
        exchange = make_wire(server.origin).exchange("GET", server.origin, max_body=3_000_000)
    assert exchange.truncated == "length"
    assert 3_000_000 <= exchange.payload_size < 3_000_000 + (1 << 18 if framing == "chunks" else 1)
    assert exchange.block.size > 3_000_000


def test_a_file_that_says_beforehand_that_it_is_too_long_is_not_read(make_wire):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n"
    with Scripted(playing(head + b"x" * 1000, "hold")) as server:
        exchange = make_wire(server.origin).exchange("GET", server.origin, max_body=3_000_000, keep_body=False)
    assert (exchange.truncated, exchange.block.read()) == ("length", head)


@pytest.mark.parametrize("keep", [True, False])
def test_a_decompression_bomb_is_cut_and_flagged(keep, make_wire):
    bomb = gzip.compress(bytes(40_000_000))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with Scripted(answering(head + bomb)) as server:
        exchange = make_wire(server.origin).exchange("GET", server.origin, max_body=1_000_000, keep_body=keep)
    assert exchange.block.size == len(head) + len(bomb)
    assert exchange.flags == ("bomb",)
    assert exchange.error is None
    assert exchange.body_sha256 == ""
    assert exchange.body is None or len(exchange.body) == 4_000_000


@pytest.mark.usefixtures("must_end")
@pytest.mark.parametrize("where", ["head", "body"])
def test_the_stop_event_ends_a_running_exchange(where, make_wire):
    """Whatever else it would wait for: here an hour."""
    stop = threading.Event()
    sent = b"" if where == "head" else HEAD + b"x"

    def play(peer: Peer) -> None:
        peer.request()
        peer.send(sent)
        stop.set()
        peer.hold()

    with Scripted(play) as server:
        wire = make_wire(server.origin, read_timeout=HOUR, total_timeout=HOUR)
        exchange = wire.exchange("GET", server.origin, stop=stop)
    assert exchange.error == "stopped"
    kept = exchange.block.read() if exchange.block else b""
    assert sent.startswith(kept)
    assert exchange.truncated == ("time" if kept else None)


@pytest.mark.usefixtures("must_end")
def test_the_stop_event_ends_an_attempt_to_connect(make_wire):
    """A port whose backlog is full neither accepts nor refuses, for an hour if need be."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        fillers = []
        for _ in range(8):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
            fillers.append(filler)
        timer = threading.Timer(0.1, stop.set)
        timer.start()
        wire = make_wire(f"http://127.0.0.1:{port}", connect_timeout=HOUR, total_timeout=HOUR)
        exchange = wire.exchange("GET", f"http://127.0.0.1:{port}/", stop=stop)
        timer.join()
        for filler in fillers:
            filler.close()
    assert exchange.error == "stopped"


def test_a_cut_connection_is_not_used_again(make_wire):
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
    with Scripted(playing(HEAD + b"x", "hold"), answering(good)) as server:
        wire = make_wire(server.origin, read_timeout=2.0)
        assert wire.exchange("GET", server.origin).truncated == "time"
        assert wire.exchange("GET", server.origin).block.read() == good
        assert server.connections == 2


def test_a_connection_that_died_in_the_pool_is_told_apart(make_wire):
    """The server may hang up between two requests: that says nothing about the site."""
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"

    def play(peer: Peer) -> None:
        peer.request()
        peer.send(good)
        peer.request()

    with Scripted(play) as server:
        wire = make_wire(server.origin)
        assert wire.exchange("GET", server.origin).flags == ()
        assert wire.exchange("GET", server.origin).flags == ("stale-connection",)
        assert wire.exchange("GET", server.origin).status == 200


def test_a_full_disk_is_an_error_of_ours(make_wire, tmp_path):
    missing = tmp_path / "gone"
    body = b"x" * (IN_MEMORY + 100_000)
    with Scripted(answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)) as server:
        wire = make_wire(server.origin, spool_folder=missing)
        with pytest.raises(StorageError, match="free some space"):
            wire.exchange("GET", server.origin)


@pytest.mark.parametrize("method", ["POST", "DELETE", "get", "OPTIONS"])
def test_only_get_and_head_are_ever_sent(method, make_wire):
    with pytest.raises(ValueError, match="only GET and HEAD"):
        make_wire().exchange(method, "http://example.org/")


def test_headers_that_would_change_the_request_are_left_out(make_wire):
    banned = [
        ("Cookie", "a=b"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("Authorization", "Basic eA=="),
        ("Host", "evil"),
    ]
    with Scripted(answering(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n" * 1)) as server:
        wire = make_wire(server.origin)
        wire.exchange("GET", server.origin, [*banned, ("If-None-Match", '"x"')])
    lines = server.requests[0].split(b"\r\n")
    assert b'If-None-Match: "x"' in lines
    assert not [
        line for line in lines if line.lower().startswith((b"cookie", b"x-http", b"authorization", b"host: evil"))
    ]


def test_cookies_are_neither_kept_nor_sent(make_wire):
    answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: session=abc; Path=/\r\nContent-Length: 0\r\n\r\n"
    with Scripted(answering(answer, answer)) as server:
        wire = make_wire(server.origin)
        wire.exchange("GET", server.origin)
        wire.exchange("GET", server.origin)
    assert b"cookie" not in server.requests[1].lower()


def test_proxies_of_the_environment_are_not_used(make_wire, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with Scripted(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as server:
        assert make_wire(server.origin).exchange("GET", server.origin).status == 200


def test_the_secret_is_sent_and_not_kept(make_wire):
    with Scripted(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as server:
        exchange = make_wire(server.origin).exchange("GET", server.origin, secret="Basic c2VjcmV0")
    assert b"Authorization: Basic c2VjcmV0\r\n" in server.requests[0]
    assert exchange.request == server.requests[0].replace(b"Basic c2VjcmV0", b"[redacted]")
    assert exchange.flags == ("authorization-redacted",)
    assert "c2VjcmV0" not in repr(exchange)


def test_a_secret_that_cannot_be_sent_shows_in_no_error(make_wire):
    with Scripted(answering(b"")) as server:
        exchange = make_wire(server.origin).exchange("GET", server.origin, secret="Basic abc\r\nX: y")
    assert exchange.error == "the request can't be written (ValueError)"
    assert b"abc" not in exchange.request


def test_an_exchange_tells_when_it_began_and_which_attempt_it_was(make_wire):
    """By the clock that the wire was given, read before anything is sent."""
    asked = []

    def now():
        asked.append(len(server.requests))
        return MOMENT

    with Scripted(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as server:
        exchange = make_wire(server.origin, now=now).exchange("GET", server.origin, attempt=3, hop=2)
    assert (exchange.began, asked) == (MOMENT, [0])
    assert exchange.elapsed > 0
    assert (exchange.attempt, exchange.hop, exchange.peer) == (3, 2, "127.0.0.1")
