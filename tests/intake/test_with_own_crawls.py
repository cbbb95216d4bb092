"""Imports beside crawls of our own: which came first changes nothing, and neither spoils the other."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from crawlkit import crawl
from fakewp import FakeWordPress
from intakekit import changes, dump, rows, take, unsound
from writers import answer, info, post, write

from wparchive.index import index
from wparchive.store import Archive
from wparchive.store.log.capture_log import CaptureLog

# What says when an import was made, or by which run of the test's own.
ASIDE = "SELECT warc, offset, length, type, record_id FROM records ORDER BY 1, 2"


WHOLE: dict[str, Any] = {"pages": "all", "inventory": True}
AT = "2023-06-01T00:00:00Z"


def older(folder: Path, fake: FakeWordPress) -> Path:
    """The site two years earlier: a post that changed since, one that is nowhere now; a page whose post only we show."""
    home = fake.url.rstrip("/")
    items = [post(1, "As it was", "2023-01-01T00:00:00", home=home), post(99_999, "Lost since", home=home)]
    said = answer("/wp-json/wp/v2/posts?per_page=100", items, AT, home=home)
    index_of = answer("/wp-json/", {"name": "Old", "namespaces": ["wp/v2"], "routes": {}}, AT, home=home)
    html, xml = [("Content-Type", "text/html")], [("Content-Type", "application/xml")]
    pages = [
        answer(path, b"<html><body><p>Then.</p></body></html>", AT, headers=html, home=home) for path in shown(fake)
    ]
    named = "".join(f"<url><loc>{home}{path}</loc></url>" for path in (*shown(fake), "/in-no-list/"))
    sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{named}</urlset>'.encode()
    feed = (
        f"<rss version='2.0'><channel><item><title>Fed</title><link>{home}/fed/</link></item></channel></rss>".encode()
    )
    beside = [
        answer("/post-sitemap.xml", sitemap, AT, headers=xml, home=home),
        answer("/feed/", feed, AT, headers=[("Content-Type", "application/rss+xml")], home=home),
    ]
    return write(folder, "older", [info(), said, index_of, *pages, *beside])


def shown(fake: FakeWordPress) -> list[str]:
    """Where readers find a post that the foreign file has too, one that it hasn't, and a page of no item."""
    newest = max(number for number, one in fake.site.posts.items() if one.type == "post" and one.status == "publish")
    return ["/post-99999/", f"/{fake.core.urls.post(fake.site.posts[newest]).removeprefix(fake.url)}", "/archive/2023/"]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, fake: FakeWordPress) -> tuple[Path, Path, Path]:
    """An archive crawled and then imported into; one with the same crawl's files after the import; the foreign file."""
    folder = tmp_path_factory.mktemp("both")
    foreign = older(folder, fake)
    crawled = crawl(folder / "one", fake.url, changes=WHOLE)
    assert crawled.code == 0
    own = {path: path.read_bytes() for path in (folder / "one").glob("*/warc/*.warc.gz")}
    take(folder / "one", foreign)
    take(folder / "other", foreign)
    for path, data in own.items():
        (folder / "other" / path.relative_to(folder / "one")).write_bytes(data)
    index(Archive(folder / "other"))
    return folder / "one", folder / "other", foreign


def test_the_database_is_the_same_whichever_came_first(both: tuple[Path, Path, Path]) -> None:
    one, other, _ = both
    first, second = dump(one), dump(other)
    assert rows(one, ASIDE) == rows(other, ASIDE)
    # The SHA-256 of a warcinfo record says when its file was made.
    assert {**first, "records": []} == {**second, "records": []}
    assert unsound(one) == []
    assert [line for line in unsound(other) if "frontier" not in line] == []


