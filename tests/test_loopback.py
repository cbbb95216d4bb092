"""No server of a test answers in the place of another."""

import fcntl
import os
import re
import socket
import threading
from contextlib import closing
from pathlib import Path

import pytest
from loopback import HeldPort, Listener

TESTS = Path(__file__).parent
# What opens a listener or waits at one, and what sends a signal to all threads: a matter of few files.
KEPT = {
    r"\.accept\(": {"loopback.py"},
    r"create_server\(|\.bind\(": {
        "loopback.py",
        "browse/reading.py",  # uvicorn closes it
        "fetch/test_wire_cut.py",  # nobody accepts
        "intake/test_named_files.py",  # a socket of a file's name
    },
    r"serve_forever": {"loopback.py", "fakewp/simulator/server.py"},
    r"os\.set(e|re|res)?[ug]id\(|os\.(set|init)groups\(": set[str](),
}


def _from(sock: socket.socket, number: int) -> int:
    """A descriptor of a socket with that number, if nobody has it: a lower one may be free too."""
    return fcntl.fcntl(sock, fcntl.F_DUPFD_CLOEXEC, number)


def test_a_closed_listener_takes_no_connection_of_another() -> None:
    """The next one has its number, and a change of rights wakes whoever waits in the system."""
    stolen: list[socket.socket] = []
    threads = threading.active_count()
    for _ in range(10):
        listener = Listener(lambda one: (one.sendall(b"mine"), one.close()))
        number = listener.socket.fileno()
        with socket.create_connection(("127.0.0.1", listener.port)) as client:
            assert client.recv(9) == b"mine"
        listener._take = stolen.append
        listener.close()
        assert threading.active_count() <= threads
        with socket.create_server(("127.0.0.1", 0)) as other, closing(socket.socket(fileno=_from(other, number))):
            other.settimeout(5)
            os.seteuid(os.geteuid())
            for _ in range(2):
                with socket.create_connection(other.getsockname()):
                    other.accept()[0].close()
    assert stolen == []


def test_a_held_port_is_given_to_nobody_else_and_may_be_listened_at_again_and_again() -> None:
    with HeldPort() as held:
        for _ in range(2):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", held.number))
            with socket.create_server(("127.0.0.1", held.number)) as server:
                with socket.create_connection(("127.0.0.1", held.number)) as client:
                    assert client.getpeername() == server.getsockname()
                with pytest.raises(OSError, match="in use"):
                    socket.create_server(("127.0.0.1", held.number))
        with socket.socket() as careless, pytest.raises(OSError, match="in use"):
            careless.bind(("127.0.0.1", held.number))


def test_the_port_of_a_server_that_is_gone_stays_nobodys() -> None:
    with Listener(lambda connection: connection.close()) as gone:
        port = gone.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    with socket.socket() as careless, pytest.raises(OSError, match="in use"):
        careless.bind(("127.0.0.1", port))


@pytest.mark.parametrize("pattern", KEPT)
def test_servers_of_tests_are_made_in_one_place(pattern: str) -> None:
    paths = [one for one in TESTS.rglob("*.py") if one != Path(__file__) and "benchmarks" not in one.parts]
    found = {one.relative_to(TESTS).as_posix() for one in paths if re.search(pattern, one.read_text("utf-8"))}
    assert found == KEPT[pattern]
