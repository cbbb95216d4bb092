"""The configuration of a fleet, a TOML file: its database, its storage, how sites are crawled, which networks share servers."""

import ipaddress
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from wparchive.config import Settings, known, merged
from wparchive.errors import ConfigError

__all__ = ["FleetFile", "Network", "load_fleet", "seconds_of"]

_KEYS = {
    *("database", "database_env", "store", "private_store", "contact", "turn", "memory", "scratch_free", "scratch"),
}
_NETWORK = {"name", "cidr", "hosts", "slots", "by"}
_SPAN = re.compile(r"([1-9][0-9]{0,5})([mhd])")
_UNITS = {"m": 60, "h": 3_600, "d": 86_400}
_STORES = ("s3://", "gs://", "az://", "file:///")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_HOST = re.compile(r"(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*")
_MOST_SLOTS = 64
_LEAST = {"turn": (10, 86_400), "memory": (200_000_000, 1 << 40), "scratch_free": (0, 1 << 50)}


@dataclass(frozen=True, slots=True)
class Network:
    """Servers that several sites share: by CIDR blocks or by host names; at most `slots` turns at a time.

    Of a network `by` host, each registered domain counts for itself: a front such as a content network stands before it.
    """

    name: str
    cidr: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    slots: int = 2
    by: str = "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetFile:
    """A fleet: `database` is a libpq connection string, `store` and `private_store` the addresses of object storage.

    A turn lasts `turn` seconds at most and takes `memory` bytes; a worker takes no more turns when `scratch` has less than
    `scratch_free` bytes left. `every` and `every_max` are seconds. `settings` are those of a site that says nothing else:
    without files, pages, sitemaps and feeds, which cost a site more requests than a turn of what its API says.
    """

    database: str
    store: str
    private_store: str | None
    contact: str
    scratch: Path
    turn: int = 900
    memory: int = 2_000_000_000
    scratch_free: int = 5_000_000_000
    every: float = 86_400
    every_max: float = 28 * 86_400
    settings: Settings = field(default_factory=Settings)
    networks: tuple[Network, ...] = ()


def load_fleet(path: Path) -> FleetFile:
    """Read the file at `path`. Raises ConfigError with one line that names the place and the fault."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror}); name a fleet's configuration") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    known(data, {"fleet", "defaults", "networks"}, f"{path}")
    fleet, defaults = _table(data, "fleet", path), dict(_table(data, "defaults", path))
    known(fleet, _KEYS, f"{path}: [fleet]")
    where = f"{path}: [defaults]"
    every = seconds_of(defaults.pop("every", "1d"), f"{where}: every")
    every_max = seconds_of(defaults.pop("every_max", "28d"), f"{where}: every_max")
    if every_max < every:
        raise ConfigError(f"{where}: every_max must not be less than every")
    known(defaults, {one.name for one in fields(Settings)}, where)
    found = FleetFile(
        database=_database(fleet, path),
        store=_store(fleet, "store", path) or _missing(path, "store", 'store = "s3://bucket/prefix"'),
        private_store=_store(fleet, "private_store", path),
        contact=_text(fleet, "contact", path) or _missing(path, "contact", 'contact = "archive@example.org"'),
        scratch=path.resolve().parent / (_text(fleet, "scratch", path) or "scratch"),
        **{name: _number(fleet, name, path) for name in _LEAST if name in fleet},
        every=every,
        every_max=every_max,
        settings=merged(
            Settings(media="none", pages="none", inventory=False, rotate=256 << 20, contact=fleet["contact"]),
            defaults,
            where,
        ),
        networks=tuple(_networks(data.get("networks", []), path)),
    )
    if found.settings.user is not None and found.private_store is None:
        raise ConfigError(f"{path}: [fleet]: private_store is missing: with a login, captures aren't for everybody")
    return found


def _table(data: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
    table = data.get(name, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: {name} must be a table, written [{name}]")
    return table


def _text(table: Mapping[str, Any], name: str, path: Path) -> str:
    value = table.get(name, "")
    if not isinstance(value, str) or (name in table and not value.strip()) or not value.isprintable():
        raise ConfigError(f"{path}: [fleet]: {name} must be a text on one line")
    return value


def _missing(path: Path, name: str, example: str) -> str:
    raise ConfigError(f"{path}: [fleet]: {name} is missing; write {example}")


def _number(table: Mapping[str, Any], name: str, path: Path) -> int:
    value, (least, most) = table[name], _LEAST[name]
    if type(value) is not int or not least <= value <= most:
        raise ConfigError(f"{path}: [fleet]: {name} must be a whole number from {least:,} to {most:,}")
    return value


def _database(fleet: Mapping[str, Any], path: Path) -> str:
    """Return the connection string: as it is written, or out of the environment where it has a password in it."""
    if ("database" in fleet) == ("database_env" in fleet):
        raise ConfigError(f'{path}: [fleet]: give one of database = "postgresql://..." and database_env = "VARIABLE"')
    if "database" in fleet:
        return _text(fleet, "database", path)
    variable = _text(fleet, "database_env", path)
    value = os.environ.get(variable, "")
    if not value:
        raise ConfigError(f"{path}: [fleet]: database_env: the environment variable {variable} is not set")
    return value


def _store(fleet: Mapping[str, Any], name: str, path: Path) -> str | None:
    value = _text(fleet, name, path)
    if value and not value.startswith(_STORES):
        raise ConfigError(f"{path}: [fleet]: {name} must begin with one of {', '.join(_STORES)}")
    return value.rstrip("/") or None


def seconds_of(value: object, where: str) -> float:
    """Return the seconds of a span as 90m, 12h or 7d. Raises ConfigError."""
    found = _SPAN.fullmatch(value) if isinstance(value, str) else None
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 60 <= seconds <= 400 * _UNITS["d"]:
        raise ConfigError(f"{where} must be a span as 90m, 12h or 7d, of at most 400 days")
    return seconds


def _networks(entries: object, path: Path) -> Iterator[Network]:
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise ConfigError(f"{path}: networks must be written as [[networks]] tables")
    names: set[str] = set()
    for number, entry in enumerate(entries, 1):
        network = _network(entry, f"{path}: [[networks]] number {number}")
        if network.name in names:
            raise ConfigError(f"{path}: [[networks]]: two are called {network.name}")
        names.add(network.name)
        yield network


def _network(entry: Mapping[str, Any], where: str) -> Network:
    known(entry, _NETWORK, where)
    name, slots, by = entry.get("name"), entry.get("slots", 2), entry.get("by", "address")
    cidr, hosts = (_list(entry.get(key, []), f"{where}: {key}") for key in ("cidr", "hosts"))
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigError(f"{where}: name must have letters, digits, dots and dashes")
    if type(slots) is not int or not 1 <= slots <= _MOST_SLOTS:
        raise ConfigError(f"{where}: slots must be a whole number from 1 to {_MOST_SLOTS}")
    if by not in ("address", "host"):
        raise ConfigError(f"{where}: by must be address or host")
    if not cidr and not hosts:
        raise ConfigError(f"{where}: names nothing; give cidr or hosts")
    for block in cidr:
        try:
            ipaddress.ip_network(block)
        except ValueError as error:
            raise ConfigError(f"{where}: cidr: {error}") from None
    if wrong := next((host for host in hosts if not _HOST.fullmatch(host)), None):
        raise ConfigError(
            f"{where}: hosts: {wrong!r} is no host name; write example.org, or *.example.org for all below"
        )
    return Network(name, cidr, hosts, slots, by)


def _list(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ConfigError(f"{where} must be a list of strings")
    return tuple(value)
