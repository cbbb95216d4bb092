"""Cleaned articles and the diff's HTML in a real browser: nothing runs, nothing is fetched, and a screen reader can read them."""

import shutil
from collections.abc import Iterator

import pytest
from attacks import ATTACKS
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright
from test_clean import PLACES

from wparchive.ask.presenting.clean import clean
from wparchive.wordpress.prose import as_html, html_diff

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
HERE = "http://reading-room.test"
PAGE = "<!DOCTYPE html><html lang=en><title>Article</title><main><h1>Article</h1>{}</main>"
ARTICLE = """<h2>What is known</h2><p dir="auto">The ferry <em>Cormorant</em> struck the <a href="/quay">breakwater</a>.</p>
<figure><img src="/a.jpg" alt="The ferry"><figcaption>The ferry on Sunday.</figcaption></figure>
<table><thead><tr><th scope="col">Year</th><th scope="col">Ferries</th></tr></thead>
<tbody><tr><td>2026</td><td>14</td></tr></tbody></table>"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_page()
        browser.close()


def opened(page: Page, body: str) -> tuple[list[str], list[str]]:
    """Show `body` under no policy at all; returns what was asked for besides our own pictures, and the dialogs."""
    asked: list[str] = []
    dialogs: list[str] = []

    def answer(route: object) -> None:
        request = route.request  # type: ignore[attr-defined]
        if request.url == f"{HERE}/":
            route.fulfill(content_type="text/html; charset=utf-8", body=PAGE.format(body))  # type: ignore[attr-defined]
            return
        if not request.url.startswith(f"{HERE}/file?u=") or request.resource_type != "image":
            asked.append(request.url)
        route.fulfill(status=404)  # type: ignore[attr-defined]

    def dialog(shown: object) -> None:
        dialogs.append("dialog")
        shown.dismiss()  # type: ignore[attr-defined]

    page.unroute_all()
    page.route("**/*", answer)
    page.once("dialog", dialog)
    page.goto(f"{HERE}/", wait_until="load")
    return asked, dialogs


def test_what_is_not_cleaned_is_seen_to_act(page: Page) -> None:
    """So that the tests below say something."""
    asked, _ = opened(page, '<img src="http://canary.example/a.png">')
    assert asked == ["http://canary.example/a.png"]
    assert opened(page, "<svg onload=alert(1)>")[1] == ["dialog"]


def test_hostile_articles_do_nothing(page: Page) -> None:
    """All attacks, each by itself, without a policy that would stop them: the cleaning alone has to hold."""
    for attack in ATTACKS:
        shown = clean(f"<p>before</p>{attack}<p>after</p>", PLACES).html
        assert opened(page, shown) == ([], []), attack
        leading = page.eval_on_selector_all("a[href]", "found => found.map(one => one.href)")
        assert all(url.startswith(f"{HERE}/url?u=") or "#a-" in url for url in leading), attack
        assert (
            page.evaluate(
                "document.scripts.length + document.querySelectorAll('[onclick],[onerror],[onload],style').length"
            )
            == 0
        )


def test_hostile_articles_compared_do_nothing(page: Page) -> None:
    """The diff reads HTML as it was sent; what it writes is escaped text and its own tags."""
    rows = html_diff(
        "".join(f"<p>old</p>{attack}" for attack in ATTACKS), "".join(f"<p>new</p>{one}" for one in reversed(ATTACKS))
    )
    shown = "".join(
        f"<p>{as_html(row.pieces, link=PLACES.link, picture=PLACES.picture)}</p>" for row in rows if row.pieces
    )
    assert opened(page, shown) == ([], [])
    assert page.evaluate("document.scripts.length") == 0
    leading = page.eval_on_selector_all("a[href]", "found => found.map(one => one.href)")
    assert all(url.startswith(f"{HERE}/url?u=") for url in leading)


@pytest.mark.parametrize("what", ["article", "diff"])
def test_a_screen_reader_can_read_it(page: Page, what: str) -> None:
    """axe-core finds nothing wrong, and headings, pictures and tables are still what they were."""
    if what == "article":
        shown = clean(ARTICLE, PLACES).html
    else:
        rows = html_diff(ARTICLE, ARTICLE.replace("struck", "hit").replace("14", "15"))
        shown = "".join(
            f'<p dir="auto">{as_html(row.pieces, link=PLACES.link, picture=PLACES.picture)}</p>' for row in rows
        )
        assert "<del>struck</del><ins>hit</ins>" in shown
    opened(page, shown)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
