"""Items that a list in one language shows, and that belong to another list of the same collection."""

import sqlite3

from wparchive.index.items.batch import Batch, Known
from wparchive.index.items.items import Found
from wparchive.index.statements import SHARED, STANDING
from wparchive.wordpress.canonical_routes import Route
from wparchive.wordpress.languages.codes import is_alike, language_of_route
from wparchive.wordpress.languages.fields import language_of

__all__ = ["is_of_another_list", "is_of_several_lists"]


def is_of_another_list(conn: sqlite3.Connection, batch: Batch, item: Found, old: Known) -> bool:
    """Return whether a list in one language shows an item of another list: in its own words it may differ there."""
    shown = batch.source.language
    if not shown or not old.digest or old.partial or batch.table not in SHARED:
        return False
    own = language_of(item.fields)
    if is_alike(shown, own or old.language or ""):
        return False
    # What only this list shows may say that it is in another language, and is read here all the same.
    return not own or _listed_in(conn, batch, item.who.wp_id) != shown


def is_of_several_lists(batch: Batch, item: Found) -> bool:
    """Return whether an item of another list has no language but those of its lists: what it says itself goes first.

    Selected fields may leave out what it says.
    """
    return not batch.source.partial and not language_of(item.fields)


def _listed_in(conn: sqlite3.Connection, batch: Batch, wp_id: int) -> str:
    """Return the language of the list that the row of an item was read from; "" if that was none in one language."""
    capture, _ = conn.execute(STANDING[batch.table], batch.key(wp_id)).fetchone()
    row = conn.execute("SELECT route FROM captures WHERE capture = ?", (capture,)).fetchone()
    chosen = language_of_route(Route.parse(row[0])) if row and row[0] else None
    return chosen[1] if chosen else ""
