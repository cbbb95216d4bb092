"""Where messages go, as values; each has a key, by which the archive remembers what was delivered there."""

import hashlib
import json
import re
from dataclasses import dataclass
from email.headerregistry import Address
from pathlib import Path

from wparchive.config import Settings
from wparchive.urls import Place, parse

__all__ = ["AtomFile", "Command", "Destination", "Filter", "Mail", "Print", "Webhook", "party"]

_WORD = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"  # RFC 5322, 3.2.3
_SPEC = rf"{_WORD}(?:\.{_WORD})*@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_PARTY = re.compile(rf"(?:(?P<name>[^<>@]+)<(?P<named>{_SPEC})>|(?P<bare>{_SPEC}))")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which changes are wanted: of `kinds` (None: of any), and with all words of one entry of `words`, if there are any."""

    kinds: tuple[str, ...] | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """A program that gets the message as JSON on stdin; `line` is for the shell if it is a text."""

    line: str | tuple[str, ...]
    folder: Path

    @property
    def key(self) -> str:
        return _key("command", self.line)

    @property
    def name(self) -> str:
        return f"command {self.line.split()[0] if isinstance(self.line, str) else self.line[0]}"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A URL that gets the message as JSON; it, or the environment variable `url_env` that holds it, is given.

    With `allow_private`, its host may be anywhere.
    """

    url: str
    url_env: str
    allow_private: bool

    @property
    def key(self) -> str:
        return _key("webhook", self.url or [self.url_env])

    @property
    def name(self) -> str:
        """Without the path, which is often a secret."""
        place = parse(self.url)
        return f"webhook {place.host if isinstance(place, Place) else self.url_env}"


@dataclass(frozen=True, slots=True)
class Mail:
    """Mail by the SMTP server `host`:`port`; `tls` is none, starttls or tls. `account` has user and the name of the password."""

    to: tuple[str, ...]
    sender: str
    host: str
    port: int
    tls: str
    account: Settings
    folder: Path

    @property
    def key(self) -> str:
        return _key("mail", sorted(self.to))

    @property
    def name(self) -> str:
        return f"mail to {', '.join(self.to)}"


@dataclass(frozen=True, slots=True)
class AtomFile:
    """A feed in the file `path`, with the newest `entries`."""

    path: Path
    entries: int

    @property
    def key(self) -> str:
        return _key("atom", str(self.path))

    @property
    def name(self) -> str:
        return f"atom {self.path}"


@dataclass(frozen=True, slots=True)
class Print:
    """Lines on stdout, which cron mails."""

    key: str = "print"
    name: str = "stdout"


Destination = Command | Webhook | Mail | AtomFile | Print


def party(text: str) -> Address:
    """The sender or recipient that `text` names, as a@b.example or as Name <a@b.example>; raises ValueError for none.

    Its address is in ASCII.
    """
    match = _PARTY.fullmatch(text.strip())
    if not match or not text.isprintable():
        raise ValueError(text)
    return Address((match["name"] or "").strip().strip('"'), addr_spec=match["named"] or match["bare"])


def _key(kind: str, about: object) -> str:
    """Tells a destination from others of its kind and shows nothing of it, as addresses of webhooks are secrets."""
    return f"{kind} {hashlib.sha256(json.dumps(about).encode()).hexdigest()[:20]}"
