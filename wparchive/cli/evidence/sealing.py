"""How commands seal: by the options, the configuration or what is remembered; and how they say what came of it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wparchive.cli.asked_sites import Asked
from wparchive.cli.options import debugging, print_error
from wparchive.errors import StorageError, WparchiveError, scarcity
from wparchive.events import told

if TYPE_CHECKING:
    from wparchive.seal.seal_result import SealResult
    from wparchive.seal.settings import SealSettings
    from wparchive.store import Archive

__all__ = ["Sealing", "newest_sealed", "post", "result_lines", "say_what_is_not_remembered"]


class Sealing:
    """The sealing at the end of a crawl, whose settings are checked before it begins. Raises ConfigError."""

    def __init__(self, folder: Path, asked: Asked) -> None:
        self._folder = folder
        self._settings = _settings(folder, asked.seal, asked.secrets, asked.source)

    def at_end(self, *, silent: bool, no_room: bool) -> None:
        """Seal what the crawl has finished; what goes wrong is said and changes no exit code: the next run makes up for it.

        That there is `no_room` on the disk was said by the crawl.
        """
        from wparchive.seal.sealing import seal
        from wparchive.store import Archive

        archive = Archive(self._folder)
        if not archive.sites():
            return
        try:
            result = seal(archive, self._settings, post=post, now=lambda: datetime.now(UTC))
        except Exception as error:
            if debugging() and not isinstance(error, WparchiveError | OSError):
                raise
            known = error if isinstance(error, WparchiveError) else scarcity(error)
            if not (no_room and isinstance(known, StorageError)):
                print_error(f"not sealed: {known or repr(error)}")
            return
        for line in result.overdue if silent else [*result.missing, *result.unsound, *result.notes]:
            print_error(line)
        say_what_is_not_remembered(archive, self._settings)
        if not silent and result.made:
            click.echo(next(result_lines(result)))


def _settings(folder: Path, table: Mapping[str, Any] | None, base: Path, where: str) -> "SealSettings":
    from wparchive.seal.kept_settings import remembered
    from wparchive.seal.settings import seal_settings
    from wparchive.store import Archive

    held = remembered(Archive(folder))
    return held if table is None else seal_settings(table, held, base, where)


def say_what_is_not_remembered(archive: "Archive", settings: "SealSettings") -> None:
    """Print, in silence too, that seals were signed or stamped until now and by these `settings` no more."""
    from wparchive.seal.kept_settings import not_remembered

    if line := not_remembered(archive, settings):
        print_error(line)


def newest_sealed(folder: Path) -> Mapping[str, object]:
    """Return what the runs that begin now say of the newest seal, so that their WARCs say which one came before them."""
    from wparchive.seal.how_sealed import newest_named
    from wparchive.store import Archive

    try:
        return newest_named(Archive(folder))
    except (WparchiveError, OSError):
        return {}  # said when the run is sealed


def post(url: str, query: bytes) -> bytes:
    """Ask the time-stamping authority at `url`. Raises StampError."""
    from wparchive.fetch.authority import Unanswered, ask
    from wparchive.seal.endorsement.stamping import StampError

    try:
        return ask(url, query)
    except Unanswered as error:
        raise StampError(str(error)) from None


def result_lines(result: "SealResult") -> Iterator[str]:
    """Yield the newest seal in one line, for people and for whoever copies it by hand."""
    if result.number is None:
        yield "nothing to seal: no WARC is finished"
    else:
        verb = "sealed" if result.made else "newest seal"
        yield told(f"{verb} {result.number}: {result.entries:,} entries, {result.root}")
