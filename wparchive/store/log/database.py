"""The database file of the capture log: opened and checked, created when there is none, with errors as wparchive's own.

Any thread may use it. It can be rebuilt from the WARCs, so it is synced less strictly than they are.
"""

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

from wparchive.errors import DamagedError, StorageError, UsageError, WparchiveError, scarcity, way_out
from wparchive.store.log.schema import MIGRATIONS, migrate
from wparchive.store.log.soundness import fault, is_older, migrations_done, migrations_fault
from wparchive.store.modes import own_file
from wparchive.store.sqlite import meaning, primary_code, read_only, refuse_no_file, storable

__all__ = ["Database", "OlderError", "committed_in", "first_peer_in", "noted_in", "owner_in", "snapshot_of"]

_REMEDY = "it is rebuilt from the WARCs at the next start"

# Another site's log says nothing of this one.
_NOTED = "SELECT value FROM meta WHERE name = ?1 AND NOT EXISTS (SELECT 1 FROM files WHERE substr(warc, 1, length(?2)) != ?2)"
_FIRST_PEER = (
    "SELECT json_extract(extra, '$.peer') FROM captures WHERE status IS NOT NULL"
    " AND json_extract(extra, '$.peer') != '' ORDER BY seq LIMIT 1"
)


class OlderError(DamagedError):
    """The database has the shape of an older wparchive; it is rebuilt from the WARCs like a damaged one."""


class Database:
    """The open database at `path`, created when missing; `site` is the site it must belong to (None: any).

    Raises DamagedError when wparchive didn't make it, or for another site (rebuild it), StorageError when it can't be
    written, UsageError when a newer wparchive made it: then nothing was written.
    """

    def __init__(self, path: Path, site: str | None = None) -> None:
        self._path, self._site = path, site
        self._lock = threading.RLock()
        self._deep = False  # a transaction is open
        self._sound = False  # its contents were checked and are ours
        refuse_no_file(path, _REMEDY)
        if os.path.lexists(path):
            self._refuse_others()
        try:
            own_file(path)
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror}; {way_out(error)}, then run again") from None
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise
        except sqlite3.Error as error:
            raise meaning(path, error, _REMEDY) from None
        self._sound = True

    def _refuse_others(self) -> None:
        """Check the file before anything is written to it."""
        try:
            with self._path.open("rb") as file:
                if not file.read(1):
                    return
        except OSError as error:  # a folder, or a file that can't be read
            raise scarcity(error, certain=True) or DamagedError(f"{self._path}: {error.strerror}; {_REMEDY}") from None
        with read_only(self._path, _REMEDY, wait=30.0) as db:
            if is_older(db):
                raise OlderError(f"{self._path}: made by an older wparchive; {_REMEDY}")
            done = migrations_done(db)
        wrong, newer = migrations_fault(done) if done is not None else ("", False)
        if newer:
            raise UsageError(f"{self._path}: made by a newer wparchive; use that one, this one leaves it as it is")
        if wrong:
            raise DamagedError(f"{self._path}: {wrong}; {_REMEDY}")

    def _prepare(self) -> None:
        self._db.row_factory = sqlite3.Row
        # The WARC is synced before, so a power cut that loses the last transactions loses nothing.
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
        done = migrations_done(self._db) or ()
        if done and (wrong := fault(self._db, done, self._site)):
            raise DamagedError(f"{self._path}: {wrong}; {_REMEDY}")
        if len(done) < len(MIGRATIONS):
            with self.transaction() as db:
                migrate(db)

    def close(self) -> None:
        """Close the database; SQLite merges its write-ahead log."""
        with self._lock:
            self._db.close()

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Return the rows of `query`; a query that writes commits at once, or with the open transaction."""
        with self._lock:
            try:
                return self._db.execute(query, values).fetchall()
            except UnicodeEncodeError:
                return self._db.execute(query, storable(values)).fetchall()
            except sqlite3.Error as error:
                raise self._meaning(error) from None

    def row(self, query: str, *values: object) -> sqlite3.Row | None:
        """Return the first row of `query`, or None."""
        found = self.rows(query, *values)
        return found[0] if found else None

    def write(self, query: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Run `query` for each of `rows` in one transaction."""
        with self.transaction() as db:
            db.executemany(query, rows)

    def empty(self, tables: Iterable[str]) -> None:
        """Delete all rows of `tables`, which are names of our own, in one transaction."""
        with self.transaction() as db:
            for table in tables:
                db.execute(f"DELETE FROM {table}")  # noqa: S608

    def compact(self) -> None:
        """Write the file anew without what was deleted, so that no free page and no log still holds it."""
        for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            self.rows(statement)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run the block as one transaction, nested within an open one if there is any."""
        with self._lock:
            if self._deep:
                yield self._db
                return
            try:
                self._db.execute("BEGIN IMMEDIATE")
                self._deep = True
                try:
                    yield self._db
                    self._db.execute("COMMIT")
                finally:
                    self._deep = False
            except BaseException as error:
                # SQLite rolls back by itself when the disk is full.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise self._meaning(error) from None
                raise

    def _meaning(self, error: sqlite3.Error) -> Exception:
        """Return the error to raise. Within a transaction that is `error` itself, which the outermost one translates."""
        ours = self._sound and primary_code(error) == sqlite3.SQLITE_ERROR  # a query of ours is at fault, not the file
        return error if self._deep or ours else meaning(self._path, error, _REMEDY)


def committed_in(site: Path) -> dict[str, int]:
    """Return the committed length of each WARC of the site, from its capture log, which is opened read-only.

    Raises DamagedError when the log is missing, unreadable or another site's, StorageError when another program holds
    it.
    """
    with read_only(site / "frontier.db", _REMEDY) as db:
        rows = db.execute("SELECT warc, committed FROM files").fetchall()
    found = {
        warc: size
        for warc, size in rows
        if isinstance(warc, str) and warc.startswith(f"{site.name}/") and isinstance(size, int) and size >= 0
    }
    if len(found) < len(rows):
        raise DamagedError(f"{site / 'frontier.db'}: not that of this site, or damaged; {_REMEDY}")
    return found


def first_peer_in(site: Path) -> str | None:
    """Return the IP address that first responded for a site, by its capture log; None when that names none.

    Raises as `committed_in` does.
    """
    with read_only(site / "frontier.db", _REMEDY) as db:
        row = db.execute(_FIRST_PEER).fetchone()
    return str(ip_address(row[0])) if row else None


def noted_in(site: Path, name: str) -> str | None:
    """Return the value noted under `name` in a site's capture log; None when the log can't be read."""
    try:
        with read_only(site / "frontier.db", _REMEDY) as db:
            row = db.execute(_NOTED, (name, f"{site.name}/")).fetchone()
    except WparchiveError:
        return None
    return row[0] if row and isinstance(row[0], str) else None


def owner_in(site: Path) -> str | None:
    """Return the site that the capture log in a site's folder is of; None when it names none or can't be read."""
    try:
        with read_only(site / "frontier.db", _REMEDY) as db:
            row = db.execute("SELECT warc FROM files LIMIT 1").fetchone()
    except WparchiveError:
        return None
    return row[0].partition("/")[0] if row and isinstance(row[0], str) else None


def snapshot_of(site: Path) -> bytes:
    """Return the capture log in a site's folder as it is at one moment, as the bytes of one file.

    Raises DamagedError when it is missing or unreadable, StorageError when another program holds it.
    """
    with read_only(site / "frontier.db", _REMEDY) as db:
        return db.serialize()
