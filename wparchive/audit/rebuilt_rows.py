"""Compares the rows of `archive.db` with the WARCs: the database is rebuilt beside it, and every row compared."""

import errno
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from wparchive.audit import compare
from wparchive.audit.compare import Difference
from wparchive.audit.finding import Finding, Tally
from wparchive.errors import StorageError
from wparchive.index.database.creation import empty_database
from wparchive.index.database.opening import reading
from wparchive.index.database.remake import extent_of, remake
from wparchive.index.files import pictures
from wparchive.index.kinship.tables import KINSHIP, KINSHIP_NOTES
from wparchive.index.schema import ROW_RULES, TABLES, Stamp, stamp_of
from wparchive.store import Archive
from wparchive.store.sqlite import open_read_only, primary_code, read_only_uri

__all__ = ["Snapshot", "check_rows", "check_soundness", "snapshot"]

_NAMED = 100  # rows of one table that are named one by one
_ROOM = 2.1  # times the size of archive.db: its copy and the rebuilt one
_LEAST = 4 << 20
_LAST = frozenset(table.name for table in (*KINSHIP, *KINSHIP_NOTES))
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


class Snapshot:
    """A copy of `archive.db` at one moment, and a place for the rebuilt one; a running crawl may continue to write."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "stands.db"
        self.rebuilt = folder / "rebuilt.db"


@contextmanager
def snapshot(database: Path, tally: Tally) -> Iterator[Snapshot]:
    """Copy the database to a temporary folder (TMPDIR). Raises what `reading` raises, and StorageError without room."""
    try:
        with tempfile.TemporaryDirectory(prefix="wparchive-verify-") as name:
            copy = Snapshot(Path(name))
            _check_room(database, copy.path.parent)
            tally.place = name
            with reading(database) as conn, closing(sqlite3.connect(copy.path, isolation_level=None)) as target:
                try:
                    conn.backup(target)
                except sqlite3.Error as error:
                    if primary_code(error) in _FULL:
                        raise _no_room(copy.path.parent, str(error)) from error
                    raise
                target.execute("PRAGMA journal_mode = DELETE").fetchall()
            yield copy
    except OSError as error:
        raise _no_room(Path(tempfile.gettempdir()), error.strerror or str(error)) from error


def _check_room(database: Path, folder: Path) -> None:
    needed = int(database.stat().st_size * _ROOM) + _LEAST if database.is_file() else 0
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise _no_room(folder, f"{needed / 1e6:,.0f} MB are needed, {free / 1e6:,.0f} MB are free")


def _is_room(cause: BaseException | None) -> bool:
    return isinstance(cause, sqlite3.Error) or (
        isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT)
    )


def _no_room(folder: Path, why: str) -> StorageError:
    return StorageError(
        f"{folder}: no room to rebuild the database and compare it ({why}); name another place with TMPDIR"
    )


def check_soundness(copy: Snapshot) -> Iterator[Finding]:
    """Check the copy by itself: its pages, indexes and search tables. Raises sqlite3.Error."""
    with closing(sqlite3.connect(copy.path, isolation_level=None)) as conn:
        if (stamp := stamp_of(conn)).rules == ROW_RULES and stamp.whole:
            yield from map(_finding, compare.compare_imprints(conn))
        for (said,) in conn.execute("PRAGMA integrity_check(5)"):
            if said != "ok":
                yield Finding("database", f"archive.db isn't sound: {said}", "archive.db")
        yield from map(_finding, compare.compare_search(conn))


def check_rows(archive: Archive, copy: Snapshot, doubtful: set[str], tally: Tally) -> Iterator[Finding]:
    """Compare every row of the copy with the WARCs, as far as the copy has read them.

    For sites in `doubtful`, whose WARCs are damaged, differences are only counted: what the lost records said is
    unknown. Raises StorageError.
    """
    with closing(open_read_only(copy.path)) as stands:
        stamp = stamp_of(stands)
        if stamp.rules < ROW_RULES:
            tally.uncompared = (
                "archive.db follows the rules of an older wparchive: run `wparchive index`, then verify again"
            )
            return
        extent = extent_of(stands)
        named = stands.execute("SELECT site FROM sites UNION SELECT site FROM _wparchive_files").fetchall()
        found = compare.model_of(stands)
    try:
        remake(archive, copy.rebuilt, extent, {name for (name,) in named})
    except StorageError as error:
        if _is_room(error.__cause__):
            raise _no_room(copy.rebuilt.parent, str(error.__cause__)) from error
        yield Finding("database", f"archive.db can't be rebuilt from the WARCs: {error}", "archive.db")
        return
    with empty_database() as ours:
        expected = compare.model_of(ours)
    definitions = list(compare.compare_definitions(expected, found))
    yield from (_finding(one) for one in definitions)
    unlike = {one.table for one in definitions}
    with closing(open_read_only(copy.rebuilt)) as conn:
        # A forged database may contain text that is not UTF-8; it is compared, not decoded strictly.
        conn.text_factory = lambda data: data.decode("utf-8", "replace")
        conn.execute("ATTACH ? AS stands", (read_only_uri(copy.path),))
        differences = _differences(conn, unlike, stamp=stamp, tally=tally)
        yield from _reported(differences, doubtful, tally)


def _differences(conn: sqlite3.Connection, unlike: set[str], *, stamp: Stamp, tally: Tally) -> Iterator[Difference]:
    for name, table in TABLES.items():
        if name in unlike or name == "_wparchive_imprints":
            continue
        if name == "pictures" and not _looked_at(stamp, tally):
            continue
        if name in _LAST and not stamp.whole:  # filled at the end of an index run
            continue
        (count,) = conn.execute(f'SELECT count(*) FROM stands."{name}"').fetchone()  # noqa: S608 - our own names
        tally.compared[name] = count
        yield from compare.compare_table(conn, table)
    if not unlike & {"runs", "captures"}:
        yield from compare.compare_order(conn)


def _looked_at(stamp: Stamp, tally: Tally) -> bool:
    """Return whether pictures can be compared: they are hashed at the end of an index run, if Pillow is installed."""
    if not stamp.whole:
        tally.notes.append("an index is at work on archive.db, or was cut off: its pictures weren't compared")
    elif not pictures.available():
        tally.notes.append("pictures weren't compared: that needs Pillow (pip install 'wparchive[pictures]')")
    elif not stamp.pictures:
        tally.notes.append("pictures weren't looked at when the database was made; `wparchive index` does it now")
    return stamp.whole and stamp.pictures and pictures.available()


def _reported(differences: Iterable[Difference], doubtful: set[str], tally: Tally) -> Iterator[Finding]:
    """Yield the first findings of each table one by one, and the number of the rest."""
    counts: Counter[tuple[str, str, bool]] = Counter()
    for one in differences:
        tally.differ += 1
        # Who is kin depends on the texts of all sites.
        lost = one.site in doubtful or (bool(doubtful) and one.table in _LAST)
        counts[one.table, one.site, lost] += 1
        if not lost and counts[one.table, one.site, lost] <= _NAMED:
            yield _finding(one)
    for (table, site, lost), count in counts.items():
        if lost:
            message = (
                f"{table}: {count:,} rows of {site} can't be proven any more: they differ from what its WARCs give, which "
                "are damaged or incomplete; put these back from a copy and verify again"
            )
            yield Finding("unproven", message, "archive.db")
        elif count > _NAMED:
            yield Finding("row", f"{table}: {count - _NAMED:,} more rows of {site or table} differ", "archive.db")


def _finding(one: Difference) -> Finding:
    return Finding("row" if one.site else "database", one.message, "archive.db")
