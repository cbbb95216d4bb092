"""The capture log of one site, `frontier.db`: captures, known digests, runs; a view of the WARCs.

What a crawl has still to ask for isn't kept: it is what its listings name and the log doesn't have. A run that goes on
works it out from the WARCs, so no queue can disagree with them.
Every method may be called from any thread. The WARC is synced before a commit here, so losing the last transactions
to a power cut loses nothing: the records past the committed offset are adopted at the next start.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from wparchive.model import Capture, Privilege
from wparchive.store.log.capture_rows import CAPTURE_COLUMNS, capture_of, capture_row
from wparchive.store.log.database import Database
from wparchive.store.log.item_states import ItemStates
from wparchive.store.log.seen import Seen
from wparchive.store.sqlite import storable

__all__ = ["CaptureLog", "LoggedRun", "Unfinished"]


_LOG = (
    f"INSERT OR IGNORE INTO captures ({', '.join(CAPTURE_COLUMNS)})"  # noqa: S608 (names of our own)
    f" VALUES ({', '.join('?' * len(CAPTURE_COLUMNS))})"
)

_START = (
    "INSERT INTO runs (run, crawl, mode, started_at, settings) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
    " crawl = excluded.crawl, mode = excluded.mode, started_at = excluded.started_at, settings = excluded.settings"
)

_TRAIL = """
    SELECT * FROM captures WHERE seq >= coalesce((
        SELECT max(seq) FROM captures WHERE final AND key = ?1 AND status BETWEEN 200 AND 299 AND status != 206
        AND truncated IS NULL AND verdict = 'answered' AND privilege = 'anonymous'
    ), 0) AND (
        (final AND key = ?1) OR (url = ?1 AND key = ?1) OR (url > ?1 || '?' AND url < ?1 || '@' AND key = ?1)
    ) AND status IS NOT NULL AND status != 304
    AND method = 'GET' AND privilege = 'anonymous' ORDER BY seq DESC LIMIT 5000
