"""Every page in a real browser: a screen reader can read it, it fits a phone, keys work, and nothing needs a script."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from reading import PREFIX, Reading

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
# What may differ on a phone by night; all else is the same HTML.
LOOKS = {"runOnly": {"type": "rule", "values": ["color-contrast", "target-size", "scrollable-region-focusable"]}}
WIDE, NARROW = {"width": 1400, "height": 900}, {"width": 390, "height": 844}
OVER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def pages(room: Reading) -> dict[str, str]:
    """A page of each kind, by name; the article is the one that changed most."""
    item = room.one("SELECT item FROM observations WHERE change = 'silently_edited' ORDER BY observed_at")
    run, sha256 = (
        room.one("SELECT run FROM observations"),
        room.one("SELECT sha256 FROM media_files WHERE sha256 != ''"),
    )
    capture = room.one("SELECT capture FROM captures WHERE kind = 'listing' AND status = 200 ORDER BY captured_at")
    gone = room.one("SELECT item FROM posts WHERE gone IS NOT NULL")
    arabic = room.one("SELECT item FROM posts WHERE title LIKE 'العبّارة%'")
    names = [
        "changes",
        "vanished",
        "search?q=ferry",
        "search?q=cable&in=past",
        "search",
        "pictures",
        "people",
        "sources",
    ]
    named = {name: f"{PREFIX}/{name}" for name in [*names, "runs", "url?u=https://quill-line.example/about", "url"]}
    tabs = ("timeline", "json", "links", "pictures", "comments", "evidence")
    versions = room.rows(
        "SELECT substr(replace(capture, '-', ''), 10, 12) FROM versions WHERE item = ? ORDER BY first_seen", item
    )
    compared = f"{PREFIX}/item/{item}/changes?from={versions[0][0]}&to={versions[-1][0]}"
    return {
        **named,
        "overview": f"{PREFIX}/",
        "article": f"{PREFIX}/item/{item}",
        **{f"item {tab}": f"{PREFIX}/item/{item}/{tab}" for tab in tabs},
        "compared": compared,
        "side": f"{compared}&view=side",
        "vanished item": f"{PREFIX}/item/{gone}",
        "right to left": f"{PREFIX}/item/{arabic}/changes",
        "site": f"{PREFIX}/site/harbour-ledger",
        "person": f"{PREFIX}/person/harbour-ledger/1",
        "run": f"{PREFIX}/run/{run}",
        "capture": f"{PREFIX}/capture/{capture[9:]}",
        "file": f"{PREFIX}/file/{sha256}",
        "nothing": f"{PREFIX}/item/harbour-ledger/post/99999",
    }


@pytest.fixture
def page(browser: Browser, room: Reading) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDE, base_url=room.url)
    context.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    yield context.new_page()
    context.close()


def test_a_screen_reader_can_read_every_page_and_all_fit_a_phone(
    browser: Browser, room: Reading, pages: dict[str, str]
) -> None:
    """axe-core finds nothing, by day at a desk nor by night on a phone; only tables scroll sideways."""
    context = browser.new_context(viewport=WIDE, base_url=room.url, bypass_csp=True)
    page, axe, wrong = context.new_page(), Axe(), {}
    for name, path in pages.items():
        page.goto(path, wait_until="load")
        page.evaluate("document.querySelectorAll('main details:not(.json *)').forEach(one => one.open = true)")
        for scheme, size, options in (("light", WIDE, OPTIONS), ("dark", NARROW, LOOKS)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(size)
            if over := page.evaluate(OVER):
                wrong[name, scheme, "too wide"] = over
            found = axe.run(page, options=options)
            for one in found.response["violations"]:
                wrong[name, scheme, one["id"]] = [node["html"][:200] for node in one["nodes"][:3]]
    context.close()
    assert wrong == {}


def test_narrow_windows_do_not_scroll_sideways(browser: Browser, room: Reading, pages: dict[str, str]) -> None:
    """320 px is what WCAG asks for, and a window at half a screen is usual."""
    context = browser.new_context(base_url=room.url)
    page, wrong = context.new_page(), {}
    for name in ("overview", "changes", "article", "side", "item evidence", "capture", "runs", "search?q=ferry"):
        page.goto(pages[name], wait_until="load")
        for width in (320, 700, 1000):
            page.set_viewport_size({"width": width, "height": 800})
            if over := page.evaluate(OVER):
                wrong[name, width] = over
    context.close()
    assert wrong == {}


def test_nothing_needs_a_script(browser: Browser, room: Reading, pages: dict[str, str]) -> None:
    """Search, filters and comparison are links and forms."""
    context = browser.new_context(java_script_enabled=False, base_url=room.url)
    page = context.new_page()
    page.goto(f"{PREFIX}/")
    page.get_by_role("searchbox").fill("breakwater")
    with page.expect_navigation():
        page.get_by_role("searchbox").press("Enter")
    assert page.url.endswith("/search?q=breakwater")
    assert page.locator("main mark").first.inner_text().lower() == "breakwater"
    with page.expect_navigation():
        page.locator("nav.chips[aria-label=Site] a").filter(has_text="coast-wire").click()
    assert page.locator(".results li").count() == 1
    page.goto(f"{PREFIX}/changes")
    page.get_by_label("Site", exact=True).select_option("quay-notes")
    with page.expect_navigation():
        page.get_by_role("button", name="Show").click()
    assert "site=quay-notes" in page.url
    assert set(page.locator(".card .about a").all_inner_texts()) == {"quay-notes"}
    page.goto(f"{pages['article']}/changes")
    page.get_by_label("From").select_option(index=0)
    page.get_by_label("to", exact=True).select_option(index=3)
    with page.expect_navigation():
        page.get_by_role("button", name="Compare").click()
    assert page.locator(".diff ins").count() > 2
    with page.expect_navigation():
        page.get_by_role("link", name="Side by side").click()
    assert page.locator(".diff.side").count() == 1
    context.close()


def test_everything_is_marked_as_seen_by_a_button(page: Page) -> None:
    """The form's token is right on this line of Datasette; afterwards nothing is new, and the page says since when."""
    page.goto(f"{PREFIX}/")
    assert page.locator("main .cards .card").count() > 5
    with page.expect_navigation():
        page.get_by_role("button", name="Mark all as seen").click()
    assert page.url.endswith(f"{PREFIX}/")
    assert page.locator("h1").inner_text() == "Since you last looked"
    assert page.locator("main .cards .card").count() == 0
    page.goto(f"{PREFIX}/?since=2026-11-01")
    assert page.locator("main .cards .card").count() > 5


