"""What a change is known by, whatever else the archive holds: its key, which records what was sent, and its id."""

import hashlib
import sqlite3
import uuid
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from wparchive.index.database.opening import reading

__all__ = ["KEY_COLUMNS", "KEY_LENGTH", "NOTICED", "change_id", "change_keys", "key_of"]

KEY_LENGTH = 16  # characters of a key
# Neither its site, which may get another name, nor what an import puts before it.
_NAMES = ("run", "type", "wp_id", "change", "after")
KEY_COLUMNS = ", ".join(f"o.{name}" for name in _NAMES)
NOTICED = """(
    SELECT rowid AS number, site, item, run, type, wp_id, change, before, after, confirmed FROM observations UNION ALL
    SELECT -rowid, site, item, run, type, wp_id, 'copied', before, after, NULL FROM copied)"""
"""All changes: those of `observations` by their row ids, those of `copied` by negative ones."""


def change_keys(database: Path, sites: Collection[str] = ()) -> Iterator[str]:
    """A short key of each change (of `sites`, if any are named), the same as long as its run is held.

    What was seen by whom is kept by it: runs may come later than others that were made after them (an import, a late
    `index`), so that no time and no run divides what was seen from what wasn't.
    """
    with reading(database) as db:
        for site, *known in db.execute(f"SELECT o.site, {KEY_COLUMNS} FROM {NOTICED} o"):  # noqa: S608 - our own names
            if site in sites or not sites:
                yield key_of(known)


def key_of(known: Sequence[object]) -> str:
    """The key of the change with these values of KEY_COLUMNS."""
    return _digest(known).hex()[:KEY_LENGTH]


def change_id(row: sqlite3.Row) -> str:
    """The id of the change in a row of `observations`, a URN; the same as long as its run is held."""
    return uuid.UUID(bytes=_digest([row[name] for name in _NAMES])[:16], version=5).urn


def _digest(known: Sequence[object]) -> bytes:
    return hashlib.sha256("\0".join(map(str, known)).encode("utf-8", "surrogatepass")).digest()
