"""Pages of kinship: the tab of an item, the matrix and the graph of sites, and of two sites every pair with its proofs."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from archives import World, post
from invented_articles import LANGUAGES, Writer
from newspapers import SITES, html, newspapers
from playwright.sync_api import Page, sync_playwright
from reading import PREFIX, Reading

from wparchive.ask.kinship.flows import edges, pairs_of_sites, shares
from wparchive.index.database.opening import reading

_HIDDEN = "(box => box.scrollWidth - box.clientWidth)(document.querySelector('table.matrix').parentElement)"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATHS = ("/kinship", "/kinship?one=ahoy.test&two=bell.test", "/item/ahoy.test/post/12/kin")


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """Twelve newspapers, of which each has the stories of the three before it, and a reading room on them."""
    world = newspapers(tmp_path_factory.mktemp("papers") / "archive")
    with Reading(world.archive.database) as room:
        yield SimpleNamespace(database=world.archive.database, url=f"{room.url}{PREFIX}")


@pytest.fixture(scope="module")
def browser(papers: SimpleNamespace) -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium.new_page()
        chromium.close()


def test_every_arrow_leads_from_who_truly_was_first(papers: SimpleNamespace) -> None:
    """Each site had its own story first; none is said to have taken it from a later one, whatever dates were put back."""
    with reading(papers.database) as db:
        pairs = pairs_of_sites(db, most=200)
        found = edges(pairs)
        assert sum(one.pairs for one in shares(db)) == len(pairs) == 72
    for pair in pairs:
        if pair.source is not None:
            later = pair.other if pair.source is pair.one else pair.one
            assert 0 < (SITES.index(later.site) - SITES.index(pair.source.site)) % 12 <= 3
    # Half of the pairs have a date that was put back, which decides nothing; and on each day ahoy is read before lamp.
    assert sum(one.proven for one in found) == 34
    assert sum(one.pairs for one in found if one.source) == 36
    assert all(one.delay is None or one.delay.days < 4 for one in found)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", PATHS)
def test_pages_hold_against_hostile_titles_on_any_screen(
    papers: SimpleNamespace, browser: Page, path: str, width: int
) -> None:
    """Nothing of a title is markup, nothing runs, no policy is broken, and no page is wider than a phone."""
    said: list[str] = []
    browser.on("console", lambda message: said.append(message.text))
    browser.on("pageerror", lambda error: said.append(str(error)))
    browser.set_viewport_size({"width": width, "height": 844})
    browser.goto(papers.url + path)
    assert said == []
    assert browser.title() != "broken"
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.locator("main script, main img[onerror]").count() == 0


def test_each_edge_leads_to_a_list_of_proofs(papers: SimpleNamespace, browser: Page) -> None:
    """From the graph to the pairs of two sites, each with two captures and its reasons; from there to the item's tab."""
    browser.goto(f"{papers.url}/kinship")
    assert browser.locator("svg.graph circle").count() == 12
    links = browser.locator("svg.graph a")
    with reading(papers.database) as db:
        assert links.count() == len(edges(pairs_of_sites(db, most=200)))
    browser.goto(papers.url.partition("/-/")[0] + str(links.first.get_attribute("href")))
    card = browser.locator("article.card").first
    assert card.locator("a[href*='/capture/']").count() == 2
    assert card.locator("details li").count() >= 4
    with browser.expect_navigation():
        card.locator("h3 a").first.click()
    assert browser.locator("nav.tabs a[aria-current=page]").inner_text().startswith("Kin")


