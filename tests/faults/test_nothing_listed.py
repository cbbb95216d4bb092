"""A list that shows nothing isn't proof that there is nothing: whole empty pages, and items that the site shows by themselves."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from crawling import POSTS, Crawling, Ended, fake
from fakewp import FAULTS, Fault
from fakewp.simulator.http import Answer, Request

from wparchive.audit import verify

SMALL = {"posts": 30, "pages": 3, "books": 4, "media": 4, "comments": 6, "terms": 5, "users": 2, "brief": True}


@pytest.fixture
def emptied(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Makes the fault that a list shows nothing and counts `total`; gives its name."""

    def make(total: int | None, route: str = POSTS) -> str:
        def after(site: Any, options: Any, request: Request, asked: str | None, answer: Answer) -> Answer | None:
            if asked != route or ((total or 0) <= 100 and not isinstance(answer.document, list)):
                return answer
            empty = replace(answer, status=200, document=[], body=json.dumps([]).encode())
            empty.replace("X-WP-Total", None if total is None else str(total))
            empty.replace("X-WP-TotalPages", None if total is None else str(-(-total // 100)))
            return empty

        monkeypatch.setitem(FAULTS, "emptied", Fault(says="", after=after))
        return "emptied"

    return make


def told(ended: Ended, route: str = POSTS) -> list[tuple[Any, ...]]:
    """What the run's listing of `route` claims."""
    query = "SELECT withheld, outcome, verified FROM listings WHERE run = ? AND route = ?"
    return ended.rows(query, ended.report.run, route)


@pytest.mark.parametrize("total", [100, 120, 450])
def test_whole_pages_that_are_empty_are_no_withholding(
    total: int, crawling: Crawling, emptied: Callable[..., str]
) -> None:
    """What is counted and shown from neither end is one gap over all of it, in every run."""
    with fake(**SMALL) as site:
        site.fault(emptied(total))
        first, again = crawling(site.url), crawling(site.url)
    for ended in (first, again):
        assert (ended.code, told(ended), ended.gaps()) == (3, [(0, "short", 0)], [(1, total)])
    assert list(verify(crawling.archive)) == []


@pytest.mark.parametrize("total", [0, 30, None])
def test_a_list_that_shows_nothing_is_contradicted_by_its_items(
    total: int | None, crawling: Crawling, emptied: Callable[..., str]
) -> None:
    """Links lead to some of them, and the site shows these: nobody can say how many more there are."""
    with fake(**SMALL) as site:
        site.fault(emptied(total))
        first, again = crawling(site.url), crawling(site.url)
        assert first.posts
        for ended in (first, again):
            assert (ended.code, told(ended), ended.gaps()) == (3, [(0, "short", 0)], [(1, None)])
            assert (
                "it lists nothing, though"
                in ended.rows("SELECT reason FROM gaps WHERE run = ?", ended.report.run)[0][0]
            )
        site.mend()
        whole = crawling(site.url)
    assert (whole.code, whole.posts, whole.gaps()) == (0, 30, [])
    assert list(verify(crawling.archive)) == []


@pytest.mark.parametrize("total", [0, 30])
def test_what_earlier_runs_hold_contradicts_it_too(total: int, crawling: Crawling, emptied: Callable[..., str]) -> None:
    """All that was listed before is asked for by itself; it is there, so that nothing is deleted, and the list is a gap."""
    with fake(**SMALL) as site:
        crawling(site.url)
        site.fault(emptied(total))
        ended, again = crawling(site.url), crawling(site.url)
    for one in (ended, again):
        assert (one.code, told(one), one.gaps()) == (3, [(0, "short", 0)], [(1, None)])
    assert again.rows("SELECT count(*) FROM observations") == again.rows("SELECT count(gone) FROM posts") == [(0,)]


def test_a_collection_that_really_is_empty_is_complete(crawling: Crawling, emptied: Callable[..., str]) -> None:
    """Nothing leads to an item of it."""
    with fake(**{**SMALL, "books": 0}) as site:
        site.fault(emptied(0, "/library/v1/books"))
        first, again = crawling(site.url), crawling(site.url)
    assert (first.code, again.code, told(first, "/library/v1/books")) == (0, 0, [(0, "complete", 1)])


def test_items_that_are_gone_with_their_list_are_deleted(crawling: Crawling) -> None:
    """The last item of a collection went: its list is empty in earnest."""
    with fake(**{**SMALL, "books": 1}) as site:
        crawling(site.url)
        site.delete(site.ids("book")[0])
        ended = crawling(site.url)
    assert ended.code == 0
    assert ended.rows("SELECT type, change FROM observations") == [("book", "deleted")]


@pytest.mark.parametrize("kept", [0, 2])
@pytest.mark.parametrize("code", ["rest_login_required", "jwt_auth_no_auth_header"])
def test_a_login_asked_for_everywhere_unpublishes_nothing(
    code: str, kept: int, crawling: Crawling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing lists the posts any more, and each is refused by a code that isn't about it: one line says so, in every run."""

    def before(site: Any, options: Any, request: Request, asked: str | None) -> Answer | None:
        said = {"code": code, "message": "Log in.", "data": {"status": 401}}
        alone = (asked or "").startswith(f"{POSTS}/")
        return Answer(401, [("Content-Type", "application/json")], json.dumps(said).encode(), said) if alone else None

    def after(site: Any, options: Any, request: Request, asked: str | None, answer: Answer) -> Answer | None:
        if asked != POSTS or not isinstance(answer.document, list):
            return answer
        few = replace(answer, document=answer.document[:kept], body=json.dumps(answer.document[:kept]).encode())
        few.replace("X-WP-Total", str(kept))
        few.replace("X-WP-TotalPages", str(min(1, kept)))
        return few

    monkeypatch.setitem(FAULTS, "members", Fault(says="", before=before, after=after))
    with fake(**SMALL) as site:
        crawling(site.url)
        quiet = crawling(site.url).requests
        site.fault("members")
        for _ in range(2):
            ended = crawling(site.url)
            assert ended.code == 3
            assert [line for line in ended.report.failures if "not listed any more" in line and f"401 {code}" in line]
            assert ended.requests <= quiet + 15
    assert ended.rows("SELECT count(*) FROM observations") == ended.rows("SELECT count(gone) FROM posts") == [(0,)]


def test_an_error_that_came_with_a_success_deletes_nothing_and_is_told(
    crawling: Crawling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something before the site makes each status 200: what became of the item is open, to the crawl as to the index."""

    def after(site: Any, options: Any, request: Request, asked: str | None, answer: Answer) -> Answer | None:
        return replace(answer, status=200) if answer.status == 404 else answer

    monkeypatch.setitem(FAULTS, "all is well", Fault(says="", after=after))
    with fake(**SMALL) as site:
        crawling(site.url)
        site.fault("all is well")
        number = max(site.ids("post"))
        site.delete(number)
        ended, again = crawling(site.url), crawling(site.url)
    for one in (ended, again):
        assert one.code == 3
        assert [line for line in one.report.failures if "invalid_id, sent with status 200" in line]
    assert again.rows("SELECT count(*) FROM observations") == [(0,)]
    assert again.rows("SELECT wp_id, gone FROM posts WHERE gone IS NOT NULL") == [(number, "missing")]
