"""The schema of `frontier.db`, and a rule for the rows of each table.

A database of another schema isn't converted: nearly all of it is in the WARCs, and is read from them again.
"""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Protocol

from wparchive.store.sqlite import apply_migrations

__all__ = ["MIGRATIONS", "MIGRATION_SET", "SOUND", "SOUND_ADDED", "migrate"]

MIGRATION_SET = "frontier"

_CAPTURES = """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE runs (
        run TEXT PRIMARY KEY, crawl TEXT NOT NULL, mode TEXT, started_at TEXT NOT NULL, finished_at TEXT, outcome TEXT,
        resumable INTEGER NOT NULL DEFAULT 0, settings TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE captures (
        seq INTEGER PRIMARY KEY, capture TEXT NOT NULL UNIQUE, site TEXT NOT NULL, run TEXT NOT NULL,
        crawl TEXT NOT NULL, key TEXT NOT NULL, method TEXT NOT NULL, url TEXT NOT NULL, route TEXT,
        kind TEXT NOT NULL, captured_at TEXT NOT NULL, status INTEGER, mime TEXT NOT NULL,
        body_sha256 TEXT NOT NULL, payload_sha256 TEXT NOT NULL, payload_size INTEGER NOT NULL,
        record_type TEXT NOT NULL, refers_to TEXT,
        warc TEXT NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL, privilege TEXT NOT NULL,
        truncated TEXT, flags TEXT NOT NULL, final INTEGER NOT NULL, verdict TEXT NOT NULL, extra TEXT NOT NULL
    );
    CREATE INDEX captures_final ON captures (key, crawl) WHERE final;
    CREATE INDEX captures_url ON captures (url);
    CREATE INDEX captures_payload ON captures (payload_sha256) WHERE record_type = 'response';
    CREATE INDEX captures_warc ON captures (warc, offset);
    CREATE TABLE files (
        warc TEXT PRIMARY KEY, committed INTEGER NOT NULL, lost INTEGER NOT NULL DEFAULT 0, written_at INTEGER
    ) WITHOUT ROWID;
"""

# What earlier runs saw, see `seen` and `item_states`; `learnt` is the offset up to which each WARC was read for it.
_SEEN = """
    CREATE TABLE learnt (warc TEXT PRIMARY KEY, upto INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE site (
        number INTEGER PRIMARY KEY CHECK (number = 1), timezone TEXT, walked INTEGER NOT NULL DEFAULT 0,
        collections TEXT NOT NULL DEFAULT '[]', failed_links TEXT NOT NULL DEFAULT '[]'
    );
    CREATE TABLE collections (
        route TEXT PRIMARY KEY, newest TEXT NOT NULL DEFAULT '', latest TEXT NOT NULL DEFAULT '',
        history_refused INTEGER NOT NULL DEFAULT 0, absent_refused INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE proven (
        route TEXT PRIMARY KEY, stated INTEGER, held INTEGER NOT NULL, outcome TEXT NOT NULL, swept_at TEXT NOT NULL,
        at TEXT NOT NULL, listed TEXT NOT NULL, odd INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE seen (
        collection TEXT, id INTEGER, modified TEXT NOT NULL, dated TEXT NOT NULL, print TEXT NOT NULL,
        read_at TEXT NOT NULL, gone TEXT, revisions TEXT NOT NULL, read_revisions TEXT, parent INTEGER,
        hidden INTEGER NOT NULL, PRIMARY KEY (collection, id)
    ) WITHOUT ROWID;
    CREATE TABLE dangling (
        route TEXT PRIMARY KEY, outcome TEXT NOT NULL, capture TEXT NOT NULL, at TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE readings (number INTEGER PRIMARY KEY, capture TEXT NOT NULL UNIQUE, run TEXT NOT NULL);
    CREATE TABLE states (
        collection TEXT, form TEXT, id INTEGER, print TEXT NOT NULL, modified TEXT NOT NULL, reading INTEGER NOT NULL,
        new_print TEXT, new_reading INTEGER, streaks TEXT NOT NULL, PRIMARY KEY (collection, form, id)
    ) WITHOUT ROWID;
    CREATE TABLE volatile (type TEXT, entry TEXT, PRIMARY KEY (type, entry)) WITHOUT ROWID;
"""


