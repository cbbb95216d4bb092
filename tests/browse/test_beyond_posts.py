"""What the reading room shows beyond the REST API's articles: a feed's, plug-ins' items, and what no list of it has."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from beyond_posts import HIDDEN, make_beyond_posts
from reading import PREFIX, Reading, made_once

from wparchive.browse.queries.overview import sites


@pytest.fixture(scope="module")
def beyond(shared: Path) -> Path:
    """The archive of both sites; only looked at."""
    return made_once(shared, "beyond-posts", make_beyond_posts)


@pytest.fixture(scope="module")
def wide(beyond: Path) -> Iterator[Reading]:
    """Datasette on it, as a stranger sees it."""
    with Reading(beyond / "archive.db") as reading:
        yield reading


def test_what_only_a_feed_showed_has_its_pages_and_says_so(wide: Reading) -> None:
    """Its id is below zero; every tab answers, from the site's page on, and says that it is partial."""
    (item,) = wide.rows("SELECT item FROM posts WHERE wp_id < 0")[0]
    path = wide.page("/site/shut").link(f"/item/{item}")
    page = wide.page(path)
    assert "Partial. It is from a feed of the site" in page.text
    tabs = {link for link in page.links if link.startswith(path)}
    assert len(tabs) >= 8
    for tab in tabs:
        assert "Partial." in wide.page(tab).text
    assert "Ships wait." in page.text
    assert "Ships wait." in wide.page(f"/item/{item}/json").text
    assert wide.get(f"{PREFIX}/frame/{item}").status_code == 200
    article = wide.one("SELECT item FROM posts WHERE NOT partial")
    assert "Partial." not in wide.page(f"/item/{article}").text
    for nothing in ("-5", "-", "--5", "9" * 5000):
        assert wide.get(f"{PREFIX}/item/shut/post/{nothing}").status_code == 404


def test_what_no_list_of_the_api_has_is_reached_from_the_site(wide: Reading, beyond: Path) -> None:
    """Each address with what names it; nobody reads of it who may not see the inventory."""
    page = wide.page(wide.page("/site/plugged").link("/uncovered"))
    assert HIDDEN in page.text
    assert wide.page(page.link("/url?")).all("h1")
    assert wide.page(page.link("/capture/"))
    assert not [link for link in wide.page("/site/shut").links if "/uncovered" in link]
    assert "Nothing of this kind" in wide.page("/site/shut/uncovered").text
    assert wide.get(f"{PREFIX}/site/nowhere/uncovered").status_code == 404
    with Reading(beyond / "archive.db", closed=("inventory",)) as room:
        assert "/uncovered" not in room.page("/site/plugged").html
        assert room.get(f"{PREFIX}/site/plugged/uncovered").status_code == 403


def test_pages_that_differ_are_counted_on_the_overview(wide: Reading, beyond: Path) -> None:
    """As every kind of change that a reader looks for; not for one who may not see the pages."""
    assert "kind=page_differs" in wide.page("/").link("page_differs")
    with Reading(beyond / "archive.db", closed=("pages",)) as room:
        assert "page_differs" not in room.page("/").html


LISTED = {
    "tribe.events": ("Harbour fair", "North Quay", "5 €", "2026-12-05"),
    "wc.products": ("Oilskin coat", "OIL-41", "129.50 EUR", "in-stock"),
    "wc.reviews": ("Review of Oilskin coat", "Dry through three gales.", "Ines"),
    "deals.offers": ("Offer 35",),
}


@pytest.mark.parametrize("kind", LISTED)
def test_items_of_plug_ins_are_listed_with_what_their_table_has(wide: Reading, beyond: Path, kind: str) -> None:
    """From the site's page to an item's; for one who may not see their table, no list names them."""
    titled, *more = LISTED[kind]
    listed = wide.page(wide.page("/site/plugged").link(f"type={kind}"))
    assert titled in listed.text
    page = wide.page(listed.link(f"/item/plugged/{kind}/"))
    for text in more:
        assert text in page.text
    table = wide.one('SELECT "table" FROM collections WHERE type = ?', kind)
    with Reading(beyond / "archive.db", closed=(table,)) as room:
        assert f"type={kind}" not in room.page("/site/plugged").html
        assert titled not in room.page(f"/site/plugged?type={kind}").text


def test_a_long_list_of_a_plug_in_goes_on(wide: Reading) -> None:
    """Each item stands on one of its pages."""
    first = wide.page("/site/plugged?type=deals.offers")
    second = wide.page(first.link("offset=30"))
    found = [{link for link in page.links if "/deals.offers/" in link} for page in (first, second)]
    assert [len(one) for one in found] == [30, 5]
    assert not found[0] & found[1]


def test_articles_are_what_the_view_of_that_name_shows(wide: Reading, beyond: Path, tmp_path: Path) -> None:
    """No product, review, offer or term is one, and none that is gone, or that only credentials showed."""
    count = wide.one("SELECT count(*) FROM articles WHERE site = 'plugged'")
    copy = tmp_path / "archive.db"
    shutil.copy(beyond / "archive.db", copy)
    with closing(sqlite3.connect(copy)) as conn:
        conn.row_factory = sqlite3.Row
        assert [line.articles for line in sites(conn, "") if line.site == "plugged"] == [count]
        newest = "(SELECT max(rowid) FROM posts WHERE site = 'plugged' AND gone IS NULL AND privilege = 'anonymous')"
        for left, change in enumerate(("privilege = 'authenticated'", "gone = 'deleted'"), 1):
            conn.execute(f"UPDATE posts SET {change} WHERE rowid = {newest}")
            (shown,) = conn.execute("SELECT count(*) FROM articles WHERE site = 'plugged' AND gone IS NULL").fetchone()
            assert [line.articles for line in sites(conn, "") if line.site == "plugged"] == [shown] == [count - left]
