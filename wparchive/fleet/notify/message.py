"""One message: what was noticed since the last one that got there; as text, as HTML, and as values for JSON."""

import json
import shlex
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from wparchive.ask.changes import Change
from wparchive.ask.presenting.lines import lines, shown_time
from wparchive.ask.presenting.marks import AROUND
from wparchive.ask.presenting.pages import as_html, paragraph
from wparchive.ask.presenting.tables import as_dict
from wparchive.events import told
from wparchive.fleet.notify.troubles import DISK, Event, advice, in_words
from wparchive.version import __version__
from wparchive.wordpress.prose import Row, changed, in_context
from wparchive.wordpress.prose import as_values as as_row_values

__all__ = ["Message", "as_values", "compose", "event_lines", "html", "subject", "text"]

_MOST = 100  # changes that a message shows; of the others it says how many there are
# What weighs most to who watches what is published, first.
_STRENGTH = (
    "deleted",
    "unpublished",
    "silently_edited",
    "page_differs",
    "copied",
    "edited",
    "restored",
    "appeared",
    "site_changed",
)
_PASSAGE = 2_000  # characters of a passage in JSON


@dataclass(slots=True)
class Message:
    """The `events` and the weightiest of the `changes`, of which there are as many as `kinds` counts, on `sites`.

    `id` is the same for the same changes and events. `oldest` is when the first change was seen.
    """

    archive: Path
    at: str
    events: list[Event]
    changes: list[Change] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    sites: set[str] = field(default_factory=set)
    oldest: str = ""
    id: str = ""

    @property
    def count(self) -> int:
        """How many changes there are, shown or not."""
        return self.kinds.total()

    @property
    def more(self) -> int:
        """How many changes are counted, and not shown."""
        return self.count - len(self.changes)


def compose(archive: Path, at: str, found: Iterable[Change], events: list[Event]) -> Message | None:
    """Return the message of the time `at`; None when there is nothing to say."""
    message, ids = Message(archive, at, events), []
    for change in found:
        message.changes.append(change)
        if len(message.changes) >= 2 * _MOST:
            _thin_out(message.changes)
        message.kinds[change.kind] += 1
        message.sites.add(change.site)
        message.oldest = change.seen_at or message.oldest  # the newest come first
        ids.append(change.id)
    _thin_out(message.changes)
    about = json.dumps([sorted(ids), [asdict(event) for event in events]])
    message.id = uuid.uuid5(uuid.NAMESPACE_URL, f"wparchive:message:{about}").urn
    return message if ids or events else None


def _thin_out(found: list[Change]) -> None:
    """Leave what weighs most, and of that the newest, which come first."""
    found.sort(key=lambda change: _rank(change.kind))
    del found[_MOST:]


def subject(message: Message) -> str:
    """How much there is, the strongest kind of change, and what needs a person; on one line."""
    parts = [_event_title(event) for event in message.events[:2]]
    if len(message.events) > len(parts):
        parts.append(f"{len(message.events) - len(parts):,} more notices")
    if message.count == 1:
        (change,) = message.changes
        parts.append(
            f"1 change: {_kind(change.kind)}: {told(change.title or change.item, 80)} ({told(change.site, 80)})"
        )
    elif message.count:
        strongest = min(message.kinds, key=_rank)
        where = told(next(iter(message.sites)), 80) if len(message.sites) == 1 else f"{len(message.sites):,} sites"
        all_one = len(message.kinds) == 1
        of = f"all {_kind(strongest)}" if all_one else f"{message.kinds[strongest]:,} {_kind(strongest)}"
        parts.append(f"{message.count:,} changes on {where}: {of}")
    return f"wparchive: {'; '.join(parts)}"


def text(message: Message) -> Iterator[str]:
    """Plain lines: what needs a person first, then the changes with their evidence, then what to run."""
    for event in message.events:
        yield from (*event_lines(event), "")
    if message.count:
        kinds = ", ".join(f"{message.kinds[kind]:,} {_kind(kind)}" for kind in sorted(message.kinds, key=_rank))
        changes, sites = _number(message.count, "change"), _number(len(message.sites), "site")
        yield from (f"{changes} on {sites}: {kinds}", "")
    for change in message.changes:
        _, *rest = lines(change)
        yield f"{_kind(change.kind)}: {told(change.title or change.item, 300)}"
        yield f"  {told(change.item)}"
        if change.link:
            yield f"  {told(change.link)}"
        yield from (*rest, "")
    yield from _commands(message)


def html(message: Message) -> str:
    """The same as one page that loads nothing."""
    above = "".join(paragraph(" ".join(event_lines(event))) for event in message.events)
    counted = paragraph(f"{subject(message).removeprefix('wparchive: ')}")
    page = "".join(as_html(message.changes, f"{counted}{above}"))
    below = "".join(paragraph(line) for line in _commands(message))
    return page.replace("</body>", f"{below}</body>")


def as_values(message: Message) -> dict[str, Any]:
    """Plain values, for JSON: `text` is what a chat shows, `changes` what a program reads."""
    return {
        "wparchive": __version__,
        "id": message.id,
        "at": message.at,
        "archive": str(message.archive),
        "subject": subject(message),
        "text": "\n".join([subject(message), "", *text(message)]),
        "events": [asdict(event) for event in message.events],
        "changes": [_change(change) for change in message.changes],
        "more": message.more,
    }


def event_lines(event: Event) -> list[str]:
    """What happened, and what to do then."""
    if event.over:
        return [
            f"{_event_title(event)}, at {shown_time(event.at)}; it was {in_words(event.kind)} since {shown_time(event.since)}"
        ]
    why = f": {told(event.reason)}" if event.reason else ""
    return [f"{_event_title(event)}, since {shown_time(event.since)}{why}", f"  what to do: {advice(event.kind)}"]


def _event_title(event: Event) -> str:
    name = "the archive's disk" if event.site == DISK else told(event.site, 80)
    return f"{name}: no longer {in_words(event.kind)}" if event.over else f"{name}: {in_words(event.kind)}"


def _commands(message: Message) -> Iterator[str]:
    at = f"-a {shlex.quote(told(message.archive))}"
    if message.more:
        since = f" --since {message.oldest[:19]}Z" if message.oldest else ""
        yield f"and {message.more:,} more:     wparchive changes{since} {at}"
    if message.changes:
        change = message.changes[0]
        yield f"in full:           wparchive history {shlex.quote(told(change.item))} {at}"
        if evidence := change.after or change.before:
            yield f"as it was sent:    wparchive show {shlex.quote(told(evidence.capture))} {at}"
    yield f"how all sites are: wparchive status {at}"


def _change(change: Change) -> dict[str, Any]:
    """With what changed and the words around it, not the whole text: `changes --json` has that."""
    words = {name: as_row_values(map(_short, changed(rows)[:_MOST])) for name, rows in change.words.items()}
    return {**as_dict(change), "words": words}


def _short(row: Row) -> Row:
    pieces = in_context(row.pieces, AROUND)[:_MOST]
    return replace(row, pieces=tuple(piece._replace(text=piece.text[:_PASSAGE]) for piece in pieces))


def _number(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _kind(kind: str) -> str:
    return told(kind.replace("_", " "), 100)


def _rank(kind: str) -> int:
    return _STRENGTH.index(kind) if kind in _STRENGTH else len(_STRENGTH)
