"""`wparchive fleet init`."""

from pathlib import Path

import click

from wparchive.cli.fleet.configured import of_fleet
from wparchive.errors import ExitCode
from wparchive.events import told

__all__ = ["command"]


@click.command(epilog="Example: wparchive fleet init --config fleet.toml")
@of_fleet
def command(config: Path, silent: bool) -> int:
    """Make the fleet's tables, and see that the store refuses what two workers must not both do. Repeats are no error."""
    from wparchive.fleet.objects import ObjectStore
    from wparchive.fleet.queue.engine import ProcrastinateEngine
    from wparchive.fleet.queue.fleet_file import load_fleet
    from wparchive.fleet.queue.tables import connect, ensure_tables

    fleet = load_fleet(config)
    stores = [url for url in (fleet.store, fleet.private_store) if url]
    for url in stores:
        ObjectStore(url).check()
    with connect(fleet.database) as conn:
        ensure_tables(conn)
        ProcrastinateEngine(fleet.database).prepare(conn)
        count = conn.execute("SELECT count(*) AS n FROM fleet.sites").fetchone()["n"]
    if not silent:
        click.echo(f"database: the tables are there; {count:,} sites")
        for url in stores:
            click.echo(told(f"store {url}: refuses a second create and a stale replacement, as it must"))
    return ExitCode.COMPLETE
