"""Whether strangers could read a collection when one of its items was refused: else the refusal says nothing of the item.

Plug-ins close a whole API, or a part of it, with the code that core has for a single item. So a refusal counts only where
the nearest answers of the same collection before and after it, as far as there are any, show items: a page of its list, or
another item. Many plug-ins close single collections (users), so that others can be read proves nothing.

Of a crawl, all its answers count; of other tools' captures those of the day before and after, whichever import took them.
"""

import re
import sqlite3
from array import array
from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from wparchive.index.database.creation import ensure_index
from wparchive.wordpress.age import moment
from wparchive.wordpress.canonical_routes import lists_all
from wparchive.wordpress.judgement import Meaning

__all__ = ["Readable"]

_READ = (str(Meaning.OK), str(Meaning.NOT_MODIFIED), str(Meaning.PAST_END))
_CLOSED = (str(Meaning.REFUSED), str(Meaning.BLOCKED), str(Meaning.CHALLENGE))
_TELLING = f"""
    (route = '/' OR (route >= :route AND route < :end))
    AND final AND privilege = 'anonymous' AND answer IN {_READ + _CLOSED} ORDER BY rowid"""
_OF_CRAWL = f"""
    SELECT rowid, captured_at, route, answer FROM captures WHERE run IN (SELECT r.run FROM runs r, runs t WHERE t.run = :run
      AND r.site = t.site AND coalesce(r.crawl, r.run) = coalesce(t.crawl, t.run)) AND {_TELLING}"""  # noqa: S608 - our own words
_IMPORTED = f"""
    SELECT rowid, captured_at, route, answer FROM captures WHERE site = :site AND captured_at >= :after
    AND clock = 'foreign' AND {_TELLING}"""  # noqa: S608 - our own words
_DAY = timedelta(days=1)
_ONE = re.compile(r"/\d+(?:\?|\Z)")


@dataclass(frozen=True, slots=True)
class _Heard:
    """Which captures (their rowids) tell whether a collection can be read, in order, and what each says."""

    places: "array[int]" = field(default_factory=lambda: array("q"))
    open: bytearray = field(default_factory=bytearray)
    dates: list[str] = field(default_factory=list)  # of other tools' captures


class Readable:
    """What was heard of each collection of a site, in a crawl or by other tools."""

    def __init__(self, conn: sqlite3.Connection, site: str) -> None:
        self._conn, self._site = conn, site
        self._heard: dict[str, _Heard] = {}

    def in_crawl(self, run: str, collection: str, place: int) -> bool:
        """Return whether the collection at a route could be read in the crawl of `run` at the capture with the rowid `place`."""
        if collection not in self._heard:
            about = {"run": run, "route": collection, "end": _end(collection)}
            self._heard[collection] = _listen(collection, self._conn.execute(_OF_CRAWL, about))
        heard = self._heard[collection]
        after = bisect(heard.places, place)
        return bool(heard.places) and all(heard.open[max(0, after - 1) : after + 1])

    def elsewhere(self, collection: str, place: int, at: str) -> bool:
        """Return the same of other tools' captures; of `place`, which is never earlier than the one before, `at` is the date."""
        if collection not in self._heard:
            ensure_index(self._conn, "captures", "site captured_at")  # a new database gets its indexes only at the end
            about = {"site": self._site, "route": collection, "end": _end(collection), "after": _far(at, -_DAY)}
            self._heard[collection] = _listen(collection, self._conn.execute(_IMPORTED, about))
        heard = self._heard[collection]
        after = bisect(heard.places, place)
        near = [n for n in (after - 1, after) if 0 <= n < len(heard.dates)]
        near = [n for n in near if _far(at, -_DAY) <= heard.dates[n] <= _far(at, _DAY)]
        return bool(near) and all(heard.open[n] for n in near)


def _end(collection: str) -> str:
    return f"{collection}@"  # what is below the collection, and its pages: "@" follows "?"


def _far(at: str, by: timedelta) -> str:
    return f"{moment(at) + by:%Y-%m-%dT%H:%M:%S}" if moment(at).year > 1000 else at


def _listen(collection: str, answers: Iterable[tuple[int, str, str, str]]) -> _Heard:
    heard = _Heard()
    for place, at, route, answer in answers:
        is_open = answer in _READ
        if _tells(collection, route, is_open=is_open):
            heard.places.append(place)
            heard.dates.append(at)
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
