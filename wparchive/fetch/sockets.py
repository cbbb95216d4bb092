"""Connect and read in short waits, so that a deadline or a stop takes effect in time."""

import errno
import os
import select
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from time import monotonic

from wparchive.errors import scarcity
from wparchive.fetch.guard import Address

__all__ = ["Cut", "SocketReader", "Watch", "connect", "describe", "spare"]

SLICE = 0.2  # seconds a silent socket is waited on between two checks of the deadline and the stop event


class Cut(Exception):
    """The exchange ended early.

    `error` describes how, `truncated` is the value of WARC-Truncated, `flag` a word for the retry policy. It derives
    neither from OSError nor from HTTPException, so that urllib3 passes it on unchanged.
    """

    def __init__(self, error: str, truncated: str | None = "disconnect", flag: str | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.truncated = truncated
        self.flag = flag


def spare(error: BaseException) -> None:
    """Raise StorageError where `error` is a local shortage (no file descriptors), which says nothing about the site."""
    chain: BaseException | None = error
    while chain is not None:
        if trouble := scarcity(chain, certain=True):
            raise trouble from error
        chain = chain.__cause__ or chain.__context__
    try:
        os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))  # getaddrinfo hides a lack of descriptors
    except OSError as none_left:
        if trouble := scarcity(none_left, certain=True):
            raise trouble from error


def describe(error: BaseException) -> str:
    """Return `error` in one line: its class and the system's text, without memory addresses."""
    text = getattr(error, "strerror", None) or str(error) or "no details"
    return f"{type(error).__name__}: {' '.join(str(text).split())}"


@dataclass(frozen=True, slots=True)
class Watch:
    """What ends an exchange from outside: a deadline (on the monotonic clock) and the stop event."""

    deadline: float
    stop: Event | None = None

    def check(self) -> None:
        """Raise Cut when the deadline has passed or the run is stopping."""
        if self.stop is not None and self.stop.is_set():
            raise Cut("stopped", "time")
        if monotonic() >= self.deadline:
            raise Cut("longer than the time allowed for the whole exchange", "time")


class SocketReader:
    """Reads bytes from a connected socket; gives up after `silence` seconds without any.

    `heard` is called with the number of bytes of each read.
    """

    __slots__ = ("_heard", "_silence", "_sock", "_watch")

    def __init__(
        self, sock: socket.socket, *, silence: float, watch: Watch, heard: Callable[[int], None] | None = None
    ) -> None:
        self._sock = sock
        self._silence = silence
        self._watch = watch
        self._heard = heard
        sock.settimeout(min(SLICE, silence))

    def read_into(self, view: memoryview) -> int:
        """Read into the start of `view` and return the count; 0 at the end of the stream. Raises Cut."""
        quiet_since = monotonic()
        self._watch.check()
        while True:
            try:
                count = self._sock.recv_into(view)
                if self._heard:
                    self._heard(count)
                return count
            except TimeoutError:
                self._watch.check()
                if monotonic() - quiet_since >= self._silence:
                    raise Cut(f"no bytes for {self._silence:g} seconds", "time") from None
            except OSError as error:
                raise Cut(describe(error)) from None


def connect(addresses: Sequence[Address], *, timeout: float, watch: Watch) -> socket.socket:
    """Return a socket connected to the first of `addresses` that accepts, with `timeout` seconds for each; raises Cut."""
    failure = Cut("no address to connect to")
    for address in addresses:
        sock = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            _await(sock, address, min(monotonic() + timeout, watch.deadline), watch)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            failure = Cut(f"can't connect: {describe(error)}")
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure


def _await(sock: socket.socket, address: Address, until: float, watch: Watch) -> None:
    # A blocking connect couldn't be stopped in between.
    sock.setblocking(False)
    code = sock.connect_ex(address.sockaddr)
    while code in (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY):
        watch.check()
        left = until - monotonic()
        if left <= 0:
            raise TimeoutError(errno.ETIMEDOUT, "timed out")
        if _writable(sock, min(SLICE, left)):
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            break
    if code:
        raise OSError(code, f"{os.strerror(code)} ({errno.errorcode.get(code, code)})")
    sock.settimeout(max(until - monotonic(), SLICE))


def _writable(sock: socket.socket, seconds: float) -> bool:
    """Whether connecting has ended, successfully or not. poll() has no limit on descriptor numbers, select() has."""
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    return bool(poll.poll(seconds * 1000))
