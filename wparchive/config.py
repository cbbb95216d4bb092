"""The options of a crawl, from the command line or a TOML file, checked before anything starts."""

import os
import stat
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

from wparchive.errors import ConfigError
from wparchive.naming import name_fault
from wparchive.setting_values import WrongValue, address_fault, checked, meant

__all__ = ["JOBS", "Config", "Settings", "SiteConfig", "example", "folder_fault", "jobs", "known", "load", "merged"]

_LARGEST = 1 << 24  # bytes of a configuration file
JOBS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one site is crawled; the names are those of the options of `wparchive crawl`.

    Times are in seconds unless the name says otherwise, sizes in bytes. `user` needs one of `password_env`,
    `password_file` and `password_keyring`: the name of a secret, never the secret.

    >>> Settings(media="none", delay=0.5).delay
    0.5
    """

    delay: float = 0.0
    concurrency: int = 2
    media: str = "originals"
    linked: bool = False
    pages: str = "changed"
    pages_budget: int = 200
    languages: str = "all"
    inventory: bool = True
    dedup: str = "archive"
    ignore_robots: bool = False
    contact: str = ""
    retries: int = 4
    connect_timeout: float = 15.0
    read_timeout: float = 60.0
    total_timeout: float = 600.0
    file_timeout: float = 3600.0
    patience: float = 900.0
    max_requests: int | None = None
    max_time: float | None = None
    max_body: int = 1 << 24
    max_file: int = 4 << 30
    linked_per_host: int = 500
    linked_items: int = 2_000
    rotate: int = 10**9
    payload_digest: str = "default"
    allow_origin: tuple[str, ...] = ()
    sweep_every: float = 7.0
    reread_budget: int = 50
    fresh_hours: float = 48.0
    noise: tuple[str, ...] = ()
    drafts: bool = False
    user: str | None = None
    password_env: str | None = None
    password_file: str | None = None
    password_keyring: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteConfig:
    """One `[[sites]]` entry: its URL, its folder's name (None: derived from the URL), and its settings.

    With `joins`, captures go into that folder even if it belongs to another site. `notify` is its table of that name as
    it was written, None where there is none; `fleet.notify` knows what may stand in it.
    """

    url: str
    name: str | None = None
    joins: bool = False
    settings: Settings = field(default_factory=Settings)
    notify: Mapping[str, Any] | None = field(default=None, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A configuration file; `folder` is the one that contains it, and secrets files are relative to it.

    `jobs` is the number of sites to crawl at the same time.
    `notify` and `seal` are the tables of those names as they were written, None where there is none.
    """

    archive: Path
    sites: tuple[SiteConfig, ...]
    folder: Path
    jobs: int = JOBS
    notify: Mapping[str, Any] | None = field(default=None, hash=False)
    seal: Mapping[str, Any] | None = field(default=None, hash=False)


def load(path: Path, faults: list[str] | None = None) -> Config:
    """Read the TOML file at `path`. With `faults`, sites that are wrong are left out, and what is wrong is added to it.

    Raises ConfigError with one line that names the place and the fault: an unknown key, a wrong type, a value out of
    range, a secret instead of its name, a file that does not exist.
    """
    data = _parsed(path)
    known(data, {"archive", "defaults", "notify", "seal", "sites"}, f"{path}")
    archive = _table(data, "archive", path)
    known(archive, {"path", "contact", "jobs"}, f"{path}: [archive]")
    place = archive.get("path", "archive")
    if not isinstance(place, str):
        raise ConfigError(f"{path}: [archive]: path must be a string")
    contact = merged(Settings(), {"contact": archive.get("contact")}, f"{path}: [archive]")
    defaults = _settings(_table(data, "defaults", path), contact, f"{path}: [defaults]")
    sites = data.get("sites", [])
    if not isinstance(sites, list) or not all(isinstance(site, dict) for site in sites):
        raise ConfigError(f"{path}: sites must be written as [[sites]] tables")
    folder = path.resolve().parent
    if fault := folder_fault(place.strip() and str(folder / place)):
        raise ConfigError(f"{path}: [archive]: path {fault}")
    return Config(
        archive=folder / place,
        sites=tuple(_sites(sites, defaults, path, faults)),
        folder=folder,
        jobs=jobs(archive.get("jobs", JOBS), f"{path}: [archive]: jobs"),
        notify=_table(data, "notify", path) if "notify" in data else None,
        seal=_table(data, "seal", path) if "seal" in data else None,
    )


def jobs(value: object, where: str) -> int:
    """Return `value` as the number of sites to crawl at the same time. Raises ConfigError; `where` names the place."""
    try:
        number: int = checked("jobs", value, (int,))
    except WrongValue as wrong:
        raise ConfigError(f"{where} {wrong}") from None
    return number


