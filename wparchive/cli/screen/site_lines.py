"""A line for each of many sites: how its run ended, what changed, what needs a person; and what is wrong in full."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from shutil import get_terminal_size
from typing import TYPE_CHECKING

import click

from wparchive.cli.display import duration, gap_lines, outcome_colour, what_to_do
from wparchive.cli.screen.columns import cut, in_columns
from wparchive.errors import ExitCode
from wparchive.events import clean, told
from wparchive.wordpress.discovery.site_state import SiteState

if TYPE_CHECKING:
    from wparchive.crawl.report import RunReport
    from wparchive.fleet.local import SiteResult

__all__ = ["changes_in_words", "not_begun", "site_line", "totals", "trouble"]

_NAMED = 3  # sites that weren't begun
_ORDINARY = (SiteState.OK, SiteState.PARTIAL)
_OUTCOME = len("interrupted")


def site_line(result: "SiteResult", ended: int, of: int, width: int, *, wrapped: bool = False) -> str:
    """Return the line of a site that ended, as the `ended`th of so many, and below it each gap.

    `width` is that of the longest name. What doesn't fit into a line is `wrapped` for a terminal.
    """
    report = result.report
    count = f"{ended:,} of {of:,}".rjust(2 * len(f"{of:,}") + 4)
    name, outcome = told(report.site, 100), report.outcome.ljust(_OUTCOME)
    if wrapped:
        width = min(width, get_terminal_size().columns // 3)
        name = cut(name, width)
    line = f"{count}  {name.ljust(width)}  {outcome}  {', '.join(_details(result))}".rstrip()
    # Gaps that are there because the run was stopped are counted; its reason says it all.
    gaps = (one for one in gap_lines(report) if not report.reason or report.reason not in one)
    lines = [line, *(f"    {told(one)}" for one in gaps)]
    if wrapped:
        lines = list(map(in_columns, lines))
    lines[0] = lines[0].replace(report.outcome, click.style(report.outcome, fg=outcome_colour(report.exit_code)), 1)
    return "\n".join(lines)


def _details(result: "SiteResult") -> Iterator[str]:
    report = result.report
    if report.state not in _ORDINARY and report.run:
        yield str(report.state)
    if report.reason:
        yield told(report.reason)
    if items := sum(result.held.values()):
        yield f"{items:,} items"
    if result.observed:
        yield changes_in_words(result.observed)
    if report.gaps:
        yield f"{report.gaps:,} {'gap' if report.gaps == 1 else 'gaps'}"
    if report.run:
        yield f"{report.tally.requests:,} requests in {duration(report.seconds)}"


def changes_in_words(counts: Mapping[str, object]) -> str:
    """Return observations counted by kind as text: `2 edited, 1 deleted`."""
    return ", ".join(f"{count:,} {told(kind, 100).replace('_', ' ')}" for kind, count in counts.items())


def totals(results: Sequence["SiteResult"], seconds: float) -> str:
    """Return the last line: how many sites ended how, and what that took."""
    ends = Counter("not begun" if one.left_out else one.report.outcome for one in results)
    tallies = [one.report.tally for one in results]
    seen = sum(sum(one.observed.values()) for one in results)
    return (
        f"{len(results):,} sites: {', '.join(f'{count:,} {end}' for end, count in ends.most_common())}; "
        f"{seen:,} {'change' if seen == 1 else 'changes'} seen; "
        f"{sum(one.requests for one in tallies):,} requests, {sum(one.bytes for one in tallies) / 1e6:,.1f} MB received "
        f"in {duration(seconds)}"
    )


def not_begun(results: Sequence["SiteResult"]) -> str:
    """Return one line on the sites that were left out; "" when none was."""
    left = [one.report for one in results if one.left_out]
    if not left:
        return ""
    names = ", ".join(told(one.site, 100) for one in left[:_NAMED])
    more = f" and {len(left) - _NAMED:,} more" if len(left) > _NAMED else ""
    return f"{names}{more}: {left[0].reason}"


def trouble(report: "RunReport") -> Iterator[str]:
    """Yield the lines on a run that needs a person: what happened, every gap, and what to do."""
    heading = f"{clean(report.site)}: {report.outcome}, site state {report.state} ({report.mode} run {report.run})"
    yield click.style(heading, fg=outcome_colour(report.exit_code))
    if report.reason:
        yield f"  {clean(report.reason)}"
    yield from map(told, gap_lines(report))
    if report.exit_code is ExitCode.INCOMPLETE:
        yield what_to_do(report)
