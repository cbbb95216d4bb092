"""Brings `archive.db` up to date with the WARCs, or rebuilds it.

The database is a function of the ordered sequence of runs and records, and of nothing else: no clock, no setting. Files
are read in the archive's order; after the last record of a run, the run is concluded before the next one begins.
Progress is committed together with the rows, so an interrupted indexing can simply be run again.
"""

import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field

from wparchive.errors import DamagedError
from wparchive.index.damage import DamageRow, damage_in, damage_of, is_named, misses_damage
from wparchive.index.database.creation import ensure
from wparchive.index.database.imprint import take_imprints
from wparchive.index.database.opening import reading
from wparchive.index.database.writing import at_rest, trouble, write_in_place, write_new
from wparchive.index.entries.reader_process import Ahead
from wparchive.index.entries.unread import Extent, OutOfOrderError
from wparchive.index.files import pictures
from wparchive.index.kinship.filling import fill_kinship
from wparchive.index.runs.holds import Unheld
from wparchive.index.schema import ROW_RULES, stamp, stamp_of
from wparchive.index.search.words import Words
from wparchive.index.shipped import write_beside
from wparchive.index.site_indexer import SiteIndexer, forget_site
from wparchive.store import Archive, SiteFolder
from wparchive.store.sqlite import set_aside

