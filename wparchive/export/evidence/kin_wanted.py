"""The articles that share text or pictures with the item of a package: what is held of each, and captures of both sides."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from wparchive.ask.history import Evidence
from wparchive.ask.kinship.pictures import SharedPicture, pictures_of
from wparchive.ask.kinship.relatives import Relative, kin_of, what_differs
from wparchive.ask.lookup import ItemKey
from wparchive.wordpress.prose import Row

__all__ = ["MOST_KIN", "KinPicture", "KinWanted", "kin_count", "kin_pictures", "kin_wanted"]

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


@dataclass(frozen=True, slots=True)
class KinPicture:
    """A picture that an article of another site shows too, and the captures of both files, as far as they are held."""

    shared: SharedPicture
    own: Evidence | None
    other: Evidence | None

    @property
    def captures(self) -> list[str]:
        """The ids of the captures."""
        return [one.capture for one in (self.own, self.other) if one]


def kin_wanted(db: sqlite3.Connection, item: ItemKey) -> Iterator[KinWanted]:
    """Yield MOST_KIN of them at most; of those that strangers aren't shown none."""
    for one in kin_of(db, str(item), MOST_KIN):
        own, other = (_evidence(db, seen.capture) if seen else None for seen in (one.seen, one.other_seen))
        if own and other:
            (wp_id,) = db.execute(_NUMBER, (one.other,)).fetchone()
            yield KinWanted(one, wp_id, own, other, what_differs(db, str(item), one.other))


def kin_pictures(db: sqlite3.Connection, item: ItemKey) -> list[KinPicture]:
    """Return MOST_KIN of them at most."""
    found = pictures_of(db, str(item), MOST_KIN)
    return [
        KinPicture(one, *(_evidence(db, at.capture) if at else None for at in (one.seen, one.other_seen)))
        for one in found
    ]


def kin_count(db: sqlite3.Connection, item: ItemKey) -> int:
    """Return with how many articles the item shares text."""
    (count,) = db.execute(_COUNT, {"item": str(item)}).fetchone()
    return int(count)


def _evidence(db: sqlite3.Connection, capture: str) -> Evidence | None:
    row = db.execute(_EVIDENCE, (capture,)).fetchone()
    return Evidence(*row) if row else None
