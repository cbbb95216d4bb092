"""How an archive is sealed: by which key, under which name, stamped by whom.

A configuration's `[seal]` wins over what its user's `seals.toml` remembers. No secret is in it: a key is named by its file.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wparchive.config import known
from wparchive.errors import ConfigError
from wparchive.seal.endorsement.stamping import Authority
from wparchive.seal.proof.checkpoint import is_origin
from wparchive.setting_values import address_fault

__all__ = ["SEAL_KEYS", "SealSettings", "authority_named", "check_settings", "seal_settings"]

SEAL_KEYS = frozenset({"key", "identity", "origin", "announce", "hide_names", "authorities"})
"""What a table of such settings may name."""

_AUTHORITY = {"name", "url", "ca"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_IDENTITY = re.compile(r"[A-Za-z0-9._%+@-]{1,100}")  # as a principal of OpenSSH can be written without quotes
_CONTROL = re.compile("[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class SealSettings:
    """How to seal: the key's file, the signer's name, the log's name, whom to ask for stamps, whom to tell.

    With `hide_names`, the names of all files are hidden in the log, not only of those made with credentials.
    """

    key: Path | None = None
    identity: str = ""
    origin: str = ""
    announce: tuple[str, ...] = ()
    hide_names: bool = False
    authorities: tuple[Authority, ...] = ()


def seal_settings(table: Mapping[str, Any], base: SealSettings, folder: Path, where: str) -> SealSettings:
    """Return `base` with what the table `[seal]` says; files are relative to `folder`. Raises ConfigError."""
    known(table, SEAL_KEYS, where)
    for name in ("key", "identity", "origin"):
        if not isinstance(table.get(name, ""), str):
            raise ConfigError(f"{where}: {name} must be a string")
    if not isinstance(table.get("hide_names", False), bool):
        raise ConfigError(f"{where}: hide_names must be true or false")
    entries = table.get("authorities", [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise ConfigError(f"{where}: authorities must be written as [[seal.authorities]] tables")
    own = {
        "key": _path(folder, table["key"]) if table.get("key") else base.key,
        "identity": table.get("identity", base.identity),
        "origin": table.get("origin", base.origin),
        "announce": _program(table["announce"], where) if "announce" in table else base.announce,
        "hide_names": table.get("hide_names", base.hide_names),
        "authorities": tuple(_authorities(entries, folder, where)) if entries else base.authorities,
    }
    settings = replace(base, **own)
    check_settings(settings, where)
    return settings


def check_settings(settings: SealSettings, where: str) -> None:
    """Raise ConfigError for settings that can't be; `where` is the place that the error names."""
    if settings.origin and not is_origin(settings.origin):
        raise ConfigError(f"{where}: origin: at most 200 letters, digits and signs, without spaces and +")
    if settings.identity and not _IDENTITY.fullmatch(settings.identity):
        raise ConfigError(f"{where}: identity: a name as in desk@example.org, without spaces")
    if bool(settings.key) != bool(settings.identity):
        raise ConfigError(f"{where}: a key goes with an identity, the name that auditors know it by: give both")
    for one in settings.authorities:
        if not _NAME.fullmatch(one.name) or one.name == "checkpoint":
            raise ConfigError(f"{where}: {one.name[:50]!r}: an authority's name has letters, digits, - and _")
        if fault := address_fault(one.url):
            raise ConfigError(f"{where}: authority {one.name}: url: {fault}")
        if one.ca is not None and not one.ca.is_file():
            raise ConfigError(f"{where}: authority {one.name}: no file {one.ca}; name that of its certificates (PEM)")
    names = [one.name for one in settings.authorities]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ConfigError(f"{where}: two authorities are called {twice}")
    if any(_CONTROL.search(str(text)) for text in (settings.key or "", *settings.announce)):
        raise ConfigError(f"{where}: a control character in a file's name")


def _program(value: object, where: str) -> tuple[str, ...]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word for word in words):
        raise ConfigError(f"{where}: announce must be a program, or a list of it and its arguments")
    return tuple(words)


def _authorities(entries: Iterable[Mapping[str, Any]], folder: Path, where: str) -> Iterable[Authority]:
    for entry in entries:
        known(entry, _AUTHORITY, f"{where}: [[seal.authorities]]")
        if not all(isinstance(value, str) for value in entry.values()) or not entry.keys() >= {"name", "url"}:
            raise ConfigError(f'{where}: [[seal.authorities]]: needs name = "..." and url = "https://..."')
        yield Authority(entry["name"], entry["url"], _path(folder, entry["ca"]) if entry.get("ca") else None)


def authority_named(text: str) -> Authority:
    """Return the authority that `NAME=URL` or `NAME=URL,CA.pem` names. Raises ConfigError."""
    name, equals, rest = text.partition("=")
    url, _, ca = rest.partition(",")
    if not name or not equals or not url:
        raise ConfigError(f"--authority {text[:100]}: write NAME=URL, or NAME=URL,CA.pem with its certificates")
    return Authority(name, url, _path(Path.cwd(), ca) if ca else None)


def _path(folder: Path, name: str) -> Path:
    return folder / Path(name).expanduser()
