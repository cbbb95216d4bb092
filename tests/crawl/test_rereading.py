"""Which old page a run reads again hangs on when crawls read it last, not on whose answer was quicker within one."""

import threading
from pathlib import Path
from typing import Any

import pytest
from crawlkit import SMALL, crawl
from fakewp import FakeWordPress

LISTS = ("/wp/v2/posts", "/wp/v2/users")
ONE = {"reread_budget": 1, "fresh_hours": 0, "concurrency": 2}
FIRST_PAGE = "?order=asc&orderby=id&per_page=100"


class Held(FakeWordPress):
    """A site that answers for the list `held` only once the other of LISTS was answered."""

    def __init__(self, held: str) -> None:
        self._held, self._other = held, threading.Event()
        super().__init__(**SMALL)

    def respond(self, handler: Any, request: Any) -> None:
        route = self.core.route_of(request)
        if route == self._held:
            self._other.wait()
        super().respond(handler, request)
        if route in LISTS and route != self._held:
            self._other.set()


@pytest.mark.parametrize("held", LISTS)
def test_the_order_of_answers_decides_nothing(held: str, tmp_path: Path) -> None:
    """Whichever list was answered last: the next two runs read the same pages again, one after the other."""
    with Held(held) as site:
        for number in range(3):
            crawled = crawl(tmp_path, site.url, index=number == 2, changes=ONE)
    query = (
        "SELECT replace(route, ?1, '') FROM captures WHERE route LIKE '%' || ?1 AND record_type = 'revisit' ORDER BY 1"
    )
    assert crawled.rows(query, FIRST_PAGE) == [("/wp/v2/pages",), ("/wp/v2/posts",)]
