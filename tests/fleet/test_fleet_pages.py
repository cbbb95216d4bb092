"""The pages of a fleet in a real Datasette and a real browser: figures, what needs a person, and each site's reading room."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import frugal
import pytest
from axe_playwright_python.sync_playwright import Axe
from crawlkit import SMALL, invoke
from fakewp import FakeWordPress
from fleetrows import add_site, add_turn, add_worker, fleet_toml
from pgserver import PGServer
from playwright.sync_api import Browser, sync_playwright
from stocking import put_database, put_site

sys.path.insert(0, str(Path(__file__).parents[1] / "browse"))

from reading import Page, Reading

from wparchive.browse.fleet.plugin import FleetPages
from wparchive.browse.fleet.shelf import Shelf
from wparchive.errors import RemoteError
from wparchive.fleet.joining.library import FleetLibrary
from wparchive.fleet.objects import ObjectStore
from wparchive.fleet.queue.engine import ProcrastinateEngine
from wparchive.fleet.queue.fleet_file import load_fleet
from wparchive.fleet.queue.tables import connect, ensure_tables
from wparchive.store import Archive

READ = ("one.example", "two.example", "three.example")
HOSTILE = '<img src=x onerror="document.title=1">'
WIDE, NARROW = {"width": 1400, "height": 900}, {"width": 390, "height": 844}
OVER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def fill(conn: Any) -> None:
    """Rows of a fleet with everything that a page can show."""
    for site in READ:
        add_site(conn, site, late=60, generation=2, indexed=1, held=json.dumps({"posts": 7, "media": 3}))
    for number in range(60):
        add_site(conn, f"blog{number:02}.example", "wordpress.com", late=7200, state="new")
    add_site(conn, "running.example", "other", job=1, lock="other#1", generation=1)
    add_site(
        conn, "poison.example", "other", state="poison", deaths=3, note=f"its turn was ended by signal 9 {HOSTILE}"
    )
    add_site(conn, "double.example", "other", state="duplicate", note="the same site as another of this fleet")
    add_site(conn, "paused.example", "paused", paused=True)
    conn.execute("UPDATE fleet.networks SET paused_until = 'infinity' WHERE network = 'paused'")
    for hour in range(20):
        add_turn(conn, "one.example", hour * 3600 + 60, "complete", code=0, requests=30, stored=4000, waited=12)
    add_turn(conn, "two.example", 30, "incomplete", code=3, reason=f"a gap {HOSTILE}", waited=200)
    add_turn(conn, "running.example", 10, None)
    add_worker(conn, "alive:1", 5)
    add_worker(conn, "dead:1", 500, unsent=2 * 10**9)


@pytest.fixture(scope="module")
def library(postgres: PGServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetLibrary]:
    """A fleet's catalogue and store; three sites can be read."""
    folder, database = tmp_path_factory.mktemp("library"), postgres.make()
    with connect(database) as conn:
        ensure_tables(conn)
        ProcrastinateEngine(database).prepare(conn)
        fill(conn)
    archive, store = Archive(folder / "archive"), ObjectStore((folder / "objects").as_uri())
    with FakeWordPress(**SMALL) as site:
        for name in READ:
            invoke("crawl", site.url, "-a", archive.root, *frugal.OPTIONS, "--site-name", name, "--no-seal")
            put_site(store, archive, name, url=site.url)
            put_database(store, archive, name, folder / "scratch")
    with FleetLibrary(load_fleet(fleet_toml(folder, database)), every=3600) as library:
        library.refresh()
        yield library


@pytest.fixture(scope="module")
def pages(library: FleetLibrary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reading]:
    """Datasette on it, where two archives stay open."""
    with served(library, tmp_path_factory.mktemp("reading")) as reading:
        yield reading


@contextmanager
def registered(plugin: FleetPages) -> Iterator[None]:
    """Have Datasette's one list of plug-ins hold this one, in place of another fleet's."""
    from datasette.plugins import pm

    before = pm.get_plugin("wparchive-fleet")
    if before is not None:
        pm.unregister(before)
    pm.register(plugin, name="wparchive-fleet")
    try:
        yield
    finally:
        pm.unregister(plugin)
        if before is not None:
            pm.register(before, name="wparchive-fleet")