# The WARCs that lie elsewhere, finished and never changed: not being on this disk doesn't make them lost.
_ELSEWHERE = "CREATE TABLE elsewhere (warc TEXT PRIMARY KEY) WITHOUT ROWID"
# The newest version of each post and page, and the version whose HTML is held, see `page_marks`.
_PAGES = (
    "CREATE TABLE pages (collection TEXT, id INTEGER, type TEXT NOT NULL, link TEXT NOT NULL, modified TEXT NOT NULL,"
    " silent TEXT NOT NULL DEFAULT '', held TEXT NOT NULL DEFAULT '', tries INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY (collection, id)) WITHOUT ROWID"
)


# The languages of the site, and which of its lists differ by them.
_LANGUAGES = "ALTER TABLE site ADD COLUMN languages TEXT NOT NULL DEFAULT '[]'"
# Where each item is: a digest of its page's address. All of `_SEEN` is learnt again, which fills it.
_LOCATED = """
    CREATE TABLE located (place INTEGER PRIMARY KEY, collection TEXT NOT NULL, id INTEGER NOT NULL);
    DELETE FROM learnt; DELETE FROM site; DELETE FROM collections; DELETE FROM proven; DELETE FROM seen;
    DELETE FROM dangling; DELETE FROM readings; DELETE FROM states; DELETE FROM volatile; DELETE FROM pages;
"""
# Pages that may show something else than their items say, see `page_marks`; and what many of them have in common.
_PAGE_DOUBTS = """
    CREATE TABLE page_doubts (
        collection TEXT, id INTEGER, version TEXT NOT NULL, crawl TEXT NOT NULL, PRIMARY KEY (collection, id)
    ) WITHOUT ROWID;
    CREATE TABLE page_signs (sign TEXT PRIMARY KEY) WITHOUT ROWID;
"""
# What the items of each list were called: under another name they are read anew.
_TYPES = "ALTER TABLE proven ADD COLUMN type TEXT NOT NULL DEFAULT ''"
# Captured pages whose files weren't all asked for, see `owed_files`: at first those of runs that were cut short.
_OWED_PAGES = """
    CREATE TABLE owed_pages (
        url TEXT PRIMARY KEY, capture TEXT NOT NULL, run TEXT NOT NULL, at TEXT NOT NULL,
        files INTEGER NOT NULL DEFAULT 0, told INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    INSERT OR REPLACE INTO owed_pages (url, capture, run, at)
        SELECT c.url, c.capture, c.run, c.captured_at FROM captures c JOIN runs r ON r.run = c.run
        WHERE c.kind = 'page' AND c.final AND c.verdict = 'answered' AND c.status BETWEEN 200 AND 299
        AND c.mime LIKE '%html%' AND (r.resumable OR r.finished_at IS NULL) ORDER BY c.seq;
"""
# Files of pages that requests didn't bring, see `owed_files`; pages that are tried again later; pages that differed.
_TRIED = """
    CREATE TABLE owed_files (
        url TEXT PRIMARY KEY, role TEXT NOT NULL, problem TEXT NOT NULL, tries INTEGER NOT NULL, at TEXT NOT NULL
    ) WITHOUT ROWID;
    INSERT INTO owed_files
        SELECT substr(key, 6), coalesce(json_extract(extra, '$."about-role"'), ''), verdict, 1, captured_at FROM captures
        WHERE seq IN (SELECT max(seq) FROM captures WHERE kind = 'requisite' AND final GROUP BY key)
        AND verdict IN ('failed', 'throttled') AND key LIKE 'NEED %';
    ALTER TABLE pages ADD COLUMN tried TEXT NOT NULL DEFAULT '';
    ALTER TABLE pages ADD COLUMN problem TEXT NOT NULL DEFAULT '';
    ALTER TABLE pages ADD COLUMN at TEXT NOT NULL DEFAULT '';
    ALTER TABLE page_doubts ADD COLUMN looks INTEGER NOT NULL DEFAULT 0;
"""


