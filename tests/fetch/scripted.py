"""A raw-socket server that plays scripts: each connection runs one, byte for byte as the test says."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable

from loopback import Listener

Script = Callable[["Peer"], None]


class Peer:
    """The server's side of one connection."""

    def __init__(self, sock: socket.socket, requests: list[bytes], stop: threading.Event) -> None:
        self.sock = sock
        self.stop = stop
        self._requests = requests

    def request(self) -> bytes:
        """Read one request head; b"" when the client has gone or the test ends."""
        data = b""
        self.sock.settimeout(0.02)
        while b"\r\n\r\n" not in data:
            try:
                piece = self.sock.recv(65536)
            except TimeoutError:
                piece = b"" if self.stop.is_set() else None
            if piece == b"":
                return b""
            data += piece or b""
        self.sock.settimeout(None)
        self._requests.append(data)
        return data

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.sock.sendall(piece)

    def reset(self) -> None:
        """End with RST rather than FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def hold(self) -> None:
        """Say nothing until the client hangs up or the test ends."""
        self.sock.settimeout(0.02)
        while not self.stop.is_set():
            try:
                if not self.sock.recv(65536):
                    return
            except TimeoutError:
                continue

    def drip(self, data: bytes, every: float) -> None:
        """Send `data` byte by byte."""
        for at in range(len(data)):
            if self.stop.wait(every):
                return
            self.sock.sendall(data[at : at + 1])


def answering(*answers: bytes) -> Script:
    """A script that reads a request before each of `answers`, then waits for the client to hang up."""

    def play(peer: Peer) -> None:
        for answer in answers:
            if not peer.request():
                return
            peer.send(answer)
        peer.hold()

    return play


class Scripted:
    """Serves `scripts` on loopback, one per connection in order; the last one for all further connections."""

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.scripts = list(scripts)
        self.requests: list[bytes] = []
        self.connections = 0
        self._tls = tls
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = Listener(self._take, host)
        self.port = self._listener.port
        self.origin = f"{'https' if tls else 'http'}://{self._listener.host}:{self.port}"

    def _take(self, sock: socket.socket) -> None:
        script = self.scripts[min(self.connections, len(self.scripts) - 1)]
        self.connections += 1
        thread = threading.Thread(target=self._serve, args=(sock, script), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self, sock: socket.socket, script: Script) -> None:
        with contextlib.suppress(OSError):
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            script(Peer(sock, self.requests, self._stop))
        with contextlib.suppress(OSError):
            sock.close()

    def close(self) -> None:
        self._stop.set()
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def __enter__(self) -> "Scripted":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
