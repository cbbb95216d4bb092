"""Whether strangers could read a collection when one of its items was refused: else the refusal says nothing of the item.

Plug-ins close a whole API, or a part of it, with the code that core has for a single item. So a refusal counts only where
the nearest answers of the same collection before and after it, as far as there are any, show items: a page of its list, or
another item. Many plug-ins close single collections (users), so that others can be read proves nothing.
"""

import re
import sqlite3
from array import array
from bisect import bisect
from dataclasses import dataclass

from wparchive.wordpress.canonical_routes import lists_all
from wparchive.wordpress.judgement import Meaning

__all__ = ["Readable"]

_READ = (str(Meaning.OK), str(Meaning.NOT_MODIFIED), str(Meaning.PAST_END))
_CLOSED = (str(Meaning.REFUSED), str(Meaning.BLOCKED), str(Meaning.CHALLENGE))
_ANSWERS = f"""
    SELECT rowid, route, answer FROM captures WHERE run IN (SELECT r.run FROM runs r, runs t WHERE t.run = :run
      AND r.site = t.site AND coalesce(r.crawl, r.run) = coalesce(t.crawl, t.run))
    AND (route = '/' OR (route >= :route AND route < :end))
    AND final AND privilege = 'anonymous' AND answer IN {_READ + _CLOSED} ORDER BY rowid"""  # noqa: S608 - our own words
_ONE = re.compile(r"/\d+(?:\?|\Z)")


@dataclass(frozen=True, slots=True)
class _Heard:
    """Which captures (their rowids) tell whether a collection can be read, in order, and what each says."""

    places: "array[int]"
    open: bytearray


class Readable:
    """What a crawl, or an import run, heard of each collection."""

    def __init__(self, conn: sqlite3.Connection, run: str) -> None:
        self._conn, self._run = conn, run
        self._heard: dict[str, _Heard] = {}

    def at(self, collection: str, place: int) -> bool:
        """Return whether the collection at a route could be read at the time of the capture with the rowid `place`."""
        if collection not in self._heard:
            self._heard[collection] = self._listen(collection)
        heard = self._heard[collection]
        after = bisect(heard.places, place)
        return bool(heard.places) and all(heard.open[max(0, after - 1) : after + 1])

    def _listen(self, collection: str) -> _Heard:
        heard = _Heard(array("q"), bytearray())
        # What is below the collection, and its pages: "@" follows "?".
        about = {"run": self._run, "route": collection, "end": f"{collection}@"}
        for place, route, answer in self._conn.execute(_ANSWERS, about):
            is_open = answer in _READ
            if _tells(collection, route, is_open=is_open):
                heard.places.append(place)
                heard.open.append(is_open)
        return heard


def _tells(collection: str, route: str, *, is_open: bool) -> bool:
    """Return whether an answer tells of its collection: what may be refused for itself alone tells only if it isn't."""
    rest = route[len(collection) :]
    if route == "/":
        return not is_open  # plug-ins leave the index open
    if rest.startswith("?") or not rest:
        return is_open or lists_all(route)
    return is_open and _ONE.match(rest) is not None