def folder_fault(path: str) -> str:
    """Why no archive can be in the folder `path`, there already or not; empty when one can."""
    if not path.strip():
        return "is empty; name a folder"
    if "\0" in path:
        return "has a control character in it"
    for place in (Path(path), *Path(path).absolute().parents):
        try:
            if stat.S_ISDIR(place.stat().st_mode):
                return ""
            return f"can't be a folder: {place} is none; name another"
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            return f"can't be used ({place}: {error.strerror}); name another folder, or grant access"
    return ""


def example() -> str:
    """Return `config.example.toml`, in which every setting is explained."""
    installed = Path(__file__).with_name("config.example.toml")  # put there when the wheel is built
    return (installed if installed.exists() else Path(__file__).parents[1] / installed.name).read_text("utf-8")


def _parsed(path: Path) -> dict[str, Any]:
    try:
        data = _contents(path)
    except OSError as error:
        way_out = "grant access" if isinstance(error, PermissionError) else "name a configuration file that exists"
        raise ConfigError(f"{path}: can't be read ({error.strerror}); {way_out}") from None
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    except (ValueError, RecursionError):  # of thousands of digits or brackets
        raise ConfigError(
            f"{path}: not valid TOML: a number is too long, or lists are too deep in each other"
        ) from None


def _contents(path: Path) -> bytes:
    """Neither waits for a named pipe that nobody writes to nor reads a device for ever; `<(...)` of a shell is read."""
    if stat.S_ISFIFO(path.stat().st_mode) and not os.fspath(path).startswith(("/dev/", "/proc/")):
        raise ConfigError(f"{path}: a named pipe; name a configuration file")
    with path.open("rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ConfigError(f"{path}: larger than any configuration; name a configuration file")
    return data


def _table(data: Mapping[str, Any], name: str, where: object, spelled: str = "") -> dict[str, Any]:
    table = data.get(name, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{where}: {name} must be a table, written [{spelled or name}]")
    return table


def _sites(
    entries: Iterable[dict[str, Any]], defaults: Settings, path: Path, faults: list[str] | None
) -> Iterator[SiteConfig]:
    for number, entry in enumerate(entries, 1):
        try:
            yield _site(entry, defaults, f"{path}: [[sites]] number {number}")
        except ConfigError as error:
            if faults is None:
                raise
            faults.append(str(error))


def _site(entry: dict[str, Any], defaults: Settings, where: str) -> SiteConfig:
    entry = dict(entry)
    url, name = entry.pop("url", None), entry.pop("name", None)
    if not isinstance(url, str):
        raise ConfigError(f'{where}: needs url = "https://..."')
    url = url.strip()
    if wrong := address_fault(url):
        raise ConfigError(f"{where}: url: {wrong}")
    fault = name_fault(name) if isinstance(name, str) else "it is no text" if name is not None else ""
    if fault:
        raise ConfigError(f"{where}: name must be a plain folder name ({fault})")
    notify = _table(entry, "notify", where, "sites.notify") if "notify" in entry else None
    entry.pop("notify", None)
    return SiteConfig(url=url, name=name, settings=_settings(entry, defaults, where), notify=notify)


def _settings(table: dict[str, Any], base: Settings, where: str) -> Settings:
    if "password" in table:
        raise ConfigError(
            f"{where}: password: write the name of the secret (password_env, password_file or password_keyring)"
        )
    known(table, {f.name for f in fields(Settings)}, where)
    return merged(base, table, where)


def merged(base: Settings, changes: Mapping[str, Any], where: str, spelled: Callable[[str], str] = str) -> Settings:
    """Return `base` with `changes`; None leaves a setting unchanged. Raises ConfigError for a wrong type or value.

    `where` is what the error names as the place, `spelled` how settings are called there.
    """
    given = {key: value for key, value in changes.items() if value is not None}
    values = {}
    for key, value in given.items():
        try:
            values[key] = checked(key, value, _kinds(key))
        except WrongValue as wrong:
            raise ConfigError(f"{where}: {spelled(key)} {wrong}") from None
    settings = replace(base, **values)
    one, other, third = map(spelled, ("password_env", "password_file", "password_keyring"))
    secrets = [settings.password_env, settings.password_file, settings.password_keyring]
    if sum(secret is not None for secret in secrets) > 1:
        raise ConfigError(f"{where}: give only one of {one}, {other} and {third}")
    if any(secrets) != bool(settings.user):
        raise ConfigError(f"{where}: {spelled('user')} goes with one of {one}, {other} and {third}")
    return settings


def _kinds(key: str) -> tuple[type, ...]:
    hint = get_type_hints(Settings)[key]
    return tuple(kind for kind in (get_args(hint) or (hint,)) if isinstance(kind, type) and kind is not type(None))


def known(table: Mapping[str, Any], names: Set[str], where: str) -> None:
    """Raise ConfigError for a key that isn't one of `names`, with the one that was most likely meant."""
    for key in table:
        if key not in names:
            near, known = meant(key, names), f"; known are {', '.join(sorted(names))}"
            raise ConfigError(f"{where}: unknown key {key!r}{near or known}")
