"""The catalogue: what is known of all sites in one SQLite database, brought up to date while others read it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from crawlkit import invoke
from fleetrows import add_site, add_turn, add_worker, fleet_toml

from wparchive.errors import UsageError
from wparchive.fleet.joining.catalogue import catalogue
from wparchive.fleet.manifest import Head, StoredFile, read_head, write_head
from wparchive.fleet.objects import ObjectStore


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore((tmp_path / "objects").as_uri())


def put_head(store: ObjectStore, site: str, generation: int, sizes: list[int]) -> None:
    files = {f"warc/{number}.warc.gz": StoredFile(size, "0" * 64) for number, size in enumerate(sizes)}
    found = read_head(store, site)
    head = Head(url=f"https://{site}/", generation=generation, epoch=1, run="r", outcome="complete", files=files)
    write_head(store, site, head, found[1] if found else None)


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query).fetchall()


def test_the_catalogue_has_what_heads_and_tables_say(conn: Any, store: ObjectStore, tmp_path: Path) -> None:
    """Sites with how their last turn ended, WARCs and bytes by their HEADs, what is held, networks, workers, gaps."""
    add_site(conn, "a.example", late=60, generation=1, held=json.dumps({"post": 3, "page": 1}))
    add_site(conn, "b.example", "other", state="poison")
    add_turn(conn, "a.example", 500, "complete", code=0)
    add_turn(conn, "a.example", 100, "incomplete", code=3, reason="two gaps")
    add_worker(conn, "dead:1", 100)
    put_head(store, "a.example", 1, [100, 20])
    path = tmp_path / "catalogue.db"
    assert catalogue(path, conn, store) == 2
    assert rows(path, "SELECT site, generation, warcs, bytes FROM heads") == [("a.example", 1, 2, 120)]
    assert rows(path, "SELECT site, type, items FROM held") == [("a.example", "page", 1), ("a.example", "post", 3)]
    assert rows(path, "SELECT site, outcome, code, reason FROM gaps") == [("a.example", "incomplete", 3, "two gaps")]
    assert rows(path, "SELECT site FROM needs_a_person") == [("b.example",)]
    assert rows(path, "SELECT network, waiting FROM networks ORDER BY 1") == [("net", 1), ("other", 0)]
    assert rows(path, "SELECT name, dead FROM workers") == [("dead:1", 1)]
    assert rows(path, "SELECT count(*) FROM turns") == [(2,)]
    assert json.loads(rows(path, "SELECT status FROM summary")[0][0])["due"] == 1


def test_a_catalogue_follows_while_it_is_read(conn: Any, store: ObjectStore, tmp_path: Path) -> None:
    """Only what has moved is read again: a HEAD of the same generation isn't, a turn that has ended meanwhile is."""
    path = tmp_path / "catalogue.db"
    add_site(conn, "a.example", generation=1)
    add_site(conn, "b.example", generation=1)
    add_turn(conn, "a.example", 5, None)
    for site in ("a.example", "b.example"):
        put_head(store, site, 1, [100])
    catalogue(path, conn, store)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM heads").fetchone() == (2,)
        put_head(store, "a.example", 1, [100, 1])  # unseen: its generation is known
        put_head(store, "b.example", 2, [100, 1])
        conn.execute("UPDATE fleet.sites SET generation = 2 WHERE site = 'b.example'")
        conn.execute("UPDATE fleet.turns SET ended = fleet.now(), outcome = 'complete'")
        catalogue(path, conn, store)
        assert reader.execute("SELECT sum(bytes) FROM heads").fetchone() == (200,)  # as it began
    assert rows(path, "SELECT site, bytes FROM heads ORDER BY 1") == [("a.example", 100), ("b.example", 101)]
    assert rows(path, "SELECT outcome FROM turns") == [("complete",)]
    conn.execute("DELETE FROM fleet.sites WHERE site = 'a.example'")
    catalogue(path, conn, store)
    assert rows(path, "SELECT site FROM heads") == rows(path, "SELECT site FROM sites") == [("b.example",)]


def test_a_head_that_is_damaged_costs_only_itself(conn: Any, store: ObjectStore, tmp_path: Path) -> None:
    """The others are in the catalogue all the same."""
    for site in ("a.example", "b.example"):
        add_site(conn, site, generation=1)
    store.swap("a.example/HEAD.json", b"{", None)
    put_head(store, "b.example", 1, [1])
    path = tmp_path / "catalogue.db"
    assert catalogue(path, conn, store) == 2
    assert rows(path, "SELECT site FROM heads") == [("b.example",)]


@pytest.mark.parametrize("content", [b"mine", b""])
def test_a_file_that_is_something_else_is_left_alone(conn: Any, content: bytes, tmp_path: Path) -> None:
    """Neither a text nor another database is overwritten; an empty file is no loss."""
    path = tmp_path / "mine"
    path.write_bytes(content)
    if content:
        with pytest.raises(UsageError, match="no catalogue"):
            catalogue(path, conn, None)
        assert path.read_bytes() == content
    else:
        assert catalogue(path, conn, None) == 0
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE sites (site)")
    with pytest.raises(UsageError, match="no catalogue"):
        catalogue(other, conn, None)


def test_the_command_makes_it(database: str, conn: Any, tmp_path: Path) -> None:
    """And says how many sites it has."""
    add_site(conn, "a.example")
    path = tmp_path / "catalogue.db"
    done = invoke("fleet", "catalogue", path, "--config", fleet_toml(tmp_path, database))
    assert done.stdout == f"{path}: 1 sites\n"
