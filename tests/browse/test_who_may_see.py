"""Who may see what: databases and tables that are closed, what only credentials showed, and the entry in the menu."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from datasette import hookimpl
from datasette.plugins import pm
from reading import FIRST_LINE, PREFIX, Page, Reading, made_once
from wayfinding import walked
from withheld import PLANTED, make_withheld

ARCHIVE = "archive"
NAME = {"posts": "title", "media": "title", "comments": "author_name", "users": "name", "terms": "name"}


@pytest.fixture(scope="module")
def withheld(shared: Path) -> Path:
    return made_once(shared, "withheld", make_withheld) / "archive.db"


@pytest.fixture(scope="module")
def stranger(withheld: Path) -> Iterator[Reading]:
    with Reading(withheld) as reading:
        yield reading


def addresses(room: Reading) -> list[str]:
    """One address of every form."""
    capture = room.one("SELECT capture FROM captures WHERE kind = 'listing' AND privilege = 'anonymous'")
    item = room.one("SELECT item FROM posts WHERE privilege = 'anonymous' AND gone IS NULL LIMIT 1")
    sha256 = room.one("SELECT sha256 FROM media_files WHERE sha256 IS NOT NULL")
    run, site = room.one("SELECT run FROM runs"), room.one("SELECT site FROM sites")
    named = [f"item/{item}{tab}" for tab in ("", "/changes", "/timeline", "/json", "/links", "/comments", "/evidence")]
    named += [
        f"frame/{item}",
        f"person/{site}/1",
        f"site/{site}",
        f"run/{run}",
        "url?u=http://a.example/",
        "search?q=a",
    ]
    named += [f"capture/{capture[9:]}{part}" for part in ("", "/raw", "/body", "/record")]
    named += [f"file/{sha256}", f"file/{sha256}/bytes", "changes", "changes.atom", "changes.json", "", "vanished"]
    return [f"{PREFIX}/{name}" for name in [*named, "pictures", "people", "sources", "runs"]]


def test_a_closed_database_is_closed_at_every_address(news: Path) -> None:
    """403 to a stranger, whatever the page, in an answer that says nothing of the archive; open to root."""
    with Reading(news / "archive.db", closed=(ARCHIVE,)) as room:
        for path in addresses(room):
            answer = room.get(path)
            assert answer.status_code == 403, path
            assert "You may not see this archive" in answer.text
            assert "Quillhaven" not in answer.text
            assert room.get(path, root=True).status_code == 200, path


@pytest.mark.parametrize("table", ["captures", "comments", "posts", "versions", "observations", "media_files"])
def test_a_closed_table_shows_on_no_page(news: Path, table: str) -> None:
    """A page that is made from it is closed; one that only has a section of it says that it is left out."""
    with Reading(news / "archive.db", closed=(table,)) as room:
        secret = {
            "comments": "Old Salt",
            "posts": "Inquiry into the ferry",
            "observations": "evidence</a></p>\n</article>",
            "media_files": "/bytes?w=",
            "versions": "declined to say",
            "captures": "urn:uuid",
        }[table]
        for path in addresses(room):
            answer = room.get(path)
            assert answer.status_code in (200, 403), (path, answer.text[:500])
            assert answer.status_code == 403 or secret not in answer.text, path
            assert room.get(path, root=True).status_code == 200, path


@pytest.mark.skipif(
    not FIRST_LINE, reason="plug-ins of Datasette 1.0 decide in SQL, which is asked for all tables at once"
)
def test_a_plug_in_that_decides_is_asked_for_each_table(news: Path) -> None:
    """As a rule of the configuration is: what it closes shows on no page, the rest is open."""
    with Reading(news / "archive.db") as room:
        item = room.one("SELECT post_item FROM comments WHERE author_name = 'Old Salt'")
        about = f"{PREFIX}/item/{item}/comments"
        assert "Old Salt" in room.get(about).text
        pm.register(Decides(), "decides")
        try:
            assert "You may not see the comments" in room.page(about).text
            assert "Old Salt" not in room.get(about, root=True).text
        finally:
            pm.unregister(name="decides")


class Decides:
    """A plug-in that keeps one table from everybody."""

    @hookimpl
    def permission_allowed(self, action: str, resource: object) -> bool | None:
        return False if action == "view-table" and resource == (ARCHIVE, "comments") else None


def test_raw_answers_need_the_table_of_what_they_hold(news: Path) -> None:
    """Else closed comments could be read in the stored answers that they came in, whole or one by one."""
    with Reading(news / "archive.db", closed=("comments",)) as room:
        held = room.rows("SELECT capture FROM captures WHERE route LIKE '/wp/v2/comments%' AND status = 200")
        assert held
        for (capture,) in held[:6]:
            for part in ("", "/raw", "/body", "/record"):
                assert room.get(f"{PREFIX}/capture/{capture[9:]}{part}").status_code == 403
        posts = room.one("SELECT capture FROM captures WHERE route LIKE '/wp/v2/posts%' AND status = 200")
        assert room.get(f"{PREFIX}/capture/{posts[9:]}/body").status_code == 200
        page = room.page(f"/item/{room.one('SELECT post_item FROM comments')}/comments")
        assert "You may not see the comments" in page.text


def test_what_only_credentials_showed_is_on_no_page(stranger: Reading) -> None:
    """Nor in a feed, a picture's name or a search, and no page leads to a capture made with them."""
    private = {row[0] for row in stranger.rows("SELECT capture FROM captures WHERE privilege != 'anonymous'")}
    seen = 0
    for path, answer in walked(stranger, 6):
        assert answer.status_code == 200, path
        if "/record" not in path:
            seen += 1
            assert PLANTED.encode() not in answer.content, path
            assert not [one for one in private if one[9:].encode() in answer.content], path
    assert seen > 120
    assert Page(stranger.get(f"{PREFIX}/search?q={PLANTED}").text).all("mark") == []


