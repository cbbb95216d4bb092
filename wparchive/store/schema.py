"""The shape of `frontier.db`, as named migrations."""

__all__ = ["MIGRATIONS"]

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
)