@contextmanager
def served(library: Any, folder: Path, kept: int = 2, **more: Any) -> Iterator[Reading]:
    """Datasette on a fleet, as `wparchive serve --fleet` sets it up."""
    with (
        registered(FleetPages(Shelf(library, folder, kept))),
        Reading(library.catalogue, plugin={"fleet": "/fleet"}, **more) as reading,
    ):
        yield reading


def page(pages: Reading, path: str, status: int = 200) -> Page:
    answer = pages.get(path)
    assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text[:2000]}"
    return Page(answer.text)


def test_the_overview_says_what_needs_a_person(pages: Reading) -> None:
    """Figures, alerts, networks, workers, poison, last turns; the front page leads there."""
    assert pages.get("/").headers["location"] == "/fleet"
    text = page(pages, "/fleet").text
    for part in ("67 sites", "63◷ due", "1▸ running", "62○ never read", "1‖ paused", "1✕ poison"):
        assert part in text, part
    for alert in ("Late.", "Unsent.", "Dead. no sign of dead:1", "Poison."):
        assert alert in text, alert
    assert "20 complete, 1 incomplete, 1 running" in text
    assert "until it is resumed" in text and "alive:1✓ Works" in text and "dead:1✕ Dead" in text


def test_what_sites_and_workers_say_is_text(pages: Reading) -> None:
    """Notes and reasons come from programs and servers: none of them is HTML."""
    for path in ("/fleet", "/fleet/site/two.example", "/fleet/site/poison.example", "/fleet/sites?show=poison"):
        found = page(pages, path)
        assert "onerror" in found.text and not [one for one in found.all("img") if one.get("onerror")]
        assert not found.all("script")


def test_sites_are_found_and_listed_by_what_they_are(pages: Reading) -> None:
    """50 a page; by words in the name or address, by network, by state; what is no list is said so."""
    first = page(pages, "/fleet/sites")
    following = page(pages, first.link("after="))
    names = [link for one in (first, following) for link in one.links if link.startswith("/fleet/site/")]
    assert len(names) == len(set(names)) == 67
    for query, expected in {
        "q=blog1": 10,
        "network=other": 3,
        "show=poison": 1,
        "show=running": 1,
        "show=never&q=blog": 50,
        "show=gaps": 1,
        "show=person": 2,
        "q=%25": 0,
    }.items():
        links = [link for link in page(pages, f"/fleet/sites?{query}").links if link.startswith("/fleet/site/")]
        assert len(links) == expected, query
    page(pages, "/fleet/sites?show=1%20OR%201", 400)


def test_a_site_can_be_read_and_the_last_ones_stay(pages: Reading) -> None:
    """Its archive.db is fetched once, its reading room works under its name, and the one read longest ago is closed."""
    found = page(pages, "/fleet/site/one.example")
    assert "generation 1; generation 2 is in the store" in found.text and "posts7" in found.text
    for site in READ:
        answer = pages.get(f"/fleet/read/{site}")
        assert (answer.status_code, answer.headers["location"]) == (302, f"/-/wparchive/@{site}/")
        room = page(pages, answer.headers["location"])
        links = [link for link in room.links if "/-/wparchive" in link]
        assert links and all(f"/-/wparchive/@{site}/" in link for link in links if "/static/" not in link)
        assert "/fleet" in room.links
        assert site in page(pages, f"/-/wparchive/@{site}/site/{site}").text
    page(pages, "/-/wparchive/@one.example/", 404)
    assert set(pages.datasette.databases) >= set(READ[1:]) and "one.example" not in pages.datasette.databases
    assert pages.get("/fleet/read/one.example").status_code == 302
    page(pages, "/-/wparchive/@one.example/")
    page(pages, "/-/wparchive/", 404)


