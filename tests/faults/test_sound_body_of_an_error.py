"""A sound list under the status of an error: a gap, and never a claim that what it shows isn't there."""

from dataclasses import replace
from typing import Any

import pytest
from crawling import POSTS, Crawling, fake
from fakewp import FAULTS, Fault
from fakewp.simulator.http import Answer, Request

from wparchive.audit import verify

SMALL = {"posts": 12, "pages": 2, "books": 2, "media": 2, "comments": 3, "terms": 5, "users": 2, "brief": True}


@pytest.mark.parametrize("status", [403, 404, 410, 500, 503])
def test_items_under_the_status_of_an_error_are_not_missing(
    status: int, crawling: Crawling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Server and body contradict each other: links to them have failed, the run is incomplete, and nothing is deleted."""

    def after(site: Any, options: Any, request: Request, route: str | None, answer: Answer) -> Answer | None:
        shows = (route or "").startswith(POSTS) and answer.status == 200 and answer.document
        return replace(answer, status=status) if shows else answer

    monkeypatch.setitem(FAULTS, "contradicted", Fault(says="", after=after))
    with fake(**SMALL) as site:
        site.fault("contradicted")
        first = crawling(site.url, retries=0)
        assert (first.code, first.outcome(), "missing" in first.report.links) == (3, "failed", False)
        assert "missing" not in first.links
        site.mend()
        crawling(site.url)
        site.fault("contradicted")
        again = crawling(site.url, retries=0)
    assert (again.code, again.posts) == (3, 12)
    assert again.rows("SELECT count(gone) FROM posts") == [(0,)]
    assert list(verify(crawling.archive)) == []
