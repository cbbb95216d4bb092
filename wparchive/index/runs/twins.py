"""One thing is noticed once: a plug-in's item that is also a post, a term or a user is not counted as changed twice.

Where the site lists the post too, that is the thing: it appears and goes, and what both say is said of it. Of the
plug-in's item only what the post doesn't say is noticed: a price, a start. If nothing of the post but its date moved,
because of such a change, that alone is no change.
"""

import json
import sqlite3
from collections.abc import Sequence

from wparchive.index.item_types import of_type
from wparchive.index.items.rows import Row
from wparchive.index.schema import ITEM_TABLES
from wparchive.wordpress.changes.differences import ChangeKind
from wparchive.wordpress.collections.plugins import Known, twin_of

__all__ = ["noticed_once"]

_COMING = (ChangeKind.APPEARED, ChangeKind.RESTORED, ChangeKind.DELETED, ChangeKind.UNPUBLISHED)
_DATES = frozenset(("modified", "modified_gmt"))
_LISTED = """
    SELECT 1 FROM listings l JOIN collections c ON c.site = l.site AND c.route = l.route
    WHERE l.run = ? AND l.site = ? AND c.type IN (?, ?) AND l.outcome = 'complete' LIMIT 1"""


def noticed_once(conn: sqlite3.Connection, site: str, run: str, rows: Sequence[Row]) -> list[Row]:
    """Return the observations of a run, each thing's only once."""
    twins = {row["type"]: known for row in rows if (known := twin_of(row["type"]))}
    if not twins:
        return list(rows)
    listed = {kind for kind, known in twins.items() if _is_listed(conn, site, run, known)}
    kept: list[Row] = []
    by_date_alone: set[tuple[str, int]] = set()
    for row in rows:
        known = twins.get(row["type"])
        if known is None or row["type"] not in listed or not _stands(conn, site, known, row["wp_id"]):
            kept.append(row)
        elif (own := _own(row, known)) is not None:
            kept.append(own)
            by_date_alone.update((kind, row["wp_id"]) for kind in _names(known))
    return [row for row in kept if not ((row["type"], row["wp_id"]) in by_date_alone and _is_moved_only(row))]


def _names(known: Known) -> tuple[str, str]:
    """Return both spellings of the twin's type (see `type_names`)."""
    table, slug = known.twin or ("", "")
    return slug, f"{'taxonomy' if table == 'terms' else 'post_type'}:{slug}"


def _is_listed(conn: sqlite3.Connection, site: str, run: str, known: Known) -> bool:
    return conn.execute(_LISTED, (run, site, *_names(known))).fetchone() is not None


def _stands(conn: sqlite3.Connection, site: str, known: Known, wp_id: int) -> bool:
    """Return whether the archive has the twin, as strangers see it."""
    table, slug = known.twin or ("", "")
    if table not in ITEM_TABLES:
        return False
    query = (
        f"SELECT 1 FROM {table} WHERE site = :site AND wp_id = :wp_id AND privilege = 'anonymous' AND {of_type(table)}"  # noqa: S608 - our own names
    )
    return conn.execute(query, {"site": site, "wp_id": wp_id, "type": slug}).fetchone() is not None


def _own(row: Row, known: Known) -> Row | None:
    """Return the observation without what the twin says; None if nothing is left."""
    if row["change"] in _COMING:
        return None
    fields = [name for name in json.loads(row["fields"] or "[]") if name not in known.shared]
    return {**row, "fields": json.dumps(fields)} if fields else None


def _is_moved_only(row: Row) -> bool:
    moved = row["change"] in (ChangeKind.EDITED, ChangeKind.FIELDS_CHANGED)
    return moved and _DATES.issuperset(json.loads(row["fields"] or "[]"))
