"""What was found in foreign files before it is written: rows in a temporary database, so that memory stays flat."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter
from typing import Any, Self

from wparchive.intake.foreign.interest import Note
from wparchive.intake.judging.foreign_answers import Answer, Asked
from wparchive.naming import site_key

__all__ = ["Row", "Shelf"]

Row = sqlite3.Row

_COLUMNS = [one.name for one in fields(Answer) if one.name not in ("claims", "document", "tied", "flags")]
_VALUES = attrgetter(*_COLUMNS)
_COLUMNS.append("flags")  # as JSON
_NAMES = ", ".join(f'"{one}"' for one in _COLUMNS)
_PUT = f"INSERT INTO answers (source, site, {_NAMES}) VALUES (?, ?, {', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - our own
_ASK = (
    'INSERT INTO requests (source, "offset", length, exact, id, uri, method, private, at) '
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SCHEMA = f"""
CREATE TABLE answers (n INTEGER PRIMARY KEY, source INTEGER, site TEXT, {", ".join(f'"{one}"' for one in _COLUMNS)},
    request INTEGER, method TEXT, skipped TEXT, also TEXT, target INTEGER, held TEXT, record TEXT);
CREATE TABLE requests (n INTEGER PRIMARY KEY, source INTEGER, "offset", length, exact, id, uri, method, private, at);
CREATE TABLE notes (source INTEGER, "offset" INTEGER, what TEXT, host TEXT, uri TEXT);
CREATE TABLE ties (kind TEXT, owner INTEGER, id TEXT);
CREATE TABLE claims (site TEXT, other TEXT, PRIMARY KEY (site, other)) WITHOUT ROWID;
CREATE TABLE documents (site TEXT, route TEXT, at TEXT, body BLOB, PRIMARY KEY (site, route, at)) WITHOUT ROWID;
CREATE TABLE known (site TEXT, id TEXT, record TEXT, type TEXT, route TEXT, uri TEXT, at TEXT, payload TEXT, body TEXT,
    size INTEGER, status INTEGER, mime TEXT,
    digest TEXT, private INTEGER, file TEXT, "offset" INTEGER, PRIMARY KEY (site, id)) WITHOUT ROWID;
