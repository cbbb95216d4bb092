"""Pictures that stand on two sites: how many any two have in common, and which these are, with what holds each.

A picture counts once, whatever its sizes and crops. Nothing is said of who had it first.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wparchive.ask.find_image import HASHES, NEAR
from wparchive.ask.kinship.relatives import Seen, seen_in
from wparchive.index.kinship.clusters import group_kind

__all__ = ["MOST_ALIKE", "Place", "SharedGroup", "are_too_many", "everywhere", "groups", "placed", "shared_counts"]

MOST_ALIKE = 6_000
"""So many pictures are compared by their looks; of more, equal files and hot-links alone are found."""
_AT_ONCE = 256  # rows of a comparison of all with all
_PUBLIC = (
    "NOT EXISTS (SELECT 1 FROM media m WHERE m.site = f.site AND m.wp_id = f.media AND m.privilege != 'anonymous')"
)
_EQUAL = """
    SELECT sha256 FROM media_files WHERE sha256 IS NOT NULL GROUP BY sha256 HAVING min(site) != max(site)"""
_FILES = f"""
    SELECT f.site, f.url, f.media_item, f.sha256, f.capture FROM media_files f WHERE {_PUBLIC}
    AND f.sha256 IN (SELECT value FROM json_each(?)) AND coalesce(f.detected, f.mime, '') LIKE 'image/%'
    ORDER BY f.media IS NULL, f.role != 'original', f.url"""  # noqa: S608 - constants
_LOADED = f"""
    SELECT o.site, o.item, f.site, f.url, f.media_item, coalesce(f.sha256, (SELECT m.sha256 FROM media_files m
      WHERE m.site = f.site AND m.media = f.media AND m.sha256 IS NOT NULL ORDER BY m.role != 'original', m.url LIMIT 1)),
      f.capture FROM media_files f JOIN outbound o ON o.url = f.url
    JOIN posts p ON p.item = o.item AND p.privilege = 'anonymous'
    WHERE o.site != f.site AND f.media IS NOT NULL AND o.element = 'img' AND {_PUBLIC} ORDER BY o.site, o.item"""  # noqa: S608
_ARTICLE = "SELECT title, capture FROM posts WHERE item = ? AND privilege = 'anonymous'"
_TITLE = "SELECT title FROM media WHERE item = ?"
_NAMED = "SELECT author, credit, copyright FROM pictures WHERE sha256 = ?"


class Place(NamedTuple):
    """Where a site has a picture: a file of its own, or `hotlink`, an article that loads it from the other site."""

    site: str
    url: str
    item: str | None
    sha256: str | None
    capture: str
    hotlink: bool = False


class SharedGroup(NamedTuple):
    """A picture and where each site has it, by site: its files, the originals first, and what loads it from elsewhere."""

    places: dict[str, list[Place]]

    def between(self, one: str, other: str) -> tuple[Place, Place, str]:
        """Return where two of its sites have it, and how that is the same (see `pictures.HOW`), the plainest way first."""
        digests = {place.sha256: place for place in self.places[other] if not place.hotlink}
        for here in self.places[one]:
            if not here.hotlink and here.sha256 and (there := digests.get(here.sha256)):
                return here, there, "equal"
        here, there = self.places[one][0], self.places[other][0]
        return here, there, "hotlink" if here.hotlink else "hotlinked" if there.hotlink else "alike"


class Placed(NamedTuple):
    """A place with what names it: the title of the article or attachment, whom the file's metadata name, and its capture."""

    place: Place
    title: str
    names: str
    seen: Seen | None


def groups(db: sqlite3.Connection) -> list[SharedGroup]:
    """Return the pictures that stand on several sites, in the order of their addresses."""
    above: dict[str, str] = {}

    def top(name: str) -> str:
        while (parent := above.setdefault(name, name)) != name:
            above[name] = name = above[parent]
        return name

    for one, other in _alike(db):
        first, second = sorted((top(one), top(other)))
        above[second] = first
    for (sha256,) in map(tuple, db.execute(_EQUAL)):
        top(sha256)
    found: dict[str, dict[str, list[Place]]] = {}
    for row in map(tuple, db.execute(_FILES, (json.dumps([*above]),))):
        file = Place(*row)
        found.setdefault(top(str(file.sha256)), {}).setdefault(file.site, []).append(file)
    for site, item, *columns in map(tuple, db.execute(_LOADED)):
        file = Place(*columns)
        places = found.setdefault(top(file.sha256) if file.sha256 else file.url, {})
        if file not in places.setdefault(file.site, []):
            places[file.site].append(file)
        places.setdefault(site, []).append(Place(site, file.url, item, file.sha256, file.capture, hotlink=True))
    several = (SharedGroup(places) for places in found.values() if len(places) > 1)
    return sorted(several, key=lambda group: min(place.url for own in group.places.values() for place in own))


def everywhere(group: SharedGroup) -> bool:
    """Whether so many sites have it that it says nothing of two of them, as of texts."""
    return group_kind(len(group.places), len(group.places)) == "everybody"


def are_too_many(db: sqlite3.Connection) -> bool:
    """Whether more pictures are held than are compared by their looks."""
    (count,) = db.execute(f"SELECT count(*) FROM ({HASHES})").fetchone()  # noqa: S608 - constants
    return int(count) > MOST_ALIKE


def shared_counts(found: list[SharedGroup]) -> dict[tuple[str, str], int]:
    """Return how many pictures any two sites, in order, have in common; what everybody has is left out."""
    pairs = (pair for group in found if not everywhere(group) for pair in combinations(sorted(group.places), 2))
    return dict(sorted(Counter(pairs).items()))


def placed(db: sqlite3.Connection, place: Place) -> Placed:
    """Return the place with its names and its capture."""
    title, capture = "", place.capture
    if place.hotlink:
        row = db.execute(_ARTICLE, (place.item,)).fetchone()
        title, capture = tuple(row) if row else ("", "")
    elif place.item and (row := db.execute(_TITLE, (place.item,)).fetchone()):
        title = row[0]
    named = db.execute(_NAMED, (place.sha256,)).fetchone() if place.sha256 and not place.hotlink else None
    names = ", ".join(dict.fromkeys(filter(None, tuple(named)))) if named else ""
    return Placed(place, title or "", names, seen_in(db, capture))


def _alike(db: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield the digests of two pictures that look alike; nothing of too many."""
    rows = [tuple(row) for row in db.execute(f"{HASHES} ORDER BY sha256 LIMIT {MOST_ALIKE + 1}")]
    if not 1 < len(rows) <= MOST_ALIKE:
        return
    looks = [_words([row[column] for row in rows]) for column in (1, 2)]
    for start in range(0, len(rows), _AT_ONCE):
        near = np.zeros((min(_AT_ONCE, len(rows) - start), len(rows)), bool)
        for words, known in looks:
            differ = words[start : start + _AT_ONCE, None, :] ^ words[None, :, :]
            bits = np.bitwise_count(differ).sum(axis=2)
            near |= (bits <= NEAR) & known[start : start + _AT_ONCE, None] & known[None, :]
        for one, other in np.argwhere(near).tolist():
            if start + one < other:
                yield rows[start + one][0], rows[other][0]


def _words(hashes: list[str | None]) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Hashes as two numbers each, and of each whether there is one: those of even pictures are none."""
    numbers = [int(value, 16) if value else 0 for value in hashes]
    mask = (1 << 64) - 1
    words = np.array([(number >> 64 & mask, number & mask) for number in numbers], np.uint64)
    return words, np.array([number != 0 for number in numbers])
