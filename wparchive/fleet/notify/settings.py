"""The tables `[notify]` and `[sites.notify]` of a configuration file, checked before anything starts."""

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wparchive.config import Config, Settings, SiteConfig, known, merged
from wparchive.errors import ConfigError
from wparchive.events import told
from wparchive.fleet.notify.destinations import AtomFile, Command, Destination, Filter, Mail, Print, Webhook, party
from wparchive.setting_values import address_fault, meant
from wparchive.wordpress.changes.differences import KINDS

__all__ = ["Notices", "notices"]

_SECRETS = ("password_env", "password_file", "password_keyring")
_TABLES: Mapping[str, tuple[str, tuple[str, ...]]] = {  # what a short form stands for, and all keys
    "command": ("run", ("run", "shell")),
    "webhook": ("url", ("url", "url_env", "allow_private")),
    "mail": ("", ("to", "from", "smtp", "tls", "user", *_SECRETS)),
    "atom": ("path", ("path", "entries")),
}
_KEYS = {"kinds", "words", "events", "print", *_TABLES}
_SERVER = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?):(?P<port>[0-9]{1,5})")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TLS = ("starttls", "tls", "none")
_MOST_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class Notices:
    """What goes where: for each destination, what is wanted of which site, and of which it also gets what needs a person.

    The site None stands for all sites of the archive that aren't among `sites`, those of the configuration.
    """

    sites: tuple[SiteConfig, ...] = ()
    wanted: Mapping[Destination, Mapping[SiteConfig | None, Filter]] = field(default_factory=dict)
    events: Mapping[Destination, Set[SiteConfig | None]] = field(default_factory=dict)

    @property
    def printed(self) -> bool:
        """Whether stdout is a destination."""
        return any(isinstance(one, Print) for one in self.wanted)


def notices(path: Path, config: Config) -> Notices:
    """What the configuration `config`, which is in the file `path`, asks for. Raises ConfigError, in one line."""
    asked: dict[SiteConfig | None, _Table] = {None: _Table(f"{path}: [notify]", config.notify or {}, config.folder)}
    asked[None].check()
    for number, site in enumerate(config.sites, 1):
        own = _Table(f"{path}: [[sites]] number {number}: notify", site.notify or {}, config.folder)
        own.check()
        asked[site] = _Table(own.where, _over(config.notify or {}, site.notify or {}), config.folder)
    wanted: dict[Destination, dict[SiteConfig | None, Filter]] = {}
    events: dict[Destination, set[SiteConfig | None]] = {}
    same: dict[str, Destination] = {}  # by its key: who is written to in two ways gets one message all the same
    for site_or_rest, table in asked.items():
        for found in table.destinations():
            destination = same.setdefault(found.key, found)
            wanted.setdefault(destination, {})[site_or_rest] = table.filter()
            too = table.switch("events", True) and not isinstance(destination, Print)  # a crawl prints trouble itself
            events.setdefault(destination, set()).update({site_or_rest} if too else ())
    written = [table for table in (config.notify, *(site.notify for site in config.sites)) if table is not None]
    _check_complete(asked[None].where, written, wanted)
    return Notices(config.sites, wanted, events)


def _check_complete(where: str, written: Sequence[Mapping[str, Any]], wanted: Iterable[Destination]) -> None:
    """Raise ConfigError if the tables as they are `written` lead to no destination, or to none of those for mail."""
    if written and not any({"print", *_TABLES} & {*table} for table in written):
        raise ConfigError(f"{where}: notifies nobody; give command, webhook, mail, atom or print")
    mailed = any(table.get("mail", False) for table in written)
    if mailed and not any(isinstance(one, Mail) for one in wanted):
        raise ConfigError(f'{where}: mail: needs to = "desk@example.org"')


# Keys of a table of which a site's own one replaces the archive's others: with another user comes another password.
_TOGETHER = (("mail", ("user",), _SECRETS), ("webhook", ("url", "url_env"), ("url", "url_env")))


