"""Whatever stands in the place of `archive.db`: one line that says what is wrong and what to do, in every command."""

import ctypes
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from archives import SITE, World, post
from click.testing import CliRunner

from wparchive.cli import cli
from wparchive.errors import DamagedError, ExitCode, StorageError, UsageError, WparchiveError
from wparchive.index import index
from wparchive.index.database.opening import reading
from wparchive.index.database.writing import write_in_place
from wparchive.index.schema import ROW_RULES
from wparchive.store.log.database import committed_in

COMMANDS = (
    ("status",),
    ("show", f"{SITE}/post/1"),
    ("history", f"{SITE}/post/1"),
    ("find-image", f"{SITE}/post/1"),
    ("trace", f"{SITE}/post/1", "--offline"),
    ("verify",),
    ("index",),
)
NOBODY = 65534


def said(command: tuple[str, ...], folder: Path) -> tuple[int, str]:
    """How a command ends: its exit code, its message."""
    try:
        done = CliRunner().invoke(cli, [*command, "-a", str(folder)], standalone_mode=False, catch_exceptions=False)
    except WparchiveError as error:
        return error.exit_code, str(error)
    return int(done.return_value or 0), re.sub(r"\(rebuilt in .*?\)", "", done.output)


def crawled(world: World) -> Path:
    run = world.run().site()
    run.get("/wp/v2/posts", [post(1), post(2)])
    run.end()
    world.index()
    return world.archive.database


def empty(path: Path) -> None:
    path.write_bytes(b"")


def garbage(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 999)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20_000])


def headless(path: Path) -> None:
    path.write_bytes(b"\0" * 100 + path.read_bytes()[100:])


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE TABLE notes (text)")


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def pipe_beside(path: Path) -> None:
    os.mkfifo(path.with_name("archive.db-wal"))


def folder_beside(path: Path) -> None:
    path.with_name("archive.db-journal").mkdir()


def tableless(path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn:
        for table in ("runs", "posts", "media_files", "outbound"):
            conn.execute(f"DROP TABLE {table}")


HARMS = [empty, garbage, cut, headless, foreign, folder, tableless, pipe, pipe_beside, folder_beside]


@pytest.mark.parametrize("harm", HARMS)
def test_a_database_that_is_none_ends_every_command_with_one_line(world: World, harm: Callable[[Path], None]) -> None:
    """Exit 8; and `index --rebuild` and a crawl need nothing but the WARCs, and keep what stood there beside."""
    database = crawled(world)
    before = world.dump()
    harm(database)
    for command in COMMANDS:
        code, message = said(command, world.archive.root)
        assert code == ExitCode.STORAGE, (command, message)
        assert "\n" not in message
        assert "index --rebuild" in message
    told: list[str] = []
    index(world.archive, [SITE], mend=True, notice=told.append)
    assert len(told) == 1
    assert "archive.db.damaged" in told[0]
    assert os.path.lexists(database.with_name("archive.db.damaged"))
    assert world.dump() == before
    harm(database)
    assert said(("index", "--rebuild"), world.archive.root)[0] == 0
    assert world.dump() == before


def test_a_database_of_a_newer_program_is_left_as_it_is(world: World) -> None:
    """Exit 2, in every command, a rebuild too."""
    database = crawled(world)
    with closing(sqlite3.connect(database)) as conn:
        conn.execute(f"PRAGMA user_version = {(ROW_RULES + 1) * 4 + 3}")
    before = database.read_bytes()
    for command in (*COMMANDS, ("index", "--rebuild")):
        code, message = said(command, world.archive.root)
        assert (code, "newer" in message, "\n" in message) == (ExitCode.USAGE, True, False), command
    with pytest.raises(UsageError):
        index(world.archive, [SITE], mend=True)
    assert database.read_bytes() == before


OLDER = (*COMMANDS[:-2], ("kin", f"{SITE}/post/1"), ("find", "Hello"), ("changes",))


def test_a_database_of_an_older_program_is_no_damage(world: World) -> None:
    """It lacks the tables that came since: a command answers without them, or says in one line that `index` helps."""
    database = crawled(world)
    before = world.dump()
    with closing(sqlite3.connect(database)) as conn:
        conn.execute("ALTER TABLE captures DROP COLUMN also")
        for table in ("kinship", "clusters", "collections", "events", "pages", "page_differences", "inventory"):
            conn.execute(f"DROP TABLE {table}")
        conn.execute(f"PRAGMA user_version = {(ROW_RULES - 1) * 4 + 3}")
    for command in OLDER:
        code, message = said(command, world.archive.root)
        assert code == 0 or message == OUTDATED.format(database), command
    assert said(OLDER[1], world.archive.root) == (ExitCode.STORAGE, OUTDATED.format(database))
    with pytest.raises(StorageError, match="older wparchive"), reading(database) as conn:
        conn.execute("SELECT * FROM captures").fetchone()["also"]
    assert said(("index",), world.archive.root)[0] == 0
    assert world.dump() == before


OUTDATED = "{}: made by an older wparchive; bring it up to date with: wparchive index"


def test_a_database_damaged_inside_is_made_anew_by_a_crawl_and_by_a_rebuild_alone(world: World) -> None:
    """Pages overwritten behind a sound head: `index` says so, a crawl sets it aside."""
    database = crawled(world)
    before = world.dump()
    data = bytearray(database.read_bytes())
    data[8192 * 3 :] = b"\x99" * (len(data) - 8192 * 3)
    database.write_bytes(data)
    run = world.run().site()
    run.get("/wp/v2/posts", [post(1), post(2)])
    run.end()
    with pytest.raises(DamagedError, match="index --rebuild"):
        index(world.archive)
    told: list[str] = []
    index(world.archive, mend=True, notice=told.append)
    assert len(told) == 1
    assert len(world.dump()) > len(before)


@contextmanager
def read_only(root: Path) -> Iterator[None]:
    """As media that can't be written: by nobody's rights where the tests run as root, who may write everywhere."""
    places = [root, *root.rglob("*")]
    for place in places:
        place.chmod(0o555 if place.is_dir() else 0o444)
    above = [place for place in root.parents if place.stat().st_mode & 0o001 == 0]
    modes = [place.stat().st_mode for place in above]
    for place in above:
        place.chmod(0o755)
    try:
        _act_as(NOBODY)
        yield
    finally:
        _act_as(0)
        for place, mode in zip(above, modes, strict=True):
            place.chmod(mode)
        for place in places:
            place.chmod(0o755 if place.is_dir() else 0o644)


def _act_as(user: int) -> None:
    """Have this thread alone, where it is root's, open files with the rights of `user`.

    `os.seteuid` would change those of all threads, servers of other tests among them, by a signal to each.
    """
    if os.geteuid() == 0:
        ctypes.CDLL(None).setfsuid(user)


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_read_only_media_can_be_read_by_every_command_that_reads(world: World, mode: str) -> None:
    """As an index run leaves the database, and as an older one did."""
    with closing(sqlite3.connect(crawled(world))) as conn:
        conn.execute(f"PRAGMA journal_mode = {mode}")
    usual = {command: said(command, world.archive.root) for command in COMMANDS[:-1]}
    with read_only(world.archive.root):
        for command, ending in usual.items():
            assert said(command, world.archive.root) == ending
        if mode == "DELETE":  # what other programs make of it, Datasette among them
            with closing(sqlite3.connect(f"file:{world.archive.database}?mode=ro", uri=True)) as conn:
                assert conn.execute("SELECT count(*) FROM posts").fetchone() == (2,)


def test_a_database_that_may_not_be_read_is_said_so(world: World) -> None:
    """Permissions are no damage, but end with the same exit code."""
    crawled(world)
    with read_only(world.archive.root):
        _act_as(0)
        world.archive.database.chmod(0)
        _act_as(NOBODY)
        code, message = said(("status",), world.archive.root)
    assert code == ExitCode.STORAGE
    assert "Permission denied" in message


BUGS = (TypeError("a bug"), KeyError("a bug"), RecursionError("a bug"), sqlite3.ProgrammingError("a bug"))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: type(bug).__name__)
def test_a_fault_of_ours_is_never_taken_for_damage(world: World, bug: Exception) -> None:
    """Where the database holds what an index writes, who didn't understand it has a fault: exit 1, and it stays as it is."""
    database = crawled(world)
    before = world.dump()
    with pytest.raises(type(bug)), reading(database):
        raise bug
    with pytest.raises(type(bug)), write_in_place(database):
        raise bug
    with pytest.raises(sqlite3.OperationalError, match="no such column"), reading(database) as conn:
        conn.execute("SELECT of_nothing FROM posts")
    assert world.dump() == before


