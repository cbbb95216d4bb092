"""Indexes the WARCs of one site: entries become rows, and each run is concluded before the next one begins."""

import sqlite3
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path

from wparchive.apart import apart
from wparchive.index.damage import forget_vanished, name_damage, name_removed, name_strays
from wparchive.index.database.creation import ensure_index
from wparchive.index.database.writing import abandon
from wparchive.index.entries.captured import Read, Reader
from wparchive.index.entries.new_records import NewRecords
from wparchive.index.entries.reader_process import Ahead
from wparchive.index.entries.reading_order import Task
from wparchive.index.entries.unread import Extent, refused_until, tasks_of
from wparchive.index.files.media_files import FileWriter
from wparchive.index.inventory.naming_rows import take_inventory
from wparchive.index.items.hosts import Hosts
from wparchive.index.items.item_writer import ItemWriter
from wparchive.index.open_runs import Counts, OpenRuns
from wparchive.index.pages.page_writer import PageWriter
from wparchive.index.runs.covered import note_shown
from wparchive.index.runs.doubtful import flag, note_doubts
from wparchive.index.runs.facts import ensure_site
from wparchive.index.runs.learning import Learning
from wparchive.index.search.words import Words
from wparchive.index.statements import FORGET_SITE, upsert
from wparchive.store import Archive
from wparchive.wordpress.age import Ages
from wparchive.wordpress.reading import READ_IN_PART

__all__ = ["SiteIndexer", "forget_site"]

_CHUNK = 32 << 20  # characters of JSON per transaction
_REPORT_EVERY = 25  # entries between two reports of progress
# Indexes that the end of each run needs; a new database gets its other ones only when everything is read.
_ASKED_BY_RUN = (("runs", "crawl"), ("captures", "run"), ("collections", "type"), ("gaps", "run"), ("damage", "run"))

