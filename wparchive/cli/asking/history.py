"""`wparchive history`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wparchive.cli.options import common, json_option, print_json, short_time, span
from wparchive.cli.values import Whole
from wparchive.errors import ExitCode, UsageError
from wparchive.events import told

if TYPE_CHECKING:
    from wparchive.ask.between import Between
    from wparchive.ask.history import Evidence, History, Noticed, Revision, Version
    from wparchive.store import Archive
    from wparchive.wordpress.prose import Row

__all__ = ["command"]

_ENDS = ("unpublished", "deleted")
_BESIDE = (*_ENDS, "copied")  # what brought no version


@click.command(epilog="Example: wparchive history example.org/post/68908 --between 1 last -a archive")
@click.argument("item", metavar="ITEM")
@click.option(
    "--since",
    metavar="7d|DATE",
    help="Only what was first seen since then: so long ago, or a date (UTC) [default: all].",
)
@click.option(
    "--context", type=Whole(0, 1_000_000), default=8, show_default=True, help="Words shown on each side of a change."
)
@click.option(
    "--between",
    nargs=2,
    metavar="A B",
    help="Only what leads from A to B: versions (2), revisions (r1234), dates, how captures' ids begin, first, last.",
)
@json_option
@common
def command(
    item: str,
    since: str | None,
    context: int,
    between: tuple[str, str] | None,
    folder: Path,
    silent: bool,
    as_json: bool,
) -> int:
    """Show the versions of ITEM and WordPress's own revisions, with a diff of each change and the captures that prove it.

    ITEM is SITE/TYPE/ID, an article's address, or words of its headline. Exit 4 when one of these captures is damaged.
    """
    from wparchive.ask.history import history
    from wparchive.store import Archive

    del silent  # the output is the result itself
    archive = Archive(folder)
    moment = _moment(since, between)
    found = history(archive, item)
    if between:
        shown, lines = _compared(archive, found, between, context)
    else:
        shown, lines = _since(found, moment, context)
    if as_json:
        print_json(shown)
    else:
        for line in lines:
            click.echo(line)
        for damage in found.damaged:
            click.echo(f"damage: {told(damage)}")
    return ExitCode.FINDINGS if found.damaged else ExitCode.COMPLETE


def _moment(since: str | None, between: tuple[str, str] | None) -> str:
    from wparchive.ask.since import since as moment

    if since is not None and between:
        raise UsageError("--since and --between: choose one of them")
    return "" if since is None else moment(since, datetime.now(UTC), last=False)


def _compared(
    archive: "Archive", found: "History", names: tuple[str, str], context: int
) -> tuple[dict[str, Any], Iterator[str]]:
    from wparchive.ask.between import between
    from wparchive.ask.presenting.tables import as_dict

    both = between(archive, found, *names)
    return as_dict(both), _lines_between(both, context)


def _since(found: "History", moment: str, context: int) -> tuple[dict[str, Any], Iterator[str]]:
    from wparchive.ask.history import since
    from wparchive.ask.presenting.tables import as_dict

    found = since(found, moment) if moment else found
    return as_dict(found), _lines(found, moment, context)


def _lines_between(both: "Between", context: int) -> Iterator[str]:
    yield click.style(f"{told(both.item)}  {told(both.after.title)}", bold=True)
    for word, state in (("from", both.before), ("to", both.after)):
        modified = f", modified {told(state.modified_gmt)} UTC" if state.modified_gmt else ""
        seen = f"seen {span(state.first_seen, state.last_seen)}"
        yield f"{word} {click.style(f'{state.kind} {state.number}', bold=True)}, {seen}{modified}"
        if state.evidence:
            yield from _proof(state.evidence)
    yield from _changed(both.changes, context) or ["  a reader sees the same text"]


def _changed(changes: Mapping[str, Sequence["Row"]], context: int) -> list[str]:
    from wparchive.ask.presenting.marks import row_lines
    from wparchive.ask.version_texts import is_repeated

    return [
        f"  {line}"
        for name, rows in changes.items()
        if not is_repeated(name, changes)
        for line in row_lines(name, rows, click.style, around=context)
    ]


def _lines(item: "History", moment: str, context: int) -> Iterator[str]:
    yield click.style(f"{told(item.site)}/{told(item.type)}/{item.wp_id}  {told(item.title)}", bold=True)
    if item.link:
        yield told(item.link)
    yield f"first seen {short_time(item.first_seen)}, last seen {short_time(item.last_seen)}"
    if item.gone:
        yield click.style(f"{told(item.gone)} since {short_time(item.gone_since)}", fg="red")
    if moment and not item.versions and not item.revisions and not item.observations:
        yield f"nothing new since {short_time(moment)}"
    for block in _events(item, context):
        yield ""
        yield from block
    if item.absence:
        yield ""
        yield "what shows that it is gone:"
        for evidence in item.absence:
            yield from _proof(evidence)


def _events(item: "History", context: int) -> Iterator[list[str]]:
    """Yield versions with the observation that belongs to each, revisions, and observations without a version, by time."""
    led_to = _led_to(item.observations)
    events = []
    for version in item.versions:
        seen = led_to.pop(version.evidence.capture, None) if version.evidence else None
        events.append((version.first_seen, list(_of_version(version, seen, context))))
    events += [(one.modified_gmt or one.first_seen, list(_of_revision(one, context))) for one in item.revisions]
    others = [seen for seen in item.observations if seen.change in _BESIDE or seen in led_to.values()]
    events += [(seen.at or "", list(_of_observation(seen))) for seen in others]
    for _, lines in sorted(events, key=lambda event: event[0]):
        yield lines


def _led_to(observations: Sequence["Noticed"]) -> dict[str, "Noticed"]:
    """Return the observations of what led to a version, by the capture that first shows it."""
    return {seen.after.capture: seen for seen in observations if seen.after and seen.change not in _BESIDE}


def _of_observation(seen: "Noticed") -> Iterator[str]:
    yield f"{_change(seen)}  {short_time(seen.at)}"
    if seen.kin:
        yield told(f"  {seen.kin.words}", 3_000)
    # Of a page that differs, what the API says and the look before belong to it; of a copied text, the other item.
    beside = seen.change == "page_differs" or seen.kin
    shown = (seen.before, seen.after, seen.confirmed) if beside else (seen.after,)
    for evidence in filter(None, shown):
        yield from _proof(evidence)


def _of_revision(revision: "Revision", context: int) -> Iterator[str]:
    heading = click.style(f"revision {revision.wp_id}", bold=True)
    author = revision.author_name or (f"user {revision.author}" if revision.author else "")
    yield f"{heading}  WordPress's own{f', by {told(author)}' if author else ''}, first seen {short_time(revision.first_seen)}"
    if revision.modified_gmt:
        yield f"  modified {told(revision.modified_gmt)} UTC"
    if revision.evidence:
        yield from _proof(revision.evidence)
    yield from _changed(revision.changes, context)


def _of_version(version: "Version", seen: "Noticed | None", context: int) -> Iterator[str]:
    heading = click.style(f"version {version.number}", bold=True)
    yield f"{heading}  {short_time(version.first_seen)}{f'  {_change(seen)}' if seen else ''}"
    facts = [f"modified {version.modified_gmt} UTC"] if version.modified_gmt else []
    if version.revision_count is not None:
        newest = f", the newest {version.predecessor_version}" if version.predecessor_version else ""
        facts.append(f"revisions: {version.revision_count}{newest}")
    if facts:
        yield f"  {'; '.join(map(told, facts))}"
    if version.evidence:
        yield from _proof(version.evidence)
    if seen and seen.confirmed:
        yield "  and the same once more:"
        yield from _proof(seen.confirmed)
    yield from _changed(version.changes, context)
    if version.number > 1 and not version.changes:
        yield "  a reader sees the same text"


def _change(seen: "Noticed") -> str:
    fields = f" ({told(', '.join(seen.fields))})" if seen.fields else ""
    return click.style(told(seen.change.replace("_", " ")), fg="yellow") + fields


def _proof(evidence: "Evidence") -> Iterator[str]:
    said = " ".join(str(part) for part in (evidence.status, evidence.code) if part)
    yield told(f"  {said or 'no answer'}: {evidence.kind} {evidence.url}", 3_000)
    yield told(f"    {evidence.capture} in {evidence.warc} at {evidence.offset}")
