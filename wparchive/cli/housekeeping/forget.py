"""`wparchive forget`."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from wparchive.cli.options import common, print_error
from wparchive.cli.values import SiteName
from wparchive.errors import ExitCode, UsageError
from wparchive.events import told

__all__ = ["command"]


@click.command(epilog="Example: wparchive forget example.org -a archive")
@click.argument("site", metavar="SITE", type=SiteName())
@click.option("--warcs", is_flag=True, help="Remove its WARC files too, and those that an earlier forget has kept.")
@click.option(
    "--sealed", is_flag=True, help="With --warcs: also those that a seal names; verify misses them from then on."
)
@click.option("--yes", is_flag=True, help="Don't ask (for scripts).")
@common
def command(site: str, warcs: bool, sealed: bool, yes: bool, folder: Path, silent: bool) -> int:
    """Remove SITE from the archive: its rows and its capture log.

    Its WARC files are moved to forgotten/DATE/SITE in the archive, where nothing reads them; move that folder back and run
    `wparchive index` to have them again. With --warcs they are removed for good.
    """
    from wparchive.fleet.housekeeping import forget, to_forget
    from wparchive.store import Archive

    archive = Archive(folder)
    about = to_forget(archive, site, warcs=warcs)
    size = f"{len(about.warcs):,} WARC{'' if len(about.warcs) == 1 else 's'} ({about.bytes / 1e6:,.1f} MB)"
    if not yes and not _agreed(
        f"{told(site)}: remove its rows and its capture log, and "
        + (f"remove its {size} for good?" if warcs else f"keep its {size} in forgotten/?")
    ):
        print_error("nothing was forgotten")
        return ExitCode.INTERRUPTED
    kept = forget(archive, site, warcs=warcs, sealed=sealed, now=datetime.now(UTC), notice=print_error)
    if not silent:
        click.echo(told(f"{site}: forgotten; {size} {f'kept in {kept.path}' if kept else 'removed'}"))
    return ExitCode.COMPLETE


def _agreed(question: str) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("forget asks before it removes anything, and here is nobody to answer; add --yes")
    return click.confirm(question, err=True)