class Executing(Protocol):
    """A sqlite3 connection or sqlite-utils' `Database`; the soundness check builds its model with the former."""

    def execute(self, sql: str, /) -> object:
        """Run one statement."""


def _first(db: Executing) -> None:
    for statement in f"{_CAPTURES}{_SEEN}".split(";")[:-1]:
        db.execute(statement)


def _second(db: Executing) -> None:
    db.execute(_ELSEWHERE)


def _third(db: Executing) -> None:
    db.execute(_PAGES)


def _fourth(db: Executing) -> None:
    db.execute(_LANGUAGES)


def _fifth(db: Executing) -> None:
    for statement in _LOCATED.split(";")[:-1]:
        db.execute(statement)


def _sixth(db: Executing) -> None:
    for statement in _PAGE_DOUBTS.split(";")[:-1]:
        db.execute(statement)


def _seventh(db: Executing) -> None:
    db.execute(_TYPES)


def _eighth(db: Executing) -> None:
    for statement in _OWED_PAGES.split(";")[:-1]:
        db.execute(statement)


def _ninth(db: Executing) -> None:
    for statement in _TRIED.split(";")[:-1]:
        db.execute(statement)


# Each runs once. Append only, and never change a released one; each name begins with a number and an underscore.
MIGRATIONS: Mapping[str, Callable[[Executing], None]] = {
    "0001_capture_log": _first,
    "0002_elsewhere": _second,
    "0003_pages": _third,
    "0004_languages": _fourth,
    "0005_located": _fifth,
    "0006_page_doubts": _sixth,
    "0007_types": _seventh,
    "0008_owed_pages": _eighth,
    "0009_tried": _ninth,
}


def migrate(conn: sqlite3.Connection) -> None:
    """Apply the migrations that the database lacks."""
    apply_migrations(conn, MIGRATION_SET, MIGRATIONS)


def _texts(*names: str) -> str:
    return " AND ".join(f"typeof({name}) = 'text'" for name in names)


def _texts_or_null(*names: str) -> str:
    return " AND ".join(f"typeof({name}) IN ('text', 'null')" for name in names)


def _numbers(*names: str) -> str:
    return " AND ".join(f"typeof({name}) = 'integer' AND {name} BETWEEN 0 AND {_LARGEST}" for name in names)


def _json(name: str, kind: str, inside: str = "1") -> str:
    """Return a condition: a JSON value of type `kind` whose every element satisfies `inside`."""
    elements = f"NOT EXISTS (SELECT 1 FROM json_each({name}) e WHERE NOT coalesce(({inside}), 0))"  # noqa: S608 - our own
    return f"CASE WHEN json_valid({name}) THEN json_type({name}) = '{kind}' AND {elements} ELSE 0 END"


_LARGEST = 1 << 62  # so that the sum of two is still a 64-bit integer
_TEXT, _INTEGER, _OBJECT = "e.type = 'text'", "e.type = 'integer'", "e.type = 'object'"
_ID = "typeof(id) = 'integer'"
_LOSS = (
    "e.type = 'array' AND json_array_length(e.value) = 4 AND json_type(e.value, '$[0]') = 'text'"
    " AND json_type(e.value, '$[1]') = 'integer' AND json_type(e.value, '$[2]') = 'integer'"
    " AND json_type(e.value, '$[3]') IN ('true', 'false')"
)
_NOTES = (
    f"CASE WHEN name IN ('site', 'files', 'inventory', 'pages given up') THEN {_json('value', 'object')}"
    " WHEN name = 'inventory_pages' THEN CASE WHEN json_valid(value) THEN json_type(value) = 'integer' ELSE 0 END"
    f" WHEN name = 'damage' THEN {_json('value', 'array', _LOSS)} ELSE 1 END"
)
_PAIR = "({0} = '' OR (length({0}) < 45 AND {0} GLOB '[0-9]* [0-9]*' AND {0} NOT GLOB '*[^0-9 ]*' AND {0} NOT GLOB '* * *'))"

