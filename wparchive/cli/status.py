"""`wparchive status`."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wparchive.cli.display import damage_line, gap_place
from wparchive.cli.options import common, json_option, print_json, print_table
from wparchive.cli.values import OutputFile
from wparchive.errors import ExitCode
from wparchive.events import told

if TYPE_CHECKING:
    from wparchive.ask import SiteStatus

__all__ = ["command"]


@click.command(epilog="Example: wparchive status --json -a archive")
@click.option(
    "--prometheus",
    "textfile",
    metavar="FILE",
    type=OutputFile(),
    help="Write the same as a textfile for Prometheus' node_exporter.",
)
@json_option
@common
def command(folder: Path, textfile: Path | None, silent: bool, as_json: bool) -> int:
    """What the archive holds of each site, how the last run ended, and what is still open."""
    from wparchive.ask import status, write_metrics
    from wparchive.store import Archive

    archive = Archive(folder)
    sites = list(status(archive.database))
    if textfile:
        write_metrics(textfile, sites)
    if as_json:
        print_json([asdict(site) for site in sites])
        return ExitCode.COMPLETE

    for site in sites:
        if not silent or site.gaps or site.damage:
            _show(site)
    if not silent and archive.is_private:
        click.echo(
            "archive.db holds rows that only credentials showed (privilege authenticated): it isn't for handing on"
        )
    return ExitCode.COMPLETE


def _show(site: "SiteStatus") -> None:
    _say(f"{site.site}  {site.home or ''}")
    _say(f"  state {site.state}; last run {site.last_run} {site.outcome}, finished {site.finished_at or 'not at all'}")
    if site.reason:
        _say(f"  {site.reason}")
    if site.items:
        print_table(("type", "held"), list(site.items.items()), right=(1,))
    if site.links:
        _say("links: " + ", ".join(f"{count:,} {told(outcome, 100)}" for outcome, count in site.links.items()))
    if site.observations:
        _say("observed: " + ", ".join(f"{count:,} {change}" for change, count in site.observations.items()))
    for line in _still_open(site):
        _say(line)
    for row in site.damage:
        click.echo(damage_line(row))
    click.echo()


def _still_open(site: "SiteStatus") -> Iterator[str]:
    """Yield a line for everything that is missing, refused or only partly known."""
    for gap in site.gaps:
        first, last = _number(gap["first_position"]), _number(gap["last_position"])
        place = "" if first is None else f"{gap_place(first, last)}: "
        yield f"gap: {gap['route']}: {place}{gap['reason']}"
    for one in site.unverified:
        why = f" ({one['reason']})" if one["reason"] else ""
        yield f"complete, not verified: {one['route']}{why}"
    for one in site.refused:
        yield f"refused: {one['route']}: {one['reason'] or 'no reason given'}"
    if site.read_in_part:
        yield f"read in part (kept whole): {site.read_in_part:,} answers with items of megabytes of text"


def _say(line: str) -> None:
    click.echo(told(line))


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