def _over(archive: Mapping[str, Any], site: Mapping[str, Any]) -> dict[str, Any]:
    """The site's table before the archive's, key by key; within a destination too."""
    both = {**archive, **site}
    for name in _TABLES:
        general, own = (_spelled_out(name, table.get(name, {})) for table in (archive, site))
        if name in both and own is not False:
            both[name] = {**(general or {}), **own} if name in site else general
    for name, changed, replaced in _TOGETHER:
        own = _spelled_out(name, site.get(name, {})) or {}
        if not own.keys().isdisjoint(changed):
            both[name] = _without(both[name], set(replaced).difference(own))
    return both


def _without(table: Mapping[str, Any], keys: Set[str]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in keys}


def _spelled_out(name: str, value: Any) -> Any:
    """A destination's table, also of its short form; False for none, and whatever is wrong as it is."""
    short = _TABLES[name][0]
    return {short: value} if short and isinstance(value, str | list) else value


class _Table:
    """One `[notify]` table; what it returns is checked, or it raises ConfigError."""

    def __init__(self, where: str, table: Mapping[str, Any], folder: Path) -> None:
        self.where = where
        self._table = table
        self._folder = folder

    def check(self) -> None:
        """Check each key by itself: a destination may be complete only with the archive's table."""
        known(self._table, _KEYS, self.where)
        self.filter()
        for name in ("events", "print"):
            self.switch(name, False)
        for name, (short, keys) in _TABLES.items():
            value = _spelled_out(name, self._table.get(name, False))
            if value is False:
                continue
            if not isinstance(value, dict):
                forms = f"a text, or a table [notify.{name}]" if short else f"a table [notify.{name}]"
                raise self._fault(name, f"must be {forms}, or false for none, not {_shown(value)}")
            known(value, {*keys, *({"password"} if name == "mail" else ())}, f"{self.where}: {name}")
            if "password" in value:
                raise self._fault(name, f"password: write the name of the secret ({', '.join(_SECRETS)})")

    def filter(self) -> Filter:
        kinds = self._texts("kinds") if "kinds" in self._table else None
        for kind in kinds or ():
            if kind not in KINDS:
                raise self._fault(
                    "kinds", f"no kind {_shown(kind)}{meant(kind, KINDS) or '; there is ' + ', '.join(KINDS)}"
                )
        words = self._texts("words")
        if any(not entry.split() for entry in words):
            raise self._fault("words", "an entry is empty; leave it out, or write the words to look for")
        return Filter(kinds, words)

    def switch(self, name: str, default: bool, of: Mapping[str, Any] | None = None) -> bool:
        value = (self._table if of is None else of).get(name, default)
        if not isinstance(value, bool):
            raise self._fault(name, f"must be true or false, not {_shown(value)}")
        return value

    def destinations(self) -> Iterator[Destination]:
        made: dict[str, Callable[[dict[str, Any]], Destination | None]]
        made = {"command": self._command, "webhook": self._webhook, "mail": self._mail, "atom": self._atom}
        for name, make in made.items():
            value = self._table.get(name, False)
            if value is not False and (destination := make(_spelled_out(name, value))):
                yield destination
        if self.switch("print", False):
            yield Print()

    def _command(self, table: dict[str, Any]) -> Command:
        run, shell = table.get("run", ""), self.switch("shell", False, table)
        if shell and not isinstance(run, str):
            raise self._fault("command", "for a shell it is one text, not a list")
        if isinstance(run, str):
            try:
                line: str | tuple[str, ...] = run if shell else tuple(shlex.split(run))
            except ValueError as error:
                raise self._fault("command", f"{_shown(run)}: {str(error).lower()}") from None
        else:
            line = self._texts("run", table, "command")
        if not line or not (line.strip() if isinstance(line, str) else line[0].strip()):
            raise self._fault("command", 'is empty; name a program, as in command = "notify-desk --json"')
        if "\0" in "".join(line):
            raise self._fault("command", "has a control character in it")
        return Command(line, self._folder)

    def _webhook(self, table: dict[str, Any]) -> Webhook:
        url, variable = (self._text(name, table, "webhook") for name in ("url", "url_env"))
        if bool(url) == bool(variable):
            raise self._fault("webhook", "needs one of url and url_env")
        if url and (fault := address_fault(url)):
            raise self._fault("webhook", fault.replace("example.org/", "example.org/hook"))
        if variable and not _VARIABLE.fullmatch(variable):
            raise self._fault("webhook", "url_env must be the name of an environment variable, as in DESK_HOOK")
        return Webhook(url.strip(), variable, self.switch("allow_private", False, table))

    def _mail(self, table: dict[str, Any]) -> Mail | None:
        if "to" not in table:  # the archive may say how, and each site to whom
            return None
        to, sender = self._addresses(table)
        host, port = self._server(table)
        here = host == "localhost" or host.startswith("127.") or host == "::1"
        tls = self._encryption(table, usual="tls" if port == 465 else "none" if here else "starttls")
        account = {key: table[key] for key in ("user", *_SECRETS) if key in table}
        settings = merged(Settings(), account, f"{self.where}: mail")
        if settings.user and tls == "none" and not here:
            raise self._fault("mail", 'would send the password where all can read it; write tls = "starttls" or "tls"')
        return Mail(to, sender, host, port, tls, settings, self._folder)

    def _addresses(self, table: dict[str, Any]) -> tuple[tuple[str, ...], str]:
        """Return to whom mail goes, and from whom it comes."""
        to, sender = self._texts("to", table, "mail"), self._text("from", table, "mail")
        if not to or not sender:
            raise self._fault("mail", f'needs {"from" if to else "to"} = "desk@example.org"')
        for address in (*to, sender):
            try:
                party(address)
            except ValueError:
                raise self._fault(
                    "mail", f"{_shown(address)} is no mail address; write it as desk@example.org"
                ) from None
        return to, sender

    def _server(self, table: dict[str, Any]) -> tuple[str, int]:
        """Return host and port of the server that takes mail."""
        server = _SERVER.fullmatch(self._text("smtp", table, "mail"))
        if not server or not 0 < int(server["port"]) < 65536:
            raise self._fault("mail", 'needs smtp = "HOST:PORT", as in smtp = "smtp.example.org:587"')
        return server["host"].strip("[]"), int(server["port"])

    def _encryption(self, table: dict[str, Any], *, usual: str) -> str:
        tls = self._text("tls", table, "mail") or usual
        if tls not in _TLS:
            raise self._fault("mail", f"tls must be one of {', '.join(_TLS)}, not {_shown(tls)}{meant(tls, _TLS)}")
        return tls

    def _atom(self, table: dict[str, Any]) -> AtomFile:
        path, entries = self._text("path", table, "atom"), table.get("entries", 100)
        if not path.strip() or "\0" in path:
            raise self._fault("atom", 'needs path = "changes.xml"')
        if type(entries) is not int or not 0 < entries <= _MOST_ENTRIES:
            raise self._fault("atom", f"entries must be a whole number from 1 to {_MOST_ENTRIES:,}")
        return AtomFile(self._folder / path, entries)

    def _text(self, name: str, table: Mapping[str, Any], of: str) -> str:
        value = table.get(name, "")
        if not isinstance(value, str):
            raise self._fault(of, f"{name} must be a string, not {_shown(value)}")
        if name in table and not value.strip():
            raise self._fault(of, f"{name} is empty; leave it out, or write what it is")
        return value

    def _texts(self, name: str, table: Mapping[str, Any] | None = None, of: str = "") -> tuple[str, ...]:
        value = (self._table if table is None else table).get(name, [])
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            raise self._fault(of or name, f"{name + ' ' if of else ''}must be a list of strings, not {_shown(value)}")
        return tuple(values)

    def _fault(self, name: str, what: str) -> ConfigError:
        return ConfigError(f"{self.where}: {name}: {what}")


def _shown(value: object) -> str:
    return told(repr(value), 100)