# A condition that holds for every row of a table; a row that breaks it wasn't written by wparchive.
SOUND = {
    "meta": f"{_texts('name', 'value')} AND {_NOTES}",
    "runs": f"{_texts('run', 'crawl', 'started_at', 'settings')} AND {_texts_or_null('mode', 'finished_at', 'outcome')}"
    f" AND resumable IN (0, 1) AND {_json('settings', 'object')}",
    "files": f"{_texts('warc')} AND {_numbers('committed')} AND lost IN (0, 1)"
    " AND typeof(written_at) IN ('integer', 'null')",
    "captures": f"{_numbers('seq', 'payload_size', 'offset', 'length')}"
    f" AND {_texts('capture', 'site', 'run', 'crawl', 'key', 'method', 'url', 'kind', 'captured_at', 'mime')}"
    f" AND {_texts('body_sha256', 'payload_sha256', 'record_type', 'warc', 'verdict')}"
    f" AND {_texts_or_null('route', 'refers_to', 'truncated')}"
    " AND (status IS NULL OR (typeof(status) = 'integer' AND status BETWEEN 0 AND 999))"
    " AND privilege IN ('anonymous', 'authenticated') AND final IN (0, 1)"
    f" AND (flags = '[]' OR {_json('flags', 'array', _TEXT)})"
    f" AND {_json('extra', 'object', _TEXT)}",
    "learnt": f"{_texts('warc')} AND {_numbers('upto')}",
    "site": f"number = 1 AND {_texts_or_null('timezone')} AND walked IN (0, 1)"
    f" AND {_json('collections', 'array', _OBJECT)} AND {_json('failed_links', 'array', _OBJECT)}",
    "collections": f"{_texts('route', 'newest', 'latest')} AND history_refused IN (0, 1) AND absent_refused IN (0, 1)",
    "proven": f"{_texts('route', 'outcome', 'swept_at', 'at', 'listed')} AND {_numbers('held', 'odd')}"
    f" AND (stated IS NULL OR ({_numbers('stated')}))",
    "seen": f"{_ID} AND {_texts('collection', 'modified', 'dated', 'print', 'read_at', 'revisions')}"
    f" AND {_texts_or_null('gone', 'read_revisions')} AND typeof(parent) IN ('integer', 'null') AND hidden IN (0, 1)"
    f" AND {_PAIR.format('revisions')} AND (read_revisions IS NULL OR {_PAIR.format('read_revisions')})",
    "dangling": f"{_texts('route', 'outcome', 'capture', 'at')} AND outcome IN ('missing', 'refused')",
    "readings": f"{_numbers('number')} AND {_texts('capture', 'run')}",
    "states": f"{_ID} AND {_texts('collection', 'form', 'print', 'modified')} AND {_numbers('reading')}"
    f" AND {_texts_or_null('new_print')} AND (new_reading IS NULL OR ({_numbers('new_reading')}))"
    f" AND {_json('streaks', 'object', _INTEGER)}",
    "volatile": _texts("type", "entry"),
    "elsewhere": _texts("warc"),
    "page_doubts": f"{_ID} AND {_texts('collection', 'version', 'crawl')}",
    "page_signs": _texts("sign"),
    "pages": f"{_ID} AND {_texts('collection', 'type', 'link', 'modified', 'silent', 'held')} AND {_numbers('tries')}",
    "owed_files": f"{_texts('url', 'role', 'problem', 'at')} AND {_numbers('tries')}",
    "owed_pages": f"{_texts('url', 'capture', 'run', 'at')} AND {_numbers('files')} AND told IN (0, 1)",
    "located": f"typeof(place) = 'integer' AND {_ID} AND {_texts('collection')}",
}

# The same for columns that later migrations add: a database of before lacks them.
SOUND_ADDED = {
    ("site", "languages"): _json("languages", "array", _OBJECT),
    ("proven", "type"): _texts("type"),
    **{("pages", name): _texts(name) for name in ("tried", "problem", "at")},
    ("page_doubts", "looks"): _numbers("looks"),
}
