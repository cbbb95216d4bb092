"""`wparchive show`."""

import sys
from pathlib import Path

import click

from wparchive.cli.options import common
from wparchive.errors import ExitCode, UsageError

__all__ = ["command"]

_WHOLE = 1 << 40


@click.command(epilog="Example: wparchive show example.org/post/68908 --body -a archive")
@click.argument("key", metavar="KEY")
@click.option("--body", is_flag=True, help="Only the decoded body.")
@common
def command(key: str, folder: Path, body: bool, silent: bool) -> int:
    """The raw response behind KEY, as it was on the wire; KEY is SITE/TYPE/ID or a capture's id."""
    from wparchive.index import find_capture
    from wparchive.store import Archive

    del silent  # the output is what was asked for
    archive = Archive(folder)
    stored = archive.response(find_capture(archive.database, key))
    if stored.head is None:
        raise UsageError(f"{key}: nothing came back for this request: {stored.capture.extra.get('error', 'no answer')}")
    out = sys.stdout.buffer
    if body:
        out.write(stored.body(_WHOLE).data)
    else:
        for chunk in stored.raw():
            out.write(chunk)
    out.flush()
    return ExitCode.COMPLETE
