"""A frontier that was damaged, is old or another's: it is set aside and rebuilt from the WARCs, which hold all that it says."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from storekit import SITE, Ticking, exchange, fetched, filled, open_store

from wparchive.crawl.incremental.memory import Memory
from wparchive.errors import UsageError
from wparchive.store import Archive, SiteStore, deed_of
from wparchive.store.aligning import align, open_log
from wparchive.store.log.schema import SOUND, migrate
from wparchive.store.losses import Losses

# What no column holds, whatever it is of; a text column turns a number into text, which may be right by its shape.
WRONG: tuple[object, ...] = (None, "\udc80", b"\xff\xfe", "nonsense", 1 << 62 | 1)
LOST = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n\r\n"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
EVERYTHING = "SELECT * FROM {} ORDER BY 1, 2"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive whose frontier has a row in every table."""
    root = tmp_path_factory.mktemp("made")
    filled(root)
    with open_store(root, Ticking("2026-03-02T12:00:00+00:00")) as store:
        store.begin({"mode": "full", "settings": {}})
        routes = ("/wp/v2/posts", "/wp/v2/posts/1")
        store.fact(
            "collections", [{"route": one, "type": "post", "table": "posts", "title": "Posts"} for one in routes]
        )
        item = b'[{"id": 1, "modified_gmt": "2026-01-02T00:00:00", "link": "http://e/one/", "_links": {}}]'
        for text in (item, b'[{"id": 1, "x": 2}]'):
            store.put(store.prepare(fetched(exchange("http://e/wp-json/wp/v2/posts", text), key="/p", kind="listing")))
        gone = fetched(
            exchange("http://e/1", b'{"code": "rest_post_invalid_id", "message": "", "data": {"status": 404}}', LOST)
        )
        store.put(store.prepare(gone))
        lacking = {"url": "http://e/style.css", "role": "stylesheet", "problem": "robots"}
        store.fact("needs:items", {"left": {}, "made_up": [], "lacking": [lacking]})
        page = fetched(exchange("http://e/one/", b"<p>One.</p>", PAGE), key="PAGE http://e/one/", kind="page")
        store.put(store.prepare(replace(page, target=replace(page.target, route=None))))
        store.fact("volatile:1", {"post": ["hits"]})
        doubt = {"collection": "/wp/v2/posts", "id": 1, "version": "1", "crawl": store.crawl}
        store.fact("looks:1", {"doubts": [doubt], "common": ["0123456789abcdef01234567"]})
        store.fact("listing:/wp/v2/posts", {"route": "/wp/v2/posts", "stated": 1, "held": 1, "outcome": "complete"})
        store.log.set("files", '{"policy": "originals", "open": false, "swept": "2026-03-01T00:00:00+00:00"}')
        store.log.set("inventory", '{"open": false, "swept": "2026-03-01T00:00:00+00:00"}')
        store.log.set("inventory_pages", "0")
        store.log.elsewhere.note([f"{SITE}/warc/a.warc.gz"])
        store.log.set("damage", '[["warc/a.warc.gz", 1, 2, true]]')
        store.finish({"outcome": "complete"})
    with open_store(root, Ticking("2026-03-03T12:00:00+00:00")) as store:
        Memory(store.folder, store.log).learn()
        store.begin({"mode": "full"})
        store.finish({"outcome": "complete"})
    return root


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Archive:
    return Archive(shutil.copytree(made, tmp_path / "archive"))


