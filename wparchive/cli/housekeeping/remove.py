"""`wparchive remove`."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wparchive.cli.evidence.sealing import post, result_lines, say_what_is_not_remembered
from wparchive.cli.options import common, print_error, short_time
from wparchive.errors import ExitCode, UsageError
from wparchive.events import told

if TYPE_CHECKING:
    from wparchive.fleet.removal.carrying_out import Removing
    from wparchive.seal.seal_result import SealResult

__all__ = ["command"]

_SHOWN = 10
_NOT_REACHED = (
    "not reached: packages, WACZ files, published databases and other copies that were handed on; feeds and messages that "
    "were sent; backups, snapshots, and the disk's own old blocks, which may still hold the bytes"
)


@click.command(
    epilog='Example: wparchive remove example.org/post/68908 --reason "judgment on personal data" --order "12 O 34/26" -a archive'
)
@click.argument("items", metavar="ITEM...", nargs=-1, required=True)
@click.option("--reason", required=True, metavar="TEXT", help="Why. It is published with the seals: no names in it.")
@click.option("--order", default="", metavar="TEXT", help="On whose order, as a file number. Published as well.")
@click.option("--yes", is_flag=True, help="Don't ask (for scripts).")
@common
def command(items: tuple[str, ...], reason: str, order: str, yes: bool, folder: Path, silent: bool) -> int:
    """Remove each ITEM from the archive's WARCs and database for good, as a law or a court asks; the seals say so and hold.

    ITEM is SITE/TYPE/ID, an article's address, words of its headline, or one capture by its id. Every capture that holds it
    is overwritten, a listing's whole page too: other items lose that capture. What else has its words is listed, and stays.
    REASON and ORDER are published with the seals. The files of media go only with the media item itself. If the site still
    shows it, the next crawl captures it again.
    """
    from wparchive.fleet.removal.carrying_out import Grounds, prepared, refuse_unsayable
    from wparchive.seal.kept_settings import remembered
    from wparchive.store import Archive

    grounds = Grounds(reason, order)
    refuse_unsayable(grounds)
    archive = Archive(folder)
    with prepared(archive, items, notice=print_error) as removing:
        for line in _about(removing):
            if not (silent and yes):
                click.echo(line, err=not yes)
        if not yes and not _agreed("Remove these captures for good?"):
            print_error("nothing was removed")
            return ExitCode.INTERRUPTED
        settings = remembered(archive)
        result = removing.carry_out(grounds, settings, post=post, now=lambda: datetime.now(UTC), notice=print_error)
        for line in (*result.missing, *result.unsound):
            print_error(line)
        say_what_is_not_remembered(archive, settings)
        if not silent:
            for line in _done(removing, result):
                click.echo(line)
    return ExitCode.COMPLETE


def _agreed(question: str) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("remove asks before it removes anything, and here is nobody to answer; add --yes")
    return click.confirm(question, err=True)


def _about(removing: "Removing") -> Iterator[str]:
    """Yield what would be removed, what goes with it, and where it stands otherwise."""
    found = removing.found
    yield from (told(f"{one.key} {one.title}".rstrip()) for one in removing.sought)
    kinds = Counter(f"{one.kind}{', revisit' if one.refers else ''}" for one in found.holders)
    named = "; ".join(f"{told(kind)}: {number:,}" for kind, number in sorted(kinds.items()))
    yield f"held by {_counted(len(found.holders), 'capture')}{f' ({named})' if named else ''}"
    for one in found.holders[:_SHOWN]:
        beside = f"  and {_counted(one.others, 'other item')}" if one.others else ""
        yield told(f"  {short_time(one.captured_at)}  {one.url}{beside}")
    yield from _more(len(found.holders))
    if found.losing:
        yield f"{_counted(found.losing, 'other item')} lose a capture with it; standing in no other: {found.alone:,}"
    if found.alone:
        yield "  to keep those, run `wparchive crawl --full` first, once the site doesn't show it any more"
    yield from _otherwise(removing)


def _otherwise(removing: "Removing") -> Iterator[str]:
    """Yield what has its words or files and stays."""
    found = removing.found
    if count := len(found.elsewhere):
        yield f"its words or address also stand in {_counted(count, 'capture')}; name their ids beside it to remove them too:"
        for one in found.elsewhere[:_SHOWN]:
            yield told(f"  {one.capture}  {one.what}  {one.url}")
        yield from _more(count)
    if removing.items:
        yield told(f"its headline also stands in other items, which stay: {_some(removing.items)}")
    if removing.same_files:
        yield told(f"its files also stand elsewhere, and stay: {_some(removing.same_files)}")
    for line in found.unread[:_SHOWN]:
        yield told(f"not searched: {line}")
    yield from _more(len(found.unread))
    for path in removing.left_over:
        yield told(f"not searched: {path.relative_to(removing.archive.root)}")


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _some(names: Sequence[str]) -> str:
    left = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {left:,} more" if left > 0 else "")


def _more(count: int) -> Iterator[str]:
    if count > _SHOWN:
        yield f"  … and {count - _SHOWN:,} more"


def _done(removing: "Removing", result: "SealResult") -> Iterator[str]:
    files = len({one.path for one in removing.stretches})
    names = _some([one.key for one in removing.sought])
    yield told(f"{names}: removed, {_counted(len(removing.found.holders), 'capture')} in {_counted(files, 'WARC')}")
    yield next(result_lines(result))
    yield _NOT_REACHED
