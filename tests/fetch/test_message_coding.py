"""Bodies are de-chunked and decoded the same however they were cut, in linear time and bounded memory."""

import gzip
import tracemalloc
import zlib
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from wparchive.http1.message import Dechunker, Head, dechunk, decode, decoded, head_length, parse_head


def head(coding: str) -> Head:
    return Head(200, "OK", "HTTP/1.1", (("Content-Encoding", coding),))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in pairwise(edges)]


@given(
    st.binary(max_size=4000),
    st.lists(st.integers(0, 9000), max_size=9),
    st.sampled_from(["gzip", "deflate"]),
    st.integers(0, 9000),
    st.binary(max_size=4),
)
@settings(deadline=None, max_examples=150)
def test_decoding_does_not_depend_on_where_the_network_cuts(data, places, coding, damage, junk):
    packed = bytearray(gzip.compress(data) if coding == "gzip" else zlib.compress(data))
    packed[damage % len(packed) : damage % len(packed) + len(junk)] = junk
    whole = decode([bytes(packed)], head(coding), 1 << 20)
    assert decode(cut(bytes(packed), places), head(coding), 1 << 20) == whole
    if not junk:
        assert whole.data == data


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=6), st.lists(st.integers(0, 3000), max_size=9))
@settings(deadline=None, max_examples=150)
def test_dechunking_does_not_depend_on_where_the_network_cuts(pieces, places):
    data = b"".join(b"%x;a=b\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nX: y\r\n\r\n"
    assert b"".join(dechunk(cut(data, places))) == b"".join(pieces)


def test_several_gzip_members_are_one_body_and_padding_is_dropped():
    packed = gzip.compress(b"one") + gzip.compress(b"two") + bytes(512)
    assert decode([packed], head("gzip"), 100) == decode(cut(packed, list(range(0, 600, 7))), head("gzip"), 100)
    assert decode([packed], head("gzip"), 100).data == b"onetwo"


def test_raw_deflate_is_understood():
    assert decode([zlib.compress(b"x" * 999, wbits=-15)], head("deflate"), 9999).data == b"x" * 999


def test_a_bomb_of_many_layers_costs_no_memory_past_its_limit():
    bomb = gzip.compress(gzip.compress(bytes(100_000_000), 1), 9)
    tracemalloc.start()
    body = decode([bomb], head("gzip, gzip"), 1_000_000)
    assert (len(body.data), body.flags) == (1_000_000, ("bomb",))
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_a_body_of_very_many_tiny_chunks_is_given_up():
    """It would cost a minute of framing; a hundred thousand of them are borne, and any number of larger ones."""
    tiny = Dechunker()
    assert sum(map(len, tiny.feed(b"1\r\nx\r\n" * 100_000))) == 100_000
    assert not tiny.broken
    tiny.feed(b"1\r\nx\r\n")
    assert tiny.broken
    larger = Dechunker()
    larger.feed((b"40\r\n" + bytes(64) + b"\r\n") * 200_000)
    assert not larger.broken


def test_more_than_five_codings_are_left_as_they_came():
    packed = b"x" * 99
    for _ in range(6):
        packed = gzip.compress(packed)
    assert decode([packed], head(", ".join(["gzip"] * 6)), 9999).flags == ("too-many-codings",)
    assert decode([packed], head(", ".join(["gzip"] * 600)), 9999).data == packed
    assert decode([gzip.decompress(packed)], head(", ".join(["gzip"] * 5)), 9999).data == b"x" * 99


def test_faults_are_flagged_while_pieces_stream():
    flags: list[str] = []
    pieces = list(decoded([gzip.compress(bytes(100_000))[:-20]], head("gzip"), flags))
    assert flags == ["cut"]
    assert bytes(100_000).startswith(b"".join(pieces))


def test_a_head_ends_at_its_first_blank_line_in_either_spelling():
    assert head_length(b"HTTP/1.1 200 OK\n\nbody\r\n\r\n") == 17
    assert head_length(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nx\n\n") == 25
    assert head_length(b"HTTP/1.1 200 OK\r\nA: b\n\r\nx") == 24
    assert head_length(b"HTTP/1.1 200 OK\r\n") == -1


def test_a_status_line_of_any_length_is_parsed():
    assert parse_head(b"HTTP/1.1 " + b"9" * 10_000 + b"\r\n\r\n").status == 0
    assert parse_head(b"\r\n\r\n").status == 0
