"""Servers of the tests' own on loopback: each has its port to itself, and one that was closed takes nothing any more.

Three traps are kept out here. A thread that waits in `accept` while its listener is closed keeps that open in the kernel;
a signal that the C library sends to all threads (as for `os.seteuid`) lets it wait anew, by number, at whatever has that
number since: it then takes a connection of another server. A port that was found free and let go may be anybody's before
a program of ours listens there. And so may the port of a server that is closed, while a test still says that it is gone.
"""

import atexit
import contextlib
import socket
import socketserver
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Self, TypeVar

__all__ = ["HeldPort", "Listener", "serving"]

Server = TypeVar("Server", bound=socketserver.TCPServer)

_GONE: deque["HeldPort"] = deque()
_MOST_GONE = 32  # more than any test closes


class HeldPort:
    """A port of loopback that nobody else is given until this is closed; while nobody listens, connections are refused.

    A program of the test's own may listen there, once or again: it names the `number`, with SO_REUSEADDR as servers do.
    """

    def __init__(self, address: str = "127.0.0.1") -> None:
        # Bound without listening: the system gives it to nobody who asks for any port, nor to a connection that goes out.
        self._socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((address, 0))
        self.number: int = self._socket.getsockname()[1]
        self.host = f"[{address}]" if ":" in address else address
        self.url = f"http://{self.host}:{self.number}"

    def close(self) -> None:
        """Let it go."""
        self._socket.close()

    def leave(self) -> None:
        """Let it go, but not before many others: whoever looks for the server that was here finds none."""
        _GONE.append(self)
        _let_go(_MOST_GONE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _let_go(but: int = 0) -> None:
    """Close what was left, but for the last few."""
    while len(_GONE) > but:
        _GONE.popleft().close()


atexit.register(_let_go)


class Listener:
    """Hands each connection to `take`, one after the other in a thread of its own, until it is closed; `take` closes it."""

    def __init__(self, take: Callable[[socket.socket], object], address: str = "127.0.0.1") -> None:
        self._take = take
        self._closing = False
        self._held = HeldPort(address)
        self.host, self.port, self.url = self._held.host, self._held.number, self._held.url
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.create_server((address, self.port), family=family, backlog=128)
        self.socket.settimeout(1)  # where shutdown() wakes nobody who waits in accept(), closing takes that long
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more; the listener is closed when no thread waits at it any longer."""
        self._closing = True
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self.socket.close()
        self._held.leave()

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self.socket.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self._take(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@contextlib.contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Let `server` serve in a thread; it is closed once that thread has ended."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
