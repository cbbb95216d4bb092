"""Puts the databases of several sites into one `archive.db`: the rows that indexing all of their WARCs would give."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from wparchive.index.database.creation import ensure
from wparchive.index.database.imprint import take_imprints
from wparchive.index.database.writing import transaction, trouble, write_in_place, write_new
from wparchive.index.files import pictures
from wparchive.index.kinship.filling import fill_kinship
from wparchive.index.kinship.tables import KINSHIP, KINSHIP_NOTES
from wparchive.index.schema import ROW_RULES, TABLES, stamp, stamp_of
from wparchive.index.search.words import Words
from wparchive.index.shipped import write_beside
from wparchive.index.site_indexer import forget_site
from wparchive.store.sqlite import read_only, read_only_uri

__all__ = ["held_sites", "is_current", "join", "shows_private"]

_REMEDY = "gather the site again, or run `wparchive fleet check`"
# Digests of the file itself, and what depends on the texts of all sites.
_OWN = ("_wparchive_imprints", *(table.name for table in (*KINSHIP, *KINSHIP_NOTES)))


def is_current(path: Path) -> bool:
    """Return whether the database at `path` is whole and has the rows that this version makes. Raises DamagedError."""
    with read_only(path, _REMEDY) as conn:
        found = stamp_of(conn)
    return found.rules == ROW_RULES and found.whole and (found.pictures or not pictures.available())


def shows_private(path: Path) -> bool:
    """Return whether the database at `path` has rows that only credentials showed."""
    with read_only(path, _REMEDY) as conn:
        return conn.execute("SELECT 1 FROM captures WHERE privilege != 'anonymous' LIMIT 1").fetchone() is not None


def held_sites(path: Path) -> set[str]:
    """Return the sites with rows in the database at `path`; none without one."""
    if not path.is_file():
        return set()
    with read_only(path, _REMEDY) as conn:
        return {name for (name,) in conn.execute("SELECT site FROM sites")}


def join(target: Path, sources: Iterable[tuple[str, Path]], *, private: bool) -> None:
    """Put the rows of each site, in the order of their names, into the database `target`; a site that is there is replaced.

    Every source is current (`is_current`), and has the rows of that one site. Raises StorageError and DamagedError.
    """
    stands = target.is_file()
    opened = write_in_place if stands else write_new
    with opened(target, private=private) as conn:
        looked = not stands or stamp_of(conn).pictures
        if stands:
            stamp(conn, pictures=looked, whole=False)
        for site, path in sorted(sources):
            if conn.execute("SELECT 1 FROM sites WHERE site = ?", (site,)).fetchone():
                forget_site(conn, site)
            with trouble(path), _attached(conn, path), transaction(conn):
                _copy(conn, site)
                looked = looked and _looked(path)
        fill_kinship(conn)
        # Built once at the end, as indexing does.
        ensure(conn)
        Words(conn).rebuild()
        conn.execute("ANALYZE")
        take_imprints(conn)
        stamp(conn, pictures=looked)
    write_beside(target, private=private)


@contextmanager
def _attached(conn: sqlite3.Connection, path: Path) -> Iterator[None]:
    conn.execute("ATTACH ? AS source", (read_only_uri(path),))
    try:
        yield
    finally:
        conn.execute("DETACH source")


def _looked(path: Path) -> bool:
    """Return whether the pictures of the database at `path` were hashed."""
    with read_only(path, _REMEDY) as conn:
        return stamp_of(conn).pictures


def _copy(conn: sqlite3.Connection, site: str) -> None:
    for table in TABLES.values():
        if table.name in _OWN:
            continue
        columns = ", ".join(f'"{name}"' for name in table.columns)
        only = " WHERE site = :site" if "site" in table.columns else ""
        # By rowid, so that rows without a key keep their order.
        order = " ORDER BY rowid" if table.rowid else ""
        conn.execute(
            f"INSERT OR IGNORE INTO main.{table.name} ({columns}) "  # noqa: S608 - our own names
            f"SELECT {columns} FROM source.{table.name}{only}{order}",
            {"site": site},
        )
