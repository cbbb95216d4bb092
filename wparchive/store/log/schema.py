"""The shape of `frontier.db`: named migrations, and what every row of it is like.

It holds the capture log and what the crawl remembers of earlier runs (`crawl.incremental.memory`), so
that one place says what a sound one looks like.
"""

__all__ = ["MIGRATIONS", "SOUND"]

# Named migrations, in order; each runs once, in its own transaction. Add to the end, never change one.
MIGRATIONS = (
    (
        "0001_first",
        """
        CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE runs (
            run TEXT PRIMARY KEY, crawl TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT, outcome TEXT,
            resumable INTEGER NOT NULL DEFAULT 0, settings TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE targets (
            crawl TEXT NOT NULL, key TEXT NOT NULL, url TEXT NOT NULL, kind TEXT NOT NULL, route TEXT,
            method TEXT NOT NULL, via TEXT, hops INTEGER NOT NULL, headers TEXT NOT NULL, privilege TEXT NOT NULL,
            max_body INTEGER NOT NULL, keep_body INTEGER NOT NULL, retries INTEGER,
            state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'leased', 'done', 'failed')),
            run TEXT, tries INTEGER NOT NULL DEFAULT 0, capture TEXT, seq INTEGER PRIMARY KEY, UNIQUE (crawl, key)
        );
        CREATE INDEX targets_state ON targets (crawl, state, seq);
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
            warc TEXT PRIMARY KEY, committed INTEGER NOT NULL, lost INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID;
        """,
    ),
    ("0002_no_queue", "DROP TABLE targets;"),
    ("0003_written_at", "ALTER TABLE files ADD COLUMN written_at INTEGER;"),
    (
        "0004_memory",  # earlier versions made these tables beside the migrations: what they held is learnt again
        """
        DROP TABLE IF EXISTS seen; DROP TABLE IF EXISTS proven; DROP TABLE IF EXISTS remembered;
        DROP TABLE IF EXISTS learnt; DROP TABLE IF EXISTS readings; DROP TABLE IF EXISTS states;
        DROP TABLE IF EXISTS volatile; DROP TABLE IF EXISTS dangling;
        CREATE TABLE seen (
            collection TEXT, id INTEGER, modified TEXT, dated TEXT, print TEXT, read_at TEXT, gone TEXT, revisions TEXT,
            read_revisions TEXT, parent INTEGER, hidden INTEGER, PRIMARY KEY (collection, id)
        ) WITHOUT ROWID;
        CREATE TABLE proven (
            route TEXT PRIMARY KEY, stated INTEGER, held INTEGER, outcome TEXT, swept_at TEXT, at TEXT
        );
        CREATE TABLE remembered (name TEXT PRIMARY KEY, value TEXT);
        CREATE TABLE learnt (warc TEXT PRIMARY KEY, upto INTEGER);
        CREATE TABLE readings (number INTEGER PRIMARY KEY, capture TEXT UNIQUE, run TEXT);
        CREATE TABLE states (
            collection TEXT, form TEXT, id INTEGER, print TEXT, modified TEXT, reading INTEGER,
            new_print TEXT, new_reading INTEGER, streaks TEXT, PRIMARY KEY (collection, form, id)
        ) WITHOUT ROWID;
        CREATE TABLE volatile (type TEXT, entry TEXT, PRIMARY KEY (type, entry)) WITHOUT ROWID;
        CREATE TABLE dangling (route TEXT PRIMARY KEY, outcome TEXT, capture TEXT, at TEXT);
        """,
    ),
)


def _texts(*names: str) -> str:
    return " AND ".join(f"typeof({name}) = 'text'" for name in names)


def _texts_or_null(*names: str) -> str:
    return " AND ".join(f"typeof({name}) IN ('text', 'null')" for name in names)


def _numbers(*names: str) -> str:
    return " AND ".join(f"typeof({name}) = 'integer' AND {name} BETWEEN 0 AND {_LARGEST}" for name in names)


def _json(name: str, kind: str, inside: str = "1") -> str:
    """A JSON value of that kind, every element of which is `inside`."""
    elements = f"NOT EXISTS (SELECT 1 FROM json_each({name}) e WHERE NOT coalesce(({inside}), 0))"  # noqa: S608 - our own
    return f"CASE WHEN json_valid({name}) THEN json_type({name}) = '{kind}' AND {elements} ELSE 0 END"


_LARGEST = 1 << 62  # so that sums of two stay whole numbers
_TEXT, _INTEGER = "e.type = 'text'", "e.type = 'integer'"
_ID = "typeof(id) = 'integer'"
_LOSS = (
    "e.type = 'array' AND json_array_length(e.value) = 4 AND json_type(e.value, '$[0]') = 'text'"
    " AND json_type(e.value, '$[1]') = 'integer' AND json_type(e.value, '$[2]') = 'integer'"
    " AND json_type(e.value, '$[3]') IN ('true', 'false')"
)
_NOTES = (
    f"CASE name WHEN 'site' THEN {_json('value', 'object')} WHEN 'files' THEN {_json('value', 'object')}"
    f" WHEN 'damage' THEN {_json('value', 'array', _LOSS)} ELSE 1 END"
)
_REMEMBERED = (
    f"CASE name WHEN 'taxonomies' THEN {_json('value', 'array', _TEXT)}"
    f" WHEN 'collections' THEN {_json('value', 'array')} ELSE 1 END"
)
_PAIR = "({0} = '' OR (length({0}) < 45 AND {0} GLOB '[0-9]* [0-9]*' AND {0} NOT GLOB '*[^0-9 ]*' AND {0} NOT GLOB '* * *'))"

# What is true of every row of a table; where it isn't, something else wrote there.
SOUND = {
    "meta": f"{_texts('name', 'value')} AND {_NOTES}",
    "runs": f"{_texts('run', 'crawl', 'started_at', 'settings')} AND {_texts_or_null('finished_at', 'outcome')}"
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
    "seen": f"{_ID} AND {_texts('collection', 'modified', 'dated', 'print', 'read_at', 'revisions')}"
    f" AND {_texts_or_null('gone', 'read_revisions')} AND typeof(parent) IN ('integer', 'null') AND hidden IN (0, 1)"
    f" AND {_PAIR.format('revisions')} AND (read_revisions IS NULL OR {_PAIR.format('read_revisions')})",
    "proven": f"{_texts('route', 'outcome', 'swept_at', 'at')} AND {_numbers('held')}"
    f" AND (stated IS NULL OR ({_numbers('stated')}))",
    "remembered": f"{_texts('name', 'value')} AND {_REMEMBERED}",
    "learnt": f"{_texts('warc')} AND {_numbers('upto')}",
    "readings": f"{_numbers('number')} AND {_texts('capture', 'run')}",
    "states": f"{_ID} AND {_texts('collection', 'form', 'print', 'modified')} AND {_numbers('reading')}"
    f" AND {_texts_or_null('new_print')} AND (new_reading IS NULL OR ({_numbers('new_reading')}))"
    f" AND {_json('streaks', 'object', _INTEGER)}",
    "volatile": _texts("type", "entry"),
    "dangling": f"{_texts('route', 'outcome', 'capture', 'at')} AND outcome IN ('missing', 'refused')",
}
