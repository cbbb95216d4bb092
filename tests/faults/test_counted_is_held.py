"""Whatever a site sends in the place of a plain list: what the crawl counts has its rows, or there is a gap, and exit 3."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from crawling import POSTS, Crawling, disagreements, fake
from fakewp import FAULTS, Fault
from fakewp.simulator.http import Answer, Request

from wparchive.audit import verify

SMALL = {"posts": 30, "pages": 3, "books": 4, "media": 4, "comments": 6, "terms": 5, "users": 2}
BREAKS: dict[str, Callable[[bytes], bytes]] = {
    "unescaped quotes": lambda text: text.replace(
        rb'"content":{"rendered":"', b'"content":{"rendered":"<img loading="lazy">', 1
    ),
    "another literal": lambda text: text.replace(b'"sticky":false', b'"sticky":False', 1),
    "no colon": lambda text: text.replace(b'"sticky":', b'"sticky"', 1),
    "a key without quotes": lambda text: text.replace(b'"sticky"', b"sticky", 1),
}
Change = Callable[[Answer, Request, str | None], Answer | None]


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Callable[[Change], str]:
    """Makes a fault of a change to answers, and gives its name."""

    def make(change: Change) -> str:
        def after(site: Any, options: Any, request: Request, route: str | None, answer: Answer) -> Answer | None:
            return change(answer, request, route) if answer.document is not None and answer.status == 200 else None

        monkeypatch.setitem(FAULTS, "odd", Fault(says="", after=after))
        return "odd"

    return make


def breaking(item: int, how: str, *, together: bool = False) -> Change:
    """The item's JSON is broken wherever it is shown, or only in the company of others."""

    def change(answer: Answer, request: Request, route: str | None) -> Answer | None:
        if route != POSTS or not isinstance(answer.document, list) or (together and len(answer.document) == 1):
            return None
        start = answer.body.find(b'{"id":%d,"date"' % item)
        return replace(answer, body=answer.body[:start] + BREAKS[how](answer.body[start:])) if start >= 0 else None

    return change


@pytest.mark.parametrize("how", BREAKS)
def test_one_broken_item_costs_one_item(how: str, crawling: Crawling, odd: Callable[[Change], str]) -> None:
    """Its page is taken apart where it came; the item is asked for alone, then for its metadata, and then it is a gap."""
    with fake(brief=True, **SMALL) as site:
        usual = Crawling(crawling.archive.root / "usual", crawling.hurry)(site.url).requests
        item = site.ids("post")[16]
        site.fault(odd(breaking(item, how)))
        ended = crawling(site.url)
    assert (ended.posts, ended.code, ended.state, ended.gaps()) == (29, 3, "partial", [(17, 17)])
    assert ended.requests <= usual + 2
    (reason,) = ended.rows("SELECT reason FROM gaps")[0]
    assert "not JSON" in reason
    if how == "unescaped quotes":  # what is broken isn't in its metadata
        assert reason.endswith(f"only its metadata, id {item}")
    assert disagreements(ended) == list(verify(crawling.archive)) == []


def test_an_item_that_is_broken_only_among_others_is_had_alone(
    crawling: Crawling, odd: Callable[[Change], str]
) -> None:
    """Nothing is missing then, and no gap is left."""
    with fake(brief=True, **SMALL) as site:
        site.fault(odd(breaking(site.ids("post")[3], "no colon", together=True)))
        ended = crawling(site.url)
    assert (ended.posts, ended.code, ended.outcome(), ended.gaps()) == (30, 0, "complete", [])
    assert disagreements(ended) == []


def positions(answer: Answer, _request: Request, _route: str | None) -> Answer | None:
    """PHP prints a list that was filtered as an object of the positions that are left."""
    rows = answer.document
    if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
        return None
    return replace(answer, body=json.dumps({str(2 * place): row for place, row in enumerate(rows)}).encode())


def statuses(answer: Answer, request: Request, route: str | None) -> Answer | None:
    """Every success is another one than 200."""
    return replace(answer, status=(201, 202, 203, 206, 226)[len(request.target) % 5]) if route else None


def strings(answer: Answer, _request: Request, _route: str | None) -> Answer | None:
    """Ids are written as strings."""
    rows = answer.document
    if not isinstance(rows, list):
        return None
    return replace(
        answer, body=json.dumps([{**row, "id": str(row["id"])} if "id" in row else row for row in rows]).encode()
    )


def nulls(answer: Answer, _request: Request, _route: str | None) -> Answer | None:
    """Something that shows nothing stands between the items."""
    rows = answer.document
    if not isinstance(rows, list):
        return None
    return replace(answer, body=json.dumps([more for row in rows for more in (row, None)]).encode())


