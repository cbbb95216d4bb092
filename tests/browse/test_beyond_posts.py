"""What the reading room shows beyond the REST API's articles: a feed's, plug-ins' items, and what no list of it has."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from beyond_posts import make_beyond_posts
from reading import PREFIX, Reading, made_once


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
