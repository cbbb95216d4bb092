"""`wparchive index`."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wparchive.cli.display import damage_line
from wparchive.cli.options import common, json_option, print_error, print_json, print_table
from wparchive.cli.screen.progress import Terminal, can_redraw
from wparchive.errors import ExitCode, UsageError
from wparchive.events import told

if TYPE_CHECKING:
    from wparchive.index import IndexReport, Progress
    from wparchive.index.runs.holds import Unheld
    from wparchive.store import Archive

__all__ = ["command", "index_sites"]


@click.command(epilog="Example: wparchive index --rebuild -a archive")
@click.option("--rebuild", is_flag=True, help="Rebuild archive.db from the WARCs alone.")
@json_option
@common
def command(folder: Path, rebuild: bool, silent: bool, as_json: bool) -> int:
    """Bring archive.db up to date with the WARC files; exit 4 when something of them is damaged or there twice."""
    from wparchive.ask import status
    from wparchive.store import Archive

    archive = Archive(folder)
    names = [site.name for site in archive.sites()]
    if not names and not archive.forgotten():  # where the only site was forgotten, its rows may be there still
        raise UsageError(f"{folder}: no archive there; crawl something first, or name another one with --archive")
    report = index_sites(archive, names, rebuild=rebuild, silent=silent)
    unheld = list(chain.from_iterable(report.unheld.values()))
    damaged = [asdict(row) for row in report.damaged if not row.removed]
    rows = [(site.site, kind, count) for site in status(archive.database) for kind, count in site.items.items()]
    if silent:
        _print([], [], damaged)
    elif as_json:
        held = [dict(zip(("site", "type", "held"), row, strict=True)) for row in rows]
        print_json([*held, *({"site": row["site"], "damage": row} for row in damaged)])
    else:
        _print(rows, unheld, damaged)
    return ExitCode.FINDINGS if damaged else ExitCode.INCOMPLETE if unheld else ExitCode.COMPLETE


def index_sites(archive: "Archive", names: Sequence[str], *, rebuild: bool, silent: bool) -> "IndexReport":
    """Index every site, each of them locked until all are done."""
    from wparchive.index import index

    with ExitStack() as locks:
        for name in names:
            locks.enter_context(archive.lock(name))
            archive.finish(name)
        with _shown(silent=silent) as (progress, notice):
            return index(archive, names, rebuild=rebuild, progress=progress, notice=notice)


@contextmanager
def _shown(*, silent: bool) -> Iterator[tuple[Callable[["Progress"], None] | None, Callable[[str], None]]]:
    """Yield what shows on a terminal how far indexing is, and what prints a line about the database."""
    if silent or not can_redraw(sys.stderr):
        yield None, print_error
        return
    terminal = Terminal(sys.stderr)

    def progress(how_far: "Progress") -> None:
        counts = {"read": how_far.read, "total": how_far.total, "items": how_far.items}
        terminal("index-progress", {"site": how_far.site, "target": how_far.site, **counts})

    try:
        yield progress, lambda text: terminal("notice", {"text": text})
    finally:
        terminal.close()


def _print(
    rows: Sequence[tuple[str, str, int]], unheld: Sequence["Unheld"], damaged: Sequence[Mapping[str, object]]
) -> None:
    if rows:
        print_table(("site", "type", "held"), rows, right=(2,))
    for one in unheld:
        click.echo(told(f"gap: {one.site}: {one.route}: {one.reason}"))
    for row in damaged:
        click.echo(damage_line(row))
