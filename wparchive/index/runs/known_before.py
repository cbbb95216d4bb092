"""Whether a state of an item that another tool captured, or that follows one, is a new one.

Caches answer with what was, and other tools' captures say nothing of that. So an item that goes back to an earlier state,
and comes back from it, was not edited anew: only a later modification than any seen before is an edit. Crawls of our own
ask past caches, and tell an old answer by its headers; between two of their captures, going back is a change.
"""

import sqlite3

from wparchive.index.items.rows import Row

__all__ = ["is_known_before"]

_FOREIGN = "SELECT 1 FROM captures WHERE capture IN (?, ?) AND clock IS NOT NULL"
_LATER = """
    SELECT 1 FROM versions v JOIN captures k ON k.capture = v.capture
    WHERE v.site = :site AND v.type = :type AND v.wp_id = :wp_id AND v.privilege = 'anonymous' AND k.run != :run
      AND v.modified_gmt >= (SELECT n.modified_gmt FROM versions n WHERE n.site = :site AND n.type = :type
        AND n.wp_id = :wp_id AND n.payload_sha256 = :digest) LIMIT 1"""


def is_known_before(conn: sqlite3.Connection, item: Row, captures: tuple[str | None, str | None]) -> bool:
    """Return whether the state of an item with this `digest` is no later than one that a run before `run` showed.

    `captures` are those before and after; the answer is no if crawls of our own made both.
    """
    if not conn.execute(_FOREIGN, captures).fetchone():
        return False
    return conn.execute(_LATER, item).fetchone() is not None
