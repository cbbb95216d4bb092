"""Tables across all sites of a fleet as Parquet, for questions that no single archive.db answers.

PREFIX/TABLE/bucket=HH/SITE-GENERATION.parquet: 256 folders by a hash of the site's name, a file for each site.
"""

import hashlib
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from importlib import import_module
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from wparchive.errors import UsageError, WparchiveError
from wparchive.fleet.joining.join import is_current, shows_private
from wparchive.fleet.joining.shelf import fetch_database
from wparchive.fleet.manifest import read_index
from wparchive.fleet.objects import ObjectStore
from wparchive.index.schema import TABLES
from wparchive.store.sqlite import open_read_only

__all__ = ["TABLES_TOLD", "Written", "bucket_of", "write_parquet"]

TABLES_TOLD: Final = ("posts", "media_files", "observations", "captures")
"""The tables; without the column `raw`."""
_LEFT_OUT: Final = ("raw",)
_ROWS: Final = 10_000


@dataclass(slots=True)
class Written:
    """How many sites were written, were there already, or have no rows in the store; `faults` is a line for each other."""

    written: int = 0
    kept: int = 0
    without: int = 0
    faults: list[str] = field(default_factory=list)


def bucket_of(site: str) -> str:
    """Return the folder of a site: two hexadecimal digits of the SHA-256 of its name."""
    return hashlib.sha256(site.encode()).hexdigest()[:2]


def write_parquet(store: ObjectStore, target: ObjectStore, sites: Iterable[str]) -> Written:
    """Write the tables of `sites` from their databases in `store` to `target`; one that is there as it is now is kept.

    What only credentials showed is never written. Raises RemoteError, StorageError, and UsageError without pyarrow.
    """
    _pyarrow()
    done = Written()
    with TemporaryDirectory(prefix="wparchive-parquet-") as folder:
        for bucket, names in groupby(sorted(sites, key=lambda site: (bucket_of(site), site)), key=bucket_of):
            there = {one.key for table in TABLES_TOLD for one in target.list(_folder(table, bucket))}
            for site in names:
                try:
                    _write_site(store, target, site, there, Path(folder), done)
                except WparchiveError as error:
                    done.faults.append(f"{site}: {error}")
    return done


def _write_site(
    store: ObjectStore, target: ObjectStore, site: str, there: set[str], folder: Path, done: Written
) -> None:
    found = read_index(store, site)
    if found is None:
        done.without += 1
        return
    wanted = {table: _key(table, site, found[0].generation) for table in TABLES_TOLD}
    if there.issuperset(wanted.values()):
        done.kept += 1
        return
    path = folder / "archive.db"
    index = fetch_database(store, site, path)
    if index is None or not is_current(path):
        done.faults.append(f"{site}: its rows in the store are those of another version of wparchive")
        return
    if shows_private(path):
        done.faults.append(f"{site}: its rows in the store are not for handing on: only credentials showed some")
        return
    wanted = {table: _key(table, site, index.generation) for table in TABLES_TOLD}
    for table, key in wanted.items():
        if key not in there:
            target.put_new(key, _written(path, table, site, folder / f"{table}.parquet"))
    for key in sorted(there - set(wanted.values())):
        if _site_of(key) == site:
            target.delete(key)
    done.written += 1


def _folder(table: str, bucket: str) -> str:
    return f"{table}/bucket={bucket}"


def _key(table: str, site: str, generation: int) -> str:
    return f"{_folder(table, bucket_of(site))}/{site}-{generation}.parquet"


def _site_of(key: str) -> str:
    return key.rpartition("/")[2].rpartition("-")[0]


def _written(path: Path, table: str, site: str, target: Path) -> Path:
    """Write the rows of a site in one table to the file `target`, a group of rows at a time."""
    pyarrow, parquet = _pyarrow()
    kinds = {name: kind for name, kind in TABLES[table].types.items() if name not in _LEFT_OUT}
    kinds |= {one.name: "TEXT" for one in TABLES[table].generated}
    types = {"INTEGER": pyarrow.int64(), "TEXT": pyarrow.string()}
    schema = pyarrow.schema([(name, types[kind]) for name, kind in kinds.items()])
    columns = ", ".join(f'"{name}"' for name in kinds)
    query = f"SELECT {columns} FROM {table} WHERE site = ? ORDER BY rowid"  # noqa: S608 - our own names
    with closing(open_read_only(path)) as conn, parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        conn.text_factory = lambda data: data.decode("utf-8", "replace")
        rows = conn.execute(query, (site,))
        while batch := rows.fetchmany(_ROWS):
            arrays = [
                pyarrow.array([_fit(row[n], kind) for row in batch], types[kind])
                for n, kind in enumerate(kinds.values())
            ]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
    return target


def _fit(value: object, kind: str) -> object:
    """Return a value of SQLite, which may hold any kind in any column, as one of that kind; none where it is none."""
    if kind == "INTEGER":
        return value if isinstance(value, int) else None
    return value if value is None or isinstance(value, str) else str(value)


def _pyarrow() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise UsageError("Parquet needs another package: pip install 'wparchive[parquet]'") from None
