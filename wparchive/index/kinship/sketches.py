"""A sketch of every version of every article that strangers are shown: the table `_wparchive_sketches`.

It holds what the rows of `versions` determine and nothing else, whatever the order in which they came. What strangers were
shown once, and see no more without logging in, has none: no page would show its kin.
"""

import sqlite3
from collections.abc import Iterator

from wparchive.kinship.sketch import numbers, sketches
from wparchive.kinship.texts import article_text
from wparchive.wordpress.type_names import UNSHOWN

__all__ = ["VERSION", "drop_orphans", "sketch_new", "texts"]

VERSION = "substr(v.payload_sha256, 1, 16)"
"""The SQL by which a version of an item is named: enough of its digest."""
_PROOF = "substr(v.capture, 10, 8)"
"""Of the capture: that may change, and the text with it, where two versions turn out to be one, or one isn't private any more."""

_BATCH = 500
_HIDDEN = ", ".join(f"'{kind}'" for kind in sorted(UNSHOWN))
_NEW = f"""
    SELECT v.rowid, v.item, {VERSION}, {_PROOF}, v.content, v.excerpt FROM versions v
    JOIN posts p ON p.site = v.site AND p.type = replace(v.type, 'post_type:', '') AND p.wp_id = v.wp_id
    WHERE v.rowid > ? AND v.privilege = 'anonymous' AND p.privilege = 'anonymous' AND p.type NOT IN ({_HIDDEN})
    AND NOT EXISTS (SELECT 1 FROM _wparchive_sketches s WHERE s.item = v.item AND s.version = {VERSION})
    ORDER BY v.rowid LIMIT {_BATCH}
"""  # noqa: S608 - constants
_PUT = "INSERT OR IGNORE INTO _wparchive_sketches VALUES (?, ?, ?, ?, ?)"
_ORPHANS = f"""
    SELECT s.item, s.version, s.sketch FROM _wparchive_sketches s WHERE NOT EXISTS (
      SELECT 1 FROM versions v WHERE v.item = s.item AND {VERSION} = s.version AND {_PROOF} = s.proof
      AND v.privilege = 'anonymous')
"""  # noqa: S608 - constants
_DROP = "DELETE FROM _wparchive_sketches WHERE item = ? AND version = ?"


def sketch_new(conn: sqlite3.Connection) -> set[str]:
    """Sketch every version that has none yet; return their items."""
    items: set[str] = set()
    last = 0
    while rows := conn.execute(_NEW, (last,)).fetchall():
        made = sketches(article_text(*row[4:]) for row in rows)
        conn.executemany(_PUT, ((*row[1:4], *found) for row, found in zip(rows, made, strict=True)))
        items.update(row[1] for row in rows)
        last = rows[-1][0]
    return items


def drop_orphans(conn: sqlite3.Connection) -> tuple[set[str], set[int]]:
    """Remove the sketches of versions that aren't there any more; return their items and what they had."""
    items: set[str] = set()
    gone: set[int] = set()
    orphans = conn.execute(_ORPHANS).fetchall()
    conn.executemany(_DROP, (row[:2] for row in orphans))
    for item, _, data in orphans:
        items.add(item)
        gone.update(numbers(data).tolist())
    return items, gone


def texts(conn: sqlite3.Connection) -> Iterator[tuple[str, str, bytes]]:
    """Yield (item, version, sketch) in the order of the keys."""
    return iter(conn.execute("SELECT item, version, sketch FROM _wparchive_sketches ORDER BY item, version"))
