"""A firewall that takes offence at a parameter, not at us: lists are asked for in plainer forms before anything is a gap."""

from typing import Any

import pytest
from crawling import POSTS, Crawling, fake
from fakewp import FAULTS, Fault
from fakewp.simulator.http import Answer, Request

SMALL = {"posts": 150, "pages": 3, "books": 2, "media": 2, "comments": 3, "terms": 5, "users": 2, "brief": True}
OFFENCES: dict[str, dict[str, str | None]] = {
    "orderby": {"orderby": None},
    "order": {"order": None},
    "pages of a hundred": {"per_page": "100"},
    "orderby and pages of a hundred": {"orderby": None, "per_page": "100"},
    "chosen fields": {"_fields": None},
}
PAGE = b"<html><head><title>403 Forbidden</title></head><body>Forbidden</body></html>"


@pytest.mark.parametrize("status", [403, 406])
@pytest.mark.parametrize("offence", OFFENCES)
def test_a_parameter_that_a_firewall_refuses_costs_no_item(
    offence: str, status: int, crawling: Crawling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is held in the first run, and a new post in the next."""

    def before(site: Any, options: Any, request: Request, route: str | None) -> Answer | None:
        given = request.params
        bad = any(name in given and value in (None, str(given[name])) for name, value in OFFENCES[offence].items())
        return (
            Answer(status, [("Content-Type", "text/html")], PAGE)
            if bad and (route or "").startswith("/wp/v2")
            else None
        )

    monkeypatch.setitem(FAULTS, "offended", Fault(says="", before=before))
    with fake(**SMALL) as site:
        site.fault("offended")
        first = crawling(site.url)
        assert (first.code, first.posts, first.gaps(POSTS)) == (0, 150, [])
        site.add()
        again = crawling(site.url)
    assert (again.code, again.posts, again.gaps(POSTS)) == (0, 151, [])


def test_a_firewall_that_refuses_everything_is_asked_a_few_times_only(
    crawling: Crawling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No form of the list is taken: one gap, after as many requests as there are forms."""

    def before(site: Any, options: Any, request: Request, route: str | None) -> Answer | None:
        return Answer(403, [("Content-Type", "text/html")], PAGE) if route == POSTS else None

    monkeypatch.setitem(FAULTS, "closed", Fault(says="", before=before))
    with fake(**{**SMALL, "posts": 20}) as site:
        site.fault("closed")
        ended = crawling(site.url)
        asked = [one.target for one in site.requests if "/wp/v2/posts?" in one.target and "per_page" in one.target]
    assert (ended.code, ended.gaps()) == (3, [(1, None)])
    assert len(asked) == 4
