"""The options of a crawl, from the command line or a TOML file, checked before anything starts."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

from wparchive import urls
from wparchive.errors import ConfigError
from wparchive.naming import name_fault

__all__ = ["Config", "Settings", "SiteConfig", "load", "merged"]

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "media": ("none", "originals", "used", "all"),
    "dedup": ("archive", "run", "none"),
    "payload_digest": ("default", "spec"),
}
_LEAST: Mapping[str, float] = {
    "concurrency": 1,
    "delay": 0,
    "retries": 0,
    "max_requests": 1,
    "max_time": 0,
    "rotate": 1_000_000,
    "connect_timeout": 0.001,
    "read_timeout": 0.001,
    "total_timeout": 0.001,
    "file_timeout": 0.001,
    "patience": 0,
    "max_body": 1024,
    "max_file": 1024,
    "linked_per_host": 0,
    "linked_items": 0,
    "sweep_every": 0,
    "reread_budget": 0,
    "fresh_hours": 0,
}


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

    With `joins`, captures go into that folder even if it belongs to another site.
    """

    url: str
    name: str | None = None
    joins: bool = False
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A configuration file; `folder` is the one that contains it, and secrets files are relative to it."""

    archive: Path
    sites: tuple[SiteConfig, ...]
    folder: Path


def load(path: Path) -> Config:
    """Read the TOML file at `path`.

    Raises ConfigError with one line that names the place and the fault: an unknown key, a wrong type, a value out of
    range, a secret instead of its name, a file that does not exist.
    """
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror}); name a configuration file that exists") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    _known(data, {"archive", "defaults", "sites"}, f"{path}")
    archive = _table(data, "archive", path)
    _known(archive, {"path", "contact"}, f"{path}: [archive]")
    if not isinstance(archive.get("path", ""), str):
        raise ConfigError(f"{path}: [archive]: path must be a string, not {archive['path']!r}")
    contact = merged(Settings(), {"contact": archive.get("contact")}, f"{path}: [archive]")
    defaults = _settings(_table(data, "defaults", path), contact, f"{path}: [defaults]")
    sites = data.get("sites", [])
    if not isinstance(sites, list) or not all(isinstance(site, dict) for site in sites):
        raise ConfigError(f"{path}: sites must be written as [[sites]] tables")
    folder = path.resolve().parent
    return Config(
        archive=folder / str(archive.get("path", "archive")),
        sites=tuple(_site(site, defaults, f"{path}: [[sites]] number {n}") for n, site in enumerate(sites, 1)),
        folder=folder,
    )


def _table(data: Mapping[str, Any], name: str, path: Path) -> dict[str, Any]:
    table = data.get(name, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: {name} must be a table, written [{name}]")
    return table


def _site(entry: dict[str, Any], defaults: Settings, where: str) -> SiteConfig:
    entry = dict(entry)
    url, name = entry.pop("url", None), entry.pop("name", None)
    url = url.strip() if isinstance(url, str) else url
    place = urls.parse(url) if isinstance(url, str) else urls.Fault("no text")
    if isinstance(place, urls.Fault):
        raise ConfigError(f'{where}: needs url = "https://..." ({place.reason})')
    fault = name_fault(name) if isinstance(name, str) else "it is no text" if name is not None else ""
    if fault:
        raise ConfigError(f"{where}: name must be a plain folder name ({fault})")
    return SiteConfig(url=url, name=name, settings=_settings(entry, defaults, where))


def _settings(table: dict[str, Any], base: Settings, where: str) -> Settings:
    if "password" in table:
        raise ConfigError(
            f"{where}: password: write the name of the secret (password_env, password_file or password_keyring)"
        )
    _known(table, {f.name for f in fields(Settings)}, where)
    return merged(base, table, where)


def merged(base: Settings, changes: Mapping[str, Any], where: str) -> Settings:
    """Return `base` with `changes`; None leaves a setting unchanged. Raises ConfigError for a wrong type or value."""
    checked = {key: _value(key, value, where) for key, value in changes.items() if value is not None}
    settings = replace(base, **checked)
    secrets = [settings.password_env, settings.password_file, settings.password_keyring]
    if sum(secret is not None for secret in secrets) > 1:
        raise ConfigError(f"{where}: give only one of password_env, password_file and password_keyring")
    if any(secrets) != bool(settings.user):
        raise ConfigError(f"{where}: user goes with one of password_env, password_file and password_keyring")
    return settings


def _value(key: str, value: Any, where: str) -> Any:
    if key in ("allow_origin", "noise"):
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise ConfigError(f"{where}: {key} must be a list of strings")
        return tuple(value)
    value = _typed(key, value, where)
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{where}: {key} must be a finite number, not {value!r}")
    if key == "contact" and not _fits_a_header(str(value)):
        raise ConfigError(f"{where}: contact goes into a header: write it on one line, in Latin letters, not {value!r}")
    if key in _CHOICES and value not in _CHOICES[key]:
        raise ConfigError(f"{where}: {key} must be one of {', '.join(_CHOICES[key])}, not {value!r}")
    if key in _LEAST and value < _LEAST[key]:
        raise ConfigError(f"{where}: {key} must be at least {_LEAST[key]:,}, not {value!r}")
    return value


def _typed(key: str, value: Any, where: str) -> Any:
    """Return `value` as the type of the setting `key`. Integers are accepted as floats; booleans are not numbers."""
    hint = get_type_hints(Settings)[key]
    kinds = tuple(kind for kind in (get_args(hint) or (hint,)) if isinstance(kind, type))
    if float in kinds and type(value) is int:
        return float(value)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        wanted = {"int": "a whole number", "float": "a number", "str": "a string", "bool": "true or false"}
        raise ConfigError(f"{where}: {key} must be {wanted[kinds[0].__name__]}, not {value!r}")
    return value


def _fits_a_header(text: str) -> bool:
    return text.isprintable() and all(ord(character) < 256 for character in text)


def _known(table: Mapping[str, Any], names: set[str], where: str) -> None:
    for key in table:
        if key not in names:
            raise ConfigError(f"{where}: unknown key {key!r}; known are {', '.join(sorted(names))}")
