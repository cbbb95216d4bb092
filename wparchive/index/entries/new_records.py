"""Rows of `records` and `captures`: they wait until there are many, and a record that was read before is skipped."""

import sqlite3
from collections.abc import Sequence

from wparchive.index.damage import name_double
from wparchive.index.database.creation import ensure_index
from wparchive.index.entries.captured import Read
from wparchive.index.items.rows import Row
from wparchive.index.statements import insert
from wparchive.model import Privilege
from wparchive.store import Record

__all__ = ["NewRecords"]

_MOST = 300  # records that wait before they are written

_RECORD = insert("records", ("warc", "offset", "length", "type", "record_id", "sha256"), verb="INSERT OR REPLACE")
_CAPTURE = insert("captures", verb="INSERT OR IGNORE")


class NewRecords:
    """The records of one site that are to be written, with their captures; if `public`, of what anybody was shown."""

    def __init__(self, conn: sqlite3.Connection, site: str, *, public: bool = False) -> None:
        self._conn, self._site, self._public = conn, site, public
        self._records: dict[str, Record] = {}  # by id
        self._captures: list[Row] = []
        # A new database gets its indexes only at the end, but each record is looked up.
        ensure_index(conn, "records", "record_id")

    @property
    def many(self) -> bool:
        """Whether it is time to write them."""
        return len(self._records) >= _MOST

    def leave_out(self, given: Read) -> bool:
        """Remove records that were read before; return whether that leaves nothing, or not what the others belong to.

        Such a record has the id of an earlier one: a file was added twice, or a record duplicated. Nothing is left either of
        what isn't to be read at all.
        """
        if self._public and given.capture and given.capture["privilege"] != Privilege.ANONYMOUS:
            return True
        doubles = self._doubles(given.records)
        if not doubles:
            return False
        ids = {record.record_id for record in doubles}
        main = given.capture["capture"] if given.capture else given.records[0].record_id
        given.records = [record for record in given.records if record not in doubles]
        return main in ids and all(record.record_id in ids for record in given.records)

    def _doubles(self, records: Sequence[Record]) -> list[Record]:
        """Return those of `records` that exist elsewhere: in the table, among those that wait, or earlier in `records`."""
        first: dict[str, Record] = {}
        doubles = []
        for record in records:
            known = first.get(record.record_id) or self._records.get(record.record_id) or self._stored(record)
            if known is None:
                first[record.record_id] = record
            elif (known.warc, known.offset) != (record.warc, record.offset):
                doubles.append(record)
                name_double(self._conn, self._site, record, known.warc)
        return doubles

    def _stored(self, record: Record) -> Record | None:
        query = "SELECT warc, offset FROM records WHERE record_id = ? LIMIT 1"
        row = self._conn.execute(query, (record.record_id,)).fetchone()
        return Record(row[0], row[1], 0, record.record_id, "", "") if row else None

    def add(self, given: Read) -> None:
        """Add the records and the capture of an entry."""
        self._records.update((record.record_id, record) for record in given.records)
        if given.capture:
            self._captures.append(given.capture)

    def write(self) -> None:
        """Write what waits."""
        rows = [
            {
                "warc": record.warc,
                "offset": record.offset,
                "length": record.length,
                "type": record.type,
                "record_id": record.record_id,
                "sha256": record.sha256 or None,
            }
            for record in self._records.values()
        ]
        self._conn.executemany(_RECORD, rows)
        self._conn.executemany(_CAPTURE, self._captures)
        self._records.clear()
        self._captures.clear()
