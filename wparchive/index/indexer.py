"""From WARC to `archive.db`: catches up with what was captured since, or makes the database anew.

The database is a function of the ordered sequence of runs and records, and of nothing else: no clock, no setting. Files
are read in the archive's order; after the last record of a run its end is settled, before the first record of the next.
Progress is committed with what it stands for, so a killed indexing is simply run again.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from wparchive.index import pictures
from wparchive.index.ahead import Ahead
from wparchive.index.database import write_anew, write_in_place
from wparchive.index.schema import ensure, is_current
from wparchive.index.site import OutOfOrderError, SiteIndexer, forget_site
from wparchive.index.words import Words
from wparchive.store import Archive

__all__ = ["IndexReport", "Progress", "index"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far indexing is: bytes read of the WARCs to be read, items seen so far."""

    site: str
    warc: str
    read: int
    total: int
    items: int


@dataclass(slots=True)
class IndexReport:
    """What an indexing did; `written` counts rows of items that were new or changed, `damaged` names WARCs and why."""

    rebuilt: bool = False
    sites: int = 0
    records: int = 0
    captures: int = 0
    items: int = 0
    written: int = 0
    links: int = 0
    runs: int = 0
    damaged: list[str] = field(default_factory=list)


def index(
    archive: Archive,
    sites: Sequence[str] | None = None,
    *,
    rebuild: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> IndexReport:
    """Bring `archive.db` up to date with the WARCs of `sites` (default: all); `rebuild` makes it anew from them alone.

    The caller holds the locks of the sites. Raises StorageError (disk full, not writable: what stood before stands),
    DamagedError (the database itself is damaged: rebuild), LockedError (another indexing doesn't end). Damage in a WARC
    raises nothing: what is before it in that file is indexed, and the report names it.
    """
    names = [site.name for site in archive.sites() if sites is None or site.name in sites]
    report = IndexReport()
    with archive.index_lock():
        report.rebuilt = not archive.database.exists() or (rebuild and _covers_all(archive, names))
        if not report.rebuilt and not rebuild and _up_to_date(archive, names):
            return report
        opened = write_anew if report.rebuilt else write_in_place
        with closing(Ahead()) as ahead, opened(archive.database) as conn:
            if not report.rebuilt:
                ensure(conn)
            for name in names:
                _index_site(conn, archive, name, report, ahead, progress, afresh=rebuild and not report.rebuilt)
            if report.rebuilt:
                # Sorted once at the end they cost a third of what keeping them while filling the tables does.
                ensure(conn)
            pictures.fill(conn, archive)
    return report


def _covers_all(archive: Archive, names: Sequence[str]) -> bool:
    return {site.name for site in archive.sites()} == set(names)


def _index_site(
    conn: sqlite3.Connection,
    archive: Archive,
    name: str,
    report: IndexReport,
    ahead: Ahead,
    progress: Callable[[Progress], None] | None,
    *,
    afresh: bool,
) -> None:
    def tell(warc: str, read: int, total: int) -> None:
        if progress:
            progress(Progress(name, warc, read, total, report.items))

    if afresh:
        _forget(conn, name)
    try:
        SiteIndexer(conn, archive, name, report, ahead, tell).catch_up()
    except OutOfOrderError:
        # A file came in before ones that are indexed: only reading all of them again gives what a rebuild would.
        _forget(conn, name)
        SiteIndexer(conn, archive, name, report, ahead, tell).catch_up()
    report.sites += 1


def _forget(conn: sqlite3.Connection, name: str) -> None:
    forget_site(conn, name)
    Words(conn).rebuild()


def _up_to_date(archive: Archive, names: Sequence[str]) -> bool:
    """Whether every file is read to its end and every run settled; answers without writing."""
    path = archive.database
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as conn:
            if not is_current(conn) or conn.execute("SELECT 1 FROM _wparchive_runs WHERE NOT finished").fetchone():
                return False
            ends = dict(conn.execute('SELECT warc, "end" FROM _wparchive_files').fetchall())
    except sqlite3.Error:
        return False
    files = [(archive.site(name), file) for name in names for file in archive.site(name).warcs()]
    return all(ends.get(_final(site.relative(file))) == file.stat().st_size for site, file in files)


def _final(warc: str) -> str:
    return warc.removesuffix(".open")