__all__ = ["IndexReport", "Progress", "index", "read_site"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far indexing is: bytes read of the total, and items seen so far."""

    site: str
    warc: str
    read: int
    total: int
    items: int


@dataclass(slots=True)
class IndexReport:
    """What an indexing did. `written` counts new or changed item rows; `damaged` is what could not be indexed.

    `unheld` lists, per site, the listings of its last run that claim items without a row.
    """

    rebuilt: bool = False
    sites: int = 0
    records: int = 0
    captures: int = 0
    items: int = 0
    written: int = 0
    links: int = 0
    runs: int = 0
    damaged: list[DamageRow] = field(default_factory=list)
    unheld: dict[str, list[Unheld]] = field(default_factory=dict)


def index(
    archive: Archive,
    sites: Sequence[str] | None = None,
    *,
    rebuild: bool = False,
    mend: bool = False,
    progress: Callable[[Progress], None] | None = None,
    notice: Callable[[str], None] | None = None,
) -> IndexReport:
    """Bring `archive.db` up to date with the WARCs of `sites` (default: all); `rebuild` rebuilds it from them alone.

    It is also rebuilt, for all sites, if its rows follow older rules, and with `mend` if it is damaged; the damaged one
    is set aside. `notice` receives one line about either. The caller holds the locks of the sites. Raises StorageError
    (disk full, not writable: the previous database remains), DamagedError (the database itself is damaged: rebuild),
    UsageError (it belongs to a newer wparchive), LockedError (another indexing does not end). Damage in a WARC raises
    nothing: it costs the affected records, and is a row of `damage`. Only `rebuild` reads every byte of media.

    >>> index(Archive("archive")).damaged
    []
    """
    job = _Job(archive, sites, progress or _quiet, notice or _quiet)
    with archive.index_lock():
        try:
            return job.run(rebuild=rebuild)
        except DamagedError as error:
            if not (rebuild or mend) or not os.path.lexists(archive.database):
                raise
            with trouble(archive.database):
                aside = set_aside(archive.database)
            kept = f"set aside as {aside.name}" if os.path.lexists(aside) else "taken away"
            job.notice(f"{error.args[0].partition(';')[0]}; {kept}, and rebuilt from the WARCs")
            try:
                return job.run(rebuild=True)
            except BaseException:  # a damaged database is better than none
                with suppress(OSError):
                    aside.rename(archive.database)
                raise


def _quiet(_: object) -> None:
    pass


class _Job:
    """One indexing of some sites."""

    def __init__(
        self,
        archive: Archive,
        sites: Sequence[str] | None,
        progress: Callable[[Progress], None],
        notice: Callable[[str], None],
    ) -> None:
        self._archive, self._progress, self.notice = archive, progress, notice
        self._all = [site.name for site in archive.sites()]
        self._names = [name for name in self._all if sites is None or name in sites]

    def run(self, *, rebuild: bool) -> IndexReport:
        """Bring the database up to date, or rebuild it. Raises what `index` raises."""
        report = IndexReport()
        path = self._archive.database
        stood = os.path.lexists(path)
        stands = stood and self._follows_the_rules()
        report.rebuilt = not stands or (rebuild and set(self._all) == set(self._names))
        absent = [] if report.rebuilt else self._absent()
        if not (report.rebuilt or rebuild or absent) and _up_to_date(self._archive, self._names):
            at_rest(path)
            report.damaged = damage_in(path, self._names)
            return report
        # A rebuilt database must contain the other sites too, if the old one did.
        names = self._all if stood and not stands else self._names
        self._write(names, absent, report, rebuild=rebuild)
        return report

    def _write(self, names: Sequence[str], absent: Sequence[str], report: IndexReport, *, rebuild: bool) -> None:
        """Write the rows of the sites `names`, and remove those of the `absent` ones."""
        path = self._archive.database
        opened = write_new if report.rebuilt else write_in_place
        with closing(Ahead()) as ahead, opened(path, private=self._archive.is_private) as conn:
            if not report.rebuilt:
                stamp(conn, pictures=stamp_of(conn).pictures, whole=False)
                ensure(conn)
                self._remove(conn, absent)
            for name in names:
                self._index(conn, name, report, ahead, rebuild=rebuild)
            pictures.fill(conn, self._archive)
            fill_kinship(conn)
            _finish(conn, rebuilt=report.rebuilt)
            report.damaged = damage_of(conn, names)
        write_beside(path, private=self._archive.is_private)

    def _remove(self, conn: sqlite3.Connection, absent: Sequence[str]) -> None:
        """Delete the rows of sites that are not in the archive any more."""
        for name in absent:
            self.notice(f"{name}: not in this archive (it has no folder here); its rows are removed from archive.db")
            _forget(conn, name)

    def _absent(self) -> list[str]:
        """Return the sites with rows but without a folder: it was removed, or the database belongs to another archive."""
        held = {site.name for site in self._archive.sites()}
        with reading(self._archive.database) as conn:
            return [name for (name,) in conn.execute("SELECT site FROM sites ORDER BY site") if name not in held]

    def _follows_the_rules(self) -> bool:
        """Return whether the existing rows follow the current rules. Raises what `reading` raises."""
        with reading(self._archive.database) as conn:
            rules = stamp_of(conn).rules
        if rules < ROW_RULES:
            self.notice("archive.db: its rows follow the rules of an older wparchive; rebuilt from the WARCs")
        return rules == ROW_RULES

    def _index(self, conn: sqlite3.Connection, name: str, report: IndexReport, ahead: Ahead, *, rebuild: bool) -> None:
        def on_progress(warc: str, read: int, total: int) -> None:
            self._progress(Progress(name, warc, read, total, report.items))

        if rebuild and not report.rebuilt:
            _forget(conn, name)
        # The last run of a site that is only included here may be continued by whoever holds its lock.
        being_written, afresh = name not in self._names, rebuild or report.rebuilt
        read_site(
            conn,
            self._archive,
            name,
            report,
            ahead,
            on_progress,
            being_written=being_written,
            afresh=afresh,
            every_byte=rebuild,
        )
        report.sites += 1


def _finish(conn: sqlite3.Connection, *, rebuilt: bool) -> None:
    if rebuilt:
        # Built once at the end, indexes cost a third of maintaining them while the tables are filled.
        ensure(conn)
    conn.execute("PRAGMA analysis_limit = 400")
    conn.execute("ANALYZE" if rebuilt else "PRAGMA optimize").fetchall()
    take_imprints(conn)
    stamp(conn, pictures=pictures.available())


def read_site(
    conn: sqlite3.Connection,
    archive: Archive,
    name: str,
    report: IndexReport,
    ahead: Ahead,
    on_progress: Callable[[str, int, int], None] = lambda *_: None,
    *,
    extent: Extent | None = None,
    being_written: bool = False,
    afresh: bool = False,
    every_byte: bool = False,
) -> None:
    """Bring the rows of one site up to date, or up to `extent`. `being_written`: its open file is being written.

    `afresh`: it has no rows yet. `every_byte`: media are read too, for their checksums.
    """

    def read(*, afresh: bool, every_byte: bool) -> None:
        SiteIndexer(
            conn,
            archive,
            name,
            report,
            ahead,
            on_progress,
            extent=extent,
            being_written=being_written,
            afresh=afresh,
            every_byte=every_byte,
        ).catch_up()

    try:
        read(afresh=afresh, every_byte=every_byte)
    except OutOfOrderError:
        # A file was added before ones that are indexed: only reading all of them again has the result of a rebuild.
        _forget(conn, name)
        read(afresh=True, every_byte=True)


def _forget(conn: sqlite3.Connection, name: str) -> None:
    # It may have been removed so that nobody reads it any more, not even in the free pages of the file.
    conn.execute("PRAGMA secure_delete = ON")
    forget_site(conn, name)
    Words(conn).rebuild()


def _up_to_date(archive: Archive, names: Sequence[str]) -> bool:
    """Return whether every file is read to its end and every run concluded. Writes nothing."""
    path = archive.database
    with reading(path) as conn:
        stamped = stamp_of(conn)
        looked = stamped.pictures or not pictures.available()
        if (
            not stamped.whole
            or not looked
            or conn.execute("SELECT 1 FROM _wparchive_runs WHERE NOT finished").fetchone()
        ):
            return False
        ends = dict(conn.execute('SELECT warc, "end" FROM _wparchive_files').fetchall())
        return all(_is_read(conn, archive.site(name), ends) for name in names)


def _is_read(conn: sqlite3.Connection, site: SiteFolder, ends: Mapping[str, int]) -> bool:
    files = {site.relative(path): path.stat().st_size for path in site.warcs()}
    known = {warc: end for warc, end in ends.items() if warc.startswith(f"{site.name}/")}
    whole = known == files
    return whole and not misses_damage(conn, site, ends) and is_named(conn, site.name, site.strays(), set(files))
