"""Whether a state of an item that another tool captured, or that follows one, is a new one.

Caches answer with what was, and other tools' captures say nothing of that. So an item that goes back to an earlier state,
and comes back from it, was not edited anew: only a later modification than any seen before is an edit. Crawls of our own
ask past caches, and tell an old answer by its headers; between two of their captures, going back is a change.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any

from wparchive.index.items.rows import Row
from wparchive.wordpress.canonical_routes import Route
from wparchive.wordpress.languages.codes import language_of_route
from wparchive.wordpress.languages.fields import language_of

__all__ = ["is_known_before"]

Fields = Mapping[str, Any]

_FOREIGN = "SELECT clock, route FROM captures WHERE capture IN (?, ?)"
# A modification after its own capture is no later one: a clock was wrong.
_LATER = """
    SELECT 1 FROM versions v JOIN captures k ON k.capture = v.capture
    WHERE v.site = :site AND v.type = :type AND v.wp_id = :wp_id AND v.privilege = 'anonymous' AND k.rowid < :since
      AND julianday(v.modified_gmt) < julianday(k.captured_at) + 1
      AND v.modified_gmt >= (SELECT n.modified_gmt FROM versions n WHERE n.site = :site AND n.type = :type
        AND n.wp_id = :wp_id AND n.payload_sha256 = :digest) LIMIT 1"""


def is_known_before(
    conn: sqlite3.Connection, item: Row, captures: tuple[str | None, str | None], states: tuple[Fields, Fields]
) -> bool:
    """Return whether the state of an item with this `digest` is no later than one that was captured before the rowid `since`.

    Nor is it news that its texts differ in another language. `captures` and `states` are those before and after; the answer
    is no if crawls of our own made both.
    """
    both = conn.execute(_FOREIGN, captures).fetchall()
    if not any(clock for clock, _ in both):
        return False
    own = set(map(language_of, states))
    asked = {_language(route) for _, route in both if route}
    if len(asked) > 1 and (len(own) > 1 or not own.pop()):
        return True
    return conn.execute(_LATER, item).fetchone() is not None


def _language(route: str) -> str:
    chosen = language_of_route(Route.parse(route))
    return chosen[1] if chosen else ""
