"""The states of items as they were read in full: the one that is accepted, and a newer one that differs and isn't dated.

Two readings are compared only where they came in the same form: an item alone, or in a list. A state is accepted when it is the
first of its form, when `modified` moved since, or when a run confirmed it; until then the one before it stays what others are
compared with. Part of the memory in `frontier.db`: learnt from the WARCs alone.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wparchive.wordpress.changes.learnt import SiteNoise
from wparchive.wordpress.payload.payload import Item
from wparchive.wordpress.routes import Route
from wparchive.wordpress.text import READ, parted
from wparchive.wordpress.values import clean, date, integer

__all__ = ["Doubt", "States", "form_of"]

_TABLES = ("states", "readings", "volatile")
_STATE = "select print, modified, new_print from states where collection = ? and form = ? and id = ?"
_ACCEPT = (
    "insert into states values (?, ?, ?, ?, ?, ?, null, null, ?) on conflict do update set print = excluded.print, "
    "modified = excluded.modified, reading = excluded.reading, new_print = null, new_reading = null"
)
_DOUBT = "update states set new_print = ?, new_reading = ? where collection = ? and form = ? and id = ?"
_AS_IT_WAS = "update states set new_print = null, new_reading = null where collection = ? and form = ? and id = ?"
_LATER = """
    update states set print = new_print, reading = new_reading, new_print = null, new_reading = null,
    streaks = coalesce(?, streaks) where collection = ? and form = ? and id = ?"""
_DOUBTED = """
    select s.streaks from states s join readings a on a.number = s.new_reading
    where collection = ? and form = ? and id = ? and a.capture = ?"""
_DOUBTS = """
    select s.id, s.form, b.capture, a.capture, a.run, s.streaks from states s
    join readings b on b.number = s.reading join readings a on a.number = s.new_reading
    where s.collection = ? and s.form = ? and s.new_print is not null order by s.reading, s.new_reading, s.id"""
_NOT_CONTENT = frozenset(("_links", "_embedded"))


@dataclass(frozen=True, slots=True)
class Doubt:
    """An item whose last reading differs from the accepted one: the captures `before` and `after`, the `run` of the latter.

    `streaks` counts the latest versions in each of which a plug-in's field changed.
    """

    id: int
    form: str
    before: str
    after: str
    run: str
    streaks: Mapping[str, int]


def form_of(route: Route) -> str:
    """In which form the items of an answer come: `alone` or `list`."""
    return "alone" if route.segments[-1:] and route.segments[-1].isdecimal() else "list"


class States:
    """The states of one site's items, in the database of its memory."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def forget(self) -> None:
        """Forget all, to be learnt again."""
        for table in _TABLES:
            self._db.execute(f"delete from {table}")  # noqa: S608 - our own names

    # ---- learning

    def see(self, route: Route, collection: str, found: Iterable[Item], capture: str, run: str) -> None:
        """Take in items that were read in full."""
        form = form_of(route)
        number = None
        for item in found:
            if item.id is None:
                continue
            mark, modified = (
                _print(item),
                clean(date(item.value.get("modified_gmt") or item.value.get("modified")) or ""),
            )
            key = (collection, form, item.id)
            state = self._db.execute(_STATE, key).fetchone()
            if state and state[0] == mark:
                if state[2] is not None:
                    self._db.execute(_AS_IT_WAS, key)
                continue
            number = number or self._number(capture, run)
            if state is None or modified > state[1]:
                self._db.execute(_ACCEPT, (*key, mark, modified, number, "{}"))
            elif modified == state[1]:  # an older one comes out of a cache
                self._db.execute(_DOUBT, (mark, number, *key))

    def _number(self, capture: str, run: str) -> int:
        self._db.execute("insert or ignore into readings (capture, run) values (?, ?)", (capture, run))
        return int(self._db.execute("select number from readings where capture = ?", (capture,)).fetchone()[0])

    def take_fact(self, name: str, value: object) -> None:
        """Take in what a run put on record: what it confirmed, what moves by itself."""
        if name.startswith("changes:") and isinstance(value, list):
            for entry in value:
                if isinstance(entry, dict):
                    self._accept(entry)
        elif name.startswith("volatile:") and isinstance(value, dict):
            lists = [(kind, entries) for kind, entries in value.items() if isinstance(entries, list)]
            pairs = [(clean(kind), clean(one)) for kind, entries in lists for one in entries if isinstance(one, str)]
            self._db.executemany("insert or ignore into volatile values (?, ?)", pairs)

    def _accept(self, entry: Mapping[str, Any]) -> None:
        """A doubt was resolved: its later state is the accepted one."""
        route, form, after = (clean(str(entry.get(name))) for name in ("route", "form", "after"))
        wp_id = integer(entry.get("id"))
        row = self._db.execute(_DOUBTED, (route, form, wp_id, after)).fetchone()
        if row is None or wp_id is None:
            return
        fields, before = entry.get("moved"), json.loads(row[0])
        names = [clean(name) for name in fields if isinstance(name, str)] if isinstance(fields, list) else []
        self.accept(route, form, wp_id, {name: before.get(name, 0) + 1 for name in names})

    def accept(self, collection: str, form: str, wp_id: int, streaks: Mapping[str, int] | None = None) -> None:
        """The later state of an item is the accepted one from now on."""
        given = None if streaks is None else json.dumps(streaks, sort_keys=True)
        self._db.execute(_LATER, (given, collection, form, wp_id))

    def drop(self, collection: str, form: str, wp_id: int) -> None:
        """There is nothing to be said of the later state of an item, such as one that isn't shown any more."""
        self._db.execute(_AS_IT_WAS, (collection, form, wp_id))

    # ---- what is remembered

    @property
    def known(self) -> bool:
        """Whether there is any state to compare with."""
        return self._db.execute("select 1 from states limit 1").fetchone() is not None

    def doubts(self, collection: str, form: str) -> Iterator[Doubt]:
        """The items of `collection` whose last reading differs, those of the same answers together."""
        for wp_id, shape, before, after, run, streaks in self._db.execute(_DOUBTS, (collection, form)).fetchall():
            yield Doubt(wp_id, shape, before, after, run, json.loads(streaks))

    def moving_files(self) -> list[str]:
        """The keys of the files that are other ones each time that they are asked for."""
        query = "select substr(entry, 6) from volatile where type = 'file' and entry like 'file:%'"
        return [row[0] for row in self._db.execute(query)]

    def noise(self) -> SiteNoise:
        """What was learnt to move by itself."""
        noise = SiteNoise()
        for kind, entry in self._db.execute("select type, entry from volatile order by 1, 2"):
            noise.learn(kind, [entry])
        return noise


def _print(item: Item) -> str:
    """A digest of all that an item says; noise is taken off only where it differs, as that takes far longer."""
    content = {name: one for name, one in item.value.items() if name not in _NOT_CONTENT}
    try:
        content = _short(content) if len(item.raw) > READ else content
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    except (RecursionError, ValueError):
        text = repr(sorted(content))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _short(value: Any) -> Any:
    """`value` with a stand-in for each text of megabytes: written as JSON it would be in memory some times over."""
    if isinstance(value, dict):
        return {name: _short(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_short(one) for one in value]
    return "".join(parted(value)) if isinstance(value, str) else value
