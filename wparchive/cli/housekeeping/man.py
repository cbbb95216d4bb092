"""`wparchive man`."""

from pathlib import Path

import click

from wparchive.cli.options import common
from wparchive.errors import ExitCode

__all__ = ["command"]


@click.command(epilog="Example: wparchive man | man -l -")
@common
def command(folder: Path, silent: bool) -> int:
    """Print the manual page, made from the help of all commands, as roff."""
    from wparchive.cli.housekeeping.manual import manual

    del folder, silent  # the output is the result itself
    root = click.get_current_context().find_root().command
    assert isinstance(root, click.Group)
    click.echo(manual(root), nl=False)
    return ExitCode.COMPLETE
