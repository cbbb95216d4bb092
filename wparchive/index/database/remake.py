"""Builds the database again beside the existing one, only as far as that one has read the WARCs, to compare the two."""

import sqlite3
from contextlib import closing
from pathlib import Path

from wparchive.index.database.creation import migrate
from wparchive.index.database.writing import scratch
from wparchive.index.entries.reader_process import Ahead
from wparchive.index.entries.unread import Extent
from wparchive.index.files import pictures
from wparchive.index.indexer import IndexReport, read_site
from wparchive.index.kinship.filling import fill_kinship
from wparchive.index.schema import FULL_TEXT, stamp
from wparchive.store import Archive

__all__ = ["extent_of", "remake"]


def extent_of(conn: sqlite3.Connection) -> Extent:
    """Return how far the database claims to have read each WARC, and which runs it claims are unfinished."""
    ends = conn.execute('SELECT warc, "end" FROM _wparchive_files').fetchall()
    runs = conn.execute("SELECT run FROM _wparchive_runs WHERE finished = 0").fetchall()
    return Extent({warc: end for warc, end in ends if isinstance(end, int)}, frozenset(run for (run,) in runs))


def remake(archive: Archive, path: Path, extent: Extent, sites: set[str]) -> None:
    """Build at `path` what an `archive.db` must be that has read up to `extent`, without indexes and search.

    `sites` are those that it contains. Raises StorageError.
    """
    with scratch(path) as conn, closing(Ahead()) as ahead:
        migrate(conn)
        for name in FULL_TEXT:
            conn.execute(f"DROP TABLE {name}")
        for site in archive.sites():
            if site.name in sites:
                read_site(conn, archive, site.name, IndexReport(), ahead, extent=extent, afresh=True)
        pictures.fill(conn, archive)
        fill_kinship(conn)
        stamp(conn, pictures=pictures.available())
