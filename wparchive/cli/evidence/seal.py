"""`wparchive seal`."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wparchive.cli.evidence.sealing import post, result_lines, say_what_is_not_remembered
from wparchive.cli.options import common, json_option, print_error, print_json
from wparchive.cli.values import ConfigFile
from wparchive.errors import ExitCode, UsageError, WparchiveError

if TYPE_CHECKING:
    from wparchive.seal.seal_result import SealResult
    from wparchive.seal.settings import SealSettings
    from wparchive.store import Archive

__all__ = ["command"]

_NOTE = 1000  # characters
_KEY = click.Path(path_type=Path)


@click.command(epilog="Example: wparchive seal -a archive --key ~/.ssh/archive_ed25519 --identity desk@example.org")
@click.option(
    "--key",
    type=_KEY,
    metavar="FILE",
    help="SSH key that signs: a private key without a passphrase, or the .pub of one in an agent.",
)
@click.option("--identity", metavar="NAME", help="The name that auditors know the key by, as desk@example.org.")
@click.option(
    "--authority",
    "authorities",
    multiple=True,
    metavar="NAME=URL[,CA.pem]",
    help="RFC 3161 authority that stamps; may be repeated.",
)
@click.option("--origin", metavar="NAME", help="What the archive's log is called; only before the first seal.")
@click.option(
    "--new-key", type=_KEY, metavar="FILE", help="Sign with this key from now on; the old one signs that too."
)
@click.option("--lost", is_flag=True, help="With --new-key: the old key can't sign any more.")
@click.option("--note", metavar="TEXT", help="A text for the log; it is published with it.")
@click.option("--config", "config_file", type=ConfigFile(), help="Take the settings from [seal] of this TOML file.")
@json_option
@common
def command(
    key: Path | None,
    identity: str | None,
    authorities: tuple[str, ...],
    origin: str | None,
    new_key: Path | None,
    lost: bool,
    note: str | None,
    config_file: Path | None,
    folder: Path,
    silent: bool,
    as_json: bool,
) -> int:
    """Seal the finished WARCs: list their digests in an append-only log, sign its head, have it time-stamped.

    A crawl does it at its end. Options are remembered for you, in wparchive/seals.toml of your configuration folder, not in the
    archive; without any key and authority the log is kept all the same. Keep a copy of the newest seals/NUMBER/checkpoint
    elsewhere: `wparchive verify --expect` compares with it.
    Exit 3: a signature or a stamp could not be had, and the next run asks again.
    """
    from wparchive.seal.endorsement.endorsing import KeyChange
    from wparchive.seal.sealing import seal
    from wparchive.store import Archive

    folder, settings = _configured(folder, config_file)
    archive = Archive(folder)
    if not archive.sites():
        raise UsageError(f"{folder}: no archive there; name one with --archive")
    if lost and not new_key:
        raise UsageError("--lost goes with --new-key FILE, the key that signs from now on")
    if note is not None and (not note.strip() or len(note) > _NOTE):
        raise UsageError(f"--note: a text of at most {_NOTE:,} characters")
    given = {"key": key and key.expanduser().absolute(), "identity": identity, "origin": origin}
    asked = _asked(archive, settings, {name: value for name, value in given.items() if value}, authorities)
    change = KeyChange(new_key.expanduser().absolute(), lost) if new_key else None
    result = seal(archive, asked, post=post, now=lambda: datetime.now(UTC), change=change, note=note or "")
    if change:
        asked = replace(asked, key=change.key)
    if config_file is None and (change or authorities or any(given.values())):
        _remember(archive, asked)
    say_what_is_not_remembered(archive, asked)
    return _told(result, silent=silent, as_json=as_json)


def _configured(folder: Path, config_file: Path | None) -> "tuple[Path, SealSettings]":
    """Return the archive's folder and the settings: those of the configuration, or those that are remembered."""
    from wparchive import config as configuration
    from wparchive.cli.options import names_archive
    from wparchive.seal.kept_settings import remembered
    from wparchive.seal.settings import seal_settings
    from wparchive.store import Archive

    if config_file is None:
        return folder, remembered(Archive(folder))
    config = configuration.load(config_file)
    folder = folder if names_archive() else config.archive
    held = remembered(Archive(folder))
    return folder, seal_settings(config.seal or {}, held, config.folder, f"{config_file}: [seal]")


def _remember(archive: "Archive", asked: "SealSettings") -> None:
    """Keep what was asked for the next time; the seal is made, so that it can't be kept is only said."""
    from wparchive.seal.kept_settings import remember

    try:
        remember(archive, asked)
    except WparchiveError as error:
        print_error(f"not remembered: {error}")


def _asked(
    archive: "Archive", settings: "SealSettings", given: Mapping[str, Any], authorities: tuple[str, ...]
) -> "SealSettings":
    """Return `settings` with what the options say. Raises UsageError for what can't be, a key that can't sign too."""
    from wparchive.seal.endorsement.programs import MissingProgram
    from wparchive.seal.endorsement.signing import SigningError, public_key
    from wparchive.seal.seals_folder import Seals
    from wparchive.seal.settings import authority_named, check_settings

    named = {one.name: one for one in (*settings.authorities, *map(authority_named, authorities))}
    asked = replace(settings, **given, authorities=tuple(named.values()))
    check_settings(asked, "wparchive seal")
    known = Seals.of(archive).log().origin
    if known and given.get("origin", known) != known:
        raise UsageError(f"--origin: the log is called {known} from its first line on")
    try:
        if "key" in given:
            public_key(given["key"])
    except (SigningError, MissingProgram) as error:
        raise UsageError(f"--key: {error}") from None
    return asked


def _told(result: "SealResult", *, silent: bool, as_json: bool) -> int:
    if as_json:
        print_json(asdict(result))
    else:
        for line in (*result.missing, *result.unsound, *(() if silent else result.notes)):
            print_error(line)
        if not silent:
            for line in result_lines(result):
                click.echo(line)
    return ExitCode.INCOMPLETE if result.missing or result.unsound else ExitCode.COMPLETE