def test_what_is_not_there_is_said(pages: Reading) -> None:
    """A site that isn't in the fleet, and one whose rows aren't in the store yet."""
    page(pages, "/fleet/site/none.example", 404)
    page(pages, "/fleet/read/none.example", 404)
    assert "not indexed" in page(pages, "/fleet/site/one.example").text
    assert "no rows of this site" in page(pages, "/fleet/read/blog00.example", 404).text


class Away:
    """A fleet whose store is away."""

    def __init__(self, library: FleetLibrary) -> None:
        self.catalogue, self.trouble = library.catalogue, "the fleet's database: connection refused"

    def fetch(self, site: str, path: Path) -> bool:
        raise RemoteError(f"{site}: can't be read; try again when the store is there")


def test_pages_stay_while_database_and_store_are_away(library: FleetLibrary, tmp_path: Path) -> None:
    """The old figures are shown as old; a site that isn't open says why it can't be read."""
    with served(Away(library), tmp_path) as reading:
        assert "These figures are old. the fleet's database: connection refused" in page(reading, "/fleet").text
        assert "try again when the store is there" in page(reading, "/fleet/read/one.example", 503).text


def test_what_was_open_is_open_again(library: FleetLibrary, tmp_path: Path) -> None:
    """A page that somebody has kept the address of is there after a restart."""
    with served(library, tmp_path) as reading:
        assert reading.get("/fleet/read/two.example").status_code == 302
    with served(library, tmp_path) as reading:
        page(reading, "/-/wparchive/@two.example/")


def test_who_may_not_see_the_catalogue_sees_no_page(library: FleetLibrary, tmp_path: Path) -> None:
    """Datasette's own permissions hold for the pages made from its database."""
    with served(library, tmp_path, closed=("catalogue",)) as reading:
        for path in ("/fleet", "/fleet/sites", "/fleet/site/one.example", "/fleet/read/one.example"):
            assert reading.get(path).status_code == 403, path
            assert reading.get(path, root=True).status_code in (200, 302), path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; while it runs nothing else in the process may have an event loop."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        assert not os.environ.get("WPARCHIVE_REQUIRE_WORDPRESS"), "Chromium must be here"
        pytest.skip("needs Chromium: apt-get install chromium")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", NARROW)])
def test_a_screen_reader_can_read_each_page_and_it_fits(
    browser: Browser, pages: Reading, scheme: Any, size: Any
) -> None:
    """axe-core finds nothing, by day at a desk and by night on a phone; without a script, and only tables scroll sideways."""
    context = browser.new_context(viewport=size, base_url=pages.url, bypass_csp=True, color_scheme=scheme)
    tab, axe = context.new_page(), Axe()
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    shots = os.environ.get("WPARCHIVE_SCREENSHOTS")
    for path in ("/fleet", "/fleet/sites", "/fleet/site/one.example", "/fleet/sites?q=nothing", "/fleet/site/none"):
        tab.goto(path, wait_until="load")
        found = axe.run(tab, options=options).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == [], path
        assert tab.evaluate(OVER) <= 0, path
        if shots:
            tab.screenshot(path=f"{shots}/{path.strip('/').replace('/', '-')}-{scheme}.png", full_page=True)
    context.close()


def test_the_pages_work_without_a_script(browser: Browser, pages: Reading) -> None:
    """From the overview to an article of a site, by links alone."""
    context = browser.new_context(viewport=WIDE, base_url=pages.url, java_script_enabled=False)
    tab = context.new_page()
    tab.set_default_timeout(60_000)
    tab.goto("/fleet")
    with tab.expect_navigation():
        tab.get_by_role("link", name="two.example").first.click()
    with tab.expect_navigation():
        tab.get_by_role("link", name="Read it").click()
    assert tab.url.endswith("/-/wparchive/@two.example/")
    with tab.expect_navigation():
        tab.get_by_role("link", name="Fleet").click()
    assert tab.url.endswith("/fleet")
    tab.get_by_role("searchbox").fill("blog07")
    with tab.expect_navigation():
        tab.get_by_role("searchbox").press("Enter")
    assert tab.get_by_role("row").count() == 2
    context.close()