def dump(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What stands in a frontier, but for what the WARCs don't say: when files were looked at."""
    with closing(sqlite3.connect(path)) as db:
        tables = {name: db.execute(EVERYTHING.format(name)).fetchall() for name in ("captures", "runs", "files")}
    return {**tables, "captures": [row[1:] for row in tables["captures"]]}


def opened(archive: Archive) -> str:
    """Open it and learn as a run does, reading all there is; gives what is said of the frontier."""
    folder = archive.site(SITE)
    log, said = open_log(folder)
    with closing(log):
        align(folder, log, Losses(folder, log))
        memory = Memory(folder, log)
        memory.learn()
        for route in ("/wp/v2/posts", "nonsense"):
            log.seen.known(route), memory.newest(route), memory.latest(route), log.seen.proven(route)
            log.seen.revisions(route), log.seen.revisions_read(route), list(memory.states.doubts(route, "list"))
        memory.fields, memory.failed_links, memory.states.noise(), log.seen.refusals("history"), log.seen.timezone()
        list(memory.dangling.since(datetime.min.replace(tzinfo=UTC)))
        list(log.captures()), list(log.newest(["listing"])), log.runs()
    return said


def change(path: Path, statement: str, *values: object) -> bool:
    """Write to the frontier as another program would; False where SQLite itself refuses."""
    with closing(sqlite3.connect(path)) as db, suppress(sqlite3.IntegrityError, UnicodeEncodeError):
        db.execute(statement, values)
        db.commit()
        return True
    return False


with closing(sqlite3.connect(":memory:")) as model:
    migrate(model)
    COLUMNS = [
        (table, name, kind) for table in SOUND for _, name, kind, *_ in model.execute(f"PRAGMA table_info({table})")
    ]


@pytest.mark.parametrize(("table", "column", "kind"), COLUMNS)
def test_whatever_stands_in_a_column(made: Path, tmp_path: Path, table: str, column: str, kind: str) -> None:
    """No value makes opening fail; one that no run writes there is gone afterwards, and what the WARCs hold is known."""
    before = dump(made / SITE / "frontier.db")
    archive = Archive(shutil.copytree(made, tmp_path / "archive"))
    path = archive.site(SITE).frontier
    sound = path.read_bytes()
    for wrong in WRONG:
        path.with_name("frontier.db.damaged").unlink(missing_ok=True)
        path.write_bytes(sound)
        given = "CAST(x'ff66ff' AS TEXT)" if wrong == "\udc80" else "?"
        which = f"rowid = (SELECT max(rowid) FROM {table})" if table in ROWIDS else "1"
        values = () if given != "?" else (wrong,)
        if not change(path, f"UPDATE {table} SET {column} = {given} WHERE {which}", *values):
            continue
        said = opened(archive)
        detectable = isinstance(wrong, bytes) or given != "?" or (kind == "INTEGER" and isinstance(wrong, float | str))
        if detectable:
            assert "set aside as frontier.db.damaged" in said, (wrong, said)
        after = dump(path)
        if said:
            assert "\n" not in said
            assert after["captures"] == before["captures"]
            assert {row[:2] for row in after["files"]} >= {row[:2] for row in before["files"]}


ROWIDS = ("captures", "readings", "site")


def drop_column(archive: Archive) -> None:
    change(archive.site(SITE).frontier, "ALTER TABLE captures DROP COLUMN extra")


def drop_migrations(archive: Archive) -> None:
    change(archive.site(SITE).frontier, "DROP TABLE _sqlite_migrations")


def forget_migrations(archive: Archive) -> None:
    change(archive.site(SITE).frontier, "DELETE FROM _sqlite_migrations")


def add_trigger(archive: Archive) -> None:
    change(archive.site(SITE).frontier, "CREATE TRIGGER t AFTER INSERT ON captures BEGIN DELETE FROM captures; END")


def empty(archive: Archive) -> None:
    archive.site(SITE).frontier.write_bytes(b"")


def folder(archive: Archive) -> None:
    archive.site(SITE).frontier.unlink()
    (archive.site(SITE).frontier / "in it").mkdir(parents=True)


def link(archive: Archive) -> None:
    path = archive.site(SITE).frontier
    path.rename(archive.root.parent / "outside.db")
    path.symlink_to(archive.root.parent / "outside.db")


def pipe(archive: Archive) -> None:
    archive.site(SITE).frontier.unlink()
    os.mkfifo(archive.site(SITE).frontier)


def pipe_beside(archive: Archive) -> None:
    os.mkfifo(archive.site(SITE).frontier.with_name("frontier.db-journal"))


def folder_beside(archive: Archive) -> None:
    archive.site(SITE).frontier.with_name("frontier.db-wal").mkdir()


def link_beside(archive: Archive) -> None:
    archive.site(SITE).frontier.with_name("frontier.db-wal").symlink_to(archive.root.parent / "outside")


def of_another_site(archive: Archive) -> None:
    change(archive.site(SITE).frontier, "UPDATE files SET warc = replace(warc, 'example.org/', 'example.net/')")
    change(archive.site(SITE).frontier, "UPDATE captures SET warc = replace(warc, 'example.org/', 'example.net/')")


def beyond(archive: Archive) -> None:
    change(archive.site(SITE).frontier, "UPDATE captures SET offset = 123456789 WHERE seq = 3")


def broken_schema(archive: Archive) -> None:
    """SQLite's own message about it is no text."""
    path = archive.site(SITE).frontier
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE", b"CREATE TABL\x98"))


def half(archive: Archive) -> None:
    path = archive.site(SITE).frontier
    path.write_bytes(path.read_bytes()[:9000])


INJURIES = [drop_column, drop_migrations, forget_migrations, add_trigger, empty, folder, link, link_beside]
INJURIES += [of_another_site, beyond, half, broken_schema, pipe, pipe_beside, folder_beside]


@pytest.mark.parametrize("injure", INJURIES)
def test_a_frontier_that_is_not_what_we_made(copy: Archive, injure: Callable[[Archive], None]) -> None:
    """It is set aside, and the new one knows all that the WARCs hold; the line names the file."""
    path = copy.site(SITE).frontier
    before = dump(path)
    injure(copy)
    said = opened(copy)
    assert said.startswith(f"{SITE}/frontier.db"), said
    assert said.endswith("rebuilt from the WARCs")
    assert path.is_file()
    assert not path.is_symlink()
    assert dump(path)["captures"] == before["captures"]
    assert opened(copy) == ""


def test_the_frontier_of_another_site_does_not_make_its_folder_anothers(copy: Archive) -> None:
    """Else the next run would begin a second folder, and fetch everything once more into that."""
    with open_store(copy.root, Ticking("2026-03-09T12:00:00+00:00")) as store:
        store.begin({"mode": "full"})
        store.fact("site", {"addresses": ["https://example.org/"], "targets": ["https://example.org/"]})
        store.finish({"outcome": "complete"})
    site = copy.site(SITE)
    assert deed_of(site).addresses == ("https://example.org/",)
    other = '{"addresses": ["https://example.net/"], "targets": ["https://example.net/"]}'
    change(site.frontier, "INSERT OR REPLACE INTO meta (name, value) VALUES ('site', ?)", other)
    assert deed_of(site).addresses == ("https://example.net/",)
    of_another_site(copy)
    assert deed_of(site).addresses == ("https://example.org/",)


@pytest.mark.parametrize("table", [*SOUND, "_sqlite_migrations"])
def test_a_table_that_is_gone(copy: Archive, table: str) -> None:
    """Whichever it is, all that it held comes back from the WARCs."""
    before = dump(copy.site(SITE).frontier)
    change(copy.site(SITE).frontier, f"DROP TABLE {table}")
    assert "set aside" in opened(copy)
    assert dump(copy.site(SITE).frontier)["captures"] == before["captures"]


def test_a_table_of_another_program_is_left_alone(copy: Archive) -> None:
    change(copy.site(SITE).frontier, "CREATE TABLE notes (of_mine)")
    assert opened(copy) == ""


def test_an_older_copy_goes_on(made: Path, copy: Archive) -> None:
    """What it lacks is adopted, nothing is set aside: it is no less true than it was."""
    path = copy.site(SITE).frontier
    before, old = dump(path), path.read_bytes()
    with open_store(copy.root, Ticking("2026-03-09T12:00:00+00:00")) as store:
        store.begin({"mode": "full"})
        store.put(store.prepare(fetched(exchange("http://e/new"))))
        store.finish({"outcome": "complete"})
    newer = dump(path)
    path.write_bytes(old)
    assert opened(copy) == ""
    assert dump(path)["captures"] == newer["captures"] != before["captures"]


LATER = "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('frontier', '0099_later', '')"


def test_one_of_an_older_wparchive_is_made_anew_in_the_new_shape(copy: Archive) -> None:
    """It is no damage: the file is kept under a name that says so, and all that the WARCs hold is known again."""
    path = copy.site(SITE).frontier
    before = dump(path)
    change(path, "DROP TABLE _sqlite_migrations")
    change(path, "CREATE TABLE migrations (name TEXT PRIMARY KEY)")
    said = opened(copy)
    assert said == (
        f"{SITE}/frontier.db: made by an older wparchive; set aside as frontier.db.older, and rebuilt from the WARCs"
    )
    assert dump(path)["captures"] == before["captures"]
    assert opened(copy) == ""


def test_one_of_a_newer_wparchive_is_left_as_it_is(copy: Archive) -> None:
    path = copy.site(SITE).frontier
    change(path, LATER)
    before = path.read_bytes()
    with pytest.raises(UsageError, match=r"frontier\.db: made by a newer wparchive"):
        opened(copy)
    assert path.read_bytes() == before


def test_a_folder_that_was_renamed(copy: Archive) -> None:
    """Its frontier names WARCs of another site now: rebuilt, it knows them by their new names."""
    before = {row[0] for row in dump(copy.site(SITE).frontier)["captures"]}
    copy.site(SITE).path.rename(copy.root / "other.example")
    with SiteStore.open(copy, "other.example", clock=Ticking("2026-04-01T12:00:00+00:00")) as store:
        assert "that of another site" in store.renewed
        assert {capture.capture for capture in store.log.captures()} == before
        assert all(capture.warc.startswith("other.example/") for capture in store.log.captures())


def test_memory_of_what_the_warcs_do_not_hold_any_more_is_forgotten(copy: Archive) -> None:
    """An older copy of the WARCs was put back: what only the lost file showed isn't known."""
    with open_store(copy.root, Ticking("2026-03-31T12:00:00+00:00")) as store:
        assert store.log.seen.proven("/wp/v2/posts")
    for path in copy.site(SITE).warcs()[1:]:
        path.unlink()
    with open_store(copy.root, Ticking("2026-04-01T12:00:00+00:00")) as store:
        Memory(store.folder, store.log).learn()
        assert store.log.seen.proven("/wp/v2/posts") is None


@pytest.mark.parametrize("stamp", ["99991231235959", "99999999999999", "00010101000000", "29990101000000"])
def test_a_file_name_of_any_year_stops_no_run(copy: Archive, stamp: str) -> None:
    """A run can begin, and its id sorts after those that are dates a run can go on from."""
    first = copy.site(SITE).warcs()[0]
    first.rename(first.with_name(f"wparchive-{SITE}-{stamp}-00000.warc.gz"))
    with open_store(copy.root, Ticking("2026-04-01T12:00:00+00:00")) as store:
        assert store.run.startswith("29990101000001" if stamp.startswith("2999") else "20260401")
