"""What the cards of changes show, on the overview, in the stream and on an item's page."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from wparchive.ask.changes import Change, read_changes
from wparchive.browse.addresses import Addresses
from wparchive.wordpress.prose import Row, as_html, in_context, tally, telling

__all__ = ["Card", "cards"]

_SAID = {
    "deleted": "Asked for by itself, WordPress answered that there is no such item ({status}).",
    "unpublished": "WordPress says that it exists, but not for strangers ({status}).",
    "restored": "It is shown again.",
    "appeared": "First seen in this run; the list of the run before was complete without it.",
    "page_differs": "Two looks at its page found something else than what the API says.",
    "site_changed": "The same text came into, or out of, most items of the site at once.",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One change as a card shows it; `snippet` is HTML of ours, `address` leads to the comparison or the item.

    `id` stays the same over a rebuild.
    """

    id: str
    change: str
    site: str
    type: str
    item: str
    title: str
    snippet: Markup | None
    note: str
    since: str | None
    until: str | None
    evidence: str
    added: int
    removed: int
    address: str


def cards(conn: sqlite3.Connection, rows: Iterable[int], addresses: Addresses, *, private: bool = False) -> list[Card]:
    """Return the cards of changes, given by their numbers (see `read_changes`), in that order."""
    return [_card(change, addresses) for change in read_changes(conn, rows, private=private)]


def _card(change: Change, addresses: Addresses) -> Card:
    rows = [row for name in _read_first(change) for row in change.words[name]]
    counted, best = tally(rows), telling(rows)
    evidence = change.after or change.before
    is_text = bool(rows) and change.kind not in ("deleted", "unpublished")
    before = change.before.capture if change.before else ""
    of_versions = is_text and change.kind != "page_differs"
    tab = {"from_": _short(before), "to": _short(evidence.capture)} if of_versions and evidence else {}
    return Card(
        id=change.id,
        change=change.kind,
        site=change.site,
        type=change.type,
        item=change.item,
        title=f"Comment by {change.title}" if change.title and change.type == "comment" else change.title,
        snippet=_snippet(best) if best and is_text else None,
        note=_note(change),
        since=change.last_seen_before if before else None,
        until=change.seen_at,
        evidence=evidence.capture if evidence else "",
        added=counted.added,
        removed=counted.removed,
        address=addresses.item(change.item, "kin" if change.kin else "changes" if tab else "", **tab),
    )


def _read_first(change: Change) -> list[str]:
    """Return the fields of a change in the order in which a reader wants them; an excerpt repeats the content."""
    return sorted(change.distinct_words, key=lambda name: ("content", "title", "excerpt").index(name))


def _snippet(row: Row) -> Markup:
    return Markup(as_html(in_context(row.pieces)))  # noqa: S704 - made of escaped text and our own tags


def _note(change: Change) -> str:
    status = change.after.status if change.after else None
    if change.kin:
        return f"{change.reason[0].upper()}{change.reason[1:]}."
    if change.reason:
        return f"{_SAID['page_differs'][:-1]}: {change.reason}."
    if said := _SAID.get(change.kind):
        return said.format(status=status or "no answer")
    return f"Changed: {', '.join(change.fields)}." if change.fields else "Nothing of its text changed."


def _short(capture: str) -> str:
    return capture.removeprefix("urn:uuid:").replace("-", "")[:12]