def focused(page: Page, name: str = "id") -> str | None:
    value: str | None = page.evaluate(f"document.activeElement.getAttribute({name!r})")
    return value


def test_keys_search_and_step_through_changes(page: Page, pages: dict[str, str]) -> None:
    """`/` `n` `p` `?`; in a field they are letters."""
    page.goto(pages["compared"])
    page.keyboard.press("n")
    assert focused(page) == "change-1"
    page.keyboard.press("n")
    assert focused(page) == "change-2"
    page.keyboard.press("p")
    assert focused(page) == "change-1"
    page.keyboard.press("/")
    assert focused(page) == "q"
    page.keyboard.type("n?")
    assert page.input_value("#q").endswith("n?")
    page.locator("h1").click()
    page.keyboard.press("?")
    assert page.locator("#keys").get_attribute("open") is not None


def test_keys_lead_to_other_versions_and_views(page: Page, pages: dict[str, str]) -> None:
    """`[` and `]` on the article as on its changes, `s` between the views, `c` to what is cited."""
    page.goto(pages["article"])
    page.keyboard.press("c")
    assert page.locator("#cite").get_attribute("open") is not None
    newest = page.locator(".rail a[aria-current] strong").inner_text()
    with page.expect_navigation():
        page.keyboard.press("[")
    assert page.locator(".rail a[aria-current] strong").inner_text() != newest
    with page.expect_navigation():
        page.keyboard.press("]")
    assert page.locator(".rail a[aria-current] strong").inner_text() == newest
    page.goto(f"{pages['article']}/changes")
    with page.expect_navigation():
        page.keyboard.press("[")
    assert page.locator(".rail a[aria-current] strong").inner_text() != newest
    with page.expect_navigation():
        page.keyboard.press("s")
    assert page.locator(".diff.side").count() == 1
    with page.expect_navigation():
        page.keyboard.press("s")
    assert page.locator(".diff.side").count() == 0


def test_keys_step_through_results_and_pictures(page: Page, pages: dict[str, str]) -> None:
    for name in ("search?q=ferry", "pictures", "item comments"):
        page.goto(pages[name])
        page.keyboard.press("n")
        first = page.evaluate("document.activeElement.textContent")
        page.keyboard.press("n")
        assert page.evaluate("document.activeElement.textContent") != first, name
        assert page.evaluate("document.activeElement.hasAttribute('data-step')"), name


def test_the_first_stop_is_the_way_past_the_menu(page: Page) -> None:
    """Tab order follows the page: skip link, name, search, menu; the skip link leads into the content."""
    page.goto(f"{PREFIX}/changes")
    page.keyboard.press("Tab")
    assert focused(page, "href") == "#main"
    assert page.locator(".skip").bounding_box()["x"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.goto(f"{PREFIX}/changes")
    order = []
    for _ in range(11):
        page.keyboard.press("Tab")
        order.append(focused(page, "href") or focused(page))
    assert order[1:4] == [f"{PREFIX}/", "q", f"{PREFIX}/"]
    assert order[4] == f"{PREFIX}/changes"


def test_a_change_and_a_comment_can_be_pointed_to(page: Page, room: Reading, pages: dict[str, str]) -> None:
    """`#change-2` is what `:target` marks, and its arrows lead on."""
    page.goto(f"{pages['compared']}#change-2")
    assert page.locator(".change:target").get_attribute("id") == "change-2"
    page.locator("#change-2").get_by_label("Next change").click()
    expect(page.locator(".change:target")).to_have_id("change-3")
    comment = room.one("SELECT wp_id FROM comments WHERE author_name = 'Old Salt'")
    page.goto(f"{pages['item comments']}#comment-{comment}")
    assert "WEEK" in page.locator("li:target").inner_text()


def test_print_shows_the_evidence_and_no_menus(page: Page, pages: dict[str, str]) -> None:
    """On paper a page says where it is from; what leads elsewhere is gone."""
    page.goto(pages["article"])
    page.emulate_media(media="print")
    for gone in (".top", ".tabs", ".rail", "form.find"):
        assert not page.locator(gone).first.is_visible(), gone
    assert page.locator(".strip").is_visible()
    assert page.locator("article.article").is_visible()
