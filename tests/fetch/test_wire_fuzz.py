"""Thousands of damaged answers: nothing raises, and what is kept is what was sent."""

import gzip
import random

import pytest
from scripted import Peer, Scripted

from wparchive.fetch import WireLimits

JSON = b'[{"id":1,"title":{"rendered":"x"},"_links":{"self":[{"href":"http://example.org/"}]}}]' * 30
PACKED = gzip.compress(JSON, mtime=0)
HEAD = b"HTTP/1.1 200 OK\r\nServer: x\r\nX-WP-Total: 7\r\nContent-Type: application/json\r\n"
SEEDS = [
    HEAD + b"Content-Length: %d\r\n\r\n" % len(JSON) + JSON,
    HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED) + PACKED,
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"64\r\n" + JSON[:100] + b"\r\n0\r\nX: y\r\n\r\n",
    HEAD
    + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"%x\r\n" % len(PACKED)
    + PACKED
    + b"\r\n0\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + HEAD + b"\r\n" + JSON,
]
PIECES = [
    b"\r\n",
    b"\n",
    b"\r\n\r\n",
    b"\0",
    b"\xff",
    b"-1",
    b"0",
    b"ffffffffffffffff",
    b": ",
    b"HTTP/1.1 ",
    b"chunked",
    b"gzip",
]


def damaged(dice: random.Random) -> bytes:
    answer = bytearray(dice.choice(SEEDS))
    for _ in range(dice.randrange(1, 5)):
        # Mostly in the head, where a bad byte does most.
        at = dice.randrange(min(len(answer), dice.choice([40, 200, 5000])) or 1)
        match dice.randrange(4):
            case 0:
                answer[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del answer[at : at + dice.randrange(1, 60)]
            case 2:
                answer[at:at] = dice.choice(PIECES)
            case _:
                answer[at:at] = bytes(answer[: dice.randrange(100)])
    return bytes(answer)


@pytest.mark.parametrize("keep", [True, False])
def test_a_damaged_answer_is_kept_as_it_came_and_never_raises(keep, make_wire):
    dice = random.Random(20250102)
    answers = [damaged(dice) for _ in range(700)]

    def play(peer: Peer) -> None:
        peer.send(answers[int(peer.request().split()[1][1:])])

    with Scripted(play) as server:
        wire = make_wire(server.origin, limits=WireLimits(head=4096))
        for number, answer in enumerate(answers):
            exchange = wire.exchange("GET", f"{server.origin}/{number}", max_body=100_000, keep_body=keep)
            kept = exchange.interim + (exchange.block.read() if exchange.block else b"")
            assert answer.startswith(kept), number
            assert exchange.error or exchange.head, number
            assert exchange.error or exchange.truncated is None, number
            if exchange.block:
                exchange.block.close()
        assert server.connections > len(answers) / 2
