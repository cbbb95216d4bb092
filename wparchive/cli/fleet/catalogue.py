"""`wparchive fleet catalogue`."""

from pathlib import Path

import click

from wparchive.cli.fleet.configured import of_fleet
from wparchive.cli.values import OutputFile
from wparchive.errors import ExitCode
from wparchive.events import told

__all__ = ["command"]


@click.command(epilog="Example: wparchive fleet catalogue catalogue.db && datasette catalogue.db")
@click.argument("file", metavar="FILE", type=OutputFile())
@of_fleet
def command(file: Path, config: Path, silent: bool) -> int:
    """Make FILE, a SQLite database over all sites: state, turns, what is held, gaps, networks; for cron, and for Datasette.

    One that is there is brought up to date while others read it: only HEADs that have moved are fetched.
    """
    from wparchive.fleet.joining.catalogue import catalogue
    from wparchive.fleet.objects import ObjectStore
    from wparchive.fleet.queue.fleet_file import load_fleet
    from wparchive.fleet.queue.tables import connect

    fleet = load_fleet(config)
    with connect(fleet.database) as conn:
        count = catalogue(file, conn, ObjectStore(fleet.store))
    if not silent:
        click.echo(told(f"{file}: {count:,} sites"))
    return ExitCode.COMPLETE
