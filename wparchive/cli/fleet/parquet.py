"""`wparchive fleet parquet`."""

from pathlib import Path

import click

from wparchive.cli.fleet.configured import of_fleet
from wparchive.cli.options import print_error
from wparchive.errors import ExitCode, UsageError, scarcity
from wparchive.events import told

__all__ = ["command"]


@click.command(epilog="Example: wparchive fleet parquet /srv/parquet")
@click.argument("prefix", metavar="PREFIX")
@of_fleet
def command(prefix: str, config: Path, silent: bool) -> int:
    """Write posts, media files, observations and captures of all sites as Parquet, into a folder or a store (s3://...).

    In 256 folders by a hash of the site, without the column raw; sites that haven't moved since are left as they are.
    """
    from wparchive.fleet.joining.parquet import write_parquet
    from wparchive.fleet.objects import ObjectStore
    from wparchive.fleet.queue.fleet_file import load_fleet
    from wparchive.fleet.queue.tables import connect

    fleet, target = load_fleet(config), ObjectStore(_address(prefix))
    with connect(fleet.database) as conn:
        rows = conn.execute("SELECT site FROM fleet.sites WHERE indexed > 0 ORDER BY site").fetchall()
    done = write_parquet(ObjectStore(fleet.store), target, [row["site"] for row in rows])
    for line in done.faults:
        print_error(line)
    if not silent:
        click.echo(told(f"{prefix}: {done.written:,} sites written, {done.kept:,} there already"))
    return ExitCode.INCOMPLETE if done.faults else ExitCode.COMPLETE


def _address(prefix: str) -> str:
    """Return PREFIX as the address of a store. Raises UsageError for what can be none."""
    if not prefix.strip() or not prefix.isprintable():
        raise UsageError("PREFIX is empty; name a folder, or a store as s3://bucket/prefix")
    if "://" in prefix:
        return prefix
    path = Path(prefix).absolute()
    try:
        if path.exists() and not path.is_dir():
            raise UsageError(f"{prefix}: not a folder; name another")
    except OSError as error:
        raise UsageError(f"{prefix}: {error.strerror}; name another folder") from scarcity(error)
    return path.as_uri()
