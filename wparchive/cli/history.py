"""`wparchive history`."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wparchive.cli.options import common, json_option, print_json
from wparchive.errors import ExitCode
from wparchive.events import told

if TYPE_CHECKING:
    from wparchive.ask.history import Evidence, History, Noticed, Version

__all__ = ["command"]

_ENDS = ("unpublished", "deleted")


@click.command(epilog="Example: wparchive history example.org/post/68908 -a archive")
@click.argument("item", metavar="ITEM")
@json_option
@common
def command(item: str, folder: Path, silent: bool, as_json: bool) -> int:
    """The versions of ITEM with a diff of each change, and the captures that prove it; ITEM is SITE/TYPE/ID.

    Exit 4 when one of these captures is damaged.
    """
    from wparchive.ask.history import history
    from wparchive.store import Archive

    del silent  # the output is the result itself
    found = history(Archive(folder), item)
    if as_json:
        print_json(asdict(found))
    else:
        for line in _lines(found):
            click.echo(line)
        for damage in found.damaged:
            click.echo(f"damage: {told(damage)}")
    return ExitCode.FINDINGS if found.damaged else ExitCode.COMPLETE


def _lines(item: "History") -> Iterator[str]:
    yield click.style(f"{told(item.site)}/{told(item.type)}/{item.wp_id}  {told(item.title)}", bold=True)
    if item.link:
        yield told(item.link)
    yield f"first seen {_time(item.first_seen)}, last seen {_time(item.last_seen)}"
    if item.gone:
        yield click.style(f"{told(item.gone)} since {_time(item.gone_since)}", fg="red")
    for block in _events(item):
        yield ""
        yield from block
    if item.absence:
        yield ""
        yield "what shows that it is gone:"
        for evidence in item.absence:
            yield from _proof(evidence)


def _events(item: "History") -> Iterator[list[str]]:
    """Yield versions with the observation that belongs to each, and observations without a new version, by time."""
    led_to = {seen.after.capture: seen for seen in item.observations if seen.after and seen.change not in _ENDS}
    events = []
    for version in item.versions:
        seen = led_to.pop(version.evidence.capture, None) if version.evidence else None
        events.append((version.first_seen, list(_of_version(version, seen))))
    others = [seen for seen in item.observations if seen.change in _ENDS or seen in led_to.values()]
    events += [(seen.at or "", list(_of_observation(seen))) for seen in others]
    for _, lines in sorted(events, key=lambda event: event[0]):
        yield lines


def _of_observation(seen: "Noticed") -> Iterator[str]:
    yield f"{_change(seen)}  {_time(seen.at)}"
    if seen.after:
        yield from _proof(seen.after)


def _of_version(version: "Version", seen: "Noticed | None") -> Iterator[str]:
    heading = click.style(f"version {version.number}", bold=True)
    yield f"{heading}  {_time(version.first_seen)}{f'  {_change(seen)}' if seen else ''}"
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
    from wparchive.ask.telling.marks import marked
    from wparchive.ask.version_texts import told_twice

    for name, pieces in version.changes.items():
        if not told_twice(name, version.changes):
            yield f"  {name}: {marked(pieces, click.style)}"
    if version.number > 1 and not version.changes:
        yield "  a reader sees the same text"


def _change(seen: "Noticed") -> str:
    fields = f" ({told(', '.join(seen.fields))})" if seen.fields else ""
    return click.style(told(seen.change.replace("_", " ")), fg="yellow") + fields


def _proof(evidence: "Evidence") -> Iterator[str]:
    said = " ".join(str(part) for part in (evidence.status, evidence.code) if part)
    yield told(f"  {said or 'no answer'}: {evidence.kind} {evidence.url}", 3_000)
    yield told(f"    {evidence.capture} in {evidence.warc} at {evidence.offset}")


def _time(moment: str | None) -> str:
    """Return a time to the second; --json has the rest."""
    return told(f"{moment[:19]}Z" if moment and moment.endswith("Z") else moment or "", 100)