"""


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """A run as the capture log knows it; `finished_at` is None for one that is going on or was killed."""

    run: str
    crawl: str
    mode: str | None
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


class CaptureLog:
    """The open capture log at `path`, made when it isn't there; `site` is whose it must be. Raises as `Database` does.

    `seen` and `states` is what earlier runs saw, in the same database.
    """

    def __init__(self, path: Path, site: str | None = None) -> None:
        self._db = Database(path, site)
        self.seen = Seen(self._db)
        self.states = ItemStates(self._db)

    def close(self) -> None:
        """Close the database; its write-ahead log goes into it."""
        self._db.close()

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """One unit of work, done whole or not at all; other threads wait until it has ended."""
        return self._db.transaction()

    # --- captures -----------------------------------------------------------------------------------------------

    def commit(self, captures: Iterable[Capture], files: Iterable[tuple[str, int]] = ()) -> None:
        """Log captures that are safe in their WARCs, and note how far each file is committed.

        One transaction; logging a capture again is harmless.
        """
        with self._db.transaction() as db:
            db.executemany(_LOG, [capture_row(capture) for capture in captures])
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

    def known(
        self, url: str, payload_sha256: str, privilege: Privilege, crawl: str | None = None, *, key: str = ""
    ) -> Capture | None:
        """The newest committed response of the same URL (or target: `key`) and payload, which a revisit may refer to.

        An anonymous capture never leans on an authenticated one: that isn't published. `crawl` limits the search.
        """
        return self._one(
            "SELECT * FROM captures WHERE payload_sha256 = ? AND record_type = 'response' AND (url = ? OR key = ?)"
            " AND privilege IN ('anonymous', ?) AND crawl = coalesce(?, crawl) AND truncated IS NULL ORDER BY seq DESC",
            payload_sha256,
            url,
            key or url,
            privilege,
            crawl,
        )

    def latest(self, key_or_url: str, privilege: Privilege = Privilege.ANONYMOUS) -> Capture | None:
        """The newest final capture of a target, or the newest capture of a URL, in any crawl."""
        final = "SELECT * FROM captures WHERE final AND key = ? AND privilege = ? ORDER BY captured_at DESC, seq DESC"
        plain = "SELECT * FROM captures WHERE url = ? AND privilege = ? ORDER BY captured_at DESC, seq DESC"
        return self._one(final, key_or_url, privilege) or self._one(plain, key_or_url, privilege)

    def trail(self, key: str) -> list[Capture]:
        """Every answer of substance to the file `key` since it was last held whole, that one first; oldest first.

        Its address may have had any signature behind it. Not modified isn't of substance.
        """
        rows = self._db.rows(_TRAIL, key)
        return [capture_of(row) for row in reversed(rows)]

    def checked(self, key: str) -> Capture | None:
        """The newest final answer to the file `key`, not modified among them."""
        final = "SELECT * FROM captures WHERE final AND key = ? AND privilege = 'anonymous' AND verdict = 'answered'"
        return self._one(f"{final} ORDER BY seq DESC", key)

    def file_before(self, key: str, capture: str) -> Capture | None:
        """The newest answer with the file `key` beside `capture`."""
        good = (
            "SELECT * FROM captures WHERE final AND key = ? AND capture != ? AND status BETWEEN 200 AND 299"
            " AND method = 'GET' AND truncated IS NULL AND verdict = 'answered' AND privilege = 'anonymous'"
        )
        return self._one(f"{good} ORDER BY seq DESC", key, capture)

    def captures(self, crawl: str | None = None) -> Iterator[Capture]:
        """All captures, or those of `crawl`, as they were logged."""
        after = 0
        query = "SELECT * FROM captures WHERE seq > ? AND crawl = coalesce(?, crawl) ORDER BY seq LIMIT 1000"
        while rows := self._db.rows(query, after, crawl):
            yield from map(capture_of, rows)
            after = rows[-1]["seq"]

    def newest(self, kinds: Iterable[str]) -> Iterator[Capture]:
        """Of each target of these kinds the newest good answer that everyone may see, the newest targets first."""
        query = (
            "SELECT max(seq) FROM captures WHERE kind IN (SELECT value FROM json_each(?)) AND final"
            " AND status BETWEEN 200 AND 299 AND privilege = 'anonymous' GROUP BY key ORDER BY 1 DESC"
        )
        numbers = [row[0] for row in self._db.rows(query, json.dumps(list(kinds)))]
        for number in numbers:
            yield from map(capture_of, self._db.rows("SELECT * FROM captures WHERE seq = ?", number))

    def files(self) -> dict[str, int]:
        """How many bytes of each WARC are committed."""
        return {row["warc"]: row["committed"] for row in self._db.rows("SELECT * FROM files ORDER BY warc")}

    def lost(self) -> set[str]:
        """The WARCs that were committed and are gone."""
        return {row["warc"] for row in self._db.rows("SELECT warc FROM files WHERE lost")}

    def forget(self, warc: str, beyond: int = 0) -> None:
        """Drop the captures from offset `beyond` of `warc` on, which isn't there any more, so that they are made anew.

        What was committed stays noted, for `verify` to miss.
        """
        with self._db.transaction() as db:
            db.execute("DELETE FROM captures WHERE warc = ? AND offset >= ?", (warc, beyond))
            db.execute("UPDATE files SET lost = 1 WHERE warc = ?", (warc,))

    def forget_within(self, stretches: Iterable[tuple[str, int, int]]) -> None:
        """Drop the captures that stand in damaged stretches (WARC, offset, length), so that they are made anew."""
        with self._db.transaction() as db:
            for warc, offset, length in stretches:
                query = "DELETE FROM captures WHERE warc = ? AND offset < ? AND offset + length > ?"
                db.execute(query, (warc, offset + length, offset))

    def times(self) -> dict[str, int | None]:
        """When each finished WARC was last written to, as far as that was noted."""
        return {row["warc"]: row["written_at"] for row in self._db.rows("SELECT warc, written_at FROM files")}

    def note_times(self, times: Mapping[str, int]) -> None:
        """Note when finished WARCs were last written to."""
        rows = [(moment, warc) for warc, moment in times.items()]
        self._db.write("UPDATE files SET written_at = ? WHERE warc = ?", rows)

    # --- runs ---------------------------------------------------------------------------------------------------

    def learn(self, run: str, name: str, value: object, date: str) -> None:
        """Take in a fact of a run as the WARC has it: `start`, `site` and `end` matter here, others don't."""
        fact = value if isinstance(value, dict) else {}
        run = str(storable([run])[0])
        with self._db.transaction() as db:
            if name == "start":
                words = (_word(fact, "crawl", run), _word(fact, "mode", "") or None, _word(fact, "started_at", date))
                db.execute(_START, (run, *words, _object(fact.get("settings"))))
            elif name == "site":
                db.execute("INSERT OR REPLACE INTO meta VALUES ('site', ?)", (_object(fact),))
            elif name == "end":
                ending = (_word(fact, "finished_at", date), _word(fact, "outcome", ""))
                row = (*ending, str(int(fact.get("resumable") is True)), run)
                db.execute("UPDATE runs SET finished_at = ?, outcome = ?, resumable = ? WHERE run = ?", row)

    def runs(self) -> list[LoggedRun]:
        """All runs, oldest first; their ids sort by time."""
        return [_run_of(row) for row in self._db.rows("SELECT * FROM runs ORDER BY run")]

    def logged_run(self, run: str) -> LoggedRun | None:
        """The run with that id."""
        row = self._db.row("SELECT * FROM runs WHERE run = ?", run)
        return _run_of(row) if row else None

    def unfinished(self) -> Unfinished | None:
        """The last run, when it was killed or ended resumable."""
        last = next(reversed(self.runs()), None)
        if last is None or (last.finished_at and not last.resumable):
            return None
        return Unfinished(last.run, last.crawl, last.started_at)

    # --- meta ---------------------------------------------------------------------------------------------------

    def get(self, name: str) -> str | None:
        """A value noted under `name`."""
        row = self._db.row("SELECT value FROM meta WHERE name = ?", name)
        return row["value"] if row else None

    def set(self, name: str, value: str) -> None:
        """Note `value` under `name`; not rebuilt from the WARCs."""
        self._db.rows("INSERT OR REPLACE INTO meta VALUES (?, ?)", name, value)

    def _one(self, query: str, *values: object) -> Capture | None:
        row = self._db.row(f"{query} LIMIT 1", *values)
        return capture_of(row) if row else None


def _run_of(row: sqlite3.Row) -> LoggedRun:
    times = (row["started_at"], row["finished_at"], row["outcome"])
    return LoggedRun(row["run"], row["crawl"], row["mode"], *times, bool(row["resumable"]), json.loads(row["settings"]))


def _word(fact: Mapping[str, object], name: str, default: str) -> str:
    """A text of a fact, as SQLite can hold it."""
    value = fact.get(name)
    return str(storable([value if isinstance(value, str) and value else default])[0])


def _object(value: object) -> str:
    """A JSON object as text; an empty one for what isn't any."""
    try:
        return json.dumps(value if isinstance(value, dict) else {}, sort_keys=True, allow_nan=False)
    except (ValueError, RecursionError):  # infinite numbers, and more in each other than we ever write
        return "{}"
