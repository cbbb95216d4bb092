"""Disks, damage and other readers: what stood before stands, and the message says what to do."""

import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from archives import SITE, World, post

from wparchive.errors import DamagedError, StorageError
from wparchive.index import IndexReport, index, schema
from wparchive.index.database import writing as database
from wparchive.store import members


def crawl(world: World, *ids: int) -> None:
    """A run that holds some posts."""
    run = world.run().site()
    run.get("/wp/v2/posts", [post(wp_id) for wp_id in ids])
    run.end()


def count(world: World) -> int:
    """How many posts are indexed."""
    return int(world.one("SELECT count(*) FROM posts"))


def test_a_full_disk_keeps_what_was_indexed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """In place and anew: StorageError, the old rows stay, no temporary file stays, and the next time all is well."""
    crawl(world, 1)
    world.index()
    crawl(world, *range(2, 80))
    small = (*database._IN_PLACE, "max_page_count = 1")
    monkeypatch.setattr(database, "_IN_PLACE", small)
    with pytest.raises(StorageError, match="make room"):
        world.index()
    assert count(world) == 1
    monkeypatch.setattr(database, "_NEW_FILE", (*database._NEW_FILE, "max_page_count = 90"))
    with pytest.raises(StorageError, match="make room"):
        world.index(rebuild=True)
    assert count(world) == 1
    assert not list(world.archive.root.glob("archive.db.new*"))
    monkeypatch.undo()
    world.index()
    assert count(world) == 79


def test_a_database_that_is_none_is_said_so_and_rebuilt(world: World) -> None:
    """Garbage in its place: DamagedError that names the way out, which works."""
    crawl(world, 1)
    world.archive.database.write_bytes(b"not a database at all" * 999)
    with pytest.raises(DamagedError, match="index --rebuild"):
        world.index()
    world.index(rebuild=True)
    assert count(world) == 1


def test_readers_see_a_rebuilt_database_without_harm(world: World) -> None:
    """A connection that stays open over a rebuild reads the old rows or the new ones, never a mixture."""
    crawl(world, 1)
    world.index()
    with closing(sqlite3.connect(f"file:{world.archive.database}?mode=ro", uri=True)) as reader:
        assert reader.execute("SELECT count(*) FROM posts").fetchone() == (1,)
        crawl(world, 2)
        world.index(rebuild=True)
        assert reader.execute("SELECT count(*) FROM posts").fetchone() == (2,)
        assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        crawl(world, 3)
        world.index()
        assert reader.execute("SELECT count(*) FROM posts").fetchone() == (3,)
    assert world.one("PRAGMA integrity_check") == "ok"


def test_the_database_is_left_without_a_log_that_a_reader_would_have_to_write(world: World) -> None:
    """So that anyone can read it on read-only media; where somebody reads it meanwhile, the next run leaves it so."""
    wal = world.archive.database.with_name("archive.db-wal")
    for wp_id in (1, 2):
        crawl(world, wp_id)
        world.index()
        assert world.one("PRAGMA journal_mode") == "delete"
        assert not wal.exists()
    with closing(sqlite3.connect(f"file:{world.archive.database}?mode=ro", uri=True)) as reader:
        crawl(world, 3)
        reader.execute("BEGIN")
        world.one("SELECT count(*) FROM posts")
        world.index()
        assert reader.execute("SELECT count(*) FROM posts").fetchone() == (3,)
    with closing(sqlite3.connect(world.archive.database)) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("SELECT count(*) FROM posts").fetchone()
    world.index()
    assert world.one("PRAGMA journal_mode") == "delete"


