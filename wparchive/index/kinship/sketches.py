"""A sketch of every version of every article that strangers are shown: the table `_wparchive_sketches`.

It holds what the rows of `versions` determine and nothing else, whatever the order in which they came. What strangers were
shown once, and see no more without logging in, has none: no page would show its kin.
"""

import json
import sqlite3
from collections.abc import Iterator

from wparchive.kinship.sketch import numbers, sketches
from wparchive.kinship.texts import article_text
from wparchive.wordpress.type_names import UNSHOWN

__all__ = ["VERSION", "bring_up_to_date", "texts"]

VERSION = "substr(v.payload_sha256, 1, 16)"
"""The SQL by which a version of an item is named: enough of its digest."""
_PROOF = "substr(v.capture, 10, 8)"
"""Of the capture: that may change, and the text with it, where two versions turn out to be one, or one isn't private any more."""

_BATCH = 500
_HIDDEN = ", ".join(f"'{kind}'" for kind in sorted(UNSHOWN))
# One look at all versions: how many have their sketch, and which have none.
_STANDING = f"""
    SELECT count(*) FILTER (WHERE s.proof = {_PROOF}), json_group_array(v.rowid) FILTER (WHERE s.item IS NULL),
      (SELECT count(*) FROM _wparchive_sketches)
    FROM versions v LEFT JOIN _wparchive_sketches s ON s.item = v.item AND s.version = {VERSION}
    WHERE v.privilege = 'anonymous'"""  # noqa: S608 - constants
_NEW = f"""
    SELECT v.item, {VERSION}, {_PROOF}, v.content, v.excerpt FROM json_each(?) n JOIN versions v ON v.rowid = n.value
    JOIN posts p ON p.site = v.site AND p.type = replace(v.type, 'post_type:', '') AND p.wp_id = v.wp_id
    WHERE p.privilege = 'anonymous' AND p.type NOT IN ({_HIDDEN})"""  # noqa: S608 - constants
_PUT = "INSERT OR IGNORE INTO _wparchive_sketches VALUES (?, ?, ?, ?, ?)"
_ORPHANS = f"""
    SELECT s.item, s.version, s.sketch FROM _wparchive_sketches s WHERE NOT EXISTS (
      SELECT 1 FROM versions v WHERE v.item = s.item AND {VERSION} = s.version AND {_PROOF} = s.proof
      AND v.privilege = 'anonymous')
"""  # noqa: S608 - constants
_DROP = "DELETE FROM _wparchive_sketches WHERE item = ? AND version = ?"


def bring_up_to_date(conn: sqlite3.Connection) -> tuple[set[str], set[str], set[int]]:
    """Sketch versions that have none yet, and remove sketches whose version isn't there any more.

    Return the items that got sketches, those that lost some, and the phrases that these had.
    """
    sound, new, all_sketches = conn.execute(_STANDING).fetchone()
    lost: set[str] = set()
    gone: set[int] = set()
    if sound != all_sketches:
        lost, gone = _drop_orphans(conn)
        new = conn.execute(_STANDING).fetchone()[1]
    return _sketch(conn, sorted(json.loads(new))), lost, gone


def _sketch(conn: sqlite3.Connection, versions: list[int]) -> set[str]:
    items: set[str] = set()
    for at in range(0, len(versions), _BATCH):
        rows = conn.execute(_NEW, (json.dumps(versions[at : at + _BATCH]),)).fetchall()
        made = sketches(article_text(*row[3:]) for row in rows)
        conn.executemany(_PUT, ((*row[:3], *found) for row, found in zip(rows, made, strict=True)))
        items.update(row[0] for row in rows)
    return items


def _drop_orphans(conn: sqlite3.Connection) -> tuple[set[str], set[int]]:
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
