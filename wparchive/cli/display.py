"""The summary of one site at the end of a crawl, in words."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import click

from wparchive.cli.options import print_table
from wparchive.cli.screen.columns import in_columns
from wparchive.crawl.languages.account import language_line
from wparchive.crawl.report import RunReport
from wparchive.errors import ExitCode
from wparchive.events import clean, told
from wparchive.wordpress.age import in_words
from wparchive.wordpress.discovery.site_state import SiteState
from wparchive.wordpress.listing import ListingOutcome, Proof

__all__ = ["damage_line", "duration", "gap_lines", "gap_place", "outcome_colour", "print_report", "what_to_do"]

_COLOURS = {
    ExitCode.COMPLETE: "green",
    ExitCode.NO_API: "yellow",
    ExitCode.INCOMPLETE: "yellow",
    ExitCode.INTERRUPTED: "yellow",
}
_RESUME = "run the same command again to resume"


def print_report(report: RunReport, *, held: Mapping[str, int]) -> None:
    """Print what one site's run holds, and every gap. `held` is the number of items of each type in the database."""
    colour = outcome_colour(report.exit_code)
    heading = f"{clean(report.site)}: {report.outcome}, site state {report.state} ({report.mode} run {report.run})"
    _print(heading.replace(f": {report.outcome},", f": {click.style(report.outcome, fg=colour)},", 1))
    if report.reason:
        _print(f"  {clean(report.reason)}")
    if report.proofs:
        click.echo()
        print_table(_LISTED, [_listed(proof) for proof in report.proofs], right=(2, 3, 4))
    click.echo("", nl=bool(held))
    for label, counts in (("in the archive", held), ("links", report.links), ("files", report.files)):
        if counts:
            _print(f"{label}: {', '.join(f'{count:,} {clean(name)}' for name, count in sorted(counts.items()))}")
    for label, line in (
        ("languages", clean(language_line(report.languages))),
        ("plug-ins' lists", clean(report.plug_ins)),
        ("pages", report.pages.line),
        ("sitemaps and feeds", report.inventory.line),
    ):
        if line:
            _print(f"{label}: {line}")
    tally = report.tally
    _print(
        f"{tally.requests:,} requests, {tally.captures:,} captures ({tally.revisits:,} revisits), "
        f"{tally.bytes / 1e6:,.1f} MB received in {report.seconds:.1f} s"
    )
    if report.old_answers:
        _print(
            f"answers are {in_words(report.oldest)} old: {report.old_answers:,} came out of a cache, which can't be asked past; "
            "what is newer in the archive stays"
        )
    for line in gap_lines(report):
        _print(told(line), fg="yellow")
    if report.exit_code is ExitCode.INCOMPLETE:
        _print(what_to_do(report))


def _print(line: str, **style: Any) -> None:
    """Print a line, on a terminal in as many as it takes."""
    click.echo(click.style(in_columns(line) if sys.stdout.isatty() else line, **style))


def what_to_do(report: RunReport) -> str:
    """Return what a person does about a run that ended incomplete."""
    # Where it moved to may not be followed: running again changes nothing, a person must say so.
    moved = report.state is SiteState.MOVED and not report.proofs
    return (
        "do what it says, or crawl the new address; one that may not be followed needs --allow-origin"
        if moved
        else _RESUME
    )


def outcome_colour(code: ExitCode) -> str:
    """Return the colour in which a run's outcome is shown."""
    return _COLOURS.get(code, "red")


def duration(seconds: float) -> str:
    """Return a duration in words: `3.2 s`, `2:05 min`, `1:02:05 h`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d} h" if hours else f"{minutes}:{rest:02d} min"


_LISTED = ("type", "route", "held", "stated", "withheld", "listing")


def _listed(proof: Proof) -> tuple[object, ...]:
    stated = "?" if proof.stated is None else proof.stated
    return proof.type, proof.route, proof.held, stated, proof.withheld, _ending(proof)


def gap_lines(report: RunReport) -> Iterator[str]:
    """Yield a line for each gap, and for each damaged part of a WARC."""
    for proof in report.proofs:
        yield from (f"gap: {proof.route}: {gap_place(gap.first, gap.last)}: {gap.reason}" for gap in proof.gaps)
    yield from (f"gap: {failure}" for failure in report.failures)
    yield from (f"damage: {damage}" for damage in report.damage)


def _ending(proof: Proof) -> str:
    """Return how a listing ended, with the reason for a refusal or doubt; other reasons are printed with the gaps."""
    if proof.unasked:
        return clean(proof.reason)
    complete = proof.outcome is ListingOutcome.COMPLETE
    words = f"{proof.outcome}, not verified" if complete and not proof.verified else str(proof.outcome)
    worth = proof.reason and (proof.outcome is ListingOutcome.REFUSED or complete)
    return f"{words}: {clean(proof.reason)}" if worth else words


def damage_line(row: Mapping[str, Any]) -> str:
    """Return in one line which part of a WARC was not indexed, and which run has captured its content again."""
    # An archive may come from anywhere.
    size = f"{row['length']:,}" if isinstance(row["length"], int) else row["length"]
    place = f"{size} bytes from offset {row['offset']} on" if row["offset"] else f"{size} bytes"
    since = f" (what the site still shows is held again since run {row['held_again']})" if row["held_again"] else ""
    return told(f"damage: {row['warc']}: {place}: {row['kind']}: {row['reason']}{since}")


def gap_place(first: int, last: int | None) -> str:
    """Return a gap's positions in words."""
    if last is None:
        return f"from position {first} on"
    return f"position {first}" if first == last else f"positions {first} to {last}"
