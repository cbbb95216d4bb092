"""`wparchive rename`."""

from pathlib import Path

import click

from wparchive.cli.options import common, print_error
from wparchive.cli.values import SiteName
from wparchive.errors import ExitCode
from wparchive.events import told

__all__ = ["command"]


@click.command(epilog="Example: wparchive rename 127.0.0.1_8081 staging -a archive")
@click.argument("site", metavar="SITE", type=SiteName())
@click.argument("new", metavar="NEW")
@common
def command(site: str, new: str, folder: Path, silent: bool) -> int:
    """Rename SITE to NEW: its folder, its rows, its capture log; the WARC files keep their names.

    Its rows are read again from the WARCs. When it was stopped, the same command completes it.
    """
    from wparchive.fleet.housekeeping import rename
    from wparchive.store import Archive

    rename(Archive(folder), site, new, notice=print_error)
    if not silent:
        click.echo(told(f'{site}: is called {new} now; where a configuration names it, write name = "{new}"'))
    return ExitCode.COMPLETE
