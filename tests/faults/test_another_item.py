"""A link that leads to another item than it names isn't followed: the crawl and the index both say that it failed."""

import json
from dataclasses import replace
from typing import Any

import pytest
from crawling import POSTS, Crawling, fake
from fakewp import FAULTS, Fault
from fakewp.simulator.http import Answer, Request

from wparchive.audit import verify

SMALL = {"posts": 30, "pages": 3, "books": 4, "media": 4, "comments": 6, "terms": 5, "users": 2, "brief": True}


def test_a_link_that_another_item_answers_has_failed(crawling: Crawling, monkeypatch: pytest.MonkeyPatch) -> None:
    """What did answer is held for what it is."""
    with fake(**SMALL) as site:
        wanted = next(one.post for one in site.site.comments.values() if one.post in site.ids("post"))
        other = next(number for number in site.ids("post") if number != wanted)

        def after(site: Any, options: Any, request: Request, route: str | None, answer: Answer) -> Answer | None:
            if route == f"{POSTS}/{wanted}" and answer.status == 200:
                document = {**answer.document, "id": other}
            elif route == POSTS and isinstance(answer.document, list):
                document = [one for one in answer.document if one.get("id") != wanted]
                answer.replace("X-WP-Total", str(len(site.ids("post")) - 1))
            else:
                return answer
            return replace(answer, document=document, body=json.dumps(document).encode())

        monkeypatch.setitem(FAULTS, "mistaken", Fault(says="", after=after))
        site.fault("mistaken")
        ended, again = crawling(site.url), crawling(site.url)
    into = "SELECT DISTINCT outcome FROM links WHERE route = ?"
    for one in (ended, again):
        assert (one.code, one.rows(into, f"{POSTS}/{wanted}")) == (3, [("failed",)])
    assert f"{POSTS}/{wanted}: 200, but another item (id {other})" in ended.report.failures
    assert dict(ended.report.links)["failed"] == again.links["failed"]
    assert ended.rows("SELECT count(*) FROM posts WHERE wp_id = ?", wanted) == [(0,)]
    assert list(verify(crawling.archive)) == []
