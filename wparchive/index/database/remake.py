"""The database once more, beside the one that stands and only as far as that one has read the WARCs: to compare the two."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from wparchive.index.database.creation import ensure, migrate
from wparchive.index.database.writing import connect, scratch
from wparchive.index.files import pictures
from wparchive.index.indexer import IndexReport, read_site
from wparchive.index.reader_process import Ahead
from wparchive.index.schema import SEARCHED, stamp
from wparchive.index.site_indexer import Extent
from wparchive.store import Archive

__all__ = ["extent_of", "model", "remake"]


def extent_of(conn: sqlite3.Connection) -> Extent:
    """How far the database says that it has read each WARC, and which runs it says that it hasn't concluded."""
    ends = conn.execute('SELECT warc, "end" FROM _wparchive_files').fetchall()
    runs = conn.execute("SELECT run FROM _wparchive_runs WHERE finished = 0").fetchall()
    return Extent({warc: end for warc, end in ends if isinstance(end, int)}, frozenset(run for (run,) in runs))


def remake(archive: Archive, path: Path, extent: Extent, sites: set[str]) -> None:
    """Make at `path` what `archive.db` must be that has read as far as `extent`; without its indexes and its search.

    `sites` are those that it speaks of. Raises StorageError.
    """
    with scratch(path) as conn, closing(Ahead()) as ahead:
        migrate(conn)
        for table in SEARCHED:
            conn.execute(f"DROP TABLE {table.fts}")
        for site in archive.sites():
            if site.name in sites:
                read_site(conn, archive, site.name, IndexReport(), ahead, extent=extent, afresh=True)
        pictures.fill(conn, archive)
        stamp(conn, pictures=pictures.available())


@contextmanager
def model() -> Iterator[sqlite3.Connection]:
    """An empty database with all that one of ours has: tables, indexes, views."""
    with closing(connect(Path(":memory:"))) as conn:
        migrate(conn)
        ensure(conn)
        yield conn