def twice(answer: Answer, _request: Request, _route: str | None) -> Answer | None:
    """An item is shown twice on its page."""
    return (
        replace(answer, body=json.dumps([*answer.document, *answer.document[:1]]).encode())
        if isinstance(answer.document, list)
        else None
    )


def nameless(answer: Answer, _request: Request, route: str | None) -> Answer | None:
    """An item has no id."""
    if route != POSTS or not isinstance(answer.document, list) or not answer.document:
        return None
    return replace(answer, body=json.dumps([{**answer.document[0], "id": None}, *answer.document[1:]]).encode())


def foreign(answer: Answer, _request: Request, route: str | None) -> Answer | None:
    """A list shows an item of another type."""
    if route != POSTS or not isinstance(answer.document, list) or not answer.document:
        return None
    return replace(answer, body=json.dumps([{**answer.document[0], "type": "book"}, *answer.document[1:]]).encode())


def envelopes(answer: Answer, _request: Request, route: str | None) -> Answer | None:
    """Everything below the root is wrapped as `_envelope` wraps it."""
    wrapped = {"body": answer.document, "status": 200, "headers": {}}
    return replace(answer, body=json.dumps(wrapped).encode()) if route and route.startswith("/wp/v2/posts") else None


@pytest.mark.parametrize(
    ("change", "posts", "code"),
    [
        (positions, 30, 0), (statuses, 30, 0), (strings, 30, 0), (nulls, 30, None), (twice, 30, None), (nameless, 29, 3),
        (foreign, 29, None), (envelopes, 30, 0),
    ],
)  # fmt: skip
def test_odd_lists_are_counted_as_they_are_held(
    change: Change, posts: int, code: int | None, crawling: Crawling, odd: Callable[[Change], str]
) -> None:
    """Walk and index read one body by one rule: rows equal what is held, or there is a gap; a rebuild says the same."""
    with fake(brief=True, **SMALL) as site:
        site.fault(odd(change))
        ended = crawling(site.url)
    assert (ended.posts, ended.code if code is not None else None) == (posts, code)
    if change is not foreign:
        assert disagreements(ended) == []
    assert not ended.rows("SELECT * FROM gaps WHERE reason LIKE 'held by%' OR reason LIKE 'in a row%'")
    assert list(verify(crawling.archive)) == []


@pytest.mark.parametrize(
    ("namespace", "base"),
    [("shop", "things"), ("wp/v2", "searches"), ("wp/v2", "block-areas"), ("wp/v2", "search-2"), ("a/b/c", "things"),
     ("wp/v2", "my things"), ("wp/v2", "b\u00fccher+more"), ("wp/v2", "2024"), ("library/v1", "Books.Old")],
)  # fmt: skip
def test_collections_are_held_whatever_their_route_is_called(namespace: str, base: str, crawling: Crawling) -> None:
    """The site says what its collections are: neither the number of parts nor a likeness to core's routes matters."""
    with fake(brief=True, **SMALL) as site:
        site.site.types["book"] = replace(site.site.types["book"], namespace=namespace, base=base)
        ended = crawling(site.url)
        again = crawling(site.url)
    assert ended.rows("SELECT count(*) FROM posts WHERE type = 'book'") == [(4,)]
    assert (ended.code, again.code, disagreements(ended)) == (0, 0, [])
    assert "skipped" not in {
        outcome for (outcome,) in ended.rows("SELECT outcome FROM links WHERE type = 'book' AND relation = 'self'")
    }


def test_rows_that_go_missing_make_the_crawl_incomplete(crawling: Crawling) -> None:
    """Whatever keeps a row out of the database: listing, gap, state, exit code and `verify` say it, and name the ids."""
    with fake(brief=True, **SMALL) as site:
        crawling(site.url, max_requests=4)
        lost = site.ids("post")[7]
        with closing(sqlite3.connect(crawling.archive.database)) as conn, conn:
            conn.execute(
                f"CREATE TRIGGER t AFTER INSERT ON posts WHEN new.wp_id = {lost} "
                f"BEGIN DELETE FROM posts WHERE wp_id = {lost}; END"
            )
        ended = crawling(site.url)
    assert (ended.code, ended.state, ended.outcome()) == (3, "partial", "short")
    assert f"{POSTS}: held by the listing, but in no row: ids {lost}" in ended.report.failures
    assert ended.rows("SELECT exit_code, gaps, outcome FROM runs ORDER BY run DESC LIMIT 1") == [(3, 1, "incomplete")]
    assert any(f"in no row: ids {lost}" in finding.message for finding in verify(crawling.archive))