def test_a_page_of_a_file_is_of_the_post_that_our_crawl_shows(
    both: tuple[Path, Path, Path], fake: FakeWordPress
) -> None:
    home = fake.url.rstrip("/")
    for folder in both[:2]:
        found = rows(folder, "SELECT replace(url, ?, ''), wp_id FROM pages WHERE captured_at = ?", home, AT)
        numbers = dict(found)
        assert [numbers[path] is not None for path in shown(fake)] == [True, True, False]
        query = "SELECT replace(url, ?, ''), source FROM inventory WHERE first_seen = ? ORDER BY 1, 2"
        assert {("/in-no-list/", "sitemap"), ("/fed/", "feed")} <= {*rows(folder, query, home, AT)}


def test_our_crawl_finds_missing_what_only_others_showed(both: tuple[Path, Path, Path]) -> None:
    """Its listing is complete, so it may say so; the import by itself says nothing about absence."""
    one, _, _ = both
    assert rows(one, "SELECT gone FROM posts WHERE wp_id = 99999") == [("missing",)]
    assert rows(one, "SELECT name != 'Old', state FROM sites") == [(1, "ok")]


def test_a_crawl_after_an_import_leans_on_its_own_captures_only(
    tmp_path: Path, both: tuple[Path, Path, Path], fake: FakeWordPress
) -> None:
    take(tmp_path / "archive", both[2])
    (name,) = [site.name for site in Archive(tmp_path / "archive").sites()]
    crawled = crawl(tmp_path / "archive", fake.url)
    assert (crawled.code, crawled.result.report.mode) == (0, "full")
    log = CaptureLog(Archive(tmp_path / "archive").site(name).frontier, name)
    assert not [capture for capture in log.captures() if "import-" in capture.warc]
    assert not [warc for warc in log.files() if "import-" in warc]
    log.close()
    assert crawled.number("SELECT count(*) FROM captures WHERE record_type = 'revisit'") == 0
    again = crawl(tmp_path / "archive", fake.url)
    assert (again.code, again.result.report.mode) == (0, "incremental")
    assert unsound(tmp_path / "archive") == []


def test_what_is_older_than_what_we_saw_adds_a_version_and_changes_no_row(tmp_path: Path, fake: FakeWordPress) -> None:
    """Another tool's captures during a run of ours sort behind it, but they are older than its last sightings."""
    crawled = crawl(tmp_path / "archive", fake.url)
    home = fake.url.rstrip("/")
    (title, wp_id, began) = crawled.rows(
        "SELECT p.title, p.wp_id, r.started_at FROM posts p, runs r WHERE p.type = 'post' ORDER BY p.wp_id LIMIT 1"
    )[0]
    # One microsecond after our run began is before it saw the item.
    at = f"{began[:19]}.{int(began[20:26]) + 1:06d}Z"
    said = answer(f"/wp-json/wp/v2/posts/{wp_id}", post(wp_id, "In between", home=home), at, home=home)
    take(tmp_path / "archive", write(tmp_path, "between", [info(), said]))
    assert crawled.rows("SELECT title FROM posts WHERE type = 'post' AND wp_id = ?", wp_id) == [(title,)]
    versions = crawled.rows("SELECT title FROM versions WHERE type = 'post' AND wp_id = ? ORDER BY first_seen", wp_id)
    assert sorted(versions) == sorted([("In between",), (title,)])
    assert changes(tmp_path / "archive") == []
    assert unsound(tmp_path / "archive") == []


def test_our_own_files_from_elsewhere_are_not_held_twice(tmp_path: Path, fake: FakeWordPress) -> None:
    """A WARC of this archive, imported as if it were another's, adds nothing; one of another archive does."""
    crawl(tmp_path / "archive", fake.url)
    (path,) = (tmp_path / "archive").glob("*/warc/*.warc.gz")
    copy = Path(shutil.copy(path, tmp_path / "copy.warc.gz"))
    assert [site.answers for site in take(tmp_path / "archive", copy).sites] == [0]
    assert unsound(tmp_path / "archive") == []
    (site,) = take(tmp_path / "elsewhere", copy).sites
    assert site.answers == 20
    assert unsound(tmp_path / "elsewhere") == []
