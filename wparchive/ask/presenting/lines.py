"""Changes as lines for a terminal or a mail."""

from collections.abc import Iterator

from wparchive.ask.changes import ENDS, Change
from wparchive.ask.history import Evidence
from wparchive.ask.presenting.marks import Style, row_lines, unstyled
from wparchive.events import told
from wparchive.wordpress.changes.differences import ChangeKind

__all__ = ["lines", "place", "shown_time", "when"]

_MOST = 700  # characters of the changes of a field: `history` shows all


def lines(change: Change, style: Style = unstyled) -> Iterator[str]:
    """A heading, the words that changed, when it was seen, and where the evidence lies."""
    kind = style(told(change.kind.replace("_", " "), 100), fg="red" if change.kind in ENDS else "yellow")
    yield f"{shown_time(change.seen_at)}  {kind}  {told(change.item)}  {style(told(change.title, 300), bold=True)}"
    if change.reason:
        yield told(f"  {change.reason}")
    for name, rows in change.distinct_words.items():
        yield from (f"  {line}" for line in row_lines(name, rows, style, _MOST))
    if change.fields and not change.words:
        yield told(f"  fields: {', '.join(change.fields)}")
    yield told(f"  {when(change)}")
    for name, evidence in change.evidence:
        yield f"  {name}: {told(place(evidence))}"


def when(change: Change) -> str:
    """Between which sightings it happened: more isn't known."""
    if change.kind == ChangeKind.PAGE_DIFFERS and change.confirmed:
        first = f"{shown_time(change.confirmed.captured_at)} and at {shown_time(change.seen_at)}"
        return f"the page showed so at {first}, the latter in run {change.run}"
    seen = f"seen at {shown_time(change.seen_at)} by run {change.run}"
    if change.last_seen_before:
        return f"last seen as it was at {shown_time(change.last_seen_before)}, {seen}"
    if change.run_before:
        return f"not in the listing of run {change.run_before}, {seen}"
    return seen


def shown_time(moment: str | None) -> str:
    """To the second: the rest is for programs."""
    return f"{moment[:19]}Z" if moment else "at an unknown time"


def place(evidence: Evidence) -> str:
    """Which capture it is, and where it stands in its WARC file."""
    return f"{evidence.capture} in {evidence.warc} at {evidence.offset}"
