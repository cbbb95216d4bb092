"""The plug-in among Datasette's own pages: cells, menus and ready-made queries; Datasette without it, and without an archive."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from reading import FIRST_LINE, PREFIX, Reading

from wparchive.index.shipped import QUERIES

PLAIN = """
import asyncio, json, sys
if sys.argv[2] == "plain":
    sys._called_from_test = True  # Datasette's own switch: it loads no plug-ins that are installed
from datasette.app import Datasette
async def main():
    options = json.loads(sys.argv[1])
    datasette = Datasette(**options)
    await datasette.invoke_startup()
    for path in sys.argv[3:]:
        answer = await datasette.client.get(path)
        print(json.dumps([path, answer.status_code, answer.text]))
    print(json.dumps(sorted(name for name in sys.modules if name.startswith(("wparchive", "nh3", "PIL")))))
asyncio.run(main())
"""


def asked(options: dict[str, object], *paths: str, plugins: bool) -> tuple[dict[str, tuple[int, str]], list[str]]:
    """What a Datasette of its own answers, with the installed plug-ins or without any, and the modules it imported."""
    which = "all" if plugins else "plain"
    command = [sys.executable, "-W", "ignore", "-c", PLAIN, json.dumps(options), which, *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *answers, modules = [json.loads(line) for line in done.stdout.splitlines()]
    return {path: (status, text) for path, status, text in answers}, modules


def test_plain_datasette_links_items_versions_comments_and_evidence(news: Path) -> None:
    """Without the plug-in a reader gets from an article to all that hangs on it by Datasette's own links."""
    item = "harbour-ledger~2Fpost~2F63"
    metadata = json.loads((news / "metadata.yaml").read_text())
    told: dict[str, object] = {"metadata": metadata}
    if not FIRST_LINE:
        told["config"] = json.loads((news / "datasette.yaml").read_text())
    paths = [
        f"/archive/items/{item}",
        "/archive/posts?site=harbour-ledger&wp_id=63",
        "/archive/observations",
        "/archive",
    ]
    answers, modules = asked({"files": [str(news / "archive.db")], **told}, *paths, "/archive/changes", plugins=False)
    assert {status for status, _ in answers.values()} == {200}
    assert not [name for name in modules if name.startswith("wparchive")]
    register = answers[paths[0]][1]
    for table in ("versions", "observations", "comments"):
        assert f"/archive/{table}?" in register, table
    assert "/archive/captures/" in answers[paths[1]][1]
    assert "/archive/items/harbour-ledger" in answers[paths[2]][1]
    assert "silent_edits" in answers[paths[3]][1]


def test_a_datasette_without_an_archive_has_none_of_it(tmp_path: Path) -> None:
    """No entry in the menu, our addresses are 404 in a sentence, and no module of a page was imported before that."""
    answers, modules = asked({"memory": True}, "/", "/_memory", plugins=True)
    assert {status for status, _ in answers.values()} == {200}
    assert not [text for _, text in answers.values() if "wparchive" in text or "Reading room" in text]
    wrong = [
        name for name in modules if name.startswith(("wparchive.browse.pages.", "wparchive.browse.tabs.", "nh3", "PIL"))
    ]
    assert wrong == []
    answers, _ = asked({"memory": True}, f"{PREFIX}/", f"{PREFIX}/changes", plugins=True)
    assert {status for status, _ in answers.values()} == {404}
    assert all("There is no such archive here" in text for _, text in answers.values())


@pytest.mark.parametrize("name", QUERIES)
def test_ready_made_queries_run(room: Reading, name: str) -> None:
    """Each answers, and those that this archive has something for give rows."""
    answer = room.get(f"/archive/{name}.json?_shape=objects")
    assert answer.status_code == 200, answer.text
    rows = answer.json()["rows"]
    none = ("gaps_that_stand", "links_unaccounted", "pages_in_no_list", "texts_that_stood_elsewhere")
    assert bool(rows) == (name not in none)
    assert room.get(f"/archive/{name}").status_code == 200


