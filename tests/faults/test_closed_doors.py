"""What a site closes costs what it closed: its lists of types, its index, one collection, one branch by robots.txt."""

import pytest
from crawling import Crawling, Ended, fake

from wparchive.audit import verify

SMALL = {"posts": 12, "pages": 3, "books": 4, "media": 2, "comments": 3, "users": 2, "terms": 6, "brief": True}
TYPES = "/wp/v2/types"


def held(ended: Ended) -> dict[str, int]:
    """How many items of each type are in the database."""
    return dict(ended.rows("SELECT type, items FROM held"))


def account(ended: Ended) -> dict[str, str]:
    """How each listing ended."""
    return dict(ended.rows("SELECT route, outcome FROM listings WHERE run = ?", ended.report.run))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A crawl of the same site with nothing closed."""
    with fake(**SMALL) as site:
        return Crawling(tmp_path_factory.mktemp("sound") / "archive", None)(site.url)


# How each form of no list ends; an empty one is an answer.
FORMS = {
    **dict.fromkeys(("401", "403", "404"), (0, "refused")),
    **dict.fromkeys(("empty", "null"), (0, "complete")),
    **dict.fromkeys(("html", "no page", "broken"), (3, "failed")),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_site_that_hides_its_types_is_read_by_its_index(form: str, sound: Ended, crawling: Crawling) -> None:
    """Custom types and taxonomies are in the index's routes, what they are called is told by an item of each."""
    with fake(**SMALL) as site:
        site.fault("documents-hidden", form=form)
        ended = crawling(site.url)
        again = crawling(site.url)
    assert held(ended) == held(sound) == held(again)
    assert ended.rows("SELECT taxonomy, count(*) FROM post_terms GROUP BY 1") == sound.rows(
        "SELECT taxonomy, count(*) FROM post_terms GROUP BY 1"
    )
    assert (ended.code, account(ended)[TYPES]) == FORMS[form]
    others = {route: outcome for route, outcome in account(sound).items() if route not in (TYPES, "/wp/v2/taxonomies")}
    assert account(ended) | others == account(ended)
    assert ended.requests <= sound.requests + 10  # a look at each collection, and links to each type
    assert list(verify(crawling.archive)) == []


@pytest.mark.parametrize("form", FORMS)
def test_a_site_that_hides_its_index_is_read_by_its_content(form: str, sound: Ended, crawling: Crawling) -> None:
    """Closed, emptied or an HTML page: everything behind it is held all the same, in every run."""
    with fake(**SMALL) as site:
        site.fault("index-hidden", form=form)
        ended = crawling(site.url)
        again = crawling(site.url)
    assert (ended.code, ended.state, again.code) == (0, "ok", 0)
    assert held(ended) == held(sound) == held(again)
    assert ended.rows("SELECT reason FROM sites")[0][0].startswith("its index can't be read")


def test_types_that_fail_later_leave_what_earlier_runs_knew(crawling: Crawling) -> None:
    """A document that can't be read for once closes no collection that was walked before, and costs no look at its items."""
    with fake(**SMALL) as site:
        crawling(site.url)
        site.fault("documents-hidden", form="html")
        book = site.add("book")
        ended = crawling(site.url)
    assert ended.rows("SELECT wp_id FROM posts WHERE type = 'book' AND wp_id = ?", book) == [(book,)]
    assert ended.code == 3
