"""The frontier of one site, `frontier.db`: durable queue, capture log, runs; all but the queue is a view of the WARCs.

Every method may be called from any thread. The WARC is synced before a commit here, so losing the last transactions
to a power cut loses nothing: the records past the committed offset are adopted at the next start.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from wparchive.errors import DamagedError, StorageError
from wparchive.model import Capture, Privilege, Target
from wparchive.store.schema import MIGRATIONS

__all__ = ["Frontier", "FrontierRun", "Unfinished", "peek"]

# The attributes of a Target that are columns as they are, in the order of `add`.
_PLAIN = ("key", "url", "kind", "route", "method", "via", "hops", "privilege", "max_body", "retries")
_COLUMNS = tuple(field.name for field in fields(Capture))

_MARKS = ", ".join("?" * len(_COLUMNS))
_LOG = f"INSERT OR IGNORE INTO captures ({', '.join(_COLUMNS)}) VALUES ({_MARKS})"  # noqa: S608 (names of our own)

_TRAIL = """
    SELECT * FROM captures WHERE seq >= coalesce((
        SELECT max(seq) FROM captures WHERE final AND key = ? AND status = 200 AND truncated IS NULL
        AND verdict = 'answered' AND privilege = 'anonymous'
    ), 0) AND ((final AND key = ?) OR (url = ? AND key = ?)) AND status IS NOT NULL AND status != 304
    AND method = 'GET' AND privilege = 'anonymous' ORDER BY seq DESC LIMIT 5000
"""

_STORAGE = frozenset(
    (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
    )
)


@dataclass(frozen=True, slots=True)
class FrontierRun:
    """A run as the frontier knows it; `finished_at` is None for one that is going on or was killed."""

    run: str
    crawl: str
    started_at: str
    finished_at: str | None
    outcome: str | None
    resumable: bool
    settings: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run whose crawl isn't finished; its successor takes over `crawl`."""

    run: str
    crawl: str
    started_at: str


