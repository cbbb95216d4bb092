"""What a reader of an item is told of its page: that it shows something else than the API says, which words, and the proof."""

import sqlite3
from dataclasses import dataclass

from markupsafe import Markup

from wparchive.ask.changes import read_changes
from wparchive.browse.queries.item import Item
from wparchive.wordpress.prose import as_html, changed, in_context

__all__ = ["PageNotice", "page_notice"]

_MOST = 40  # passages
# A later look that found them alike takes it back.
_AGREED = (
    "SELECT 1 FROM pages t JOIN pages a ON a.item = t.item WHERE t.capture = ? AND a.agrees = 1 AND a.rowid > t.rowid "
    "AND a.captured_at > t.captured_at LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class PageNotice:
    """The last observation of a page that differs, which still stands; `passages` are HTML of ours, `proofs` captures by name."""

    reason: str
    first: str | None
    last: str | None
    passages: tuple[Markup, ...]
    more: int
    proofs: tuple[tuple[str, str], ...]


def page_notice(conn: sqlite3.Connection, item: Item, *, private: bool = False) -> PageNotice | None:
    """Return what to say of the page of an item; None if nothing is."""
    last = next((one for one in reversed(item.noticed) if one.change == "page_differs"), None)
    if last is None or conn.execute(_AGREED, (last.after,)).fetchone():
        return None
    for change in read_changes(conn, [last.number], private=private):
        rows = [row for name in change.words for row in changed(change.words[name])]
        return PageNotice(
            reason=change.reason,
            first=change.confirmed.captured_at if change.confirmed else None,
            last=change.seen_at,
            passages=tuple(Markup(as_html(in_context(row.pieces))) for row in rows[:_MOST]),  # noqa: S704 - our own tags
            more=max(0, len(rows) - _MOST),
            proofs=tuple((name, one.capture) for name, one in change.evidence),
        )
    return None
