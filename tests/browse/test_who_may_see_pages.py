"""Who may see what stands beyond posts: pages, feeds, plug-ins' items; and archives without the tables of these."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from reading import PREFIX, Reading

from wparchive.browse.serving import serve
from wparchive.errors import StorageError
from wparchive.index.schema import ROW_RULES
from wparchive.store import Archive

SECRET = "Plunderwater"
FERRY = "harbour-ledger/post/63"
NEWER = ("kinship", "clusters", "collections", "events", "products", "reviews", "entries", "pages", "page_differences")


@contextmanager
def altered(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / "archive.db", isolation_level=None)) as conn:
        yield conn


def statuses(room: Reading, captures: list[str]) -> set[int]:
    parts = ("", "/raw", "/body", "/record")
    return {room.get(f"{PREFIX}/capture/{one[9:]}{part}").status_code for one in captures for part in parts}


@pytest.mark.parametrize(
    ("kind", "table"),
    [
        ("page", "pages"),
        ("page", "posts"),
        ("requisite", "page_files"),
        ("sitemap", "inventory"),
        ("feed", "inventory"),
        ("feed", "posts"),
    ],
)
def test_captures_beyond_rest_need_the_table_of_what_they_hold(own_news: Path, kind: str, table: str) -> None:
    """Else closed articles could be read in their pages, and in the feeds that have their texts."""
    with altered(own_news) as conn:
        query = "SELECT capture FROM captures WHERE kind IN ('listing', 'item') AND status = 200 AND route LIKE '/wp/v2/pages%'"
        one = conn.execute(query).fetchone()[0]
        conn.execute("UPDATE captures SET kind = ?, route = NULL WHERE capture = ?", (kind, one))
    with Reading(own_news / "archive.db", closed=(table,)) as room:
        assert statuses(room, [one]) == {403}
    with Reading(own_news / "archive.db") as room:
        assert statuses(room, [one]) == {200}


@pytest.mark.parametrize("table", ["pages", "page_differences"])
def test_that_a_page_differs_is_told_only_to_who_may_see_it(own_news: Path, table: str) -> None:
    """Neither in the stream and its feeds, nor with the article; who may see it reads its words."""
    with altered(own_news) as conn:
        after = conn.execute("SELECT capture FROM versions WHERE item = ?", (FERRY,)).fetchone()[0]
        conn.execute(
            "INSERT INTO observations (run, site, type, wp_id, change, fields, after, observed_at, title) SELECT run, site, "
            "'post', 63, 'page_differs', '[]', capture, captured_at, 'Ferry' FROM captures WHERE capture = ?",
            (after,),
        )
        conn.execute(
            "INSERT INTO page_differences (site, type, wp_id, kind, capture, item_says, page_shows) "
            "VALUES ('harbour-ledger', 'post', 63, 'other', ?, 'nothing', ?)",
            (after, SECRET),
        )
    paths = [f"{PREFIX}/{one}" for one in ("changes", "changes.json", f"item/{FERRY}", f"item/{FERRY}/timeline")]
    with Reading(own_news / "archive.db", closed=(table,)) as room:
        for path in paths:
            answer = room.get(path)
            assert answer.status_code == 200
            assert SECRET not in answer.text, path
            assert "kind=page_differs" not in answer.text
        assert SECRET in room.get(f"{PREFIX}/item/{FERRY}/timeline", root=True).text


@pytest.mark.parametrize("table", ["events", "products", "reviews", "entries"])
def test_items_of_plug_ins_are_shown_to_who_may_see_their_table(own_news: Path, table: str) -> None:
    """Not at their address, nor by their names where something points to them; nor what only credentials showed."""
    with altered(own_news) as conn:
        capture = conn.execute("SELECT capture FROM versions WHERE item = ?", (FERRY,)).fetchone()[0]
        about = ("harbour-ledger", f"x.{table}", 5)
        titled = "reviewer" if table == "reviews" else "title"
        conn.execute(
            f"INSERT INTO {table} (site, type, wp_id, {titled}, first_seen, last_seen, privilege, capture, raw) "
            "VALUES (?, ?, ?, ?, '2026-11-02T09:00:00Z', '2026-11-02T09:00:00Z', 'anonymous', ?, '{}')",
            (*about, SECRET, capture),
        )
        conn.execute("INSERT INTO items VALUES (?, ?, ?, ?, ?)", (f"{about[0]}/{about[1]}/5", *about, SECRET))
        conn.execute(
            "INSERT INTO outbound (site, type, wp_id, url, host, element, hotlink) VALUES (?, ?, ?, 'http://a.example/', "
            "'a.example', 'a', 0)",
            about,
        )
    path = f"{PREFIX}/url?u=http://a.example/"
    with Reading(own_news / "archive.db", closed=(table,)) as room:
        assert SECRET not in room.get(path).text
        assert SECRET in room.get(path, root=True).text
    with altered(own_news) as conn:
        conn.execute(f"UPDATE {table} SET privilege = 'authenticated'")
    with Reading(own_news / "archive.db") as room:
        assert SECRET not in room.get(path).text


def test_an_archive_of_an_older_program_is_served_or_says_what_to_do(own_news: Path) -> None:
    """No page fails: what can't be made of its tables leads to `wparchive index`; `serve` says so before it starts."""
    with altered(own_news) as conn:
        for table in NEWER:
            conn.execute(f"DROP TABLE {table}")
        conn.execute(f"PRAGMA user_version = {(ROW_RULES - 1) * 4 + 3}")
    with Reading(own_news / "archive.db", closed=("events",)) as room:
        found = {}
        for path in ("", "changes", "vanished", "runs", "people", "kinship", "search?q=ferry", f"item/{FERRY}"):
            answer = room.get(f"{PREFIX}/{path}")
            found[path] = answer.status_code
            assert answer.status_code == 200 or "`wparchive index` brings it up to date" in answer.text, (path, answer)
    assert found["people"] == 200
    assert found["kinship"] == 503
    with pytest.raises(StorageError, match=r"^[^\n]+made by an older wparchive[^\n]+wparchive index$"):
        serve(Archive(own_news))
