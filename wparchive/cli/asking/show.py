"""`wparchive show`."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wparchive.cli.options import common
from wparchive.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from wparchive.ask import ItemKey
    from wparchive.store import StoredExchange

__all__ = ["command"]

# Bytes; there is no limit on a body that the user asks for.
_WHOLE = 1 << 40


@click.command(epilog="Example: wparchive show example.org/post/68908 --body -a archive")
@click.argument("key", metavar="KEY")
@click.option("--body", is_flag=True, help="Only the decoded body: of an item that item, as it was sent.")
@click.option("--page", is_flag=True, help="The whole answer, where an item is asked for that came with others.")
@common
def command(key: str, folder: Path, body: bool, page: bool, silent: bool) -> int:
    """Print the response behind KEY: to a pipe or file as it was on the wire, on a terminal its head and readable JSON.

    KEY is SITE/TYPE/ID, an address (an article's, a file's, a REST route's), how a capture's id begins, or words of a headline.
    """
    from wparchive.ask import find_answer
    from wparchive.store import Archive

    archive = Archive(folder)
    capture, item = find_answer(archive.database, key)
    stored = archive.response(capture)
    if stored.head is None:
        raise UsageError(f"{key}: nothing came back for this request: {stored.capture.extra.get('error', 'no answer')}")
    alone = None if page else item
    if not sys.stdout.isatty():
        _write([_body(stored, alone)] if body else stored.raw())
        return ExitCode.COMPLETE
    for line in _lines(stored, alone, headed=not body):
        click.echo(line)
    if alone and not silent:
        click.echo(f"({alone}, without the rest of its answer; --page shows all of it)", err=True)
    return ExitCode.COMPLETE


def _body(stored: "StoredExchange", item: "ItemKey | None") -> bytes:
    """Return the decoded body, or the item in it."""
    from wparchive.wordpress.payload.cutting import item_as_sent

    data = stored.body(_WHOLE).data
    alone = item_as_sent(data, item.wp_id) if item else data
    if alone is None:
        raise UsageError(f"{item}: it can't be cut out of its answer, {stored.capture.capture}; --page shows all of it")
    return alone


def _write(chunks: Iterable[bytes]) -> None:
    for chunk in chunks:
        sys.stdout.buffer.write(chunk)
    sys.stdout.flush()


def _lines(stored: "StoredExchange", item: "ItemKey | None", *, headed: bool) -> Iterator[str]:
    from wparchive.cli.asking.pretty import head_lines, pretty

    answer = stored.answer
    if headed:
        yield from head_lines(answer.head_bytes)
        yield ""
    yield from pretty(_body(stored, item), answer.head.mime if answer.head else "")
