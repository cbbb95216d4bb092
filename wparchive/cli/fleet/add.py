"""`wparchive fleet add`."""

from collections.abc import Sequence
from pathlib import Path

import click

from wparchive.cli.fleet.configured import of_fleet, span_of
from wparchive.cli.options import print_error
from wparchive.cli.values import Whole
from wparchive.errors import ExitCode, UsageError
from wparchive.events import told

__all__ = ["command"]

_FILES = (".txt", ".toml", ".csv", ".list")


@click.command(epilog="Example: wparchive fleet add sites.txt https://example.org/ --every 12h")
@click.argument("words", metavar="FILE|URL...", nargs=-1, required=True)
@click.option(
    "--every", metavar="SPAN", help="How often at most, as in 90m, 12h or 7d; the same whether or not it changes."
)
@click.option("--priority", type=Whole(-100, 100), default=0, show_default=True, help="Higher ones go first when due.")
@of_fleet
def command(words: tuple[str, ...], every: str | None, priority: int, config: Path, silent: bool) -> int:
    """Add sites: addresses, files with an address a line, or the configuration of a crawl; each is due at once.

    A site that is there already gets the new settings.
    """
    from wparchive.fleet.queue.fleet_file import load_fleet
    from wparchive.fleet.queue.networks import networks_by_port, system_look_up
    from wparchive.fleet.queue.roster import add, entries_of
    from wparchive.fleet.queue.tables import connect

    span = span_of(every, "--every")
    _refuse_missing(words)
    fleet = load_fleet(config)
    sites = list(entries_of(words, fleet))  # all are looked at before the first is added
    with connect(fleet.database) as conn:
        done = add(
            conn, fleet, sites, every=span, priority=priority, look_up=system_look_up, by_port=networks_by_port()
        )
    for line in done.faults:
        print_error(line)
    if not silent:
        click.echo(told(f"{done.new:,} added, {done.known:,} were there already"))
    return ExitCode.INCOMPLETE if done.faults else ExitCode.COMPLETE


def _refuse_missing(words: Sequence[str]) -> None:
    """Raise UsageError for a word that is empty, or must mean a file that isn't there."""
    for word in words:
        if not word.strip() or not word.isprintable():
            raise UsageError(f"{told(word.strip()) or 'FILE|URL'}: neither a file nor an address")
        path = Path(word)
        if path.is_dir() or (word.lower().endswith(_FILES) and "://" not in word and not path.is_file()):
            raise UsageError(f"{word}: {'a folder' if path.is_dir() else 'no such file'}; name a file or an address")