def test_cells_lead_to_our_pages_and_long_texts_are_cut(room: Reading) -> None:
    """A capture, an item and a file are links; of a text its beginning and its length stand there."""
    posts = room.get("/archive/posts?_size=5")
    assert f'href="{PREFIX}/capture/' in posts.text
    assert f'href="{PREFIX}/item/harbour-ledger/' in posts.text
    assert "characters</em>" in posts.text
    files = room.get("/archive/media_files?_size=5").text
    assert f'href="{PREFIX}/file/' in files
    observations = room.get("/archive/observations?_size=5").text
    assert f'href="{PREFIX}/capture/' in observations
    versions = room.get("/archive/versions?_size=5").text
    assert f'href="{PREFIX}/item/' in versions
    key = room.one("SELECT capture FROM captures").replace(":", "~3A")
    assert f'href="{PREFIX}/capture/' in room.get(f"/archive/captures/{key}").text


def test_menus_lead_to_the_reading_room(room: Reading) -> None:
    """The main menu and the database's; of a row to its page, where Datasette has such menus."""
    assert f'href="{PREFIX}/"' in room.get("/").text
    database = room.get("/archive").text
    assert database.count(f'href="{PREFIX}/"') >= 2
    if not FIRST_LINE:
        site, kind, wp_id = room.rows("SELECT site, type, wp_id FROM posts LIMIT 1")[0]
        row = room.get(f"/archive/posts/{site},{kind},{wp_id}").text
        assert f'href="{PREFIX}/item/{site}/{kind}/{wp_id}"' in row
        assert "Read it" in row


def test_two_archives_in_one_datasette_keep_apart(news: Path, tmp_path: Path) -> None:
    """The first has the short addresses, the second names itself in each; no page of one leads into the other."""
    other = tmp_path / "second.db"
    shutil.copy(news / "archive.db", other)
    with Reading(news / "archive.db", other, plugin={"archives": {"second": str(news)}}) as room:
        menu = room.get("/").text
        assert f'href="{PREFIX}/"' in menu
        assert f'href="{PREFIX}/@second/"' in menu
        for path in ("/@second/", "/@second/changes", "/@second/runs", "/@second/search?q=ferry"):
            page = room.page(path)
            inside = [link for link in page.links if link.startswith(PREFIX)]
            assert inside
            assert all(link.startswith(f"{PREFIX}/@second/") for link in inside), path
            assert not [link for link in page.links if link.startswith("/archive")]
        item = room.one("SELECT item FROM posts WHERE gone IS NULL")
        assert f"{PREFIX}/@second/capture/" in room.page(f"/@second/item/{item}").html
        assert room.get(f"{PREFIX}/@second/item/{item}/json").status_code == 200  # its WARCs are where the setting says
        assert f"{PREFIX}/@second/capture/" in room.get("/second/posts?_size=2").text
        room.page("/@third/", status=404)


def test_with_two_archives_only_those_that_one_may_see_are_named(news: Path, tmp_path: Path) -> None:
    other = tmp_path / "second.db"
    shutil.copy(news / "archive.db", other)
    with Reading(news / "archive.db", other, closed=("second",)) as room:
        assert "@second" not in room.get("/").text
        room.page("/@second/changes", status=403)
        assert "@second" in room.get("/", root=True).text


def test_other_databases_are_left_alone(news: Path, tmp_path: Path) -> None:
    """A table of somebody else's may have a column called `capture` too."""
    import sqlite3

    with sqlite3.connect(tmp_path / "birds.db") as conn:
        conn.execute("CREATE TABLE birds (capture TEXT, item TEXT, content TEXT)")
        conn.execute("INSERT INTO birds VALUES ('urn:uuid:1', 'a/b/1', ?)", ("x" * 250,))
    conn.close()
    with Reading(news / "archive.db", tmp_path / "birds.db") as room:
        assert f"{PREFIX}/capture" not in room.get("/birds/birds").text
        assert f"{PREFIX}/item" not in room.get("/birds/birds").text
        room.page("/@birds/", status=404)