SPOILT = {
    "captures.offset": "UPDATE captures SET offset = -1",
    "captures.flags": "UPDATE captures SET flags = '{}'",
    "runs.settings": "UPDATE runs SET settings = '[1'",
    "posts.title": "UPDATE posts SET title = x'ff'",
    "posts.author": "UPDATE posts SET author = 'somebody'",
    "captures.warc": "UPDATE captures SET warc = NULL",
    "posts.slug": "UPDATE posts SET slug = CAST(x'ff66ff' AS TEXT)",
    "view": "DROP VIEW held",
    "table posts": "ALTER TABLE posts DROP COLUMN sticky",
}


@pytest.mark.parametrize("column", SPOILT)
def test_damage_is_named_by_its_column(world: World, column: str) -> None:
    """What couldn't be read then is damage, exit 8, and says where."""
    database = crawled(world)
    with closing(sqlite3.connect(database)) as conn:
        conn.execute(SPOILT[column])
        conn.commit()
    for opened in (reading, write_in_place):
        with pytest.raises(DamagedError, match=column), opened(database):  # type: ignore[operator]
            raise TypeError("a value of another kind")


@pytest.mark.parametrize("harm", ["garbage", "folder", "link", "missing pages"])
def test_the_same_damage_is_told_alike_of_both_databases(tmp_path: Path, harm: str) -> None:
    """Only what is to be done about it differs."""
    site = tmp_path / "example.org"
    site.mkdir()
    messages = []
    for path, read in ((tmp_path / "archive.db", read_database), (site / "frontier.db", lambda _: committed_in(site))):
        if harm == "folder":
            path.mkdir()
        elif harm == "link":
            path.symlink_to(tmp_path / "elsewhere")
        elif harm == "garbage":
            path.write_bytes(b"x" * 5000)
        else:
            with closing(sqlite3.connect(path)) as db:
                db.executescript(
                    "CREATE TABLE captures (a); CREATE TABLE files (warc); CREATE TABLE _wparchive_files (a);"
                )
            path.write_bytes(path.read_bytes()[:5000])
        with pytest.raises(DamagedError) as caught:
            read(path)
        messages.append(str(caught.value).removeprefix(f"{path}: ").partition(";")[0])
    assert messages[0] == messages[1]


def read_database(path: Path) -> None:
    with reading(path) as db:
        db.execute("SELECT * FROM captures").fetchall()
