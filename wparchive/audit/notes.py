"""What the pass over the WARCs saw, in a temporary database, so that it can be compared in constant memory."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from wparchive.audit.finding import Finding
from wparchive.model import Capture
from wparchive.store import Record
from wparchive.store.sqlite import read_only_uri
from wparchive.store.warc.fields import known_as

__all__ = ["Ledger"]

_DIGITS = 19  # a number with this many digits fits neither our records nor SQLite
_SCHEMA = """
CREATE TABLE seen (
    warc TEXT, offset INTEGER, length INTEGER, record_id TEXT, type TEXT, sha256 TEXT, payload TEXT, open INTEGER,
    PRIMARY KEY (warc, offset)
) WITHOUT ROWID;
CREATE TABLE broken (warc TEXT, offset INTEGER, PRIMARY KEY (warc, offset)) WITHOUT ROWID;
CREATE TABLE revisits (
    warc TEXT, offset INTEGER, record_id TEXT, refers_to TEXT, payload TEXT, file TEXT, place INTEGER, uri TEXT, at TEXT
);
CREATE TABLE answers (uri TEXT, at TEXT);
"""
# Made when all is noted; without them each revisit would be looked for among all records.
_BY_NAME = "CREATE INDEX seen_by_id ON seen (record_id); CREATE INDEX answers_by_uri ON answers (uri);"


class Ledger:
    """The notes of one pass; `attach` adds `archive.db`."""

    def __init__(self) -> None:
        self.db = sqlite3.connect("", isolation_level=None, uri=True)  # a temporary file, deleted by SQLite
        self.db.row_factory = sqlite3.Row
        self.db.executescript(f"PRAGMA journal_mode = OFF; {_SCHEMA} BEGIN;")
        self.attached = False

    def attach(self, database: Path) -> None:
        """Attach a copy of the database as `archive`, read-only. Raises sqlite3.Error."""
        self.db.execute("COMMIT")
        self.db.execute("ATTACH ? AS archive", (read_only_uri(database),))
        self.db.execute("BEGIN")
        self.attached = True

    def record(self, record: Record, payload: str, *, open_file: bool) -> None:
        """Note an intact record; `payload` is the digest of its payload, if known."""
        row = (record.warc, record.offset, record.length, record.record_id, record.type, record.sha256)
        self.db.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, payload, open_file))

    def known_as(self, record: Record, fields: Mapping[str, str]) -> Record:
        """Return a record that was noted as the `fields` of its metadata name it, and note that."""
        known = known_as(record, fields)
        if known is not record:
            query = "UPDATE seen SET record_id = ? WHERE warc = ? AND offset = ?"
            self.db.execute(query, (known.record_id, known.warc, known.offset))
        return known

    def broken(self, warc: str, offset: int) -> None:
        """Note a damaged place, so that its rows are not reported again."""
        self.db.execute("INSERT OR IGNORE INTO broken VALUES (?, ?)", (warc, offset))

    def revisit(self, capture: Capture) -> None:
        """Note what a revisit refers to."""
        row = (capture.warc, capture.offset, capture.capture, capture.refers_to, capture.payload_sha256)
        file = f"{capture.warc.partition('/')[0]}/{capture.extra.get('refers-to-file', '')}"
        offset = capture.extra.get("refers-to-offset", "")
        named = (capture.extra.get("refers-to-uri", ""), capture.extra.get("refers-to-date", ""))
        target = (file, int(offset) if offset.isdecimal() and len(offset) < _DIGITS else -1, *named)
        self.db.execute("INSERT INTO revisits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, *target))

    def answer(self, uri: str, at: str) -> None:
        """Note another tool's response, to which revisits may refer by URI and date."""
        self.db.execute("INSERT INTO answers VALUES (?, ?)", (uri, at))

    def rows(self, query: str, *values: object) -> Iterator[sqlite3.Row]:
        """Yield the rows of a query."""
        yield from self.db.execute(query, values)

    def name_of(self, warc: str, offset: int) -> str:
        """Return the record id that `archive.db` has for this offset, empty if none."""
        if not self.attached:
            return ""
        query = "SELECT record_id FROM archive.records WHERE warc = ? AND offset = ?"
        return next((row[0] for row in self.rows(query, warc, offset)), "")

    def findings(self) -> Iterator[Finding]:
        """Yield record ids that occur twice, and revisits that refer to nothing or to another payload; call it once."""
        for statement in _BY_NAME.split("; "):
            self.db.execute(statement)
        twice = (
            "SELECT warc, min(offset) AS offset, record_id, count(*) AS n FROM seen"
            " WHERE record_id IN (SELECT record_id FROM seen GROUP BY 1 HAVING count(*) > 1) GROUP BY warc"
        )
        for row in self.rows(twice):
            many = f"{row['n']:,} record ids from here on occur more than once"
            message = "its record id occurs more than once" if row["n"] == 1 else many
            yield Finding("duplicate", message, row["warc"], row["offset"], row["record_id"])
        lost = (
            "SELECT r.* FROM revisits r LEFT JOIN seen s ON s.record_id = r.refers_to AND s.type = 'response'"
            " LEFT JOIN broken b ON b.warc = r.file AND b.offset = r.place"
            " WHERE s.record_id IS NULL AND b.warc IS NULL AND (r.refers_to IS NOT NULL OR r.uri = '' OR NOT EXISTS"
            " (SELECT 1 FROM answers a WHERE a.uri = r.uri AND substr(a.at, 1, 19) = substr(r.at, 1, 19)))"
        )
        yield from _each("reference", "the response that this revisit refers to isn't in the archive", self.rows(lost))
        elsewhere = (
            "SELECT r.* FROM revisits r JOIN seen s ON s.record_id = r.refers_to AND s.type = 'response'"
            " WHERE r.place >= 0 GROUP BY r.warc, r.offset HAVING max(s.warc = r.file AND s.offset = r.place) = 0"
        )
        message = "the response that this revisit refers to isn't at the offset that it names"
        yield from _each("reference", message, self.rows(elsewhere))
        other = (
            "SELECT r.* FROM revisits r JOIN seen s ON s.record_id = r.refers_to"
            " WHERE s.payload != '' AND r.payload != '' AND s.payload != r.payload"
        )
        yield from _each("reference", "this revisit refers to a response with another payload", self.rows(other))

    def unindexed(self) -> Iterator[Finding]:
        """Yield records that the database claims to have read but has no row for.

        The records were read here by other code than made the rows, so an error in that code shows.
        """
        missing = (
            "SELECT s.* FROM seen s JOIN archive._wparchive_files f USING (warc) "
            'LEFT JOIN archive.records r USING (warc, offset) WHERE s.offset < f."end" AND r.warc IS NULL '
            # another record with the same id
            "AND NOT EXISTS (SELECT 1 FROM archive.records o WHERE o.record_id = s.record_id)"
        )
        yield from _each("row", "this record has no row in archive.db", self.rows(missing))

    def behind(self) -> Iterator[tuple[str, int, bool]]:
        """Yield WARCs that the database has not read to the end: how many records, and whether the file is open."""
        query = (
            "SELECT s.warc, count(*), max(s.open) FROM seen s LEFT JOIN archive._wparchive_files f USING (warc) "
            'WHERE s.offset >= coalesce(f."end", 0) GROUP BY 1 ORDER BY 1'
        )
        yield from ((row[0], row[1], bool(row[2])) for row in self.rows(query))

    @contextmanager
    def closing(self) -> Iterator[Self]:
        """Delete the notes at the end."""
        try:
            yield self
        finally:
            self.db.close()


def _each(kind: str, message: str, rows: Iterable[sqlite3.Row]) -> Iterator[Finding]:
    for row in rows:
        yield Finding(kind, message, row["warc"], row["offset"], row["record_id"])
