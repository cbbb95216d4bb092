"""`wparchive fleet pause`, `resume`, `drop` and `now`."""

from collections.abc import Sequence
from pathlib import Path

import click

from wparchive.cli.fleet.configured import checked_names, of_fleet
from wparchive.errors import ExitCode, LockedError, UsageError
from wparchive.events import told

__all__ = ["drop", "now", "pause", "resume"]

_sites = click.argument("names", metavar="[SITE]...", nargs=-1)
_of_network = click.option("--network", metavar="NAME", help="A whole network, in place of sites.")


@click.command(epilog="Example: wparchive fleet pause --network wordpress.com")
@_sites
@_of_network
@of_fleet
def pause(names: tuple[str, ...], network: str | None, config: Path, silent: bool) -> int:
    """Hand out no more turns of these sites, or of a network; one that runs ends as usual."""
    return _change("pause", "paused", names, network, config, silent=silent)


@click.command(epilog="Example: wparchive fleet resume example.org")
@_sites
@_of_network
@of_fleet
def resume(names: tuple[str, ...], network: str | None, config: Path, silent: bool) -> int:
    """Hand out turns again; a network gets all its slots back."""
    return _change("resume", "resumed", names, network, config, silent=silent)


@click.command(epilog="Example: wparchive fleet drop example.org")
@click.argument("names", metavar="SITE...", nargs=-1, required=True)
@of_fleet
def drop(names: tuple[str, ...], config: Path, silent: bool) -> int:
    """Take sites off the fleet; what is in the store stays there."""
    return _change("drop", "dropped", names, None, config, silent=silent)


@click.command(epilog="Example: wparchive fleet now example.org")
@click.argument("names", metavar="SITE...", nargs=-1, required=True)
@of_fleet
def now(names: tuple[str, ...], config: Path, silent: bool) -> int:
    """Make sites due at once, paused ones too."""
    return _change("now", "due now", names, None, config, silent=silent)


def _change(deed: str, done: str, names: Sequence[str], network: str | None, config: Path, *, silent: bool) -> int:
    from wparchive.fleet.queue.fleet_file import load_fleet
    from wparchive.fleet.queue.roster import change, selected
    from wparchive.fleet.queue.tables import connect

    if bool(names) == (network is not None):
        raise UsageError(f"name what to {deed}: either one or more SITEs or --network NAME")
    if network is not None and not network.strip():
        raise UsageError("--network is empty; name one that `wparchive fleet status` lists")
    sites = checked_names(names)
    with connect(load_fleet(config).database) as conn:
        wanted = selected(conn, sites)
        count = change(conn, deed, sites=wanted, network=network)
    running = len(wanted) - count if deed == "drop" else 0
    if not silent:
        what = f"network {network}" if network is not None else f"{count:,} site{'' if count == 1 else 's'}"
        click.echo(told(f"{what} {done}"))
    if running:
        raise LockedError(f"{running:,} of them have a turn that runs; drop them when it has ended")
    return ExitCode.COMPLETE
