"""What `wparchive seal` was told of an archive, kept for its user in `wparchive/seals.toml` of the configuration folder.

Never in the archive: one that came from a stranger would else choose whose key signs it and which authority is asked. An
entry holds for one folder and the one log that was there: another archive put in its place isn't signed either.
"""

import hashlib
import json
import os
import pwd
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from wparchive.errors import ConfigError, StorageError
from wparchive.seal.endorsement.stamping import Authority
from wparchive.seal.entries import current_key
from wparchive.seal.seals_folder import Seals, read_small
from wparchive.seal.settings import SEAL_KEYS, SealSettings, seal_settings
from wparchive.store import Archive
from wparchive.store.archive import Lock
from wparchive.store.warc.writing.writer import sync_folder

__all__ = ["not_remembered", "remember", "remembered"]

_WAIT = 60.0  # seconds for another process that writes the file
_FORMER = "settings.toml"  # in `seals/` of the archive, as earlier versions kept it
_AGAIN = "name --key once again (`wparchive seal --key FILE --identity NAME`, or [seal] in a configuration)"

Table = Mapping[str, Any]


def remembered(archive: Archive) -> SealSettings:
    """Return what this user's file says of `archive`; nothing where it can't be read. Raises ConfigError and StorageError."""
    place = _place()
    try:
        entry = _entry(_tables(place), archive) if place else None
    except StorageError:
        return SealSettings()  # whose file it isn't crawls all the same: `not_remembered` says so where it matters
    if place is None or entry is None or entry.get("log") != _identity(archive):
        return SealSettings()
    own = {name: value for name, value in entry.items() if name not in ("path", "log")}
    return seal_settings(own, SealSettings(), place.parent, f"{place}: {archive.root}")


def remember(archive: Archive, settings: SealSettings) -> None:
    """Keep `settings` for `archive` and its log, readable for this user alone. Raises ConfigError and StorageError."""
    place, log = _place(), _identity(archive)
    if not log:
        raise StorageError("nothing is sealed yet, so nothing is remembered: give the options again after a crawl")
    if place is None:
        raise StorageError(f"nothing is remembered: {_nowhere()}")
    entry = {"path": _folder(archive), "log": log, **dict(_written(settings))}
    busy = f"{place}: process PID is writing it; run `wparchive seal` again with the same options"
    with Lock(place.with_name(".seals.lock"), busy, _WAIT):
        others = [table for table in _tables(place) if table.get("path") != entry["path"]]
        _write(place, "\n".join(_lines([*others, entry])))


def not_remembered(archive: Archive, settings: SealSettings) -> str:
    """Return in one line what an archive was sealed with that `settings` lack; empty when nothing. Raises StorageError."""
    place, seals = _place(), Seals.of(archive)
    key = current_key(seals.log())
    if settings.key or (settings.authorities and not key):
        return ""
    where = f"none is remembered in {place}" if place else _nowhere()
    with suppress(StorageError):
        entry = _entry(_tables(place), archive) if place else None
        if entry and entry.get("log") != _identity(archive):
            return f"{seals.folder / 'log'}: not the log for which {place} remembers how to seal; none of it is used: {_AGAIN}"
    if (seals.folder / _FORMER).is_file():
        return f"{seals.folder / _FORMER}: not used any more: {_AGAIN}"
    if key:
        return f"{archive.root}: seals were signed by {key.principal}, and no key is: {where}; {_AGAIN}"
    if stamps := sorted({path.stem for seal in seals.all() for path in seal.tokens}):
        return f"{archive.root}: seals were stamped by {', '.join(stamps)}, and none is: {where}; name --authority once again"
    return ""


def _place() -> Path | None:
    """The file, by the XDG base directories and also without HOME, as under cron; None for a user without a home."""
    base = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    if not base.is_absolute():
        with suppress(KeyError):
            base = Path(os.environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir) / ".config"
    return base / "wparchive" / "seals.toml" if base.is_absolute() else None


def _nowhere() -> str:
    return "this user has no home folder; set XDG_CONFIG_HOME, or name all in [seal] of a configuration"


def _folder(archive: Archive) -> str:
    return str(archive.root.resolve())


def _identity(archive: Archive) -> str:
    """Which log it is, by its first line; empty without one."""
    entries = Seals.of(archive).log().entries
    return hashlib.sha256(entries[0].line).hexdigest() if entries else ""


def _entry(tables: Iterable[Table], archive: Archive) -> Table | None:
    return next((table for table in tables if table.get("path") == _folder(archive)), None)


def _tables(place: Path) -> list[Table]:
    """The file's entries. Raises ConfigError for a file that `seal` wouldn't write, StorageError for one that can't be read."""
    try:
        if not place.is_file():
            return []
        found = tomllib.loads(read_small(place).decode("utf-8"))
        tables = found.pop("archives", [])
    except OSError as error:
        raise _refused(place, error) from None
    except (ValueError, RecursionError):
        found, tables = {}, None
    if found or not isinstance(tables, list) or not all(map(_is_sound, tables)):
        raise ConfigError(
            f"{place}: not TOML as `wparchive seal` writes it; mend or remove it, and give the options of `wparchive seal` again"
        )
    return tables


def _is_sound(table: object) -> bool:
    if not isinstance(table, dict) or not table.keys() <= {"path", "log", *SEAL_KEYS}:
        return False
    authorities = table.get("authorities", [])
    return isinstance(authorities, list) and all(isinstance(one, dict) for one in authorities)


def _written(settings: SealSettings) -> Iterable[tuple[str, object]]:
    plain = {name: getattr(settings, name) for name in ("identity", "origin", "hide_names")}
    yield from ({"key": settings.key and str(settings.key)} | plain | {"announce": list(settings.announce)}).items()
    yield "authorities", [_authority(one) for one in settings.authorities]


def _authority(one: Authority) -> Table:
    return {"name": one.name, "url": one.url} | ({"ca": str(one.ca)} if one.ca else {})


def _lines(tables: Iterable[Table]) -> Iterable[str]:
    yield "# Written by `wparchive seal`: with which key and authorities this user seals which archive."
    for table in tables:
        yield from ("", "[[archives]]", *_values(table))
        for one in table.get("authorities") or []:
            yield from ("[[archives.authorities]]", *_values(one))


def _values(table: Table) -> Iterable[str]:
    # A TOML string is written as JSON's is, but for a control character that JSON leaves as it is.
    for name, value in table.items():
        if value and name != "authorities":
            yield f"{name} = {json.dumps(value, ensure_ascii=False, default=str)}".replace("\x7f", "\\u007f")


def _write(place: Path, text: str) -> None:
    """Write the file: there whole, or as it was, and only for its owner. Raises StorageError."""
    try:
        real = place.resolve()  # that it may be a link is its user's own arrangement
        new = real.with_name(f".{real.name}.new")
        new.unlink(missing_ok=True)
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(real)
        sync_folder(real.parent)
    except (OSError, UnicodeError) as error:
        raise _refused(place, error) from None


def _refused(place: Path, error: Exception) -> StorageError:
    why = error.strerror if isinstance(error, OSError) else "a name that isn't UTF-8"
    return StorageError(f"{place}: {why}: give the options each time, or name them in [seal] of a configuration")
