"""Sitemaps and feeds of a real WordPress: what they name against MariaDB, what they cost, and what they show beside REST."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from lab_site import Lab

FRUGAL = ("--media", "none", "--pages", "none", "--no-seal")
IN_SITEMAPS = ("post", "page", "book", "event")
PUBLISHED = "SELECT ID FROM wp_posts WHERE post_type = '{}' AND post_status = 'publish'"


@dataclass(frozen=True)
class Held:
    """An archive of the lab at `home`."""

    lab: Lab
    home: str
    folder: Path
    cli: Callable[..., Any]

    def crawl(self, *options: str, code: int = 0) -> dict[str, Any]:
        """One more run; gives its report."""
        done = self.cli("crawl", self.home, "-a", self.folder, *FRUGAL, "--json", *options, code=code)
        report: dict[str, Any] = json.loads(done.stdout)[0]
        return report

    def rows(self, query: str, *values: object) -> list[Any]:
        with closing(sqlite3.connect(self.folder / "archive.db")) as db:
            return db.execute(query, values).fetchall()

    def ids(self, query: str, *values: object) -> set[Any]:
        return {row[0] for row in self.rows(query, *values)}


@contextmanager
def closed(lab: Lab, how: str) -> Iterator[None]:
    """The lab with its REST API closed to strangers."""
    lab.php(f"update_option('lab_closed', '{how}');")
    try:
        yield
    finally:
        lab.php("delete_option('lab_closed');")


@pytest.mark.parametrize("form", ["pretty", "plain"])
def test_what_sitemaps_name_is_what_mariadb_calls_public(
    small: Lab, cli: Callable[..., Any], tmp_path: Path, form: str
) -> None:
    """Each published item is matched with its URL, what REST hides is named, and a second run costs conditional requests only."""
    held = Held(small, small.url(form), tmp_path / "archive", cli)
    held.crawl()
    for kind in IN_SITEMAPS:
        query = (
            "SELECT p.wp_id FROM inventory i JOIN posts p ON p.item = i.item WHERE i.source = 'sitemap' AND p.type = ?"
        )
        assert held.ids(query, kind) == small.ids(PUBLISHED.format(kind))
    uncovered = {row[0] for row in held.rows("SELECT url FROM uncovered")}
    assert held.home in uncovered
    assert len([url for url in uncovered if "secret" in url]) == len(small.ids(PUBLISHED.format("secret"))) == 1
    mark = small.log_mark()
    again = held.crawl()
    asked = small.log_since(mark)
    documents = [one for one in asked if "sitemap" in one.target or "feed" in one.target]
    assert {one.status for one in documents} <= {304}
    assert len(documents) <= 3
    open_ones = held.rows(
        "SELECT count(DISTINCT route) FROM listings WHERE run = ? AND stated IS NOT NULL", again["run"]
    )
    assert len(asked) - len(documents) <= 2 * open_ones[0][0] + 6
    assert held.rows("SELECT * FROM observations") == []
    assert cli("verify", "-a", held.folder).returncode == 0


@pytest.mark.parametrize("how", ["all", "lists"])
def test_a_closed_api_leaves_what_the_feeds_show(small: Lab, cli: Callable[..., Any], tmp_path: Path, how: str) -> None:
    """Closed means closed, not empty: every published post has a row, partial and said so; opened, each stands there once."""
    held = Held(small, small.pretty, tmp_path / "archive", cli)
    published = small.ids(PUBLISHED.format("post"))
    with closed(small, how):
        report = held.crawl(code=7)
        assert (report["state"], "what its feeds show is held" in report["reason"]) == ("closed", True)
        links = held.ids("SELECT link FROM posts WHERE type = 'post' AND partial AND via = 'feed'")
        assert links == set(
            json.loads(small.php(f"echo json_encode(array_map('get_permalink', {sorted(published)}));"))
        )
        # Core's guid tells the id only of posts that were drafts first.
        assert held.ids("SELECT wp_id FROM posts WHERE wp_id > 0") <= published
        assert held.rows("SELECT count(*) FROM posts WHERE type != 'post' OR via IS NULL") == [(0,)]
        query = "SELECT comment_ID FROM wp_comments WHERE comment_approved = '1'"
        comments = held.ids("SELECT wp_id FROM comments WHERE via = 'feed'")
        assert len(comments) == 10
        assert comments < small.ids(query)
        mark = small.log_mark()
        held.crawl(code=7)
        assert sum("feed" in one.target for one in small.log_since(mark)) <= 2
    held.crawl()
    assert held.ids("SELECT wp_id FROM posts WHERE type = 'post'") == published
    assert held.rows("SELECT count(*) FROM posts WHERE via IS NOT NULL OR gone IS NOT NULL") == [(0,)]
    assert held.rows("SELECT * FROM observations") == []
    assert cli("verify", "-a", held.folder).returncode == 0
