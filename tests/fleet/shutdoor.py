"""A way to a server that can be shut, cut, and opened again: what a network does."""

import contextlib
import socket
import threading

from loopback import Listener

__all__ = ["Door"]


class Door:
    """Passes connections on to the port `to`; each says one thing, as HTTP without keep-alive.

    While `refusing` is above 0 a connection is closed at once, which counts it down; while `cutting` is above 0 an
    answer ends after `cut_after` bytes.
    """

    def __init__(self, to: int) -> None:
        self._to = to
        self.refusing = self.cutting = self.cut_after = self.passed = 0
        self._listener = Listener(self._take)
        self.url = self._listener.url

    def close(self) -> None:
        """Let nobody in any more."""
        self._listener.close()

    def _take(self, client: socket.socket) -> None:
        if self.refusing > 0:
            self.refusing -= 1
            client.close()
        else:
            self.passed += 1
            threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._to)) as server:
            there = threading.Thread(target=self._copy, args=(client, server, None), daemon=True)
            there.start()
            cut = self.cut_after if self.cutting > 0 else None
            self.cutting -= 1
            self._copy(server, client, cut)
            for one in (client, server):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            there.join()

    @staticmethod
    def _copy(source: socket.socket, sink: socket.socket, most: int | None) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data if most is None else data[:most])
                if most is not None and (most := most - len(data)) <= 0:
                    return
