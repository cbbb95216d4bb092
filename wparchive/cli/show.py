"""`wparchive show`."""

import codecs
import sys
from collections.abc import Callable
from pathlib import Path

import click

from wparchive.cli.options import common
from wparchive.errors import ExitCode, UsageError
from wparchive.events import clean

__all__ = ["command"]

# Bytes; there is no limit on a body that the user asks for.
_WHOLE = 1 << 40


@click.command(epilog="Example: wparchive show example.org/post/68908 --body -a archive")
@click.argument("key", metavar="KEY")
@click.option("--body", is_flag=True, help="Only the decoded body.")
@common
def command(key: str, folder: Path, body: bool, silent: bool) -> int:
    """The raw response behind KEY, as it was on the wire; KEY is SITE/TYPE/ID or a capture's id."""
    from wparchive.ask import find_capture
    from wparchive.store import Archive

    del silent  # the output is the result itself
    archive = Archive(folder)
    stored = archive.response(find_capture(archive.database, key))
    if stored.head is None:
        raise UsageError(f"{key}: nothing came back for this request: {stored.capture.extra.get('error', 'no answer')}")
    write = _writer()
    for chunk in [stored.body(_WHOLE).data] if body else stored.raw():
        write(chunk)
    sys.stdout.flush()
    return ExitCode.COMPLETE


def _writer() -> Callable[[bytes], object]:
    """Return a function that writes bytes unchanged; to a terminal, as text without control characters."""
    if not sys.stdout.isatty():
        return sys.stdout.buffer.write
    decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(chunk: bytes) -> None:
        lines = decoder.decode(chunk).replace("\r\n", "\n").split("\n")
        sys.stdout.write("\n".join(map(clean, lines)))

    return write
