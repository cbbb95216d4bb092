"""`wparchive status`."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click

from wparchive.cli.display import damage_line, gap_place
from wparchive.cli.options import common, json_option, print_json, print_table, require_known
from wparchive.cli.screen.columns import cut, in_columns
from wparchive.cli.screen.seal_line import figures, how_sealed, seal_line
from wparchive.cli.screen.site_lines import changes_in_words
from wparchive.cli.values import OutputFile
from wparchive.crawl.inventory.inventory_report import uncovered_words
from wparchive.crawl.languages.account import language_line
from wparchive.errors import ExitCode
from wparchive.events import told
from wparchive.wordpress.collections.beyond_types import BeyondTypes

if TYPE_CHECKING:
    from wparchive.ask import SiteStatus

__all__ = ["command"]


# States that somebody has to see to; a site without an API is an answer.
_TROUBLE = ("blocked", "moved", "broken")
_STATE_COLOURS = {"ok": "green", "blocked": "red", "broken": "red"}
_NARROW = 80  # columns


@click.command(epilog="Example: wparchive status --json -a archive")
@click.argument("names", nargs=-1, metavar="[SITE]...")
@click.option(
    "--prometheus",
    "textfile",
    metavar="FILE",
    type=OutputFile(),
    help="Write the same as a textfile for Prometheus' node_exporter.",
)
@json_option
@common
def command(names: tuple[str, ...], folder: Path, textfile: Path | None, silent: bool, as_json: bool) -> int:
    """Show what the archive holds of each site, how the last run ended, and what is still open.

    One line a site; all of it for each SITE that is named, and for the only site of an archive.
    """
    from wparchive.ask import status, write_metrics
    from wparchive.store import Archive

    archive = Archive(folder)
    held = list(status(archive.database))
    sites = _named(names, held) if names else held
    sealed = how_sealed(archive)
    if textfile:
        write_metrics(textfile, sites, figures(sealed, datetime.now(UTC)) if sealed else {})
    if as_json:
        print_json([asdict(site) for site in sites])
        return ExitCode.COMPLETE

    shown = list(filter(_needs_a_person, sites)) if silent else sites
    if not names and len(held) > 1:
        _print_table(shown, held)
    else:
        for site in shown:
            _show(site)
    if not silent and sealed and not names:
        click.echo(seal_line(sealed))
    if not silent and archive.is_private:
        click.echo(
            "archive.db holds rows that only credentials showed (privilege authenticated): it isn't for handing on"
        )
    return ExitCode.COMPLETE


def _named(names: Sequence[str], held: Sequence["SiteStatus"]) -> list["SiteStatus"]:
    known = {site.site: site for site in held}
    require_known(names, known, "not in this archive")
    return [known[name] for name in dict.fromkeys(names)]


def _needs_a_person(site: "SiteStatus") -> bool:
    return bool(site.gaps or site.damage or site.state in _TROUBLE)


def _to_do(site: "SiteStatus") -> Iterator[str]:
    """Yield what is open on a site, in a few words each."""
    if site.state in _TROUBLE or site.reason:
        yield told(site.reason or site.state)
    if site.outcome == "killed":
        yield "the last run was killed: run it again"
    for count, what in ((len(site.gaps), "gap"), (len(site.damage), "damaged place")):
        if count:
            yield f"{count:,} {what}{'s' if count > 1 else ''}"


def _print_table(sites: Sequence["SiteStatus"], held: Sequence["SiteStatus"]) -> None:
    """Print a line for each of `sites`, and one on all that are `held`; nothing without any."""
    if not sites:
        return
    columns = get_terminal_size().columns if sys.stdout.isatty() else None
    header, *rows = _cells(sites, narrow=columns is not None and columns < _NARROW)
    widths = _widths(header, rows, columns)
    click.echo(_row(header, widths))
    click.echo("  ".join("-" * width for width in widths.values()))
    for row in rows:
        click.echo(_row(row, widths, _STATE_COLOURS.get(row[_STATE], "yellow")))
    last = _totals(held)
    click.echo(in_columns(last) if columns else last)


def _widths(header: Sequence[str], rows: Sequence[Sequence[str]], columns: int | None) -> dict[int, int]:
    """Return the width of each column; on a terminal that wide, empty ones are left out and others cut until a row fits."""
    shown = [n for n in range(len(header)) if columns is None or any(row[n] for row in rows)]
    widths = {n: max(len(row[n]) for row in [header, *rows]) for n in shown}
    if columns is not None:
        _fit(widths, columns)
    return widths


def _totals(sites: Sequence["SiteStatus"]) -> str:
    states = Counter(told(site.state, 100) for site in sites)
    count = sum(map(_needs_a_person, sites))
    needs = f"; {count:,} {'needs' if count == 1 else 'need'} a person: wparchive status SITE" if count else ""
    return f"{len(sites):,} sites: {', '.join(f'{count:,} {state}' for state, count in states.most_common())}{needs}"


def _row(cells: Sequence[str], widths: Mapping[int, int], colour: str | None = None) -> str:
    """Return a line of the table, with its state in a `colour`."""
    shown = []
    for n, width in widths.items():
        cell = cut(cells[n], width)
        cell = cell.rjust(width) if n == _ITEMS else cell.ljust(width)
        shown.append(click.style(cell, fg=colour) if n == _STATE and colour else cell)
    return "  ".join(shown).rstrip()


_SITE, _LAST_RUN, _STATE, _ITEMS, _CHANGED, _TO_DO = range(6)
# What is cut on a narrow terminal, in this order, and the columns that are left of it.
_CUTS = ((_TO_DO, 12), (_CHANGED, 10), (_SITE, 14), (_STATE, 8), (_CHANGED, 7), (_TO_DO, 6))


def _cells(sites: Sequence["SiteStatus"], *, narrow: bool) -> Iterator[list[str]]:
    """Yield the header and a row for each site; a `narrow` table has the day without the year, and no items."""
    yield ["site", "last run", "state", "items", "changed", "to do"]
    for site in sites:
        items = "" if narrow else f"{sum(site.items.values()):,}"
        moment = _time(site.started_at)[5 if narrow else 0 :]
        changed, to_do = changes_in_words(site.observations), "; ".join(_to_do(site))
        yield [told(site.site, 100), moment, told(site.state, 100), items, changed, to_do]


def _fit(widths: dict[int, int], columns: int) -> None:
    """Lessen `widths` until a row fits into so many columns."""
    for n, least in _CUTS:
        excess = sum(widths.values()) + 2 * (len(widths) - 1) - (columns - 1)
        if n in widths:
            widths[n] -= max(0, min(excess, widths[n] - least))


def _time(moment: str | None) -> str:
    return told(moment[:16].replace("T", " ") if moment else "never", 20)


def _show(site: "SiteStatus") -> None:
    click.echo(click.style(told(f"{site.site}  {site.home or ''}"), bold=True))
    state = click.style(told(site.state, 100), fg=_STATE_COLOURS.get(str(site.state), "yellow"))
    click.echo(f"  state {state}; {told(f'last run {site.last_run} {site.outcome}')}")
    _say(f"  finished {site.finished_at or 'not at all'}")
    if site.reason:
        _say(f"  {site.reason}")
    if site.items:
        print_table(("type", "held"), list(site.items.items()), right=(1,))
    for label, line in (
        ("gone, and kept", _counted(site.gone)),
        ("links", _counted(site.links)),
        ("languages", language_line(site.languages)),
        ("plug-ins' lists", _lists(site.plug_ins)),
        ("pages", _counted(site.pages)),
        ("sitemaps and feeds", _inventory(site.inventory)),
        ("observed", _counted(site.observations)),
    ):
        if line:
            _say(f"{label}: {line}")
    for line in _still_open(site):
        click.echo(click.style(told(line), fg="yellow" if line.startswith("gap") else None))
    for row in site.damage:
        click.echo(click.style(damage_line(row), fg="red"))
    click.echo()


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {told(name, 100)}" for name, count in counts.items())


def _lists(counts: Mapping[str, Any]) -> str:
    return BeyondTypes(counts["walked"], Counter(counts["skipped"])).line if counts else ""


def _inventory(counts: Mapping[str, int]) -> str:
    if not counts:
        return ""
    words = {"read": "read", "in_part": "not read whole", "failed": "not read"}
    documents = ", ".join(f"{counts[name]:,} {word}" for name, word in words.items() if counts[name])
    lacking = f"; {uncovered_words(counts['uncovered'])}" if counts["uncovered"] else ""
    return f"{documents}; they name {counts['urls']:,} URLs of the site{lacking}"


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
