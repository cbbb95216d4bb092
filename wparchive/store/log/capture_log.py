"""The capture log of one site, `frontier.db`: captures, known digests, runs. A view of the WARCs.

It holds no queue: what a crawl has still to request is what its listings name and the log lacks. A resumed run works
that out from the WARCs, so nothing can disagree with them.

Every method may be called from any thread. The WARC is synced before a commit here, so losing the last transactions to
a power cut loses nothing: the records past the committed offset are adopted at the next start.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from pathlib import Path

from wparchive.model import Capture, Privilege, timestamp
from wparchive.store.log.capture_rows import CAPTURE_COLUMNS, capture_of, capture_row
from wparchive.store.log.database import Database
from wparchive.store.log.elsewhere import Elsewhere
from wparchive.store.log.item_states import ItemStates
from wparchive.store.log.logged_runs import LoggedRun, Unfinished, json_object, run_of, word
from wparchive.store.log.owed_files import OwedFiles
from wparchive.store.log.page_marks import PageMarks
from wparchive.store.log.seen import Seen
from wparchive.store.sqlite import storable

__all__ = ["CaptureLog", "LoggedRun", "Unfinished"]


# A record that is adopted after a crash may be in the log already.
_LOG = (
    f"INSERT OR IGNORE INTO captures ({', '.join(CAPTURE_COLUMNS)})"  # noqa: S608 (names of our own)
    f" VALUES ({', '.join('?' * len(CAPTURE_COLUMNS))})"
)

# Updated, not replaced: that would drop how the run ended.
_START = (
    "INSERT INTO runs (run, crawl, mode, started_at, settings) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
    " crawl = excluded.crawl, mode = excluded.mode, started_at = excluded.started_at, settings = excluded.settings"
)

# The range of URLs takes in those with a query behind the file's own: '@' is the character after '?'.
_TRAIL = """
    SELECT * FROM captures WHERE seq >= coalesce((
        SELECT max(seq) FROM captures WHERE final AND key = ?1 AND status BETWEEN 200 AND 299 AND status != 206
        AND truncated IS NULL AND verdict = 'answered' AND privilege = 'anonymous'
    ), 0) AND (
        (final AND key = ?1) OR (url = ?1 AND key = ?1) OR (url > ?1 || '?' AND url < ?1 || '@' AND key = ?1)
    ) AND status IS NOT NULL AND status != 304
    AND method = 'GET' AND privilege = 'anonymous' ORDER BY seq DESC LIMIT 5000
