"""What the commands share: options, tables, one-line errors."""

import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from shutil import get_terminal_size
from typing import Any

import click

from wparchive.cli.screen.columns import cut, fitted
from wparchive.cli.values import Folder
from wparchive.errors import UsageError
from wparchive.events import told

__all__ = [
    "COMPLETION",
    "archive_option",
    "common",
    "debugging",
    "json_option",
    "names_archive",
    "plain",
    "print_error",
    "print_json",
    "print_table",
    "require_known",
    "short_time",
    "span",
]

COMPLETION = "_WPARCHIVE_COMPLETE"
"""The variable by which a shell asks what may follow on the command line."""

_CELL = 300  # characters

Command = Callable[..., Any]

archive_option = click.option(
    "-a",
    "--archive",
    "folder",
    type=Folder(),
    default=Path("archive"),
    envvar="WPARCHIVE_ARCHIVE",
    show_default=True,
    show_envvar=True,
    help="The archive's folder.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, for programs.")
_silent = click.option("--silent", is_flag=True, help="Print nothing unless something needs a person (for cron).")
_debug = click.option("--debug", is_flag=True, expose_value=False, help="Show a traceback for a fault of ours.")


def common(command: Command) -> Command:
    """Add the options that every command of an archive has; `debugging` reads `--debug`."""
    decorated: Command = archive_option(plain(command))
    return decorated


def plain(command: Command) -> Command:
    """Add the options that every command has, whether or not it is about an archive."""
    decorated: Command = _silent(_debug(command))
    return decorated


def debugging() -> bool:
    """Return whether an error should print its traceback."""
    return "--debug" in sys.argv


def names_archive() -> bool:
    """Return whether the archive's folder is named on the command line or in the environment, not just the default."""
    source = click.get_current_context().get_parameter_source("folder")
    return source in (click.core.ParameterSource.COMMANDLINE, click.core.ParameterSource.ENVIRONMENT)


def require_known(named: Iterable[str], known: Collection[str], fault: str, option: str = "") -> None:
    """Raise UsageError, which ends in `fault` and what was most likely meant, for the first of `named` that isn't `known`."""
    from wparchive.ask.since import nearest

    for name in named:
        if name not in known:
            raise UsageError(f"{option}{option and ' '}{name}: {fault}{nearest(name, known)}")


def print_error(message: str) -> None:
    """Print one line on stderr, without characters that could control a terminal."""
    click.echo(f"wparchive: {told(message)}", err=True)


def print_json(value: Any) -> None:
    """Print `value` as indented JSON on stdout, in ASCII, so that nothing in it can control a terminal."""
    import json

    click.echo(json.dumps(value, indent=2, default=str))


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = ()) -> None:
    """Print a plain table on stdout; the columns in `right` are right-aligned.

    On a terminal the widest of the others are cut until a row fits.
    """
    cells = [list(map(_cell, row)) for row in rows]
    widths = [max(len(row[n]) for row in [list(header), *cells]) for n in range(len(header))]
    if sys.stdout.isatty():
        widths = fitted(widths, get_terminal_size().columns, rigid=right)
    for line in ([*header], ["-" * width for width in widths], *cells):
        shown = (cut(text, width) for text, width in zip(line, widths, strict=True))
        sides = (str.rjust if n in right else str.ljust for n in range(len(header)))
        padded = (pad(text, width) for pad, text, width in zip(sides, shown, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def _cell(value: object) -> str:
    return told("" if value is None else f"{value:,}" if isinstance(value, int) else value, _CELL)


def short_time(moment: str | None) -> str:
    """Return a time to the second: the rest is for programs."""
    return told(f"{moment[:19]}Z" if moment and moment.endswith("Z") else moment or "", 100)


def span(first: str, last: str) -> str:
    """Return in words between which sightings something was seen."""
    begin, end = short_time(first), short_time(last)
    return f"at {begin}" if begin == end else f"from {begin} to {end}"
