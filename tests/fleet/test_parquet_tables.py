"""Tables across all sites as Parquet: the rows of archive.db, read by the programs that people have."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow.dataset as dataset
import pytest
from crawlkit import SMALL, invoke
from fakewp import FakeWordPress
from stocking import put_database, put_site

from wparchive.fleet.joining.parquet import TABLES_TOLD, bucket_of, write_parquet
from wparchive.fleet.objects import ObjectStore
from wparchive.store import Archive

SITES = ("one.example", "two.example", "three.example")


class Shelf:
    """Two sites in a store with their rows, a third without; `archive` has the same rows."""

    def __init__(self, folder: Path) -> None:
        self.archive = Archive(folder / "archive")
        self.store = ObjectStore((folder / "objects").as_uri())
        self.scratch = folder / "scratch"
        with FakeWordPress(**SMALL) as site:
            for name in SITES[:2]:
                for content in ("<p>As it was.</p>", "<p>Not as it was.</p>"):
                    site.edit(site.ids("post")[0], content=content)
                    invoke("crawl", site.url, "-a", self.archive.root, "--site-name", name, "--no-seal")
                put_site(self.store, self.archive, name, url=site.url)
                put_database(self.store, self.archive, name, self.scratch)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("shelf"))


def rows(archive: Archive, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(archive.database)) as conn:
        return conn.execute(query).fetchall()


@pytest.mark.parametrize("table", TABLES_TOLD)
def test_parquet_has_the_rows_of_the_databases(shelf: Shelf, table: str, tmp_path: Path) -> None:
    """Value for value and in their kinds, without `raw`; in the folder of the site's hash."""
    done = write_parquet(shelf.store, ObjectStore(tmp_path.as_uri()), SITES)
    assert (done.written, done.without, done.faults) == (2, 1, [])
    found = dataset.dataset(tmp_path / table, format="parquet", partitioning="hive").to_table()
    names = [name for name in found.column_names if name != "bucket"]
    assert "raw" not in names and "site" in names
    quoted = ", ".join(f'"{name}"' for name in names)
    expected = rows(shelf.archive, f"SELECT {quoted} FROM {table}")
    assert expected
    got = [tuple(row[name] for name in names) for row in found.to_pylist()]
    assert sorted(got, key=repr) == sorted(expected, key=repr)
    assert {path.parent.name for path in (tmp_path / table).rglob("*.parquet")} == {
        f"bucket={bucket_of(site)}" for site in SITES[:2]
    }


def test_what_has_not_moved_is_left_and_what_has_is_replaced(shelf: Shelf, tmp_path: Path) -> None:
    """A site's old file goes when its new one is there; those of other sites aren't touched."""
    target = ObjectStore(tmp_path.as_uri())
    write_parquet(shelf.store, target, SITES)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    again = write_parquet(shelf.store, target, SITES)
    assert (again.written, again.kept) == (0, 2)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")} == before
    put_site(shelf.store, shelf.archive, "one.example", url="http://127.0.0.1/")
    put_database(shelf.store, shelf.archive, "one.example", tmp_path / "scratch")
    assert write_parquet(shelf.store, target, SITES).written == 1
    names = sorted(path.name for path in (tmp_path / "posts").rglob("*.parquet"))
    assert names == ["one.example-2.parquet", "two.example-1.parquet"]


def test_duckdb_reads_it(shelf: Shelf, tmp_path: Path) -> None:
    """With one glob over all folders, buckets as a column."""
    duckdb = pytest.importorskip("duckdb")
    write_parquet(shelf.store, ObjectStore(tmp_path.as_uri()), SITES)
    query = (
        f"SELECT site, count(*) FROM read_parquet('{tmp_path}/posts/*/*.parquet', hive_partitioning = true) GROUP BY 1"
    )
    found = sorted(duckdb.sql(query).fetchall())
    assert found == rows(shelf.archive, "SELECT site, count(*) FROM posts GROUP BY 1 ORDER BY 1")


def test_what_only_credentials_showed_is_not_written(shelf: Shelf, tmp_path: Path) -> None:
    """Neither those rows nor the others of that database: it isn't for handing on."""
    objects = tmp_path / "objects"
    store = ObjectStore(objects.as_uri())
    put_site(store, shelf.archive, "one.example", url="http://127.0.0.1/")
    put_database(store, shelf.archive, "one.example", tmp_path / "scratch", private=True)
    done = write_parquet(store, ObjectStore((tmp_path / "out").as_uri()), ["one.example"])
    assert done.written == 0 and "only credentials showed" in done.faults[0]
    assert list((tmp_path / "out").rglob("*.parquet")) == []
