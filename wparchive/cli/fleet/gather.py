"""`wparchive fleet gather`."""

from pathlib import Path

import click

from wparchive.cli.fleet.configured import checked_names, of_fleet
from wparchive.cli.options import archive_option, print_error
from wparchive.errors import ExitCode
from wparchive.events import told

__all__ = ["command"]


@click.command(epilog="Example: wparchive fleet gather example.org example.net -a archive")
@click.argument("names", metavar="SITE...", nargs=-1, required=True)
@click.option("--no-warcs", is_flag=True, help="Only archive.db, for reading; without the evidence.")
@archive_option
@of_fleet
def command(names: tuple[str, ...], no_warcs: bool, folder: Path, config: Path, silent: bool) -> int:
    """Fetch sites from the store into an ordinary archive on this disk, with which every other command works.

    Needs no database. What is there already is kept, so it may be run again, and resumes. Exit 3 when something is missing.
    """
    from wparchive.fleet.joining.gather import gather
    from wparchive.fleet.objects import ObjectStore
    from wparchive.fleet.queue.fleet_file import load_fleet
    from wparchive.store import Archive

    wanted = checked_names(names)
    fleet = load_fleet(config)
    private = ObjectStore(fleet.private_store) if fleet.private_store else None

    def say(line: str) -> None:
        if not silent:
            click.echo(told(line), err=True)

    done = gather(ObjectStore(fleet.store), wanted, Archive(folder), private=private, warcs=not no_warcs, say=say)
    for line in done.faults:
        print_error(line)
    if not silent:
        read = done.sites - done.joined
        rows = f"rows of {done.joined:,} from the store{f', of {read:,} read out of the WARCs' if read else ''}"
        warcs = f"{done.fetched + done.kept:,} WARCs ({done.size:,} bytes fetched); " if not no_warcs else ""
        click.echo(f"{done.sites:,} sites; {warcs}{rows}")
    return ExitCode.INCOMPLETE if done.faults else ExitCode.COMPLETE
