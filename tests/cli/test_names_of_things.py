"""What a person may write for an item or an answer: its key, an address, how a capture's id begins, words of its headline."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from crawlkit import SMALL, crawl, invoke
from fakewp import FakeWordPress

from wparchive.ask.lookup import find_answer, find_item
from wparchive.errors import AmbiguousError, ExitCode, UsageError
from wparchive.model import Privilege

sys.path.insert(0, str(Path(__file__).parents[1] / "index"))

from archives import HOME, ROOT, World, post  # noqa: E402, RUF100 - found by the line above

# A word of the letters a to f may begin a capture's id too.
TITLES = {
    5: "The Facade",
    1: "Dredger stuck at the north bar",
    2: "Fog &amp; dredger",
    3: "横浜港務局は霧信号を止めた",
    4: "Fog",
}
OTHER = "https://blog.example/news/"


def article(wp_id: int, **fields: Any) -> dict[str, Any]:
    """A post whose address names its month."""
    link = f"{HOME}2026/01/{fields.pop('slug', f'post-{wp_id}')}/"
    return post(wp_id, title={"rendered": TITLES[wp_id]}, link=link, **fields)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two sites, one with plain permalinks in a folder; an article whose permalink changed; a file; a REST answer."""
    world = World(tmp_path_factory.mktemp("names") / "archive")
    for slug in ("old-name", "post-1"):
        run = world.run().site(aliases=[HOME, "https://www.example.org/"])
        run.get("/wp/v2/posts?per_page=100", [article(1, slug=slug), article(2), article(4), article(5)])
        encoded = "%e6%b8%af%e5%8b%99"
        run.get("/wp/v2/pages", [article(3, type="page", slug=encoded)])
        media = {
            "id": 8,
            "type": "attachment",
            "title": {"rendered": "Crane"},
            "link": f"{HOME}crane/",
            "source_url": f"{HOME}wp-content/uploads/2026/01/crane-scaled.jpg",
        }
        run.get("/wp/v2/media", [media])
        comment = {"id": 5, "post": 1, "author_name": "Zoë", "content": {"rendered": "tea"}, "type": "comment"}
        run.get("/wp/v2/comments", [{**comment, "link": f"{HOME}2026/01/post-1/#comment-5"}])
        run.get(
            "/wp/v2/categories",
            [{"id": 3, "taxonomy": "category", "name": "News", "slug": "news", "link": f"{HOME}category/news/"}],
        )
        run.get(
            "/wp/v2/posts/1/revisions",
            [{"id": 10, "parent": 1, "title": {"rendered": "Draft"}}],
            kind="revisions",
            privilege=Privilege.AUTHENTICATED,
        )
        run.end()
    run = world.run("blog.example_news").site(
        home=OTHER, root=f"{OTHER}index.php?rest_route=/", root_form="query", aliases=[OTHER]
    )
    run.get(
        "/wp/v2/posts", [post(1, link=f"{OTHER}?p=1", title={"rendered": "Elsewhere"}), post(7, link=f"{OTHER}?p=7")]
    )
    run.end()
    world.index()
    return world