CREATE TABLE met (site TEXT, what TEXT, n INTEGER, PRIMARY KEY (site, what)) WITHOUT ROWID;
CREATE TABLE named (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE written (site TEXT, id TEXT, file TEXT, "offset" INTEGER, PRIMARY KEY (site, id)) WITHOUT ROWID;
"""
_INDEXES = """
CREATE INDEX answers_id ON answers (id);
CREATE INDEX answers_site ON answers (site, private, at);
CREATE INDEX requests_id ON requests (id);
CREATE INDEX ties_id ON ties (kind, id);
CREATE INDEX ties_owner ON ties (kind, owner);
CREATE INDEX known_uri ON known (site, uri);
CREATE INDEX known_id ON known (id);
CREATE INDEX known_record ON known (site, record);
"""
# Of several requests that are tied to it, an answer has the one of its own address, and nearest to it.
_NEAREST = 'r.n, r.uri != answers.uri AS other, abs(r."offset" - answers."offset") AS far'
_PAIRED = f"""
    UPDATE answers SET request = coalesce(
      (SELECT n FROM (SELECT {_NEAREST} FROM ties t JOIN requests r ON r.n = t.owner
       WHERE t.kind = 'request' AND t.id = answers.id AND r.source = answers.source) ORDER BY other, far, n LIMIT 1),
      (SELECT n FROM (SELECT {_NEAREST} FROM ties t JOIN requests r ON r.id = t.id
       WHERE t.kind = 'answer' AND t.owner = answers.n AND r.source = answers.source) ORDER BY other, far, n LIMIT 1))"""  # noqa: S608
_ASKED = """
    UPDATE answers SET method = (SELECT nullif(method, '') FROM requests WHERE n = request),
      private = max(private, (SELECT private FROM requests WHERE n = request)) WHERE request IS NOT NULL"""
# A request with credentials counts wherever it stands: in another file, or untied, of the same address and second.
_SECRETLY = """
    UPDATE answers SET private = 1 WHERE
      id IN (SELECT t.id FROM ties t JOIN requests r ON r.n = t.owner WHERE t.kind = 'request' AND r.private)
      OR n IN (SELECT t.owner FROM ties t JOIN requests r ON r.id = t.id WHERE t.kind = 'answer' AND r.private)
      OR (request IS NULL AND (uri, substr(at, 1, 19)) IN (SELECT uri, substr(at, 1, 19) FROM requests WHERE private))"""
_COPIED = "UPDATE answers SET private = 1 WHERE NOT private AND id IN (SELECT id FROM answers WHERE private)"


_AT_ONCE = 1000  # notes
_TOGETHER = 100  # answers and requests
_key = lru_cache(256)(site_key)


class Shelf:
    """The rows of one import; `source` is the number of a stretch of a file."""

    def __init__(self) -> None:
        # "" names a temporary file, which SQLite removes.
        self.db = sqlite3.connect("", isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self._notes: list[tuple[object, ...]] = []
        self._waiting: list[tuple[int, Answer | Asked]] = []
        self.db.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_SCHEMA} BEGIN;")

    def put(self, source: int, answer: Answer) -> None:
        """Add an answer; one without a route is only a redirect, whose claim counts."""
        self._waiting.append((source, answer))
        if len(self._waiting) >= _TOGETHER or answer.document:
            self._settle()

    def ask(self, source: int, asked: Asked) -> None:
        """Add a request."""
        self._waiting.append((source, asked))
        if len(self._waiting) >= _TOGETHER:
            self._settle()

    def _settle(self) -> None:
        """Write what waits. Between two large bodies each row would cost several times as much."""
        for source, one in self._waiting:
            if isinstance(one, Answer):
                self._put(source, one)
            else:
                self._ask(source, one)
        self._waiting.clear()

    def _put(self, source: int, answer: Answer) -> None:
        site = _key(answer.home)
        self._claim(site, answer)
        if not answer.route:
            return
        flags = json.dumps(answer.flags) if answer.flags else "[]"
        owner = self.db.execute(_PUT, (source, site, *_VALUES(answer), flags)).lastrowid
        if answer.tied:
            self.db.executemany("INSERT INTO ties VALUES ('answer', ?, ?)", [(owner, one) for one in answer.tied[:8]])
        if answer.document:
            path = answer.route.partition("?")[0]
            self.db.execute(
                "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)", (site, path, answer.at, answer.document)
            )

    def _claim(self, site: str, answer: Answer) -> None:
        others = {key for key in map(site_key, answer.claims) if key and key != site}
        if not others:
            return
        self.db.executemany("INSERT OR IGNORE INTO claims VALUES (?, ?)", [(site, one) for one in others])

    def _ask(self, source: int, asked: Asked) -> None:
        place = (source, asked.offset, asked.length, asked.exact)
        row = (*place, asked.id, asked.uri, asked.method, asked.private, asked.at)
        owner = self.db.execute(_ASK, row).lastrowid
        self.db.executemany("INSERT INTO ties VALUES ('request', ?, ?)", [(owner, one) for one in asked.tied[:8]])

    def note(self, source: int, note: Note) -> None:
        """Add what may belong to one of the sites."""
        self._notes.append((source, *note))
        if len(self._notes) >= _AT_ONCE:
            self._keep_notes()

    def _keep_notes(self) -> None:
        self.db.executemany("INSERT INTO notes VALUES (?, ?, ?, ?, ?)", self._notes)
        self._notes.clear()

    def noted(self, hosts: Sequence[str]) -> Iterator[Row]:
        """Yield the notes of these hosts, in the order of the files."""
        self._keep_notes()
        query = 'SELECT * FROM notes WHERE host IN (SELECT value FROM json_each(?)) ORDER BY source, "offset"'
        yield from self.db.execute(query, (json.dumps(hosts),))

    def pair(self) -> None:
        """Tie requests to answers, after everything was read; what was asked otherwise than by GET is skipped."""
        self._settle()
        self.db.executescript(_INDEXES)  # which commits first
        self.db.execute("BEGIN")
        self.db.execute(_PAIRED)
        for query in (_ASKED, _SECRETLY, _COPIED):
            self.db.execute(query)
        self.db.execute("UPDATE answers SET skipped = 'method' WHERE coalesce(method, 'GET') != 'GET'")

    def rows(self, query: str, *values: object) -> Iterator[Row]:
        """Yield the rows of a query."""
        self._settle()
        yield from self.db.execute(query, values)

    def one(self, query: str, *values: object) -> Any:
        """Return the first value of the first row of a query; None without one. A single mapping names its parameters."""
        self._settle()
        given = values[0] if values and isinstance(values[0], dict) else values
        row = self.db.execute(query, given).fetchone()
        return row[0] if row else None

    def do(self, query: str, *values: object) -> None:
        """Change rows."""
        self.db.execute(query, values)

    def do_many(self, query: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Change rows, once for each of `rows`."""
        self.db.executemany(query, rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()
