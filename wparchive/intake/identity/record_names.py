"""The names of records whose id is another's too: some tools give one id to several answers, and each is to be found.

Such a name follows from the record alone, so whoever imports it gives it the same; it stands in the metadata beside it.
"""

import sqlite3
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self
from uuid import NAMESPACE_URL, uuid5

from wparchive.intake.shelf import Row
from wparchive.store.sqlite import open_read_only

__all__ = ["OtherSites", "given_name", "request_name"]

_HELD = "SELECT 1 FROM records WHERE record_id = ? AND substr(warc, 1, ?) != ? LIMIT 1"


def given_name(row: Row) -> str:
    """Return the name of an answer whose record id is another's."""
    about = (row["id"], row["type"], row["at"], row["uri"], row["payload"], row["digest"], row["refers_id"])
    return _name(*about)


def request_name(answer: str) -> str:
    """Return the name of the request of the answer of this name, whose own id is another record's."""
    return _name(answer, "request")


def _name(*about: object) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, ' '.join(map(str, ('wparchive:known-as', *about))))}"


class OtherSites:
    """The record ids of the other sites in an archive, as far as its database knows them."""

    def __init__(self, database: Path) -> None:
        self._stack = ExitStack()
        self._db: sqlite3.Connection | None = None
        if database.is_file():
            with suppress(sqlite3.Error, OSError):
                self._db = open_read_only(database)
                self._stack.callback(self._db.close)

    def hold(self, record_id: str, site: str) -> bool:
        """Return whether a site other than the one of this name has a record of that id."""
        if self._db is None:
            return False
        folder = f"{site}/"
        try:
            return self._db.execute(_HELD, (record_id, len(folder), folder)).fetchone() is not None
        except sqlite3.Error:  # as a database that is damaged, or being made anew, says nothing
            return False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
