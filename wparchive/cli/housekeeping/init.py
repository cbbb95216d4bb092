"""`wparchive init`."""

import os
import shlex
from pathlib import Path

import click

from wparchive.cli.options import common
from wparchive.cli.values import NewFile
from wparchive.errors import ExitCode
from wparchive.events import told

__all__ = ["command"]


@click.command(epilog="Example: wparchive init sites.toml")
@click.argument("file", metavar="[FILE]", type=NewFile(), default="wparchive.toml")
@common
def command(file: Path, folder: Path, silent: bool) -> int:
    """Write a configuration with every setting explained into FILE (default: wparchive.toml); nothing is overwritten."""
    from wparchive.config import example
    from wparchive.store.warc.writing.writer import storage_error

    del folder  # it names its own
    name = shlex.quote(os.fspath(file))
    text = example().replace("config.example.toml", name if name.isprintable() else "FILE")
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise storage_error(file, error) from None
    if not silent:
        click.echo(told(f"{file}: written; put your sites into it, then: wparchive check-config {name}"))
    return ExitCode.COMPLETE
