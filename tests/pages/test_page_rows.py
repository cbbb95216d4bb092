"""What the rows of `pages` and `page_files` say of what came, and that they follow from the captures alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from crawlkit import Crawled, sound
from fakewp.simulator.http import Answer
from pagekit import PageSite, crawl_pages, html

TEXT = (
    "<p>"
    + "The ferry to the northern islands will not sail before the harbour master has seen its papers. " * 6
    + "</p>"
)
TEASER = "<p>The ferry to the northern islands will not sail before ...</p>"
NOT_FREE = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}</script>'
CHALLENGE = "<title>Just a moment...</title><script src='/cdn-cgi/challenge-platform/h/b.js'></script>"
CLOUDFLARE = (("cf-mitigated", "challenge"), ("Server", "cloudflare"))
NOWHERE = "<div class='error-404 not-found'><h1>Oops! That page can't be found.</h1></div>"
CONSENT = "<div id='consent-wall'><h1>Before you continue</h1><p>We and our partners store cookies.</p></div>"


class Case(NamedTuple):
    """What is at an article's address, and the verdict."""

    verdict: str | None
    head: str
    body: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    goes_to: str = ""


CASES = {
    "as it is": Case(None, "", f"<article><h1>The ferry</h1>{TEXT}</article>"),
    "paywall": Case("paywall", NOT_FREE, f"<article>{TEASER}<div class='paywall'>Subscribe to read</div></article>"),
    "consent": Case("consent", "", CONSENT),
    "challenge": Case("challenge", "", CHALLENGE, 403, CLOUDFLARE),
    "login": Case(
        "login", "", "<form id=loginform><input name=log><input type=password></form>", goes_to="/wp-login.php"
    ),
    "soft 404": Case("soft-404", "", NOWHERE),
    "missing": Case("missing", "", NOWHERE, 404),
    "broken": Case("error", "", "<h1>Error establishing a database connection</h1>", 500),
    "moved": Case("redirect", "", "<h1>Welcome</h1><p>All our news.</p>", goes_to="/news/"),
    "moved with it": Case(None, "", f"<article><h1>The ferry</h1>{TEXT}</article>", goes_to="/new-address/"),
    "country": Case("geoblock", "", "<h1>451: Unavailable for legal reasons</h1>", 451),
    "empty": Case("empty", "", ""),
}


class World(NamedTuple):
    """The archive, and the site's posts by the name of their case."""

    crawled: Crawled
    posts: dict[str, int]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A site with one article of each case, crawled twice, so that every row was written by catching up."""
    folder = tmp_path_factory.mktemp("verdicts") / "a"
    with PageSite(posts=1, pages=0) as site:
        posts = {name: site.add(title="The ferry", content=TEXT) for name in list(CASES)[:6]}
        for name in posts:
            _put(site, posts[name], CASES[name])
        crawl_pages(folder, site)
        posts |= {name: site.add(title="The ferry", content=TEXT) for name in list(CASES)[6:]}
        for name in list(CASES)[6:]:
            _put(site, posts[name], CASES[name])
        yield World(crawl_pages(folder, site), posts)


def _put(site: PageSite, number: int, case: Case) -> None:
    path = site.path_of(number)
    body = html(case.head, case.body).encode() if case.body else b""
    answer = Answer(case.status, [("Content-Type", "text/html; charset=utf-8"), *case.headers], body)
    if case.goes_to:
        there = f"{site.url.rstrip('/')}{case.goes_to}"
        site.put(case.goes_to, lambda handler, _request: handler.send(answer))
        answer_here = Answer(302, [("Location", there)])
        site.put(path, lambda handler, _request: handler.send(answer_here))
    else:
        site.put(path, lambda handler, _request: handler.send(answer))


@pytest.mark.parametrize("name", CASES)
def test_what_came_instead_of_a_page_is_told(world: World, name: str) -> None:
    """The newest row of each address says it in one word, and points at its capture, its item and the version of that."""
    query = """SELECT p.verdict, p.status, p.item, v.item, k.kind FROM pages p JOIN captures k USING (capture)
        LEFT JOIN versions v ON v.item = p.item AND v.payload_sha256 = p.payload_sha256
        WHERE p.wp_id = ? ORDER BY p.captured_at DESC LIMIT 1"""
    ((verdict, status, item, version, kind),) = world.crawled.rows(query, world.posts[name])
    assert verdict == CASES[name].verdict
    assert status == (302 if name == "login" else CASES[name].status)  # where people log in, nothing is asked for
    assert item == version and item.endswith(f"/post/{world.posts[name]}")
    assert kind == "page"


def test_only_pages_that_came_name_their_files(world: World) -> None:
    """What a wall or an error is shown with is no file of the article's."""
    rows: list[tuple[Any, ...]] = world.crawled.rows(
        "SELECT DISTINCT p.verdict FROM page_files f JOIN pages p ON p.url = f.page WHERE p.status != 200"
    )
    assert rows == []


def test_the_rows_follow_from_the_captures_alone(world: World) -> None:
    """A rebuild gives equal ones, though these were written by two runs."""
    assert [*sound(world.crawled.folder)] == []


def test_an_authenticated_capture_is_no_page_as_readers_see_it(tmp_path: Path) -> None:
    """A crawl with a password asks for pages as a stranger."""
    with PageSite(posts=2) as site:
        secret = site.account()
        (tmp_path / "secret").write_text(secret)
        (tmp_path / "secret").chmod(0o600)
        crawled = crawl_pages(tmp_path / "a", site, user="editor", password_file=str(tmp_path / "secret"))
        pages = [one for one in site.requests if "/wp-json" not in one.target]
        assert len(pages) > 2
        assert not any("authorization" in one.headers for one in pages)
        assert crawled.rows("SELECT DISTINCT privilege FROM captures WHERE kind IN ('page', 'requisite')") == [
            ("anonymous",)
        ]
