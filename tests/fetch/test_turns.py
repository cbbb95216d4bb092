"""Turns at an IP address are taken for the one that is connected to, and long waits and long answers are reported."""

import socket
import threading
from datetime import UTC, datetime

from scripted import Peer, Scripted, answering

from wparchive.fetch import Fetcher, FetchPolicy, Guard, Politeness
from wparchive.model import Target

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


class Turns:
    """Turns that are granted at once, as they come and go."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, address: str, stop: threading.Event | None):
        del stop
        self.seen.append(f"+{address}")
        return lambda: self.seen.append(f"-{address}")


def test_the_turn_is_at_the_address_that_is_connected_to(make_wire):
    """The first one refuses, the second one answers; a connection that was kept alive is at its own."""
    turns = Turns()

    def look_up(host, port, **how):
        del host, how
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (at, port)) for at in ("127.0.0.77", "127.0.0.1")]

    with Scripted(answering(GOOD, GOOD)) as server:
        origin = server.origin.replace("127.0.0.1", "twice.test")
        wire = make_wire(guard=Guard([origin], look_up=look_up), turns=turns)
        for _ in range(2):
            exchange = wire.exchange("GET", f"{origin}/")
            assert (exchange.status, exchange.peer) == (200, "127.0.0.1")
        assert server.connections == 1
    assert turns.seen == ["+127.0.0.77", "-127.0.0.77", "+127.0.0.1", "-127.0.0.1", "+127.0.0.1", "-127.0.0.1"]


def test_a_turn_ends_with_its_exchange_however_that_ends(make_wire):
    turns = Turns()

    def play(peer: Peer) -> None:
        peer.request()
        peer.send(GOOD[:-1])

    with Scripted(play) as server:
        assert make_wire(server.origin, turns=turns).exchange("GET", server.origin).truncated == "disconnect"
    closed = make_wire("http://127.0.0.1:1", turns=turns).exchange("GET", "http://127.0.0.1:1/")
    assert "can't connect" in closed.error
    assert turns.seen == ["+127.0.0.1", "-127.0.0.1"] * 2


def test_waiting_for_a_turn_is_no_part_of_the_exchange(make_wire):
    """Neither of its time limit nor of how long the host took, by which it would seem slow."""
    free = threading.Event()
    hosts = Politeness(concurrency=1)
    leave = hosts.at_address("127.0.0.1")

    def release() -> None:
        leave()
        free.set()

    timer = threading.Timer(2.5, release)
    with Scripted(answering(GOOD)) as server:
        timer.start()
        wire = make_wire(server.origin, turns=hosts.at_address, total_timeout=2.0, connect_timeout=5.0)
        exchange = wire.exchange("GET", server.origin)
    timer.join()
    assert free.is_set()
    assert (exchange.status, exchange.error) == (200, None)
    assert exchange.elapsed < 2.0


def test_a_long_wait_is_reported_with_its_end(make_wire):
    """As Retry-After asks for, or our own after a failure; short ones aren't."""
    events = []
    later = b"HTTP/1.1 429 X\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n"
    soon = b"HTTP/1.1 503 X\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
    with Scripted(answering(soon, later, GOOD)) as server:
        guard = Guard([server.origin])
        fetcher = Fetcher(
            FetchPolicy(wait=lambda _: 0.0),
            make_wire(guard=guard),
            Politeness(sleep=lambda _: None, clock=iter(range(0, 10**6, 1000)).__next__),
            guard,
            sleep=lambda _: None,
            now=lambda: NOW,
            emit=lambda event, fields: events.append((event, fields)),
        )
        fetcher.fetch(Target(url=server.origin, key="a", kind="item"))
    assert events == [
        (
            "waiting",
            {
                "host": "127.0.0.1",
                "seconds": 120.0,
                "until": "2026-03-01T12:02:00.000000Z",
                "reason": "HTTP 429, Retry-After",
                "paused": True,
            },
        )
    ]


def test_a_long_answer_is_reported_while_it_comes(make_wire):
    """How much of how much, and since when; nothing of a short one."""
    events, went_on = [], threading.Event()

    def emit(event, fields):
        events.append((event, fields))
        went_on.set()

    def play(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n")
        sent = 0
        while not went_on.wait(0.05) and sent < 2900:
            peer.send(b"x" * 10)
            sent += 10
        peer.send(b"x" * (3000 - sent))

    with Scripted(play, answering(GOOD)) as server:
        wire = make_wire(server.origin, emit=emit)
        assert wire.exchange("GET", f"{server.origin}/photo.jpg").payload_size == 3000
        count = len(events)
        wire.exchange("GET", server.origin)
    assert len(events) == count >= 1
    event, fields = events[0]
    assert (event, fields["url"], fields["of"]) == ("receiving", f"{server.origin}/photo.jpg", 3000)
    assert 0 < fields["bytes"] < 3000 and fields["seconds"] >= 1