_FILE = upsert("_wparchive_files")


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
        on_progress: Callable[[str, int, int], None],
        *,
        extent: Extent | None = None,
        being_written: bool = False,
        afresh: bool = False,
        every_byte: bool = False,
    ) -> None:
        self._conn = conn
        self._ahead = ahead
        self._archive = archive
        self._folder = archive.site(site)
        self._site = site
        self._counts = counts
        self._on_progress = on_progress
        self._extent = extent
        self._being_written = being_written
        self._every_byte = every_byte
        ensure_site(conn, site)
        for table, columns in _ASKED_BY_RUN:
            ensure_index(conn, table, columns)
        self._waiting = NewRecords(conn, site, public=extent is not None and extent.public)
        self._words = Words(conn)
        self._hosts = Hosts(conn, site)
        self._writer = ItemWriter(conn, site, self._hosts, self._words)
        self._files = FileWriter(conn, archive, site)
        self._pages = PageWriter(conn, site)
        self._learning = Learning(conn, site, self._hosts, self._files, self._pages)
        self._ends: dict[str, int] = dict(
            conn.execute('SELECT warc, "end" FROM _wparchive_files WHERE site = ?', (site,)).fetchall()
        )
        self._runs = OpenRuns(
            conn,
            archive,
            site,
            counts,
            self._waiting,
            self._words,
            self._hosts,
            self._learning,
            afresh=afresh,
        )
        self._weight = 0

    def catch_up(self) -> None:
        """Read what is new, and conclude the runs that end in it."""
        paths = self._folder.warcs()
        tasks = tasks_of(self._conn, self._folder, paths, self._ends, self._extent)
        self._begin_chunk()
        try:
            forget_vanished(self._conn, self._site, {self._folder.relative(path) for path in paths})
            name_strays(self._conn, self._site, self._folder.strays())
            self._runs.resume()
            self._read(tasks)
            if not self._is_continued(paths):
                self._runs.leave()
            self._end_chunk()
        except BaseException:
            abandon(self._conn)
            raise

    def _read(self, tasks: Sequence[Task]) -> None:
        """Read the tasks; every chunk is a transaction of its own."""
        total = sum(task.path.stat().st_size - task.start for task in tasks)
        done = 0
        for number, given in enumerate(self._ahead.read_all(self._reader(), tasks)):
            task = tasks[given.task]
            before = self._ends.get(task.warc, 0)
            self._take(task, given)
            done += max(0, self._ends.get(task.warc, 0) - max(before, task.start))
            if not number % _REPORT_EVERY:
                self._on_progress(task.warc, done, total)
            if self._weight >= _CHUNK:
                self._end_chunk()
                self._begin_chunk()

    def _reader(self) -> Reader:
        """Return a reader that begins with what is known of the site; it may continue in another process."""
        return Reader(
            self._site,
            self._learning.collections(),
            self._runs.current,
            deepcopy(self._learning.noise),
            eager=not self._holds_items(),
            every_byte=self._every_byte,
            ages=self._ages(),
            rights=self._folder.with_rights(),
            reach=refused_until(self._conn, self._runs.all),
        )

    def _is_continued(self, paths: Sequence[Path]) -> bool:
        """Return whether more records of the current run may follow later."""
        if self._extent and not self._extent.unfinished.isdisjoint(self._runs.all):
            return True
        return self._being_written and any(path.suffix == ".open" for path in paths)

    def _ages(self) -> Ages:
        """Return the clock lags known from the responses of the run that is being continued."""
        ages = Ages()
        query = (
            "SELECT captured_at, dated, flags LIKE '%\"cached\"%' FROM captures WHERE run = ? AND dated IS NOT NULL "
            "AND kind != 'foreign' AND clock IS NULL ORDER BY rowid"
        )
        ages.recall((at, date, bool(cached)) for at, date, cached in self._conn.execute(query, (self._runs.current,)))
        return ages

    def _holds_items(self) -> bool:
        return bool(self._conn.execute("SELECT 1 FROM versions WHERE site = ? LIMIT 1", (self._site,)).fetchone())

    # ---- records

    def _take(self, task: Task, given: Read) -> None:
        if given.damage:
            run = (given.run or self._runs.current) if given.damage.offset else None
            name_damage(self._conn, self._site, task.warc, given.damage, run)
        elif not self._waiting.leave_out(given):
            self._take_entry(given)
        self._note(task, given.end)
        if self._waiting.many:
            self._waiting.write()

    def _take_entry(self, given: Read) -> None:
        if given.run is not None:
            self._runs.enter(given)
            self._runs.meet(given)
        self._waiting.add(given)
        self._counts.records += len(given.records)
        self._counts.captures += given.capture is not None
        if given.fact and given.run:
            self._learning.take(given.run, *given.fact)
        if given.removed is not None:
            name_removed(self._conn, self._site, given.records[0], given.removed, self._runs.current)
        self._take_file(given)
        self._take_items(given)
        take_inventory(self._conn, self._site, self._runs.current, given)
        if given.capture:
            if given.in_part:
                flag(self._conn, given.capture, READ_IN_PART)
            note_doubts(self._conn, given.capture, given.doubts)
        self._weight += given.size

    def _take_file(self, given: Read) -> None:
        if given.file and self._runs.current:
            if given.file.status == 206:
                self._waiting.write()  # its earlier pieces are looked up
            with apart(given.doubts.append):
                self._files.take(self._runs.current, given.file)
        if given.page:
            with apart(given.doubts.append):
                self._pages.take(given.page, self._learning.noise)

    def _take_items(self, given: Read) -> None:
        if given.source:
            if given.source.age:
                self._waiting.write()  # captures that it may be older than are looked up
            self._counts.items += self._writer.items(
                given.source, given.found, self._learning.noise, given.doubts.append
            )
            given.in_part = given.in_part or self._writer.in_part
            self._counts.items += len(given.revisions) + len(given.objects)
            self._writer.revisions(given.revisions, given.doubts.append)
            self._writer.objects(given.objects, given.doubts.append)
            note_shown(self._conn, self._site, given)

    def _note(self, task: Task, end: int) -> None:
        """Record how far the file is read, in the same transaction as its rows."""
        self._ends[task.warc] = max(end, self._ends.get(task.warc, 0))
        row = {"warc": task.warc, "site": self._site, "run": self._runs.current, "end": self._ends[task.warc]}
        self._conn.execute(_FILE, row)

    # ---- transactions

    def _begin_chunk(self) -> None:
        self._conn.execute("BEGIN IMMEDIATE")
        self._weight = 0

    def _end_chunk(self) -> None:
        self._waiting.write()
        self._hosts.save()
        self._words.learn()
        self._conn.execute("COMMIT")
        self._counts.written += self._writer.written
        self._writer.written = 0


def forget_site(conn: sqlite3.Connection, site: str) -> None:
    """Delete every row of `site`; the search tables must be rebuilt afterwards."""
    conn.execute("BEGIN IMMEDIATE")
    for statement in FORGET_SITE:
        conn.execute(statement, {"site": site})
    conn.execute("COMMIT")
