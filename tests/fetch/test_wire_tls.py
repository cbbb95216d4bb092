"""TLS: verified, and its facts kept beside the bytes."""

import hashlib
import ssl

from scripted import Peer, Scripted, answering

ANSWER = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"


def test_exchanges_over_tls_are_exact_and_tell_the_peer(make_wire, certificate, tls):
    with Scripted(answering(ANSWER, ANSWER), tls=tls) as server:
        wire = make_wire(server.origin, authorities=str(certificate))
        exchanges = [wire.exchange("GET", f"{server.origin}/{n}") for n in range(2)]
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text().split("-----BEGIN PRIVATE")[0].strip())
    for exchange in exchanges:
        assert (exchange.error, exchange.block.read()) == (None, ANSWER)
        facts = dict(exchange.tls)
        assert facts["version"] == "TLSv1.3"
        assert facts["cipher"].startswith("TLS_")
        assert facts["certificate-sha256"] == hashlib.sha256(der).hexdigest()
        assert facts["subject"] == facts["issuer"] == "commonName=loopback"
        assert exchange.protocols == ("http/1.1", "tls/1.3")
        assert exchange.peer == "127.0.0.1"
    assert server.connections == 1


def test_a_certificate_of_no_known_authority_is_refused(make_wire, tls):
    with Scripted(answering(ANSWER), tls=tls) as server:
        exchange = make_wire(server.origin).exchange("GET", server.origin)
    assert exchange.error.startswith("certificate refused: self")
    assert exchange.flags == ("certificate", "not-sent")
    assert server.requests == []


def test_a_certificate_for_another_name_is_refused(make_wire, certificate, tls):
    with Scripted(answering(ANSWER), tls=tls) as server:
        url = f"https://localhost:{server.port}"
        exchange = make_wire(url, authorities=str(certificate)).exchange("GET", url)
    assert exchange.error.startswith("certificate refused: Hostname mismatch")
    assert server.requests == []


def test_a_server_that_speaks_no_tls_is_an_error_of_the_network(make_wire):
    with Scripted(lambda peer: peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        url = f"https://127.0.0.1:{server.port}"
        exchange = make_wire(url).exchange("GET", url)
    assert exchange.error.startswith("no TLS connection: ")
    assert exchange.block is None


def test_a_body_cut_in_tls_is_kept(make_wire, certificate, tls):
    sent = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 40_000

    def play(peer: Peer) -> None:
        peer.request()
        peer.send(sent)

    with Scripted(play, tls=tls) as server:
        exchange = make_wire(server.origin, authorities=str(certificate)).exchange("GET", server.origin)
    assert exchange.block.read() == sent
    assert exchange.truncated == "disconnect"


def test_silence_inside_tls_is_noticed_and_does_not_break_reading(make_wire, certificate, tls):
    """A wait that times out in the middle of a TLS record must go on where it was."""
    body = b"x" * 50_000

    def play(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + body[:10])
        peer.stop.wait(0.5)
        peer.send(body[10:])
        peer.hold()

    with Scripted(play, tls=tls) as server:
        exchange = make_wire(server.origin, authorities=str(certificate)).exchange("GET", server.origin)
    assert (exchange.error, exchange.body) == (None, body)
