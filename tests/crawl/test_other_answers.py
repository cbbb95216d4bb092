"""What came in place of an answer says nothing of the site: another host's, another route's, another item's, an old one."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import frugal
import pytest
from crawlkit import SMALL, Crawled, invoke
from fakewp import FakeWordPress
from fakewp.simulator.http import Answer, Request
from fakewp.simulator.server import Handler

from wparchive.errors import ExitCode

TINY = {**SMALL, "posts": 4, "media": 0, "comments": 0, "books": 0}
LISTING = (
    "SELECT stated, held, withheld, outcome FROM listings WHERE route = '/wp/v2/posts' ORDER BY rowid DESC LIMIT 1"
)


class Hooked(FakeWordPress):
    """A site of which `hook` answers some requests itself."""

    hook: Callable[[Request], Answer | None] = staticmethod(lambda request: None)

    def respond(self, handler: Handler, request: Request) -> None:
        handler.send(self.hook(request) or self.core.answer(request))


@pytest.fixture
def site() -> Iterator[Hooked]:
    with Hooked(**TINY) as served:
        yield served


def run(archive: Path, *arguments: str | Path, code: int = 0) -> Crawled:
    invoke("crawl", *arguments, "-a", archive, *frugal.OPTIONS, "--retries", "0", code=code)
    return Crawled(archive)


def led(route: str, to: str) -> Callable[[Request], Answer | None]:
    """What is asked for at `route` is redirected to `to`, its query with it."""

    def hook(request: Request) -> Answer | None:
        if request.path.rstrip("/") != f"/wp-json{route}":
            return None
        query = request.target.partition("?")[2]
        return Answer(302, [("Location", f"{to}{'&' if '?' in to else '?'}{query}")])

    return hook


def test_a_list_that_leads_to_another_list_is_a_gap(site: Hooked, tmp_path: Path) -> None:
    """Posts that redirect to pages: nothing of the posts is complete, and the pages aren't posts."""
    site.hook = led("/wp/v2/posts", "/wp-json/wp/v2/pages")
    first = run(tmp_path, site.url, code=ExitCode.INCOMPLETE)
    assert first.rows(LISTING) == [(None, 0, 0, "failed")]
    assert "redirected" in first.rows("SELECT reason FROM gaps WHERE route = '/wp/v2/posts'")[0][0]
    site.hook = staticmethod(lambda request: None)
    again = run(tmp_path, site.url)
    assert again.rows(LISTING) == [(4, 4, 0, "complete")]


def test_another_host_has_no_say_in_a_site(site: Hooked, tmp_path: Path) -> None:
    """A list or an item that redirects to a copy of the site, which the operator lets us ask: no edit, no deletion."""
    run(tmp_path, site.url)
    with FakeWordPress(**{**TINY, "posts": 3}) as copy:
        copy.edit(copy.ids("post")[0], content="<p>The copy's words.</p>")
        site.hook = led("/wp/v2/posts", f"{copy.url}wp-json/wp/v2/posts")
        for full in ((), ("--full",)):
            crawled = run(tmp_path, site.url, "--allow-origin", copy.url, *full, code=ExitCode.INCOMPLETE)
    assert crawled.rows("SELECT change FROM observations") == []
    assert crawled.number("SELECT count(*) FROM posts WHERE type = 'post' AND gone IS NULL") == 4


@pytest.mark.parametrize("to", ["/index.php/wp-json/wp/v2/posts", "/?rest_route=/wp/v2/posts", "/wp-json/wp/v2/Posts/"])
def test_another_spelling_of_the_same_route_is_followed(site: Hooked, tmp_path: Path, to: str) -> None:
    site.hook = led("/wp/v2/posts", to)
    assert run(tmp_path, site.url).rows(LISTING) == [(4, 4, 0, "complete")]


@pytest.mark.parametrize("answered", ["[]", "another item", "an error object of status 200", "another item's address"])
def test_what_is_missing_is_told_by_its_own_answer_only(site: Hooked, tmp_path: Path, answered: str) -> None:
    """A success that isn't this item leaves open what became of it: a gap, no observation."""
    run(tmp_path, site.url)
    other, number = site.ids("post")[-2:]
    site.trash(number)

    def hook(request: Request) -> Answer | None:
        if request.path != f"/wp-json/wp/v2/posts/{number}":
            return None
        if answered == "another item's address":
            return Answer(302, [("Location", f"/wp-json/wp/v2/posts/{other}")])
        error = {"code": "rest_nothing", "message": "", "data": None}
        values = {"[]": [], "another item": {"id": other, "type": "post"}}
        body = json.dumps(values.get(answered, error)).encode()
        return Answer(200, [("Content-Type", "application/json")], body)

    site.hook = hook
    crawled = run(tmp_path, site.url, code=ExitCode.INCOMPLETE)
    assert crawled.rows("SELECT change FROM observations") == []
    assert [route for (route,) in crawled.rows("SELECT route FROM gaps")] == [f"/wp/v2/posts/{number}"]
    site.hook = staticmethod(lambda request: None)
    crawled = run(tmp_path, site.url)
    assert crawled.rows("SELECT change, wp_id FROM observations") == [("unpublished", number)]
