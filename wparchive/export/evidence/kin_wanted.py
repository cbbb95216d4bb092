"""The articles that share text with the item of a package: what is held of each, and the captures of both sides."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from wparchive.ask.history import Evidence
from wparchive.ask.kinship.relatives import Relative, kin_of, what_differs
from wparchive.ask.lookup import ItemKey
from wparchive.wordpress.prose import Row

__all__ = ["MOST_KIN", "KinWanted", "kin_count", "kin_wanted"]

MOST_KIN = 20
"""So many are in a package, those that share most text."""
_EVIDENCE = f"SELECT {', '.join(Evidence.__dataclass_fields__)} FROM captures WHERE capture = ?"  # noqa: S608 - our own names
_COUNT = "SELECT count(*) FROM kinship WHERE item = :item OR other = :item"
_NUMBER = "SELECT wp_id FROM items WHERE item = ?"


@dataclass(frozen=True, slots=True)
class KinWanted:
    """One of them, its id at its site, the captures that first showed both texts, and what differs from this to the other."""

    relative: Relative
    wp_id: int
    own: Evidence
    other: Evidence
    differs: list[Row]


def kin_wanted(db: sqlite3.Connection, item: ItemKey) -> Iterator[KinWanted]:
    """Yield MOST_KIN of them at most; of those that strangers aren't shown none."""
    for one in kin_of(db, str(item), MOST_KIN):
        own, other = (_evidence(db, seen.capture) if seen else None for seen in (one.seen, one.other_seen))
        if own and other:
            (wp_id,) = db.execute(_NUMBER, (one.other,)).fetchone()
            yield KinWanted(one, wp_id, own, other, what_differs(db, str(item), one.other))


def kin_count(db: sqlite3.Connection, item: ItemKey) -> int:
    """Return with how many articles the item shares text."""
    (count,) = db.execute(_COUNT, {"item": str(item)}).fetchone()
    return int(count)


def _evidence(db: sqlite3.Connection, capture: str) -> Evidence | None:
    row = db.execute(_EVIDENCE, (capture,)).fetchone()
    return Evidence(*row) if row else None
