"""Lists of one site that treat languages each in their own way: nothing of a language is lost, nor called what it isn't."""

from pathlib import Path
from typing import Any

import pytest
from crawlkit import SMALL, Crawled, crawl
from fakewp.in_languages import InLanguages, both, fallback, partly

from wparchive.errors import ExitCode

SIZES = SMALL | {"posts": 8, "pages": 4, "media": 0, "comments": 0, "books": 0, "terms": 2}
FRENCH = {"posts": 5, "pages": 3, "books": 0, "media": 0, "comments": 0, "users": 1, "terms": 0}
LANGUAGES = "SELECT language, how FROM languages WHERE site = (SELECT min(site) FROM sites) ORDER BY 1"


def run(site: InLanguages, folder: Path, **options: Any) -> Crawled:
    return crawl(folder, site.url, changes={"retries": 0}, **options)


def of(site: InLanguages, kind: str) -> tuple[set[int], set[int]]:
    """The ids of a type in English and in French."""
    english, french = (
        {post.id for post in one.site.of_type(kind) if one.site.public(post)} for one in (site.core, site.french)
    )
    return english, french


def held(crawled: Crawled, kind: str, language: str | None = None) -> set[int]:
    chosen = "" if language is None else f" AND language = '{language}'"
    return {row[0] for row in crawled.rows(f"SELECT wp_id FROM posts WHERE type = ? AND gone IS NULL{chosen}", kind)}


def quiet(site: InLanguages, folder: Path) -> None:
    """A second run finds nothing, and keeps to its limit of requests."""
    asked = len(site.requests)
    again = run(site, folder)
    assert again.code is ExitCode.COMPLETE
    assert again.rows("SELECT * FROM observations") == []
    lists = sum(again.number("SELECT count(*) FROM listings WHERE run = ?", one.report.run) for one in again.results)
    assert len(site.requests) - asked <= 2 * lists + 6 * len(again.results)


@pytest.mark.parametrize("alike", ["/wp/v2/posts", "/wp/v2/pages"])
def test_each_list_is_judged_by_itself(tmp_path: Path, alike: str) -> None:
    """A site translates its pages and not its posts, or the other way round: that one list is the same says nothing."""
    with InLanguages(FRENCH, **SIZES) as site:
        del site.ways[alike]
        crawled = run(site, tmp_path)
        kind = "page" if alike == "/wp/v2/posts" else "post"
        english, french = of(site, kind)
        assert held(crawled, kind, "fr") == french
        assert held(crawled, kind, "en") == english
        assert crawled.rows(LANGUAGES) == [("en", "usual"), ("fr", "list")]
        quiet(site, tmp_path)


@pytest.mark.parametrize(("kept", "posts", "stated"), [(3, 8, True), (3, 8, False), (120, 150, True)])
def test_a_list_that_falls_back_to_the_default_language_is_held_whole(
    tmp_path: Path, kept: int, posts: int, stated: bool
) -> None:
    """Its first items are the usual ones, as many as there are or fewer: what is translated stands at the end.

    What an item itself says of its language comes first; only where it says nothing, it is of several lists.
    """
    with InLanguages(FRENCH | {"posts": 5 if posts < 100 else 30}, **SIZES | {"posts": posts}) as site:
        site.ways["/wp/v2/posts"], site.stated = fallback(kept), stated
        crawled = run(site, tmp_path)
        english, french = of(site, "post")
        assert held(crawled, "post") == english | french
        assert held(crawled, "post", "fr") == french
        several = set() if stated else set(sorted(english)[:kept])
        assert held(crawled, "post", "en") == english - several
        assert held(crawled, "post", "*") == several
        quiet(site, tmp_path)