ONE = "example.org/post/1"
PAGE = "example.org/page/3"


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("example.org/post/1", ONE),
        (f"{HOME}2026/01/post-1/", ONE),
        (f"{HOME}2026/01/post-1", ONE),
        ("http://example.org/2026/01/post-1/", ONE),
        ("HTTPS://WWW.Example.org/2026/01/post-1/", ONE),
        ("example.org/2026/01/post-1", ONE),
        ("www.example.org/2026/01/post-1/", ONE),
        (f"{HOME}2026/01/post-1/#more", ONE),
        (f"{HOME}2026/01/post-1/?utm_source=x&utm_medium=mail&fbclid=1#h", ONE),
        (f"{HOME}2026/01/post-1/?lang=de", ONE),
        (f"{HOME}2026/01/post-1/feed/", ONE),
        (f"{HOME}2026/01/post-1/amp", ONE),
        (f"{HOME}2026/01/post-1/comment-page-2/#comments", ONE),
        (f"{HOME}2026/01/post-1/3/", ONE),
        (f"{HOME}2026/01/old-name/", ONE),
        (f"{HOME}?p=1", ONE),
        ("http://example.org?p=1", ONE),
        (f"{HOME}index.php?p=1&preview=true", ONE),
        (f"{HOME}2026/01/post-1/#comment-5", "example.org/comment/5"),
        (f"{HOME}?page_id=3", PAGE),
        (f"{HOME}2026/01/%E6%B8%AF%E5%8B%99/", PAGE),
        (f"{HOME}2026/01/港務/", PAGE),
        (f"{HOME}2026/01/%e6%b8%af%e5%8b%99", PAGE),
        (f"{HOME}category/news", "example.org/category/3"),
        (f"{HOME}?cat=3", "example.org/category/3"),
        (f"{HOME}crane/", "example.org/attachment/8"),
        (f"{HOME}?attachment_id=8", "example.org/attachment/8"),
        (f"{HOME}wp-content/uploads/2026/01/crane-scaled.jpg", "example.org/attachment/8"),
        (f"{HOME}wp-content/uploads/2026/01/crane.jpg", "example.org/attachment/8"),
        (f"{HOME}wp-content/uploads/2026/01/crane-300x200.jpg?ver=2", "example.org/attachment/8"),
        (f"{ROOT}/wp/v2/posts/1", ONE),
        (f"{ROOT}/wp/v2/posts/1/?_fields=id", ONE),
        (f"{HOME}?rest_route=/wp/v2/posts/1", ONE),
        (f"{HOME}?rest_route=%2Fwp%2Fv2%2Fposts%2F1", ONE),
        ("http://www.example.org/index.php?rest_route=/wp/v2/posts/1", ONE),
        (f"{ROOT}/wp/v2/categories/3", "example.org/category/3"),
        (f"{OTHER}?p=1", "blog.example_news/post/1"),
        ("blog.example/news/?p=7", "blog.example_news/post/7"),
        (f"{OTHER}?rest_route=/wp/v2/posts/7", "blog.example_news/post/7"),
        (f"{OTHER}wp-json/wp/v2/posts/7", "blog.example_news/post/7"),
        ("north bar", ONE),
        ("DREDGER stuck", ONE),
        ("dredg stuck at the nor", ONE),
        ("fog", "example.org/post/4"),
        ("facade", "example.org/post/5"),
        ("霧信号", PAGE),
        ("crane", "example.org/attachment/8"),
    ],
)
def test_an_item_by_every_name(world: World, name: str, item: str) -> None:
    """However it is spelled, every command finds the same item."""
    assert str(find_item(world.archive.database, name)) == item


def test_an_answer_by_its_address_and_by_how_its_id_begins(world: World) -> None:
    """A REST route that lists items is an answer; a capture's id may be cut short, with or without its dashes."""
    database = world.archive.database
    rows = world.rows("SELECT capture FROM captures WHERE route = '/wp/v2/posts?per_page=100' ORDER BY captured_at")
    newest = rows[-1][0]
    for name in (f"{ROOT}/wp/v2/posts?per_page=100", f"{HOME}?rest_route=%2Fwp%2Fv2%2Fposts&per_page=100", newest):
        capture, item = find_answer(database, name)
        assert (capture.capture, item) == (newest, None)
    bare = newest.removeprefix("urn:uuid:")
    for name in (bare[:13], bare[:16].upper(), bare.replace("-", ""), bare.replace("-", "")[:12], newest[:30]):
        assert find_answer(database, name)[0].capture == newest
    assert find_answer(database, ONE)[1] == find_item(database, ONE)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (
            "dredger",
            [
                "  example.org/post/1  2026-01-02  Dredger stuck at the north bar",
                "  example.org/post/2  2026-01-02  Fog & dredger",
            ],
        ),
        ("post/1", []),
    ],
)
def test_a_name_of_several_things(world: World, name: str, lines: list[str]) -> None:
    """They are listed, each with a key that is clear; exit 2."""
    for command in ("show", "history"):
        done = invoke(command, name, "-a", world.archive.root, code=ExitCode.USAGE)
        first, *others = done.stderr.splitlines()
        assert "more than one" in first and sorted(others) == lines and not done.stdout


