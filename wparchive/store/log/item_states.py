"""The states of items that were read in full, in `frontier.db`: the accepted state, and a later one that differs.

This module only stores them; `wparchive.crawl.incremental.states` reads them from the WARCs and decides which is
accepted.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wparchive.store.log.database import Database

__all__ = ["Doubt", "ItemState", "ItemStates", "StateKey"]

_TABLES = ("states", "readings", "volatile")
_OF_ONE = "collection = ? AND form = ? AND id = ?"
_ACCEPT = (
    "INSERT INTO states VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, ?) ON CONFLICT DO UPDATE SET print = excluded.print,"
    " modified = excluded.modified, reading = excluded.reading, new_print = NULL, new_reading = NULL"
)
_LATER = (
    "UPDATE states SET print = new_print, reading = new_reading, new_print = NULL, new_reading = NULL,"  # noqa: S608
    f" streaks = coalesce(?, streaks) WHERE {_OF_ONE}"
)
_STREAKS = (
    f"SELECT s.streaks FROM states s JOIN readings a ON a.number = s.new_reading WHERE {_OF_ONE} AND a.capture = ?"  # noqa: S608
)
_DOUBTS = (
    "SELECT s.id, s.form, b.capture AS before, a.capture AS after, a.run, s.streaks FROM states s"
    " JOIN readings b ON b.number = s.reading JOIN readings a ON a.number = s.new_reading"
    " WHERE s.collection = ? AND s.form = ? AND s.new_print IS NOT NULL ORDER BY s.reading, s.new_reading, s.id"
)
_READING = (
    "SELECT a.capture, s.new_print FROM states s JOIN readings a ON a.number = s.reading WHERE s.collection = ?"
    " AND s.form IN ('list', 'alone') AND s.id = ? ORDER BY s.modified DESC, s.reading DESC LIMIT 1"
)

StateKey = tuple[str, str, int]  # a collection's route, the form in which the item was read, the item's id
# The accepted fingerprint, its modification time, a later fingerprint that differs.
ItemState = tuple[str, str, str | None]


@dataclass(frozen=True, slots=True)
class Doubt:
    """An item whose last reading differs from the accepted one: captures `before` and `after`, and the latter's `run`.

    `streaks` counts, for each plug-in field, the latest versions in a row in which it changed.
    """

    id: int
    form: str
    before: str
    after: str
    run: str
    streaks: Mapping[str, int]


class ItemStates:
    """The states of one site's items, in the open database `db`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def forget(self) -> None:
        """Delete everything."""
        self._db.empty(_TABLES)

    def known(self) -> bool:
        """Whether there is any state to compare with."""
        return self._db.row("SELECT 1 FROM states LIMIT 1") is not None

    def state(self, key: StateKey) -> ItemState | None:
        """Return the state of an item; None when it was never read in that form."""
        row = self._db.row(f"SELECT print, modified, new_print FROM states WHERE {_OF_ONE}", *key)  # noqa: S608
        return (row[0], row[1], row[2]) if row else None

    def reading_of(self, collection: str, wp_id: int) -> str:
        """Return the capture in which an item was first read as it is; "" if that is in doubt, or it was never read."""
        row = self._db.row(_READING, collection, wp_id)
        return str(row[0]) if row and row[1] is None else ""

    def reading(self, capture: str, run: str) -> int:
        """Return the number by which states refer to the reading in `capture`."""
        # A number is shorter than a capture's id, and is in the row of every state.
        self._db.rows("INSERT OR IGNORE INTO readings (capture, run) VALUES (?, ?)", capture, run)
        return int(self._db.rows("SELECT number FROM readings WHERE capture = ?", capture)[0][0])

    def put(self, key: StateKey, mark: str, modified: str, reading: int) -> None:
        """Accept the state with the fingerprint `mark`."""
        self._db.rows(_ACCEPT, *key, mark, modified, reading, "{}")

    def doubt(self, key: StateKey, mark: str, reading: int) -> None:
        """Record a later reading that differs without an explanation."""
        self._db.rows(f"UPDATE states SET new_print = ?, new_reading = ? WHERE {_OF_ONE}", mark, reading, *key)  # noqa: S608

    def accept_later(self, key: StateKey, streaks: Mapping[str, int] | None = None) -> None:
        """Accept the later state, with these `streaks` if given."""
        self._db.rows(_LATER, None if streaks is None else json.dumps(streaks, sort_keys=True), *key)

    def drop_later(self, key: StateKey) -> None:
        """Drop the later state."""
        self._db.rows(f"UPDATE states SET new_print = NULL, new_reading = NULL WHERE {_OF_ONE}", *key)  # noqa: S608

    def streaks(self, key: StateKey, capture: str) -> dict[str, int] | None:
        """Return the streaks of an item whose later state was read in `capture`; None when it was read elsewhere."""
        row = self._db.row(_STREAKS, *key, capture)
        return json.loads(row[0]) if row else None

    def doubts(self, collection: str, form: str) -> list[Doubt]:
        """Return the items of `collection` whose last reading differs; those of the same responses are adjacent."""
        return [
            Doubt(**dict(row) | {"streaks": json.loads(row["streaks"])})
            for row in self._db.rows(_DOUBTS, collection, form)
        ]

    # --- volatile fields --------------------------------------------------------------------------------------

    def move(self, entries: Iterable[tuple[str, str]]) -> None:
        """Add pairs of a type (or `file`) and a field whose value changes at each reading."""
        self._db.write("INSERT OR IGNORE INTO volatile VALUES (?, ?)", entries)

    def moving(self) -> list[tuple[str, str]]:
        """Return all such pairs, sorted."""
        return [(row[0], row[1]) for row in self._db.rows("SELECT type, entry FROM volatile ORDER BY 1, 2")]
