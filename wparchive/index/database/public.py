"""Builds a database from the public WARCs alone, for whoever may not see what only credentials showed."""

from contextlib import closing
from pathlib import Path

from wparchive.index.database.creation import ensure, migrate
from wparchive.index.database.writing import scratch
from wparchive.index.entries.reader_process import Ahead
from wparchive.index.entries.unread import Extent
from wparchive.index.files import pictures
from wparchive.index.indexer import IndexReport, read_site
from wparchive.index.kinship.filling import fill_kinship
from wparchive.index.schema import stamp
from wparchive.store import Archive

__all__ = ["build_public"]


def build_public(archive: Archive, path: Path) -> None:
    """Build at `path` what `archive.db` would be without captures made with credentials. Raises StorageError."""
    with scratch(path) as conn, closing(Ahead()) as ahead:
        migrate(conn)
        for site in archive.sites():
            private = set(site.private_warcs())
            public = [warc for warc in site.warcs() if warc not in private]
            ends = {site.relative(warc).removesuffix(".open"): warc.stat().st_size for warc in public}
            extent = Extent(ends, frozenset(), public=True)
            read_site(conn, archive, site.name, IndexReport(), ahead, extent=extent, afresh=True)
        ensure(conn)
        pictures.fill(conn, archive)
        fill_kinship(conn)
        conn.execute("ANALYZE")
        stamp(conn, pictures=pictures.available())