def test_a_cell_leads_to_the_proofs_of_its_direction(world: World, browser: Page) -> None:
    """Proven orders come before undecidable ones with more text; each has a link of its own in the cell, to its pairs alone."""
    writer = Writer(LANGUAGES[0], 871)
    long, short = (
        post(wp_id, html(writer.story(writer.topic(), size)), **dict.fromkeys(("date_gmt", "modified_gmt"), None))
        for wp_id, size in ((1, 8), (2, 4))
    )
    later = short | dict.fromkeys(("date", "date_gmt", "modified", "modified_gmt"), "2026-11-23T20:00:00")
    for site, held in (("one.test", [long, short]), ("two.test", [long]), ("two.test", [long, later])):
        run = world.run(site).site(
            home=f"https://{site}/", root=f"https://{site}/wp-json/", aliases=[f"https://{site}/"]
        )
        listing = run.get("/wp/v2/posts", held)
        run.proof("/wp/v2/posts", "post", listing, stated=len(held), held=len(held))
        run.end()
        world.clock.now += timedelta(days=1)
    world.index()
    with Reading(world.archive.database) as room:
        browser.goto(f"{room.url}{PREFIX}/kinship?one=one.test&two=two.test")
        said = browser.locator("article.card").all_inner_texts()
        assert ["proven" in text for text in said] == [True, False]
        browser.goto(f"{room.url}{PREFIX}/kinship")
        cell = browser.locator("table.matrix td", has_text="proven").locator("a")
        assert cell.all_inner_texts() == ["1", "1 undecided"]
        addresses = [str(link.get_attribute("href")) for link in cell.all()]
        arrows = browser.locator("svg.graph a").all()
        assert {arrow.get_attribute("href") for arrow in arrows} == {*addresses}
        for address, text in zip(addresses, said, strict=True):
            browser.goto(room.url + address)
            assert browser.locator("article.card").all_inner_texts() == [text]


def test_a_title_without_end_leaves_room_for_its_kin(world: World, browser: Page) -> None:
    """On the page of two sites and on the article's tab: what is said of the pair stands on the first screen of a phone."""
    writer = Writer(LANGUAGES[0], 872)
    text = html(writer.story(writer.topic(), 4))
    for site in ("one.test", "two.test"):
        run = world.run(site).site(home=f"https://{site}/", root=f"https://{site}/wp-json/")
        run.get("/wp/v2/posts", [post(1, text, title={"rendered": "W" * 500})])
        run.end()
    world.index()
    browser.set_viewport_size({"width": 390, "height": 844})
    with Reading(world.archive.database) as room:
        for path in ("/kinship?one=one.test&two=two.test", "/item/one.test/post/1/kin"):
            browser.goto(f"{room.url}{PREFIX}{path}")
            box = browser.locator("article.card").first.bounding_box()
            assert box is not None
            assert box["height"] < 844


def test_no_label_of_the_graph_is_cut(papers: SimpleNamespace, browser: Page) -> None:
    """On a phone sites are numbered, with their names below; wider, the names stand in the picture."""
    for width, shown in ((390, ".number"), (1280, ".name")):
        browser.set_viewport_size({"width": width, "height": 844})
        browser.goto(f"{papers.url}/kinship")
        frame = browser.locator("svg.graph").bounding_box()
        assert frame is not None
        assert frame["x"] + frame["width"] <= width
        for label in browser.locator(f"svg.graph text{shown}").all():
            box = label.bounding_box()
            assert box is not None
            assert frame["x"] <= box["x"]
            assert box["x"] + box["width"] <= frame["x"] + frame["width"]
        assert browser.locator("ol.graph-names").is_visible() == (shown == ".number")


def test_twelve_sites_fit_a_screen_and_the_graph_fills_a_phone(papers: SimpleNamespace, browser: Page) -> None:
    """On a desk the whole matrix is seen at once; on a phone it scrolls by itself, and the circle is as wide as the text."""
    browser.set_viewport_size({"width": 1280, "height": 900})
    browser.goto(f"{papers.url}/kinship")
    assert browser.evaluate(_HIDDEN) < 30  # fonts differ
    browser.set_viewport_size({"width": 390, "height": 844})
    browser.goto(f"{papers.url}/kinship")
    circles = [circle.bounding_box() for circle in browser.locator("svg.graph circle").all()]
    across = [box["x"] for box in circles if box]
    assert max(across) - min(across) > 250
    assert browser.evaluate(_HIDDEN) > 0
    row = browser.locator("table.matrix tbody th").first
    browser.evaluate("document.querySelector('table.matrix').parentElement.scrollLeft = 400")
    box = row.bounding_box()
    assert box is not None
    assert 0 <= box["x"] < 40  # the name of the row stays in sight