class Frontier:
    """The open frontier at `path`, made when it isn't there.

    Raises DamagedError when the file isn't a sound database (rebuild it), StorageError when it can't be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        with self._guard():
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        self._db.row_factory = sqlite3.Row
        # The WARC is the truth and synced first, so NORMAL is enough (see above).
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
        if self._db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise DamagedError(f"{self._path}: not a sound database")
        self._db.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY) WITHOUT ROWID")
        done = {row[0] for row in self._db.execute("SELECT name FROM migrations")}
        for name, script in MIGRATIONS:
            if name not in done:
                done_too = f"INSERT INTO migrations VALUES ('{name}');"  # noqa: S608 (a name of our own)
                self._db.executescript(f"BEGIN IMMEDIATE; {script} {done_too} COMMIT;")

    def close(self) -> None:
        """Close the database; its write-ahead log goes into it."""
        with self._lock:
            self._db.close()

    # --- captures -----------------------------------------------------------------------------------------------

    def commit(self, captures: Iterable[Capture], files: Iterable[tuple[str, int]] = ()) -> None:
        """Log captures that are safe in their WARCs, settle their targets, note how far each file is committed.

        One transaction; logging a capture again is harmless.
        """
        rows = [_row(capture) for capture in captures]
        with self._transaction() as db:
            db.executemany(_LOG, rows)
            db.executemany(
                "UPDATE targets SET state = CASE :verdict WHEN 'answered' THEN 'done' ELSE 'failed' END, run = :run,"
                " capture = :capture WHERE :final AND crawl = :crawl AND key = :key",
                [dict(zip(_COLUMNS, row, strict=True)) for row in rows],
            )
            db.executemany(
                "INSERT INTO files (warc, committed) VALUES (?, ?)"
                " ON CONFLICT DO UPDATE SET committed = max(committed, excluded.committed), lost = 0",
                list(files),
            )

    def final(self, crawl: str, key: str) -> Capture | None:
        """The capture that is the answer to the target `key` in `crawl`."""
        return self._one("SELECT * FROM captures WHERE final AND key = ? AND crawl = ? ORDER BY seq DESC", key, crawl)

    def capture(self, capture: str) -> Capture | None:
        """The capture with that id."""
        return self._one("SELECT * FROM captures WHERE capture = ?", capture)

    def known(self, url: str, payload_sha256: str, privilege: Privilege, crawl: str | None = None) -> Capture | None:
        """A committed response of the same URL (or target) with the same payload, which a revisit may refer to.

        An anonymous capture never leans on an authenticated one: that isn't published. `crawl` limits the search.
        """
        return self._one(
            "SELECT * FROM captures WHERE payload_sha256 = ? AND record_type = 'response' AND (url = ? OR key = ?)"
            " AND privilege IN ('anonymous', ?) AND crawl = coalesce(?, crawl) AND truncated IS NULL ORDER BY seq",
            payload_sha256,
            url,
            url,
            privilege,
            crawl,
        )

    def latest(self, key_or_url: str, privilege: Privilege = Privilege.ANONYMOUS) -> Capture | None:
        """The newest final capture of a target, or the newest capture of a URL, in any crawl."""
        final = "SELECT * FROM captures WHERE final AND key = ? AND privilege = ? ORDER BY captured_at DESC, seq DESC"
        plain = "SELECT * FROM captures WHERE url = ? AND privilege = ? ORDER BY captured_at DESC, seq DESC"
        return self._one(final, key_or_url, privilege) or self._one(plain, key_or_url, privilege)

    def trail(self, key: str, url: str) -> list[Capture]:
        """Every answer of substance to the file `key` since it was last held whole, that one first; oldest first.

        `url` is what is asked for it. Not modified isn't of substance.
        """
        rows = self._all(_TRAIL, key, key, url, key)
        return [_capture(row) for row in reversed(rows)]

    def checked(self, key: str) -> Capture | None:
        """The newest final answer to the file `key`, not modified among them."""
        final = "SELECT * FROM captures WHERE final AND key = ? AND privilege = 'anonymous' AND verdict = 'answered'"
        return self._one(f"{final} ORDER BY seq DESC", key)

    def captures(self, crawl: str | None = None) -> Iterator[Capture]:
        """All captures, or those of `crawl`, as they were logged."""
        after = 0
        query = "SELECT * FROM captures WHERE seq > ? AND crawl = coalesce(?, crawl) ORDER BY seq LIMIT 1000"
        while rows := self._all(query, after, crawl):
            yield from map(_capture, rows)
            after = rows[-1]["seq"]

    def newest(self, kinds: Iterable[str]) -> Iterator[Capture]:
        """Of each target of these kinds the newest good answer that everyone may see, the newest targets first."""
        query = (
            "SELECT max(seq) FROM captures WHERE kind IN (SELECT value FROM json_each(?)) AND final AND status = 200"
            " AND privilege = 'anonymous' GROUP BY key ORDER BY 1 DESC"
        )
        numbers = [row[0] for row in self._all(query, json.dumps(list(kinds)))]
        for number in numbers:
            yield from map(_capture, self._all("SELECT * FROM captures WHERE seq = ?", number))

    def files(self) -> dict[str, int]:
        """How many bytes of each WARC are committed."""
        return {row["warc"]: row["committed"] for row in self._all("SELECT * FROM files ORDER BY warc")}

    def lost(self) -> set[str]:
        """The WARCs that were committed and are gone."""
        return {row["warc"] for row in self._all("SELECT warc FROM files WHERE lost")}

    def forget(self, warc: str, beyond: int = 0) -> None:
        """Drop the captures from offset `beyond` of `warc` on, which isn't there any more, so that they are made anew.

        What was committed stays noted, for `verify` to miss.
        """
        with self._transaction() as db:
            db.execute("DELETE FROM captures WHERE warc = ? AND offset >= ?", (warc, beyond))
            db.execute("UPDATE files SET lost = 1 WHERE warc = ?", (warc,))

    # --- runs ---------------------------------------------------------------------------------------------------

    def learn(self, run: str, name: str, value: object, date: str) -> None:
        """Take in a fact of a run as the WARC has it: `start`, `site` and `end` matter here, others don't."""
        fact = value if isinstance(value, dict) else {}
        with self._transaction() as db:
            if name == "start":
                settings = json.dumps(fact.get("settings", {}), sort_keys=True)
                row = (run, str(fact.get("crawl") or run), str(fact.get("started_at") or date), settings)
                db.execute(
                    "INSERT INTO runs (run, crawl, started_at, settings) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                    " crawl = excluded.crawl, started_at = excluded.started_at, settings = excluded.settings",
                    row,
                )
            elif name == "site":
                value = json.dumps(fact, sort_keys=True)
                db.execute("INSERT OR REPLACE INTO meta VALUES ('site', ?)", (value,))
            elif name == "end":
                finished, outcome = str(fact.get("finished_at") or date), str(fact.get("outcome", ""))
                row = (finished, outcome, str(int(bool(fact.get("resumable")))), run)
                db.execute("UPDATE runs SET finished_at = ?, outcome = ?, resumable = ? WHERE run = ?", row)
                db.execute("UPDATE targets SET state = 'queued' WHERE state = 'leased' AND run = ?", (run,))

    def runs(self) -> list[FrontierRun]:
        """All runs, oldest first; their ids sort by time."""
        return [
            FrontierRun(
                row["run"],
                row["crawl"],
                row["started_at"],
                row["finished_at"],
                row["outcome"],
                bool(row["resumable"]),
                json.loads(row["settings"]),
            )
            for row in self._all("SELECT * FROM runs ORDER BY run")
        ]

    def unfinished(self) -> Unfinished | None:
        """The last run, when it was killed or ended resumable."""
        last = next(reversed(self.runs()), None)
        if last is None or (last.finished_at and not last.resumable):
            return None
        return Unfinished(last.run, last.crawl, last.started_at)

    # --- queue --------------------------------------------------------------------------------------------------

    def add(self, crawl: str, targets: Iterable[Target]) -> int:
        """Queue targets that `crawl` doesn't have yet; gives how many were new."""
        rows = [
            _storable((crawl, json.dumps(t.headers), int(t.keep_body), *(getattr(t, name) for name in _PLAIN)))
            for t in targets
        ]
        with self._transaction() as db:
            before = db.total_changes
            db.executemany(
                "INSERT OR IGNORE INTO targets (crawl, headers, keep_body, key, url, kind, route, method, via, hops,"
                " privilege, max_body, retries) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            return db.total_changes - before

    def lease(self, crawl: str, run: str, limit: int) -> list[Target]:
        """Take up to `limit` queued targets, oldest first; they are `run`'s until committed or released."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT * FROM targets WHERE crawl = ? AND state = 'queued' ORDER BY seq LIMIT ?", (crawl, limit)
            ).fetchall()
            db.executemany(
                "UPDATE targets SET state = 'leased', run = ?, tries = tries + 1 WHERE seq = ?",
                [(run, row["seq"]) for row in rows],
            )
        return [_target(row) for row in rows]

    def release(self, run: str | None = None) -> None:
        """Put leased targets back in the queue: those of `run`, or of all, dead as they are while we hold the lock."""
        with self._transaction() as db:
            db.execute("UPDATE targets SET state = 'queued' WHERE state = 'leased' AND run = coalesce(?, run)", (run,))

    # --- meta ---------------------------------------------------------------------------------------------------

    def get(self, name: str) -> str | None:
        """A value noted under `name`."""
        rows = self._all("SELECT value FROM meta WHERE name = ?", name)
        return rows[0]["value"] if rows else None

    def set(self, name: str, value: str) -> None:
        """Note `value` under `name`; not rebuilt from the WARCs."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    # --- inside -------------------------------------------------------------------------------------------------

    def _one(self, query: str, *values: object) -> Capture | None:
        rows = self._all(f"{query} LIMIT 1", *values)
        return _capture(rows[0]) if rows else None

    def _all(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self._lock, self._guard():
            return self._db.execute(query, _storable(values)).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._guard():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                # SQLite rolls back by itself when the disk is full.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise DamagedError(f"{self._path}: {error}; it is rebuilt from the WARCs at the next start") from None
            if code in _STORAGE:
                raise StorageError(f"{self._path}: {error}; make room or grant access, then run again") from None
            raise


def peek(path: Path, query: str) -> list[tuple[str, ...]]:
    """Rows of the frontier at `path`, which is only looked at: never made, repaired or waited for.

    Raises sqlite3.Error when it isn't there or can't be read.
    """
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        return db.execute(query).fetchall()


def _storable(values: Iterable[object]) -> tuple[object, ...]:
    """`values` as SQLite can hold them: the lone surrogates that hostile URLs may have become question marks."""
    return tuple(v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for v in values)


def _row(capture: Capture) -> tuple[object, ...]:
    special = {
        "privilege": str(capture.privilege),
        "flags": json.dumps(capture.flags),
        "final": int(capture.final),
        "extra": json.dumps(dict(capture.extra), sort_keys=True),
    }
    return _storable(special[name] if name in special else getattr(capture, name) for name in _COLUMNS)


def _capture(row: sqlite3.Row) -> Capture:
    values = {name: row[name] for name in _COLUMNS}
    values |= {
        "privilege": Privilege(row["privilege"]),
        "flags": tuple(json.loads(row["flags"])),
        "final": bool(row["final"]),
        "extra": json.loads(row["extra"]),
    }
    return Capture(**values)


def _target(row: sqlite3.Row) -> Target:
    return Target(
        url=row["url"],
        key=row["key"],
        kind=row["kind"],
        route=row["route"],
        method=row["method"],
        via=row["via"],
        hops=row["hops"],
        headers=tuple((name, value) for name, value in json.loads(row["headers"])),
        privilege=Privilege(row["privilege"]),
        max_body=row["max_body"],
        keep_body=bool(row["keep_body"]),
        retries=row["retries"],
    )