def test_plug_ins_lists_are_walked_in_each_language(tmp_path: Path) -> None:
    """A shop's products by language: those of both are held, each with its own proof and its language."""
    with InLanguages(FRENCH, **SIZES) as site:
        for code, first in (("en", 501), ("fr", 601)):
            numbers = range(first, first + 10)
            site.things[code] = [
                {"id": number, "name": f"{code} {number}", "prices": {"price": "100"}} for number in numbers
            ]
        crawled = run(site, tmp_path)
        rows = crawled.rows("SELECT language, count(*) FROM products GROUP BY 1")
        assert rows == [("en", 10), ("fr", 10)]
        assert crawled.rows("SELECT held FROM listings WHERE route LIKE '/wc/%' ORDER BY route") == [(10,), (10,)]
        assert "1 walked" in crawled.result.report.plug_ins
        quiet(site, tmp_path)
        listed = crawled.rows("SELECT held, stated FROM listings WHERE route LIKE '/wc/%'")
        assert set(listed) == {(10, 10)}


def test_what_comes_to_an_empty_list_is_found(tmp_path: Path) -> None:
    """No page in any language at first: the first French one is found by an incremental run."""
    with InLanguages(FRENCH, **SIZES | {"pages": 0}) as site:
        hidden = [post for post in site.french.site.of_type("page") if site.french.site.public(post)]
        for post in hidden:
            post.status = "draft"
        run(site, tmp_path)
        hidden[0].status = "publish"
        assert held(run(site, tmp_path), "page", "fr") == {hidden[0].id}


def test_a_part_of_the_usual_list_is_not_walked_again(tmp_path: Path) -> None:
    """Lists that hold every language (Polylang): each language's is a part of them, seen whole by its ids."""
    with InLanguages(FRENCH | {"posts": 120}, **SIZES | {"posts": 130}) as site:
        site.ways, site.stated = dict.fromkeys(site.ways, partly), True
        crawled = run(site, tmp_path)
        assert held(crawled, "post") == set.union(*of(site, "post"))
        assert crawled.rows(LANGUAGES) == [("en", "whole"), ("fr", "whole")]
        assert crawled.rows("SELECT route FROM listings WHERE route LIKE '%lang=%'") == []
        quiet(site, tmp_path)


def test_lists_that_hold_a_language_are_not_said_to_lack_it(tmp_path: Path) -> None:
    """`lang` is ignored, and all lists hold both languages: the addresses of items tell, and nothing else is claimed."""
    with InLanguages(FRENCH, **SIZES) as site:
        site.ways = dict.fromkeys(site.ways, both)
        crawled = run(site, tmp_path)
        english, french = of(site, "post")
        assert held(crawled, "post", "fr") == french
        assert held(crawled, "post") == english | french
        assert crawled.rows(LANGUAGES) == [("en", "usual"), ("fr", "whole")]
        site.requests.clear()
        quiet(site, tmp_path)
        assert site.asked == []


def test_a_site_beside_that_does_not_answer_is_a_gap_and_is_looked_for_again(tmp_path: Path) -> None:
    """One bad moment at the first look: the run isn't complete, and the next one finds and holds the language."""
    with InLanguages(FRENCH, **SIZES) as site:
        site.settle()
        site.down = True
        first = run(site, tmp_path)
        assert first.code is ExitCode.INCOMPLETE
        assert first.rows(LANGUAGES) == [("en", "usual"), ("fr", "silent")]
        site.down = False
        later = run(site, tmp_path)
        assert [one.report.exit_code for one in later.results] == [ExitCode.COMPLETE] * 2
        assert held(later, "post") >= of(site, "post")[1]
        quiet(site, tmp_path)


def test_a_known_site_beside_is_kept_through_an_outage(tmp_path: Path) -> None:
    """A full run while it is down is a gap, and no later run forgets it."""
    with InLanguages(FRENCH, **SIZES) as site:
        site.settle()
        run(site, tmp_path)
        site.down = True
        during = run(site, tmp_path, full=True)
        assert during.code is ExitCode.INCOMPLETE
        assert during.rows(LANGUAGES) == [("en", "usual"), ("fr", "site")]
        site.down = False
        assert len(run(site, tmp_path, index=False).results) == 2
