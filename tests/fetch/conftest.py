"""What the tests of fetch/ share: wires that are closed again, and a certificate made on the spot."""

import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wparchive.fetch import Guard, Wire


@pytest.fixture
def make_wire(tmp_path: Path) -> Iterator[Callable[..., Wire]]:
    """Makes wires that may go to the origins given; short time-outs unless told otherwise."""
    made: list[Wire] = []

    def make(*origins: str, guard: Guard | None = None, **options: Any) -> Wire:
        settings = {"connect_timeout": 5.0, "read_timeout": 5.0, "total_timeout": 15.0, "spool_folder": tmp_path}
        wire = Wire(user_agent="wparchive-test", guard=guard or Guard(origins), **(settings | options))
        made.append(wire)
        return wire

    yield make
    for wire in made:
        wire.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one PEM file."""
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    names = ["-subj", "/CN=loopback", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run([*command, *names, *files], check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "certificate.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return both


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    """A server's context with `certificate`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
