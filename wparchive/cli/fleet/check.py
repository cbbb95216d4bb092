"""`wparchive fleet check`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wparchive.cli.fleet.configured import of_fleet
from wparchive.cli.options import print_error
from wparchive.errors import ExitCode
from wparchive.events import told

if TYPE_CHECKING:
    from wparchive.fleet.checking.heads_check import Checked
    from wparchive.fleet.objects import ObjectStore
    from wparchive.fleet.queue.fleet_file import FleetFile

__all__ = ["command"]


@click.command(epilog="Example: wparchive fleet check || echo 'the fleet has findings'")
@click.option(
    "--adopt", is_flag=True, help="Add whole WARCs that no HEAD lists, in the store and in this scratch's aside/."
)
@click.option(
    "--rebuild-database", "rebuild", is_flag=True, help="Make rows for the HEADs that have none, and the tables."
)
@of_fleet
def command(adopt: bool, rebuild: bool, config: Path, silent: bool) -> int:
    """Compare every HEAD with the objects of its site and with its row; exit 4 when anything is off and wasn't mended.

    Reads no WARC, but those that are adopted. `wparchive fleet gather` with `wparchive verify` reads them all.
    """
    from wparchive.fleet.checking.heads_check import Checked, check
    from wparchive.fleet.objects import ObjectStore
    from wparchive.fleet.queue.engine import ProcrastinateEngine
    from wparchive.fleet.queue.fleet_file import load_fleet
    from wparchive.fleet.queue.tables import connect, ensure_tables

    fleet, done, left = load_fleet(config), Checked(), 0
    store = ObjectStore(fleet.store)
    private = ObjectStore(fleet.private_store) if fleet.private_store else None
    with connect(fleet.database) as conn:
        if rebuild:
            ensure_tables(conn)
            ProcrastinateEngine(fleet.database).prepare(conn)
        for one in check(conn, store, private, done):
            mended = (adopt and one.code == "orphan") or (rebuild and one.code == "not-in-database")
            left += not mended
            if not mended:
                click.echo(told(f"{one.code}: {one.where}: {one.message}"))
        if rebuild:
            left += _rebuild(conn, fleet, store, done, silent=silent)
        if adopt:
            left += _adopt(conn, fleet, store, private, done, silent=silent)
    if left or not silent:
        running = f", {done.running:,} with a turn that runs" if done.running else ""
        click.echo(
            f"{done.sites:,} sites{running}, {done.objects:,} objects: {f'{left:,} findings' if left else 'nothing is off'}"
        )
    return ExitCode.FINDINGS if left else ExitCode.COMPLETE


def _rebuild(conn: Any, fleet: "FleetFile", store: "ObjectStore", done: "Checked", *, silent: bool) -> int:
    from wparchive.fleet.checking.rebuilding import rebuild_rows
    from wparchive.fleet.queue.networks import networks_by_port, system_look_up

    made = rebuild_rows(conn, fleet, store, done.rowless, system_look_up, by_port=networks_by_port())
    if made and not silent:
        click.echo(f"{made:,} rows made from HEADs")
    return len(done.rowless) - made


def _adopt(
    conn: Any, fleet: "FleetFile", store: "ObjectStore", private: "ObjectStore | None", done: "Checked", *, silent: bool
) -> int:
    """Adopt what is in the store, and what a worker kept aside on this disk; returns how many were not."""
    from wparchive.fleet.checking.adopting import adopt, send_aside
    from wparchive.fleet.manifest import listed_files, read_head

    orphans = {site: set(names) for site, names in done.orphans.items()}
    for site, names in send_aside(fleet.scratch, store, private, print_error).items():
        found = read_head(store, site)
        known = listed_files(store, site, found[0]) if found else {}
        orphans.setdefault(site, set()).update(name for name in names if name not in known)
    wanted = {site: sorted(names) for site, names in orphans.items() if names}
    count = adopt(conn, store, private, wanted, print_error)
    if count and not silent:
        click.echo(f"{count:,} WARCs adopted")
    return sum(map(len, wanted.values())) - count
