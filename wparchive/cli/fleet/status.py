"""`wparchive fleet status`."""

from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wparchive.cli.fleet.configured import checked_names, of_fleet
from wparchive.cli.options import json_option, print_json, print_table
from wparchive.cli.values import OutputFile
from wparchive.errors import ExitCode, UsageError
from wparchive.events import told

if TYPE_CHECKING:
    from wparchive.fleet.queue.fleet_status import FleetStatus

__all__ = ["command"]


@click.command(epilog="Example: wparchive fleet status --prometheus wparchive_fleet.prom")
@click.option("--site", metavar="SITE", help="All that is known of one site, with its last turns.")
@click.option("--network", metavar="NAME", help="All that is known of one network.")
@click.option(
    "--prometheus",
    "textfile",
    metavar="FILE",
    type=OutputFile(),
    help="Write a textfile for Prometheus' node_exporter.",
)
@click.option("--alert-rules", "rules", is_flag=True, help="Print the alert rules for Prometheus that go with it.")
@json_option
@of_fleet
def command(
    site: str | None,
    network: str | None,
    textfile: Path | None,
    rules: bool,
    config: Path,
    silent: bool,
    as_json: bool,
) -> int:
    """Show what is due and how late, what networks wait for, how turns ended in the last day, and what needs a person.

    With --silent only what needs a person.
    """
    if rules:
        click.echo((files("wparchive.fleet") / "alerts.yaml").read_text("utf-8"), nl=False)
        return ExitCode.COMPLETE
    if (site is not None) + (network is not None) + (textfile is not None) > 1:
        raise UsageError("name one of --site, --network and --prometheus")
    if network is not None and not network.strip():
        raise UsageError("--network is empty; name one that `wparchive fleet status` lists")
    names = checked_names([site] if site is not None else [])
    from wparchive.fleet.queue.fleet_file import load_fleet
    from wparchive.fleet.queue.fleet_status import fleet_status
    from wparchive.fleet.queue.tables import connect

    with connect(load_fleet(config).database) as conn:
        if names or network is not None:
            _print_one(_found(conn, names, network), as_json=as_json)
            return ExitCode.COMPLETE
        status = fleet_status(conn)
    if textfile:
        _write_metrics(textfile, status)
    if as_json:
        print_json({**asdict(status), "dead": status.dead})
    elif not textfile or silent:
        _print(status, silent=silent)
    return ExitCode.COMPLETE


def _found(conn: Any, names: list[str], network: str | None) -> Mapping[str, Any]:
    from wparchive.fleet.queue.fleet_status import network_status, site_status
    from wparchive.fleet.queue.roster import selected

    if network is None:
        return site_status(conn, selected(conn, names)[0])
    found = network_status(conn, network)
    if found is None:
        raise UsageError(f"--network {network}: no such network; `wparchive fleet status` lists those that wait")
    return found


def _write_metrics(path: Path, status: "FleetStatus") -> None:
    from wparchive.ask.metrics import gauges, write_lines
    from wparchive.fleet.queue.fleet_status import FIGURES, fleet_figures

    write_lines(
        path, (line for name, samples in fleet_figures(status) for line in gauges(name, FIGURES[name], samples))
    )


def _print_one(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print the row of a site or network, and the table that goes with it."""
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        if not isinstance(value, list) and value not in (None, "", {}):
            click.echo(told(f"{name.replace('_', ' ')}: {value}"))
    for rows in (value for value in found.values() if isinstance(value, list) and value):
        shown = [name for name in rows[0] if name not in ("id", "site", "epoch")]
        print_table(shown, [[_cell(row[name]) for name in shown] for row in rows])


def _print(status: "FleetStatus", *, silent: bool) -> None:
    from wparchive.fleet.queue.fleet_status import alerts_of

    if not silent:
        _print_figures(status)
    for line in alerts_of(status):
        click.echo(click.style(told(line), fg="yellow"))


def _print_figures(status: "FleetStatus") -> None:
    counts = {name: getattr(status, name) for name in ("due", "running", "paused", "poison", "duplicates")}
    told_counts = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    click.echo(f"{status.sites:,} sites: {told_counts or 'nothing is due'}; {status.never_turned:,} never turned")
    if status.due:
        click.echo(
            f"late: {status.lateness_p50:,.0f} s at the median, {status.lateness_p99:,.0f} s at the 99th percentile"
        )
    if status.oldest_site:
        click.echo(told(f"longest ago: {status.oldest_site}, {status.oldest_turn:%Y-%m-%d %H:%M}"))
    turns = ", ".join(f"{count:,} {told(name)}" for name, count in status.turns.items())
    click.echo(f"turns of the last day: {turns or 'none'}")
    if status.networks:
        rows = [[row[name] for name in ("network", "waiting", "running")] + [_slots(row)] for row in status.networks]
        print_table(("network", "waiting", "running", "slots"), rows, right=(1, 2))
    if status.workers:
        about = [(one["name"], one["turns"], one["unsent"], _cell(one["seen_at"])) for one in status.workers]
        print_table(("worker", "turns", "unsent", "seen"), about, right=(1, 2))
    else:
        click.echo("no worker was seen within a day")


def _slots(row: Mapping[str, Any]) -> str:
    if row["is_paused"]:
        return f"paused until {_cell(row['paused_until']) or 'it is resumed'}"
    return f"{row['slots_now']} of {row['slots']}"


def _cell(value: object) -> object:
    moment = getattr(value, "strftime", None)
    return moment("%Y-%m-%d %H:%M:%S") if moment else value