def test_captures_and_items_that_only_credentials_showed_are_closed_by_their_address(stranger: Reading) -> None:
    """Who knows an id learns nothing by it."""
    for (capture,) in stranger.rows("SELECT capture FROM captures WHERE privilege != 'anonymous' LIMIT 5"):
        for part in ("", "/raw", "/body", "/record"):
            answer = stranger.get(f"{PREFIX}/capture/{capture[9:]}{part}")
            assert answer.status_code == 403
            assert "serve --private" in answer.text
    tables = ("posts", "media", "comments", "users", "terms")
    for (item,) in [
        row for one in tables for row in stranger.rows(f"SELECT item FROM {one} WHERE privilege != 'anonymous'")
    ]:
        for tab in ("", "/timeline", "/changes", "/json", "/links", "/evidence"):
            answer = stranger.get(f"{PREFIX}/item/{item}{tab}")
            assert answer.status_code in (403, 404), (item, tab)
            assert PLANTED not in answer.text


def test_the_owner_sees_all_of_it(withheld: Path) -> None:
    """`serve --private` sets `private`: what is hidden above is there."""
    with Reading(withheld, plugin={"private": True}) as room:
        capture, wp_id = room.rows("SELECT capture, wp_id FROM revisions WHERE content LIKE ?", f"%{PLANTED}%")[0]
        assert PLANTED in room.page(f"/capture/{capture[9:]}?item={wp_id}").text
        for table in ("posts", "users", "terms", "comments", "media"):
            item = room.one(
                f"SELECT item FROM {table} WHERE privilege != 'anonymous' AND {NAME[table]} LIKE 'PLANTED%'"
            )
            assert PLANTED in room.page(f"/item/{item}").text, item
        with Reading(withheld) as other:
            assert len(room.page("/changes").all("article")) > len(other.page("/changes").all("article"))


def test_the_menu_names_the_archive_only_to_who_may_see_it(news: Path) -> None:
    with Reading(news / "archive.db", closed=(ARCHIVE,)) as room:
        for path in ("/", f"/{ARCHIVE}"):
            assert PREFIX not in room.get(path).text
            assert f'href="{PREFIX}/"' in room.get(path, root=True).text
