"""Indexing the WARCs of one site, in order."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from wparchive.errors import ConfigError, DamagedError
from wparchive.index.account import settle_links
from wparchive.index.catalogue import Catalogue, Shown
from wparchive.index.facts import apply_fact, ensure_run, ensure_site, finish_run
from wparchive.index.history import Ended, settle
from wparchive.index.hosts import Hosts
from wparchive.index.reading import Reading, read_exchange
from wparchive.index.rows import Row, capture_row
from wparchive.index.statements import FORGET_SITE, insert, upsert
from wparchive.index.words import Words
from wparchive.index.writer import ItemWriter, Source
from wparchive.store import Archive, Entry, InfoRecord, ResourceRecord, StoredExchange, exchanges
from wparchive.wordpress.noise import NOISE, Noise

__all__ = ["Counts", "OutOfOrderError", "SiteIndexer", "forget_site"]

_CHUNK = 32 << 20
_ROWS = 300
_TOLD_EVERY = 25

_RECORD = insert("records", verb="INSERT OR REPLACE")
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
    damaged: list[str]


class OutOfOrderError(Exception):
    """Records turned up before, or in, what is indexed and settled already."""


class SiteIndexer:
    """Brings the rows of one site up to date with its WARCs."""

    def __init__(
        self,
        conn: sqlite3.Connection,
        archive: Archive,
        site: str,
        counts: Counts,
        tell: Callable[[str, int, int], None],
    ) -> None:
        self._conn = conn
        self._folder = archive.site(site)
        self._site = site
        self._counts = counts
        self._tell = tell
        ensure_site(conn, site)
        self._words = Words(conn)
        self._hosts = Hosts(conn, site)
        self._writer = ItemWriter(conn, site, self._hosts, self._words)
        self._catalogue = Catalogue(
            conn.execute('SELECT route, type, "table" FROM collections WHERE site = ?', (site,)).fetchall()
        )
        self._ends: dict[str, int] = dict(
            conn.execute('SELECT warc, "end" FROM _wparchive_files WHERE site = ?', (site,)).fetchall()
        )
        self._run: str | None = None
        self._captures: list[Row] = []
        self._records: list[Row] = []
        self._weight = 0
        self._read = 0
        self._total = 0

    def catch_up(self) -> None:
        """Read what is new, and settle the runs that it ends."""
        files = [(self._folder.relative(path).removesuffix(".open"), path) for path in self._folder.warcs()]
        self._total = sum(max(0, path.stat().st_size - self._ends.get(warc, 0)) for warc, path in files)
        self._begin_chunk()
        try:
            open_run = self._conn.execute(
                "SELECT run FROM _wparchive_runs WHERE site = ? AND NOT finished", (self._site,)
            ).fetchone()
            if open_run:
                self._enter(open_run[0], "")
            for number, (warc, path) in enumerate(files):
                if path.stat().st_size > self._ends.get(warc, 0):
                    self._file(warc, path, [later for later, _ in files[number + 1 :]])
            self._leave()
            self._end_chunk()
        except BaseException:
            if self._conn.in_transaction:
                self._conn.execute("ROLLBACK")
            raise

    # ---- files and records

    def _file(self, warc: str, path: Path, later: list[str]) -> None:
        start = self._ends.get(warc, 0)
        damage = None
        try:
            for number, entry in enumerate(exchanges(path, start)):
                if not number and any(self._ends.get(other) for other in later):
                    raise OutOfOrderError(warc)
                self._entry(entry)
                self._ends[warc] = entry.end
                if not number % _TOLD_EVERY:
                    self._tell(warc, self._read + entry.end - start, self._total)
                if self._weight >= _CHUNK:
                    self._note(warc, None)
                    self._end_chunk()
                    self._begin_chunk()
        except DamagedError as error:
            damage = str(error)
            self._counts.damaged.append(damage)
        self._read += self._ends.get(warc, start) - start
        self._note(warc, damage)

    def _note(self, warc: str, damage: str | None) -> None:
        row = {"warc": warc, "site": self._site, "run": self._run, "end": self._ends.get(warc, 0), "damage": damage}
        self._conn.execute(_FILE, row)

    def _entry(self, entry: Entry) -> None:
        self._records += [
            {
                "warc": record.warc,
                "offset": record.offset,
                "length": record.length,
                "type": record.type,
                "record_id": record.record_id,
                "sha256": record.sha256,
            }
            for record in entry.records
        ]
        self._counts.records += len(entry.records)
        if isinstance(entry, StoredExchange):
            self._enter(entry.capture.run, entry.capture.captured_at)
            self._exchange(entry)
        elif isinstance(entry, ResourceRecord) and entry.run:
            self._enter(entry.run, entry.date)
            self._fact(entry)
        elif isinstance(entry, InfoRecord) and entry.fields.get("isPartOf"):
            self._enter(entry.fields["isPartOf"], entry.date)
        if len(self._records) >= _ROWS:
            self._flush()

    def _exchange(self, stored: StoredExchange) -> None:
        reading = read_exchange(stored, self._catalogue)
        self._captures.append(capture_row(reading.capture, reading.flags, reading.answer))
        self._counts.captures += 1
        if reading.place:
            self._counts.items += self._take(reading)
            self._weight += reading.size

    def _take(self, reading: Reading) -> int:
        capture, place = reading.capture, reading.place
        assert place is not None
        source = Source(capture.capture, capture.captured_at, capture.privilege, place.partial)
        if place.shown is Shown.REVISIONS:
            return self._writer.revisions(source, place.type, reading.items)
        if place.shown is Shown.OBJECTS:
            return self._writer.objects(source, place.collection or "", reading.items)
        named = ((self._catalogue.identify(place, item.value, item.id), item) for item in reading.items)
        return self._writer.items(source, ((who, item) for who, item in named if who))

    def _fact(self, record: ResourceRecord) -> None:
        apply_fact(self._conn, self._site, record.run, record.name, record.value)
        value = record.value
        if record.name == "collections" and isinstance(value, list):
            rows = [entry for entry in value if isinstance(entry, dict)]
            self._catalogue.learn(
                (str(row["route"]), str(row.get("type")), str(row.get("table"))) for row in rows if row.get("route")
            )
        elif record.name == "site" and isinstance(value, dict):
            aliases = value.get("aliases")
            urls = [value.get("home"), value.get("root"), *(aliases if isinstance(aliases, list) else ())]
            self._hosts.add(*(url for url in urls if isinstance(url, str)))
            self._writer.base = str(value.get("home") or "")
        elif record.name == "start":
            self._writer.noise = _noise(value)

    # ---- runs

    def _enter(self, run: str, date: str) -> None:
        """The next record is of `run`: the one before it has ended."""
        run = run or f"import:{self._site}"
        if run == self._run:
            return
        self._leave()
        state = self._conn.execute("SELECT finished FROM _wparchive_runs WHERE run = ?", (run,)).fetchone()
        if state and state[0] and not run.startswith("import:"):
            raise OutOfOrderError(run)
        self._run = run
        self._conn.execute(
            "INSERT OR REPLACE INTO _wparchive_runs (run, site, finished) VALUES (?, ?, 0)", (run, self._site)
        )
        settings = None
        if not run.startswith("import:"):
            ensure_run(self._conn, self._site, run, date)
            (settings,) = self._conn.execute("SELECT settings FROM runs WHERE run = ?", (run,)).fetchone()
        self._writer.noise = _noise({"settings": json.loads(settings) if settings else None})
        (home,) = self._conn.execute("SELECT home FROM sites WHERE site = ?", (self._site,)).fetchone()
        self._writer.base = home or ""

    def _leave(self) -> None:
        """Settle the run whose last record was read."""
        run = self._run
        if run is None:
            return
        self._flush()
        first = not self._conn.execute(
            "SELECT 1 FROM _wparchive_runs WHERE site = ? AND finished LIMIT 1", (self._site,)
        ).fetchone()
        self._hosts.settle()
        if not run.startswith("import:"):
            finish_run(self._conn, self._site, run)
        self._counts.links += settle_links(self._conn, self._site, self._catalogue)
        settle(self._conn, Ended(self._site, run, first))
        self._conn.execute("DELETE FROM _wparchive_pending WHERE site = ?", (self._site,))
        self._conn.execute("UPDATE _wparchive_runs SET finished = 1 WHERE run = ?", (run,))
        self._counts.runs += 1
        self._run = None

    # ---- transactions

    def _flush(self) -> None:
        self._conn.executemany(_RECORD, self._records)
        self._conn.executemany(_CAPTURE, self._captures)
        self._records.clear()
        self._captures.clear()

    def _begin_chunk(self) -> None:
        self._conn.execute("BEGIN IMMEDIATE")
        self._weight = 0

    def _end_chunk(self) -> None:
        self._flush()
        self._hosts.settle()
        self._words.learn()
        self._conn.execute("COMMIT")
        self._counts.written += self._writer.written
        self._writer.written = 0


def _noise(start: object) -> Noise:
    """The noise that a run was told of: only so does a rebuild under other settings give the same digests."""
    settings = start.get("settings") if isinstance(start, dict) else None
    strings = settings.get("noise") if isinstance(settings, dict) else None
    try:
        return Noise.of(str(one) for one in strings) if isinstance(strings, list) else NOISE
    except ConfigError:
        return NOISE


def forget_site(conn: sqlite3.Connection, site: str) -> None:
    """Take every row of `site` out of the database; the search tables have to be made anew after that."""
    conn.execute("BEGIN IMMEDIATE")
    for statement in FORGET_SITE:
        conn.execute(statement, {"site": site})
    conn.execute("COMMIT")
