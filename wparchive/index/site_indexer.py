"""Indexes the WARCs of one site: entries become rows, and each run is concluded before the next one begins."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Protocol

from wparchive.apart import apart
from wparchive.index.captured import Read, Reader, Task, noise_from
from wparchive.index.damage import Doubles, forget_vanished, name_damage, name_strays
from wparchive.index.database.creation import ensure_index
from wparchive.index.database.writing import abandon
from wparchive.index.files.media_files import FileWriter
from wparchive.index.items.catalogue import Catalogue
from wparchive.index.items.hosts import Hosts
from wparchive.index.items.item_writer import ItemWriter
from wparchive.index.items.links import decide_links
from wparchive.index.items.rows import Row
from wparchive.index.reader_process import Ahead
from wparchive.index.runs.confirmed import keep_volatile, take_changes
from wparchive.index.runs.doubtful import flag, name_doubts, note_doubts
from wparchive.index.runs.facts import apply_fact, ensure_run, ensure_site, finish_run
from wparchive.index.runs.holds import Unheld, hold_to_rows
from wparchive.index.runs.observations import Ended, observe
from wparchive.index.runs.register import register
from wparchive.index.runs.traces import take_trace
from wparchive.index.search.words import Words
from wparchive.index.statements import FORGET_SITE, insert, upsert
from wparchive.index.unread import Extent, OutOfOrderError, tasks_of
from wparchive.store import Archive, Record
from wparchive.wordpress.age import Ages
from wparchive.wordpress.changes.learnt import SiteNoise
from wparchive.wordpress.reading import READ_IN_PART
from wparchive.wordpress.type_names import is_collection
from wparchive.wordpress.values import clean

__all__ = ["Counts", "SiteIndexer", "forget_site"]

_CHUNK = 32 << 20  # characters of JSON per transaction
# Records buffered before they are written, and entries between two reports of progress.
_ROWS = 300
_TOLD_EVERY = 25
_IMPORT = "import:"
_PLACE = ("route", "type", "table")
# Indexes that the end of each run needs; a new database gets its other ones only when everything is read.
_ASKED_BY_RUN = (("runs", "crawl"), ("captures", "run"), ("collections", "type"), ("gaps", "run"), ("damage", "run"))

_RECORD = insert("records", ("warc", "offset", "length", "type", "record_id", "sha256"), verb="INSERT OR REPLACE")
_CAPTURE = insert("captures", verb="INSERT OR IGNORE")
_FILE = upsert("_wparchive_files")


class Counts(Protocol):
    """What is counted while indexing."""

    records: int
    captures: int
    items: int
    written: int
    links: int
    runs: int
    unheld: dict[str, list[Unheld]]


class SiteIndexer:
    """Brings the rows of one site up to date with its WARCs.

    `afresh`: it has no rows yet, so the order of the files is right by definition.
    """

    def __init__(
        self,
        conn: sqlite3.Connection,
        archive: Archive,
        site: str,
        counts: Counts,
        ahead: Ahead,
        tell: Callable[[str, int, int], None],
        *,
        extent: Extent | None = None,
        goes_on: bool = False,
        afresh: bool = False,
        every_byte: bool = False,
    ) -> None:
        self._conn = conn
        self._ahead = ahead
        self._folder = archive.site(site)
        self._site = site
        self._counts = counts
        self._tell = tell
        self._extent = extent
        self._goes_on = goes_on
        self._afresh, self._every_byte = afresh, every_byte
        ensure_site(conn, site)
        for table, columns in _ASKED_BY_RUN:
            ensure_index(conn, table, columns)
        self._doubles = Doubles(conn, site)
        self._words = Words(conn)
        self._hosts = Hosts(conn, site)
        self._writer = ItemWriter(conn, site, self._hosts, self._words)
        self._files = FileWriter(conn, archive, site)
        self._catalogue = Catalogue(self._collections())
        self._ends: dict[str, int] = dict(
            conn.execute('SELECT warc, "end" FROM _wparchive_files WHERE site = ?', (site,)).fetchall()
        )
        self._run: str | None = None
        self._noise = SiteNoise()
        for kind, entry in conn.execute(
            "SELECT type, entry FROM _wparchive_volatile WHERE site = ? ORDER BY 1, 2", (site,)
        ):
            self._noise.learn(kind, [entry])
        self._captures: list[Row] = []
        self._records: list[Record] = []
        self._weight = 0

    def _collections(self) -> list[tuple[str, str, str]]:
        query = 'SELECT route, type, "table" FROM collections WHERE site = ? ORDER BY route'
        return self._conn.execute(query, (self._site,)).fetchall()

    def catch_up(self) -> None:
        """Read what is new, and conclude the runs that end in it."""
        paths = self._folder.warcs()
        tasks = tasks_of(self._conn, self._folder, paths, self._ends, self._extent)
        total = sum(task.path.stat().st_size - task.start for task in tasks)
        self._begin_chunk()
        try:
            forget_vanished(self._conn, self._site, {self._folder.relative(path) for path in paths})
            name_strays(self._conn, self._site, self._folder.strays())
            self._resume()
            reader = Reader(
                self._site,
                self._collections(),
                self._run,
                deepcopy(self._noise),
                eager=not self._holds_items(),
                every_byte=self._every_byte,
                ages=self._ages(),
            )
            done = 0
            for number, given in enumerate(self._ahead.read_all(reader, tasks)):
                task = tasks[given.task]
                before = self._ends.get(task.warc, 0)
                self._take(task, given)
                done += max(0, self._ends.get(task.warc, 0) - max(before, task.start))
                if not number % _TOLD_EVERY:
                    self._tell(task.warc, done, total)
                if self._weight >= _CHUNK:
                    self._end_chunk()
                    self._begin_chunk()
            unfinished = self._extent.unfinished if self._extent else frozenset()
            if self._run not in unfinished and not (self._goes_on and any(path.suffix == ".open" for path in paths)):
                self._leave()
            self._end_chunk()
        except BaseException:
            abandon(self._conn)
            raise

    def _ages(self) -> Ages:
        """Return the clock lags known from the responses of the run that is being continued."""
        ages = Ages()
        query = (
            "SELECT captured_at, dated, flags LIKE '%\"cached\"%' FROM captures WHERE run = ? AND dated IS NOT NULL "
            "AND kind != 'foreign' ORDER BY rowid"
        )
        ages.recall((at, date, bool(cached)) for at, date, cached in self._conn.execute(query, (self._run,)))
        return ages

    def _holds_items(self) -> bool:
        return bool(self._conn.execute("SELECT 1 FROM versions WHERE site = ? LIMIT 1", (self._site,)).fetchone())

    # ---- records

    def _take(self, task: Task, given: Read) -> None:
        if given.damage:
            run = self._run if given.damage.offset else None
            name_damage(self._conn, self._site, task.warc, given.damage, run)
            self._note(task, given.end)
            return
        if self._leave_out_doubles(given):
            self._note(task, given.end)
            return
        if given.run is not None:
            self._enter(given.run, given.date)
        self._records += given.records
        self._counts.records += len(given.records)
        if given.fact and given.run:
            self._fact(given.run, *given.fact)
        if given.capture:
            self._captures.append(given.capture)
            self._counts.captures += 1
        self._take_file(given)
        self._take_items(given)
        if given.capture:
            if given.in_part:
                flag(self._conn, given.capture, READ_IN_PART)
            note_doubts(self._conn, given.capture, given.doubts)
        self._weight += given.size
        self._note(task, given.end)
        if len(self._records) >= _ROWS:
            self._flush()

    def _take_file(self, given: Read) -> None:
        if given.file and self._run:
            if given.file.status == 206:
                self._flush()  # its earlier pieces are looked up
            with apart(given.doubts.append):
                self._files.take(self._run, given.file)

    def _take_items(self, given: Read) -> None:
        if given.source:
            if given.source.age:
                self._flush()  # captures that it may be older than are looked up
            self._counts.items += self._writer.items(given.source, given.found, self._noise, given.doubts.append)
            given.in_part = given.in_part or self._writer.in_part
            self._counts.items += len(given.revisions) + len(given.objects)
            self._writer.revisions(given.revisions, given.doubts.append)
            self._writer.objects(given.objects, given.doubts.append)

    def _leave_out_doubles(self, given: Read) -> bool:
        """Skip records that were read before; return whether that leaves nothing, or not what the others belong to."""
        doubles = self._doubles.among(given.records, self._records)
        if not doubles:
            return False
        ids = {record.record_id for record in doubles}
        main = given.capture["capture"] if given.capture else given.records[0].record_id
        given.records = [record for record in given.records if record not in doubles]
        return main in ids and all(record.record_id in ids for record in given.records)

    def _note(self, task: Task, end: int) -> None:
        """Record how far the file is read, in the same transaction as its rows."""
        self._ends[task.warc] = max(end, self._ends.get(task.warc, 0))
        row = {"warc": task.warc, "site": self._site, "run": self._run, "end": self._ends[task.warc]}
        self._conn.execute(_FILE, row)

    def _fact(self, run: str, name: str, value: object) -> None:
        apply_fact(self._conn, self._site, run, name, value)
        kind, colon, _ = name.partition(":")
        if learn := _LEARNT.get(kind + colon):
            learn(self, run, value)

    def _learn_files(self, run: str, value: object) -> None:
        self._files.take_fact(run, value)

    def _learn_trace(self, run: str, value: object) -> None:
        take_trace(self._conn, self._site, run, value)

    def _learn_collections(self, _run: str, value: object) -> None:
        if isinstance(value, list):
            rows = [tuple(clean(row[name]) for name in _PLACE) for row in value if is_collection(row)]
            self._catalogue.learn((route, kind, table) for route, kind, table in rows)

    def _learn_settings(self, _run: str, _value: object) -> None:
        self._noise.configure(noise_from(self._noise_strings()))

    def _learn_volatile(self, _run: str, value: object) -> None:
        keep_volatile(self._conn, self._site, self._noise.learn_all(value))

    def _learn_changes(self, _run: str, value: object) -> None:
        take_changes(self._conn, self._site, value)

    def _learn_addresses(self, _run: str, value: object) -> None:
        if isinstance(value, dict):
            aliases = value.get("aliases")
            urls = [value.get("home"), value.get("root"), *(aliases if isinstance(aliases, list) else ())]
            self._hosts.add(*(url for url in urls if isinstance(url, str)))

    def _noise_strings(self) -> list[str]:
        """Return the noise that was configured for the current run."""
        row = self._conn.execute("SELECT settings FROM runs WHERE run = ?", (self._run,)).fetchone()
        settings = json.loads(row[0]) if row and row[0] else None
        strings = settings.get("noise") if isinstance(settings, dict) else None
        return [str(one) for one in strings] if isinstance(strings, list) else []

    # ---- runs

    def _resume(self) -> None:
        """Continue within the run that an interrupted indexing left unfinished."""
        query = "SELECT run FROM _wparchive_runs WHERE site = ? AND NOT finished"
        row = self._conn.execute(query, (self._site,)).fetchone()
        if row:
            self._run = row[0]
            self._noise.configure(noise_from(self._noise_strings()))

    def _enter(self, run: str, date: str) -> None:
        """Begin `run` with the next record; a different run before it is concluded."""
        run = run or f"{_IMPORT}{self._site}"
        if run == self._run:
            return
        self._leave()
        state = self._conn.execute("SELECT finished FROM _wparchive_runs WHERE run = ?", (run,)).fetchone()
        if state and state[0] and not run.startswith(_IMPORT) and not self._afresh:
            raise OutOfOrderError(run)
        self._conn.execute("INSERT OR REPLACE INTO _wparchive_runs VALUES (?, ?, 0)", (run, self._site))
        if not run.startswith(_IMPORT):
            ensure_run(self._conn, self._site, run, date)
        self._run = run
        self._noise.configure(noise_from(self._noise_strings()))

    def _leave(self) -> None:
        """Conclude the run whose last record was read."""
        run = self._run
        if run is None:
            return
        self._flush()
        query = "SELECT 1 FROM _wparchive_runs WHERE site = ? AND finished LIMIT 1"
        first = not self._conn.execute(query, (self._site,)).fetchone()
        self._hosts.save()
        if not run.startswith(_IMPORT):
            finish_run(self._conn, self._site, run)
            # First, because covered links and missing items depend on it.
            self._counts.unheld[self._site] = hold_to_rows(self._conn, self._site, run, self._catalogue)
        doubts: list[str] = []
        self._counts.links += decide_links(self._conn, self._site, self._catalogue, doubts.append, first=first)
        observe(self._conn, Ended(self._site, run, self._noise), doubts.append)
        register(self._conn, self._site, run, self._noise)
        if not run.startswith(_IMPORT):
            self._counts.unheld[self._site] += name_doubts(self._conn, self._site, run, doubts)
        self._words.settle(self._site)
        for table in ("_wparchive_pending", "_wparchive_confirmed"):
            self._conn.execute(f"DELETE FROM {table} WHERE site = ?", (self._site,))  # noqa: S608 - our own names
        self._conn.execute("UPDATE _wparchive_runs SET finished = 1 WHERE run = ?", (run,))
        self._counts.runs += 1
        self._run = None

    # ---- transactions

    def _flush(self) -> None:
        rows = [
            {
                "warc": record.warc,
                "offset": record.offset,
                "length": record.length,
                "type": record.type,
                "record_id": record.record_id,
                "sha256": record.sha256 or None,
            }
            for record in self._records
        ]
        self._conn.executemany(_RECORD, rows)
        self._conn.executemany(_CAPTURE, self._captures)
        self._records.clear()
        self._captures.clear()

    def _begin_chunk(self) -> None:
        self._conn.execute("BEGIN IMMEDIATE")
        self._weight = 0

    def _end_chunk(self) -> None:
        self._flush()
        self._hosts.save()
        self._words.learn()
        self._conn.execute("COMMIT")
        self._counts.written += self._writer.written
        self._writer.written = 0


# What each fact of a run changes beyond the run's own rows, by its name up to the colon.
_LEARNT: Mapping[str, Callable[[SiteIndexer, str, object], None]] = {
    "files:": SiteIndexer._learn_files,
    "trace:": SiteIndexer._learn_trace,
    "collections": SiteIndexer._learn_collections,
    "start": SiteIndexer._learn_settings,
    "volatile:": SiteIndexer._learn_volatile,
    "changes:": SiteIndexer._learn_changes,
    "site": SiteIndexer._learn_addresses,
}


def forget_site(conn: sqlite3.Connection, site: str) -> None:
    """Delete every row of `site`; the search tables must be rebuilt afterwards."""
    conn.execute("BEGIN IMMEDIATE")
    for statement in FORGET_SITE:
        conn.execute(statement, {"site": site})
    conn.execute("COMMIT")
