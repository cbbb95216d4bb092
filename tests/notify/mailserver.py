"""A mail server on loopback: SMTP as RFC 5321 has it, with STARTTLS (RFC 3207), TLS from the start, and AUTH PLAIN and LOGIN."""

import base64
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from loopback import serving
from patience import PATIENCE

__all__ = ["MailServer", "Received"]


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it arrived: the envelope, who had logged in and whether over TLS, and the bytes."""

    sender: str
    recipients: tuple[str, ...]
    user: str
    tls: bool
    raw: bytes

    @property
    def letter(self) -> EmailMessage:
        letter = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        return letter

    @property
    def text(self) -> str:
        body = self.letter.get_body(("plain",))
        assert body
        return str(body.get_content()).replace("\r\n", "\n")


class MailServer:
    """Takes mail until it is closed; `answers` replaces the answer to a command (or to the data, `.`), by its first word.

    With `account`, user and password, nothing is taken from strangers; with `tls`, it offers STARTTLS, or with `at_once`
    speaks nothing else.
    """

    def __init__(
        self, account: tuple[str, str] | None = None, tls: ssl.SSLContext | None = None, at_once: bool = False
    ) -> None:
        self.account, self.tls, self.at_once = account, tls, at_once
        self.answers: dict[str, str] = {}
        self.received: list[Received] = []
        self.said: list[str] = []  # each command as it came
        self.on_data: Callable[[], None] = lambda: None
        self.silent: threading.Event | None = None  # until it is set, no data is taken
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError), _Dialogue(outer, self.request) as dialogue:
                    dialogue.hold()

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads = True, True

            def handle_error(self, request: Any, client_address: Any) -> None:
                raise

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._serving = serving(self._server)

    def __enter__(self) -> Self:
        self._serving.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._serving.__exit__(kind, error, trace)


class _Dialogue:
    def __init__(self, server: MailServer, connection: socket.socket) -> None:
        self._server = server
        self._stack = ExitStack()
        self._secure = False
        self._take(connection)
        self._user = ""
        self._sender = ""
        self._recipients: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _take(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        self._connection = self._stack.enter_context(connection)
        self._file = self._stack.enter_context(connection.makefile("rb"))

    def _encrypt(self) -> None:
        assert self._server.tls
        connection = self._server.tls.wrap_socket(self._connection, server_side=True, do_handshake_on_connect=False)
        self._take(connection)
        connection.do_handshake()
        self._secure = True

    def _say(self, *lines: str) -> None:
        marked = [f"{line[:3]}-{line[4:]}" for line in lines[:-1]]
        self._connection.sendall("".join(f"{line}\r\n" for line in [*marked, lines[-1]]).encode())

    def _hear(self) -> str:
        line = self._file.readline(2000)
        if not line.endswith(b"\r\n"):
            raise ConnectionError
        return line[:-2].decode()

    def hold(self) -> None:
        if self._server.at_once:
            self._encrypt()
        self._say("220 loopback ESMTP")
        while True:
            line = self._hear()
            verb = line.partition(" ")[0].upper()
            self._server.said.append(line)
            if verb in self._server.answers:
                self._say(self._server.answers[verb])
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                getattr(self, f"_on_{verb.lower()}", self._unknown)(line)

    def _unknown(self, line: str) -> None:
        self._say("502 not here")

    def _on_ehlo(self, line: str) -> None:
        starttls = ["250 STARTTLS"] if self._server.tls and not self._secure else []
        auth = ["250 AUTH PLAIN LOGIN"] if self._server.account and (self._secure or not self._server.tls) else []
        self._say("250 loopback", *starttls, *auth, "250 8BITMIME")

    def _on_starttls(self, line: str) -> None:
        self._say("220 go ahead")
        self._encrypt()

    def _on_auth(self, line: str) -> None:
        _, how, *first = line.split()
        if how.upper() == "PLAIN":
            user, password = base64.b64decode(first[0]).decode().split("\0")[1:]
        else:
            user = base64.b64decode(first[0] if first else self._ask("Username:")).decode()
            password = base64.b64decode(self._ask("Password:")).decode()
        if (user, password) != self._server.account:
            self._say(f"535 no: {user} {password}")  # as a careless server does
            return
        self._user = user
        self._say("235 welcome")

    def _ask(self, what: str) -> str:
        self._say(f"334 {base64.b64encode(what.encode()).decode()}")
        return self._hear()

    def _on_mail(self, line: str) -> None:
        if self._server.account and not self._user:
            self._say("530 log in first")
            return
        self._sender = line.partition("<")[2].partition(">")[0]
        self._say("250 fine")

    def _on_rcpt(self, line: str) -> None:
        address = line.partition("<")[2].partition(">")[0]
        if address in self._server.answers:
            self._say(self._server.answers[address])
            return
        self._recipients.append(address)
        self._say("250 fine")

    def _on_data(self, line: str) -> None:
        self._server.on_data()
        if self._server.silent:
            self._server.silent.wait(PATIENCE)
        self._say("354 go on")
        lines = []
        while (part := self._file.readline()) != b".\r\n":
            if not part.endswith(b"\r\n"):
                raise ConnectionError
            lines.append(part[1:] if part.startswith(b"..") else part)
        if "." in self._server.answers:
            self._say(self._server.answers["."])
            return
        envelope = (self._sender, tuple(self._recipients), self._user, self._secure)
        self._server.received.append(Received(*envelope, b"".join(lines)))
        self._say("250 queued")
        self._recipients = []

    def _on_rset(self, line: str) -> None:
        self._recipients = []
        self._say("250 fine")
