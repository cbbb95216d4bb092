"""ReplayWeb.page shows what is in a package: its pages, an article, a listing, an answer 404, a picture; and finds words.

It runs where WPARCHIVE_REPLAYWEB names the unpacked npm package `replaywebpage` (AGPL, so no part of this repository):
npm pack replaywebpage && tar xf replaywebpage-*.tgz && export WPARCHIVE_REPLAYWEB=$PWD/package
"""

import os
import re
import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import pytest
from loopback import serving
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect, sync_playwright
from wacz_archives import NOW, Kept

from wparchive.export.wacz.package import Wanted, make_wacz

VIEWER = os.environ.get("WPARCHIVE_REPLAYWEB", "")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", OFFLINE]
HOME = "https://wparchive.invalid/"

pytestmark = pytest.mark.skipif(
    not (VIEWER and CHROMIUM), reason="needs WPARCHIVE_REPLAYWEB (see above) and Chromium: apt-get install chromium"
)


class Serving(SimpleHTTPRequestHandler):
    """The viewer's files and the packages, with the byte ranges by which a viewer reads out of them."""

    def __init__(self, *args: Any, packages: Path) -> None:
        self._packages = packages
        super().__init__(*args, directory=VIEWER)

    def translate_path(self, path: str) -> str:
        name = path.partition("?")[0].rpartition("/")[2]
        return str(self._packages / name) if name.endswith(".wacz") else super().translate_path(path)

    def send_head(self) -> Any:
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        return self._part(path, *asked.groups()) if asked and path.is_file() else super().send_head()

    def _part(self, path: Path, begin: str, end: str) -> BinaryIO:
        size = path.stat().st_size
        first = int(begin) if begin else max(size - int(end), 0)
        last = min(int(end), size - 1) if begin and end else size - 1
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        return BytesIO(path.read_bytes()[first : last + 1])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def viewer(kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the viewer is served, and beside it each form of a package."""
    packages = tmp_path_factory.mktemp("packages")
    forms = {
        "whole": Wanted(),
        "run": Wanted(run=kept.runs[-1]),
        "item": Wanted(item=f"{kept.site}/post/{kept.edited}"),
        "bare": Wanted(reading=False),
    }
    for name, wanted in forms.items():
        make_wacz(
            kept.archive,
            packages / f"{name}.wacz",
            wanted,
            now=lambda: NOW,
            tell=lambda damage: pytest.fail(str(damage)),
        )
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), partial(Serving, packages=packages))) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        context.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)
        yield context.new_page()


def opened(page: Page, viewer: str, package: str, fragment: str = "") -> None:
    page.goto(f"{viewer}/?source={viewer}/{package}.wacz#view=pages{fragment}")


def replayed(page: Page, viewer: str, package: str, url: str, at: str) -> FrameLocator:
    """The page at `url` as the viewer shows it, as of `at`."""
    stamp = re.sub(r"\D", "", at)[:14]
    opened(page, viewer, package, f"&url={quote(url, safe='')}&ts={stamp}")
    return page.frame_locator("iframe")


def shows(frame: FrameLocator, text: str) -> None:
    expect(frame.locator("body")).to_contain_text(text)


def listed(page: Page, kept: Kept, wp_id: int) -> Locator:
    """The entries in the viewer's list for the versions of a post."""
    address = re.escape(f"{HOME}{kept.site}/post/{wp_id}")
    return page.get_by_role("listitem").filter(has_text=re.compile(rf"{address}(?!\d)"))


def test_it_lists_the_pages(page: Page, viewer: str, kept: Kept) -> None:
    """By title, each version of an article for itself, and what is gone."""
    opened(page, viewer, "whole")
    ((title,),) = kept.rows("SELECT title FROM posts WHERE wp_id = ? AND type = 'post'", kept.edited)
    expect(listed(page, kept, kept.edited)).to_have_count(3)
    expect(listed(page, kept, kept.edited).first).to_contain_text(title)
    expect(listed(page, kept, kept.gone)).to_have_count(1)


def test_an_article_is_reached_from_the_contents_and_leads_to_its_capture(page: Page, viewer: str, kept: Kept) -> None:
    """Contents → newest version → the JSON of the REST API that it was made from."""
    ((at,),) = kept.rows("SELECT max(captured_at) FROM captures")
    frame = replayed(page, viewer, "whole", HOME, at)
    ((title,),) = kept.rows("SELECT title FROM posts WHERE wp_id = ? AND type = 'post'", kept.edited)
    frame.get_by_role("link", name=title, exact=True).click()
    shows(frame, "Reading copy; the evidence is the capture.")
    shows(frame, "Fourteen were hurt at the breakwater.")
    frame.locator("dd a").last.click()
    shows(frame, '"rendered":"<p>Fourteen were hurt at the breakwater.')


@pytest.mark.parametrize("status", [404, 401])
def test_an_answer_that_refuses_is_shown(page: Page, viewer: str, kept: Kept, status: int) -> None:
    """That an article is gone is evidence too."""
    url, at = kept.rows(
        "SELECT url, captured_at FROM captures WHERE status = ? AND url LIKE '%/wp-json/%' LIMIT 1", status
    )[0]
    shows(replayed(page, viewer, "whole", url, at), f'"status":{status}')


@pytest.mark.parametrize("package", ["whole", "run"])
def test_a_listing_that_had_not_changed_is_shown(page: Page, viewer: str, kept: Kept, package: str) -> None:
    """A revisit leads to the answer that it refers to, in a package of one run too."""
    query = """
        SELECT url, captured_at FROM captures WHERE kind = 'listing' AND record_type = 'revisit' AND run = ?
        AND url LIKE '%wp/v2/pages%' LIMIT 1"""
    url, at = kept.rows(query, kept.runs[-1])[0]
    shows(replayed(page, viewer, package, url, at), '"type":"page"')


def test_a_picture_is_shown_at_a_time_when_it_had_not_changed(page: Page, viewer: str, kept: Kept) -> None:
    """The answer 304 of that time is passed over: its body is empty."""
    url, at = kept.rows("SELECT url, max(captured_at) FROM captures WHERE status = 304")[0]
    frame = replayed(page, viewer, "whole", url, at)
    expect(frame.locator("img")).to_be_visible()
    assert frame.locator("img").evaluate("one => one.decode().then(() => one.naturalWidth)") > 0


def test_a_reading_copy_shows_the_held_picture(page: Page, viewer: str, kept: Kept) -> None:
    item, at = kept.rows(
        "SELECT v.item, k.captured_at FROM versions v JOIN captures k USING (capture) WHERE v.type = 'attachment' LIMIT 1"
    )[0]
    frame = replayed(page, viewer, "whole", HOME + item, at)
    assert frame.locator("article img").first.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0


@pytest.mark.parametrize("package", ["whole", "item"])
def test_an_article_is_shown_as_readers_saw_it(page: Page, viewer: str, kept: Kept, package: str) -> None:
    """Its page at its own address, in each version: what the list of pages calls the page itself."""
    query = "SELECT final_url, captured_at FROM pages WHERE wp_id = ? AND type = 'post' AND status = 200 ORDER BY captured_at"
    rows = kept.rows(query, kept.edited)
    for (url, at), word in zip(rows[1:], ("Eleven", "Fourteen"), strict=True):
        shows(replayed(page, viewer, package, url, at), f"{word} were hurt at the breakwater.")
    opened(page, viewer, package)
    expect(page.get_by_role("listitem").filter(has_text="(the page itself)").first).to_be_visible()


def test_search_finds_a_word_in_each_version(page: Page, viewer: str, kept: Kept) -> None:
    opened(page, viewer, "whole")
    page.get_by_placeholder("Search by Page URL, Title, or Text").fill("breakwater")
    expect(page.get_by_role("listitem").filter(has_text="wparchive.invalid")).to_have_count(2)
    expect(listed(page, kept, kept.edited).filter(has_text="Eleven were hurt")).to_have_count(1)
    expect(listed(page, kept, kept.edited).filter(has_text="Fourteen were hurt")).to_have_count(1)


@pytest.mark.parametrize("package", ["run", "item"])
def test_a_part_opens_with_its_contents(page: Page, viewer: str, kept: Kept, package: str) -> None:
    shows(replayed(page, viewer, package, HOME, "20261127"), "reading copies")


def test_without_reading_copies_captured_pages_are_shown(page: Page, viewer: str, kept: Kept) -> None:
    url, at = kept.rows("SELECT url, captured_at FROM captures WHERE kind = 'home' LIMIT 1")[0]
    frame = replayed(page, viewer, "bare", url, at)
    expect(frame.locator("body")).not_to_be_empty()