def test_an_abbreviation_of_several_captures(world: World) -> None:
    """The candidates are listed: id, time, route. Three signs are too few to be one."""
    run = world.run("many.example").site(home="https://many.example/", root="https://many.example/wp-json/")
    for number in range(1500):
        run.get(f"/wp/v2/posts?page={number}", [], kind="listing")
    run.end()
    world.index()
    ids = sorted(row[0].removeprefix("urn:uuid:") for row in world.rows("SELECT capture FROM captures"))
    clash = [one for one in ids if sum(other[:4] == one[:4] for other in ids) > 1]
    assert clash, "of 1,500 random ids two begin with the same four signs: the chance of none is 1 in 20 million"
    alike = [one for one in ids if one[:4] == clash[0][:4]]
    done = invoke("show", alike[0][:4], "-a", world.archive.root, code=ExitCode.USAGE)
    first, *others = done.stderr.splitlines()
    assert "more than one capture begins so" in first
    assert [line.split()[0].removeprefix("urn:uuid:") for line in others] == alike


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (f"{HOME}2026/01/never/", "nothing in the archive has this address"),
        ("https://unknown.example/2026/", "it has blog.example, example.org"),
        ("https://user:secret@example.org/", "credentials in the URL"),
        ("https://example.org:99999/", "not a proper port"),
        (f"{ROOT}/wp/v2/posts/999", "nothing in the archive has this address"),
        ("no such headline", "no such thing in the archive; name an item as SITE/TYPE/ID"),
        ("deadbeefdeadbeef", "no such thing in the archive"),
        ("-", "no such thing in the archive"),
    ],
)
def test_what_names_nothing(world: World, name: str, said: str) -> None:
    """One clear line, exit 2, whatever the command."""
    for command in (("show",), ("history",), ("trace", "--offline")):
        done = invoke(*command, "-a", world.archive.root, "--", name, code=ExitCode.USAGE)
        assert said in done.stderr and len(done.stderr.splitlines()) == 1 and not done.stdout


def test_the_newest_of_an_item(world: World) -> None:
    """`show` of an article's address gives that article, cut out of its page; `--page` the whole answer."""
    sent = json.loads(invoke("show", f"{HOME}2026/01/old-name/", "--body", "-a", world.archive.root).stdout)
    assert (sent["id"], sent["link"]) == (1, f"{HOME}2026/01/post-1/")
    page = json.loads(invoke("show", f"{HOME}2026/01/old-name/", "--body", "--page", "-a", world.archive.root).stdout)
    assert [one["id"] for one in page] == [1, 2, 4, 5]


def test_an_answer_isn_t_an_item(world: World) -> None:
    """`history` of a page of items lists them."""
    with pytest.raises(AmbiguousError) as raised:
        find_item(world.archive.database, f"{ROOT}/wp/v2/posts?per_page=100")
    assert set(raised.value.choices) <= {
        "example.org/post/1",
        "example.org/post/2",
        "example.org/post/4",
        "example.org/post/5",
    }
    with pytest.raises(UsageError, match="nothing in the archive has this address"):
        find_item(world.archive.database, f"{ROOT}/wp/v2/never")


def test_whatever_a_site_calls_its_own(tmp_path: Path) -> None:
    """Of a site that was crawled, each item's address is that item's, and each file's that of the file and its attachment."""
    with FakeWordPress(**SMALL) as site:
        archive = crawl(tmp_path / "archive", site.url, changes={"media": "originals"})
    database = archive.folder / "archive.db"
    kinds = {"posts": "type", "media": "'attachment'", "comments": "'comment'", "terms": "taxonomy", "users": "'user'"}
    for table, kind in kinds.items():
        rows = archive.rows(f"SELECT {kind}, wp_id, link FROM {table} WHERE link != ''")
        assert rows, table
        for called, wp_id, link in rows:
            item = find_item(database, link)
            assert (item.type, item.wp_id) == (called, wp_id), link
    files = archive.rows("SELECT url, media, capture FROM media_files WHERE sha256 IS NOT NULL")
    assert files
    for url, media, capture in files:
        assert find_answer(database, url)[0].capture == capture
        assert (find_item(database, url).type, find_item(database, f"{url}?ver=3").wp_id) == ("attachment", media)
    for capture, url in archive.rows(
        "SELECT max(capture), url FROM captures WHERE status IS NOT NULL GROUP BY url HAVING count(*) = 1"
    ):
        found, item = find_answer(database, url)
        assert item or found.capture == capture, url