def test_what_is_given_up_in_a_database_made_anew_leaves_it_sound(tmp_path: Path) -> None:
    """It is made without a journal, so nothing can be rolled back in it: whoever goes on forgets the site instead."""
    path = tmp_path / "archive.db"
    with database.write_new(path) as conn:
        for begin in range(0, 3000, 1000):
            with suppress(KeyError), database.transaction(conn):
                rows = [(f"run-{n % 2000}", "s" * 900) for n in range(begin, begin + 1000)]
                conn.executemany("INSERT OR REPLACE INTO runs (run, site) VALUES (?, ?)", rows)
                conn.execute("DELETE FROM runs WHERE rowid % 3 = 0")
                raise KeyError
    with closing(sqlite3.connect(path)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_rows_of_older_rules_are_made_again_from_the_warcs(world: World) -> None:
    """An old database brought up to date equals one made anew, also where only one of its sites is indexed; said once."""
    crawl(world, 1)
    other = world.run("example.net").site()
    other.get("/wp/v2/posts", [post(5)])
    other.end()
    world.index()
    with closing(sqlite3.connect(world.archive.database)) as conn:
        conn.execute("UPDATE posts SET text_sha256 = NULL, slug = 'as older rules had it'")
        conn.execute("DELETE FROM outbound")
        conn.execute(f"PRAGMA user_version = {(schema.ROW_RULES - 1) * 4 + 3}")
        conn.commit()
    told: list[str] = []
    index(world.archive, ["example.org"], notice=told.append)
    index(world.archive, notice=told.append)
    assert len(told) == 1
    assert "older wparchive" in told[0]
    brought = world.dump()
    assert world.rebuilt() == brought


def damage(file: Path) -> None:
    """Flip a byte in the middle of the record in the middle; its gzip header may say what it likes."""
    data = bytearray(file.read_bytes())
    one = next(one for one in members(file) if one.offset + one.length > len(data) // 2)
    data[one.offset + one.length // 2] ^= 0xFF
    file.write_bytes(data)


def test_damage_costs_only_the_record_that_it_hits(world: World) -> None:
    """The report names the place; everything else is indexed, what stands behind it in the same file too."""
    run = world.run().site()
    for wp_id in range(20):
        run.get(f"/wp/v2/posts/{wp_id}", post(wp_id), kind="item")
    run.end()
    crawl(world, 100)
    files = sorted(world.archive.site("example.org").warc.glob("*.warc.gz"))
    damage(files[0])
    report: IndexReport = world.index()
    assert len(report.damaged) == 1
    assert files[0].name in report.damaged[0].warc
    assert count(world) in (20, 21)
    assert world.one("SELECT count(*) FROM posts WHERE wp_id = 100") == 1
    again = world.index()
    assert again.damaged == report.damaged
    stepwise = world.dump()
    assert world.rebuilt() == stepwise


def test_progress_is_told_to_the_end(world: World) -> None:
    """Bytes grow to the total."""
    crawl(world, 1)
    told: list[tuple[int, int]] = []
    world.index(progress=lambda step: told.append((step.read, step.total)))
    assert told
    assert told == sorted(told)
    assert all(0 <= read <= total for read, total in told)


def test_a_column_that_the_schema_gains_comes_into_an_old_database(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the rules that move with it: the rows are made anew."""
    crawl(world, 1)
    world.index()
    with closing(sqlite3.connect(world.archive.database)) as conn:
        conn.execute(f"PRAGMA user_version = {(schema.ROW_RULES - 1) * 4 + 3}")
    grown = replace(schema.TABLES["users"], spelled=f"{schema.TABLES['users'].spelled} extra:INTEGER")
    monkeypatch.setitem(schema.TABLES, "users", grown)
    world.index()
    assert "extra" in {row[1] for row in world.rows("PRAGMA table_info(users)")}
    assert count(world) == 1


def test_rows_of_a_site_that_is_not_in_the_archive_are_taken_out(world: World, tmp_path: Path) -> None:
    """The database of another archive, or a folder that was removed: nothing stands for records that aren't there."""
    for site in (SITE, "example.net"):
        run = world.run(site)
        run.get("/wp/v2/posts", [post(1)])
        run.end()
    world.index()
    shutil.move(world.archive.site("example.net").path, tmp_path / "elsewhere")
    told: list[str] = []
    world.index(notice=told.append)
    assert len(told) == 1 and told[0].startswith("example.net: ")
    before = world.dump()
    assert world.rows("SELECT site FROM sites") == [(SITE,)]
    assert world.rebuilt() == before
