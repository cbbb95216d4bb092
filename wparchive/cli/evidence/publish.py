"""`wparchive publish`."""

from pathlib import Path

import click

from wparchive.cli.options import common
from wparchive.cli.values import OutputFile
from wparchive.errors import ExitCode

__all__ = ["command"]


@click.command(epilog="Example: wparchive publish public.db -a archive && datasette -i public.db")
@click.argument("file", metavar="FILE", type=OutputFile())
@click.option("--metadata", is_flag=True, help="Also write metadata.yaml and datasette.yaml beside it.")
@common
def command(folder: Path, file: Path, metadata: bool, silent: bool) -> int:
    """Write a copy of archive.db that may be handed on: only what strangers were shown."""
    from wparchive.export.publish import publish
    from wparchive.store import Archive

    size = publish(Archive(folder), file, metadata=metadata)
    if not silent:
        click.echo(f"{file}: {size:,} bytes; try: datasette -i {file}")
    return ExitCode.COMPLETE