"""


class CaptureLog:
    """The open capture log at `path`, created when missing; `site` is its owner. Raises as `Database` does.

    `seen`, `states`, `pages` and `owed` hold what earlier runs saw, `elsewhere` what isn't on this disk, in the same database.
    """

    def __init__(self, path: Path, site: str | None = None) -> None:
        self._db = Database(path, site)
        self.seen = Seen(self._db)
        self.states = ItemStates(self._db)
        self.pages = PageMarks(self._db)
        self.owed = OwedFiles(self._db)
        self.elsewhere = Elsewhere(self._db)

    def close(self) -> None:
        """Close the database; SQLite merges its write-ahead log."""
        self._db.close()

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """Return a transaction: one unit of work, during which other threads wait."""
        return self._db.transaction()

    # --- captures -----------------------------------------------------------------------------------------------

    def commit(self, captures: Iterable[Capture], files: Iterable[tuple[str, int]] = ()) -> None:
        """Record captures that are safe in their WARCs, and the committed length of each file.

        One transaction; recording a capture again is harmless.
        """
        with self._db.transaction() as db:
            db.executemany(_LOG, [capture_row(capture) for capture in captures])
            db.executemany(
                # A file that is written to isn't lost.
                "INSERT INTO files (warc, committed) VALUES (?, ?)"
                " ON CONFLICT DO UPDATE SET committed = max(committed, excluded.committed), lost = 0",
                list(files),
            )

    def final(self, crawl: str, key: str) -> Capture | None:
        """Return the capture that is the response to the target `key` in `crawl`."""
        return self._one("SELECT * FROM captures WHERE final AND key = ? AND crawl = ? ORDER BY seq DESC", key, crawl)

    def capture(self, capture: str) -> Capture | None:
        """Return the capture with that id."""
        return self._one("SELECT * FROM captures WHERE capture = ?", capture)

    def known(
        self, url: str, payload_sha256: str, privilege: Privilege, crawl: str | None = None, *, key: str = ""
    ) -> Capture | None:
        """Return the newest committed response with this payload and URL (or target `key`), for a revisit to refer to.

        An anonymous capture never refers to an authenticated one, which isn't published. `crawl` limits the search.
        """
        return self._one(
            # A revisit never refers to another revisit.
            "SELECT * FROM captures WHERE payload_sha256 = ? AND record_type = 'response' AND (url = ? OR key = ?)"
            " AND privilege IN ('anonymous', ?) AND crawl = coalesce(?, crawl) AND truncated IS NULL ORDER BY seq DESC",
            payload_sha256,
            url,
            key or url,
            privilege,
            crawl,
        )

    def latest(self, key_or_url: str, privilege: Privilege = Privilege.ANONYMOUS) -> Capture | None:
        """Return the newest final capture of a target, or else the newest capture of a URL, in any crawl."""
        final = "SELECT * FROM captures WHERE final AND key = ? AND privilege = ? ORDER BY captured_at DESC, seq DESC"
        plain = "SELECT * FROM captures WHERE url = ? AND privilege = ? ORDER BY captured_at DESC, seq DESC"
        return self._one(final, key_or_url, privilege) or self._one(plain, key_or_url, privilege)

    def last_between(self, first: datetime, last: datetime) -> datetime | None:
        """Return the time of the last capture that was made between two times."""
        query = "SELECT max(captured_at) AS at FROM captures WHERE captured_at BETWEEN ? AND ?"
        (row,) = self._db.rows(query, timestamp(first), timestamp(last))
        with suppress(ValueError, TypeError):
            return datetime.fromisoformat(row["at"])
        return None

    def trail(self, key: str) -> list[Capture]:
        """Return the responses with content for the file `key` since it was last held whole (inclusive), oldest first.

        They may have had any signature in the query. A 304 has no content.
        """
        rows = self._db.rows(_TRAIL, key)
        return [capture_of(row) for row in reversed(rows)]

    def checked(self, key: str) -> Capture | None:
        """Return the newest final response for the file `key`, which may be a 304."""
        final = "SELECT * FROM captures WHERE final AND key = ? AND privilege = 'anonymous' AND verdict = 'answered'"
        return self._one(f"{final} ORDER BY seq DESC", key)

    def file_before(self, key: str, capture: str) -> Capture | None:
        """Return the newest complete response for the file `key` other than `capture`."""
        good = (
            "SELECT * FROM captures WHERE final AND key = ? AND capture != ? AND status BETWEEN 200 AND 299"
            " AND method = 'GET' AND truncated IS NULL AND verdict = 'answered' AND privilege = 'anonymous'"
        )
        return self._one(f"{good} ORDER BY seq DESC", key, capture)

    def captures(self, crawl: str | None = None) -> Iterator[Capture]:
        """Yield all captures, or those of `crawl`, in the order in which they were recorded."""
        after = 0
        query = "SELECT * FROM captures WHERE seq > ? AND crawl = coalesce(?, crawl) ORDER BY seq LIMIT 1000"
        # In pages: memory stays constant, and the lock isn't held between them.
        while rows := self._db.rows(query, after, crawl):
            yield from map(capture_of, rows)
            after = rows[-1]["seq"]

    def newest(self, kinds: Iterable[str]) -> Iterator[Capture]:
        """Yield the newest good anonymous response of each target of these kinds, the newest targets first."""
        query = (
            "SELECT max(seq) FROM captures WHERE kind IN (SELECT value FROM json_each(?)) AND final"
            " AND status BETWEEN 200 AND 299 AND privilege = 'anonymous' GROUP BY key ORDER BY 1 DESC"
        )
        # Numbers first, as the rows of a large site wouldn't fit into memory.
        numbers = [row[0] for row in self._db.rows(query, json.dumps(list(kinds)))]
        for number in numbers:
            yield from map(capture_of, self._db.rows("SELECT * FROM captures WHERE seq = ?", number))

    def files(self) -> dict[str, int]:
        """Return the committed length of each WARC, in bytes."""
        return {row["warc"]: row["committed"] for row in self._db.rows("SELECT * FROM files ORDER BY warc")}

    def lost(self) -> set[str]:
        """Return the WARCs that were committed and are gone."""
        return {row["warc"] for row in self._db.rows("SELECT warc FROM files WHERE lost")}

    def forget(self, warc: str, beyond: int = 0) -> None:
        """Drop the captures from offset `beyond` of `warc` on, which is lost, so that they are captured again.

        The committed length stays recorded, for `verify` to report.
        """
        with self._db.transaction() as db:
            db.execute("DELETE FROM captures WHERE warc = ? AND offset >= ?", (warc, beyond))
            db.execute("UPDATE files SET lost = 1 WHERE warc = ?", (warc,))

    def forget_within(self, stretches: Iterable[tuple[str, int, int]]) -> None:
        """Drop the captures within damaged stretches (WARC, offset, length), so that they are captured again."""
        with self._db.transaction() as db:
            for warc, offset, length in stretches:
                query = "DELETE FROM captures WHERE warc = ? AND offset < ? AND offset + length > ?"
                db.execute(query, (warc, offset + length, offset))

    def forget_for_good(self, stretches: Iterable[tuple[str, int, int]]) -> None:
        """Drop the captures in stretches whose records are removed, and all that was learnt of the site; no byte is left.

        What the WARCs still say is learnt again from them.
        """
        self.forget_within(stretches)
        for learnt in (self.seen, self.states, self.pages, self.owed):
            learnt.forget()
        self._db.compact()

    def times(self) -> dict[str, int | None]:
        """Return the modification time (ns) of each finished WARC, where it was noted."""
        return {row["warc"]: row["written_at"] for row in self._db.rows("SELECT warc, written_at FROM files")}

    def note_times(self, times: Mapping[str, int]) -> None:
        """Note the modification times (ns) of finished WARCs."""
        rows = [(moment, warc) for warc, moment in times.items()]
        self._db.write("UPDATE files SET written_at = ? WHERE warc = ?", rows)

    def rename(self, old: str, new: str) -> None:
        """Note that the site's folder is called `new` now, no longer `old`."""
        with self._db.transaction() as db:
            for table in ("captures", "files", "elsewhere"):  # other tables name files within the folder
                query = f"UPDATE {table} SET warc = ?1 || substr(warc, instr(warc, '/')) WHERE substr(warc, 1, length(?2)) = ?2"  # noqa: S608
                db.execute(query, (new, f"{old}/"))
            db.execute("UPDATE captures SET site = ?", (new,))

    # --- runs ---------------------------------------------------------------------------------------------------

    def learn(self, run: str, name: str, value: object, date: str) -> None:
        """Record a fact of a run from a WARC: `start`, `site` and `end` are used, others are ignored."""
        fact = value if isinstance(value, dict) else {}
        # Facts come from WARCs, and those may come from a stranger.
        run = str(storable([run])[0])
        with self._db.transaction() as db:
            if name == "start":
                words = (word(fact, "crawl", run), word(fact, "mode", "") or None, word(fact, "started_at", date))
                db.execute(_START, (run, *words, json_object(fact.get("settings"))))
            elif name == "site":
                db.execute("INSERT OR REPLACE INTO meta VALUES ('site', ?)", (json_object(fact),))
            elif name == "end":
                ending = (word(fact, "finished_at", date), word(fact, "outcome", ""))
                row = (*ending, str(int(fact.get("resumable") is True)), run)
                db.execute("UPDATE runs SET finished_at = ?, outcome = ?, resumable = ? WHERE run = ?", row)

    def runs(self) -> list[LoggedRun]:
        """Return all runs, oldest first; their ids sort by time."""
        return [run_of(row) for row in self._db.rows("SELECT * FROM runs ORDER BY run")]

    def logged_run(self, run: str) -> LoggedRun | None:
        """Return the run with that id."""
        row = self._db.row("SELECT * FROM runs WHERE run = ?", run)
        return run_of(row) if row else None

    def unfinished(self) -> Unfinished | None:
        """Return the last run, if it was killed or ended resumable."""
        last = next(reversed(self.runs()), None)
        if last is None or (last.finished_at and not last.resumable):
            return None
        return Unfinished(last.run, last.crawl, last.started_at)

    # --- meta ---------------------------------------------------------------------------------------------------

    def get(self, name: str) -> str | None:
        """Return the value noted under `name`."""
        row = self._db.row("SELECT value FROM meta WHERE name = ?", name)
        return row["value"] if row else None

    def set(self, name: str, value: str) -> None:
        """Note `value` under `name`; such notes aren't rebuilt from the WARCs."""
        self._db.rows("INSERT OR REPLACE INTO meta VALUES (?, ?)", name, value)

    def _one(self, query: str, *values: object) -> Capture | None:
        row = self._db.row(f"{query} LIMIT 1", *values)
        return capture_of(row) if row else None
