"""`wparchive demo`."""

import re
import shutil
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wparchive.cli.display import print_report
from wparchive.cli.options import common, debugging, print_error, print_table
from wparchive.cli.values import Folder
from wparchive.config import Settings, SiteConfig
from wparchive.errors import UsageError, worst
from wparchive.events import clean

if TYPE_CHECKING:
    from wparchive.fleet.local import SiteResult

__all__ = ["command"]


@click.command(epilog="Example: wparchive demo && wparchive status -a demo-archive")
@click.argument("given", required=False, metavar="[DIR]", type=Folder())
@common
def command(given: Path | None, folder: Path, silent: bool) -> int:
    """Archive the small site that ships inside the package into DIR (default: demo-archive); needs no network."""
    from wparchive.cli.screen.progress import Progress, Terminal, can_redraw
    from wparchive.crawl.run import Options
    from wparchive.demo.server import ReplayedSite
    from wparchive.events import quiet
    from wparchive.fleet.local import crawl_all
    from wparchive.store import Archive

    target = _target(given, folder)
    _clear(target)
    emit = quiet if silent else Terminal(sys.stderr) if can_redraw(sys.stderr) else Progress(sys.stderr)
    archive = Archive(target)
    with ReplayedSite("pretty") as pretty, ReplayedSite("plain") as plain:
        own = Settings(contact="demo@example.org")
        named = zip((pretty, plain), _SITES, strict=True)
        sites = [SiteConfig(url=site.url, name=name, settings=own) for site, name in named]
        results = crawl_all(archive, sites, Options(debug=debugging()), index=True, stop=threading.Event(), emit=emit)
    if silent:
        _print_failure(results)
    else:
        _print_all(results, target)
    return worst([result.report.exit_code for result in results])


def _print_failure(results: Sequence["SiteResult"]) -> None:
    failed = next((result.report for result in results if result.report.exit_code), None)
    if failed:
        print_error(f"{failed.site}: {failed.reason}")


def _print_all(results: Sequence["SiteResult"], target: Path) -> None:
    for result in results:
        print_report(result.report, held=result.held)
        click.echo()
    _epilogue(target, [(result.report.site, kind, count) for result in results for kind, count in result.held.items()])


MARK = ".wparchive-demo"
_DEFAULT = Path("demo-archive")
_SITES = ("ledger-pretty", "ledger-plain")
# Every path that a demo creates, and what `seal` and `export` add to it, so that replacing a demo cannot delete anything else.
_MADE = re.compile(
    rf"{re.escape(MARK)}|\.index\.lock|(metadata|datasette)\.yaml|archive\.db(-wal|-shm|-journal|\.new)?|seals(/.*)?"
    rf"|(?P<site>{'|'.join(_SITES)})(/\.lock|/frontier\.db(-wal|-shm)?|/runs(/[\w-]+\.jsonl)?|/warc(/wparchive-(?P=site)-\d+-\d+\.warc\.gz(\.open)?)?)?"
)


def _target(given: Path | None, folder: Path) -> Path:
    """Return DIR, or the folder given by `--archive`; the environment's archive is a real one and never used here."""
    source = click.get_current_context().get_parameter_source("folder")
    named = folder if source is click.core.ParameterSource.COMMANDLINE else None
    if given and named and given != named:
        raise UsageError(f"name one folder: {given} or {named}")
    return given or named or _DEFAULT


def _clear(target: Path) -> None:
    """Make `target` an empty folder marked as a demo's. Only an earlier demo is deleted. Raises UsageError."""
    if target.exists() and any(target.iterdir()):
        if target.is_symlink() or not (target / MARK).exists():
            raise UsageError(f"{target}: not empty, and not a demo's archive; name a new folder")
        if other := next(_not_of_the_demo(target), None):
            raise UsageError(f"{target}: holds {clean(other)}, which no demo made; name a new folder")
        shutil.rmtree(target)
    target.mkdir(parents=True, exist_ok=True)
    (target / MARK).write_text("Made by `wparchive demo`; the next demo may replace this folder.\n", "utf-8")


def _not_of_the_demo(folder: Path) -> Iterator[str]:
    """Yield what is in `folder` and is not of the kinds that the demo creates."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not _MADE.fullmatch(name):
            yield name


def _epilogue(target: Path, rows: list[tuple[str, str, int]]) -> None:
    print_table(("site", "type", "held"), rows, right=(2,))
    program = sys.argv[0] if Path(sys.argv[0]).name == "wparchive" else "wparchive"
    click.echo(f"""
Two sites with the same content, one with pretty and one with plain permalinks, are now in {target}. Try next:

  {program} status -a {target}
  {program} show ledger-plain/post/7 --body -a {target}
  {program} history ledger-plain/post/7 -a {target}
  {program} verify -a {target}
  {program} export --item ledger-plain/post/7 -a {target}
  {program} serve -a {target} --open     (pip install 'wparchive[browse]')""")
