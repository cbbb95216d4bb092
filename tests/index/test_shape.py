"""The shape of `archive.db`: what stands is what the schema says, and every table of items is read from its entry."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from archives import COLLECTIONS, SITE, World, post

from wparchive.ask.find_image import find_image
from wparchive.errors import DamagedError, UsageError
from wparchive.index.database.creation import VIEWS, empty_database
from wparchive.index.descriptions import TABLES_SAY, describe
from wparchive.index.schema import FULL_TEXT, ITEM_TABLES, SEARCHED, TABLES
from wparchive.index.table import PARENTS, Table

KEYS = {table: column for column, table in PARENTS.items()}


@pytest.fixture(scope="module")
def made() -> Iterator[sqlite3.Connection]:
    """A database as an index begins and ends it."""
    with empty_database() as conn:
        yield conn


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_stands_as_its_entry_says(made: sqlite3.Connection, table: Table) -> None:
    """Names, types, key, references, indexes: the schema is the one place that says them."""
    columns = made.execute(f'PRAGMA table_info("{table.name}")').fetchall()
    assert {name: kind for _, name, kind, *_ in columns} == table.types
    assert [name for _, name, *_ in columns] == list(table.columns)
    assert tuple(name for *_, name in sorted((row[5], row[1]) for row in columns if row[5])) == table.key
    assert {row[1] for row in columns if row[3]} == set(table.key), (
        "a part of a key is never empty, other columns may be"
    )
    references = {row[3]: (row[2], row[4]) for row in made.execute(f'PRAGMA foreign_key_list("{table.name}")')}
    computed = {column.name: column.refers_to for column in table.generated if column.refers_to}
    assert references == {column: (other, KEYS[other]) for column, other in {**table.references, **computed}.items()}
    names = [row[1] for row in made.execute(f'PRAGMA index_list("{table.name}")') if row[3] == "c"]
    indexes = [" ".join(row[2] for row in made.execute(f'PRAGMA index_info("{name}")')) for name in names]
    partial = [columns for columns, _ in table.partial]
    assert sorted(indexes) == sorted([*table.indexes, *partial, *filter(None, [table.unique])])
    assert made.execute("SELECT wr FROM pragma_table_list(?)", (table.name,)).fetchone() == (int(not table.rowid),)


def test_nothing_stands_that_the_schema_does_not_name(made: sqlite3.Connection) -> None:
    """Beside the search tables and the migrations, no table; the views are those of the schema."""
    found = made.execute("SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view', 'trigger')").fetchall()
    tables = {name for kind, name in found if kind == "table" and not name.startswith((*FULL_TEXT, "sqlite_"))}
    assert tables == {*TABLES, "_sqlite_migrations"}
    assert {name for kind, name in found if kind == "view"} == set(VIEWS)
    assert not [name for kind, name in found if kind == "trigger"]
    for table in SEARCHED:
        assert tuple(row[1] for row in made.execute(f"PRAGMA table_info({table.fts})")) == table.search


@pytest.mark.parametrize("table", ITEM_TABLES.values(), ids=ITEM_TABLES)
def test_an_item_table_names_columns_that_it_has(made: sqlite3.Connection, table: Table) -> None:
    """What a version, the search, the type and the outbound URLs are read from."""
    one = ITEM_TABLES[table.name]
    named = {one.title, one.content, *one.pointing, *one.search, *filter(None, (one.excerpt, one.type_column))}
    assert named <= set(one.columns)
    assert bool(one.type_column) != bool(one.only), "its items' type stands in a column, or is one for all"
    assert {"site", "wp_id", "raw", "capture", "payload_sha256", "gone"} <= set(one.columns)
    made.execute(f"SELECT site, type, items, gone, partial FROM held WHERE type = {one.type!r}")


def test_every_item_stands_in_the_register_and_what_belongs_to_it_leads_there(world: World) -> None:
    """Plain Datasette follows a reference of one column: versions, comments and authors lead to a row of `items`."""
    first = world.run().site()
    first.get("/wp/v2/posts", [post(1, author=3, featured_media=8), post(2)])
    first.end()
    world.index()
    with closing(sqlite3.connect(world.archive.database)) as conn:
        assert conn.execute("SELECT item, type, wp_id FROM items ORDER BY item").fetchall() == [
            (f"{SITE}/post/1", "post", 1),
            (f"{SITE}/post/2", "post", 2),
        ]
        assert conn.execute("SELECT item, author_item, picture_item FROM posts WHERE wp_id = 1").fetchone() == (
            f"{SITE}/post/1",
            f"{SITE}/user/3",
            f"{SITE}/attachment/8",
        )
        assert conn.execute("SELECT count(*) FROM versions JOIN items USING (item)").fetchone() == (2,)


def test_a_table_that_is_not_as_made_is_damage(world: World) -> None:
    """Where the note of what was done to the database is gone, nothing is put right blindly, and no fault of ours is told."""
    first = world.run().site()
    first.get("/wp/v2/posts", [post(1)])
    first.end()
    world.index()
    with closing(sqlite3.connect(world.archive.database, isolation_level=None)) as conn:
        conn.execute("DELETE FROM _sqlite_migrations")
        conn.execute("ALTER TABLE runs RENAME COLUMN run TO other")
    second = world.run().site()
    second.get("/wp/v2/posts", [post(1), post(2)])
    second.end()
    with pytest.raises(DamagedError):
        world.index()
    assert world.index(mend=True).rebuilt
    assert world.one("SELECT count(*) FROM posts") == 2


def test_revision_counts_move_whatever_the_type_is_called(world: World) -> None:
    """A post type that has the name of one of our own types is spelled `post_type:comment`; its row says `comment`."""
    for count in (2, 3):
        item = post(7, type="comment")
        item["_links"]["version-history"][0]["count"] = count
        run = world.run().site()
        talk = {"route": "/wp/v2/talk", "type": "post_type:comment", "table": "posts", "skipped": None}
        run.fact("collections", [*COLLECTIONS, talk])
        run.get("/wp/v2/talk", [item])
        run.end()
        world.index()
    assert world.rows("SELECT site, type, revision_count FROM posts") == [(SITE, "comment", 3)]
    assert world.rows("SELECT type, revision_count FROM versions") == [("post_type:comment", 2)]
    stepwise = world.dump()
    assert world.rebuilt() == stepwise, json.dumps(stepwise)[:200]


def test_the_featured_image_is_found_whatever_the_type_is_called(world: World) -> None:
    """A post of such a type has its own; a comment with its id has none."""
    run = world.run().site()
    talk = {"route": "/wp/v2/talk", "type": "post_type:comment", "table": "posts", "skipped": None}
    run.fact("collections", [*COLLECTIONS, talk])
    run.get("/wp/v2/talk", [post(7, type="comment", featured_media=5)])
    run.get("/wp/v2/comments", [{"id": 7, "post": 7, "author_name": "Ann", "content": {"rendered": "<p>No</p>"}}])
    run.end()
    world.index()
    with closing(sqlite3.connect(world.archive.database, isolation_level=None)) as conn:
        conn.execute(
            "INSERT INTO media_files (site, url, media, role, sha256, capture) "
            "SELECT site, link || 'a.jpg', featured_media, 'original', 'aa', capture FROM posts"
        )
    found = find_image(world.archive.database, f"{SITE}/post_type:comment/7")
    assert [(one.media, one.same) for one in found] == [(5, True)]
    with pytest.raises(UsageError, match="no picture of it is held"):
        find_image(world.archive.database, f"{SITE}/comment/7")


def test_every_table_and_column_is_described() -> None:
    """What Datasette shows beside a name, for whoever never read the schema."""
    for name, table in TABLES.items():
        if not name.startswith("_"):
            texts = describe(name, [*table.columns, *(column.name for column in table.generated)])
            assert TABLES_SAY[name]
            assert [column for column, text in texts.items() if not text] == []


def test_an_observation_says_what_changed(world: World) -> None:
    """In one line, with the words that went and came; of what is gone the answer that says so."""
    for words, date in (("The signal was working.", "2026-01-01"), ("The signal was off.", "2026-02-01")):
        run = world.run().site()
        item = post(1, f"<p>{words}</p>", modified=f"{date}T00:00:00", modified_gmt=f"{date}T00:00:00")
        run.proof("/wp/v2/posts", "post", run.get("/wp/v2/posts?order=asc&orderby=id", [item]))
        run.end()
    world.index()
    with closing(sqlite3.connect(world.archive.database)) as conn:
        row = conn.execute("SELECT item, title, summary, observed_at FROM observations").fetchone()
        after = conn.execute("SELECT captured_at FROM captures JOIN observations ON after = capture").fetchone()
    assert row[0] == f"{SITE}/post/1"
    assert row[2] == "+1 −1 words: The signal was [-working-]{+off+}."
    assert row[3] == after[0]
