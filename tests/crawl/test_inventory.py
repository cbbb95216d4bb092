"""What a run does with a site's sitemaps and feeds: which it asks for, what it learns, what it never believes."""

import dataclasses
import json
from collections.abc import Mapping
from hashlib import md5
from pathlib import Path

import pytest
from crawlkit import PLAIN, Crawled, crawl, invoke, sound
from fakewp import FAULTS, FakeWordPress, Fault
from fakewp.faults_base import error
from fakewp.simulator.http import Answer, Request

from wparchive.crawl.incremental.item_marks import place_mark, places_of
from wparchive.errors import ExitCode
from wparchive.wordpress.payload.document import Item

SURVEYED = dataclasses.replace(PLAIN, inventory=True)
WITH_PAGES = dataclasses.replace(PLAIN, inventory=True, pages="changed")
NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
FEW = {"posts": 12, "pages": 1, "books": 0, "media": 0, "comments": 3, "users": 1, "terms": 2}
OFFERS = "/deals/v1/offers"
UNCOVERED = "SELECT url FROM uncovered ORDER BY url"


class Surveyed(FakeWordPress):
    """A site with the documents `said`, by path and query; `closed`: its REST API is. Each has an ETag."""

    def __init__(self, **sizes: int) -> None:
        super().__init__(**sizes)
        self.said: dict[str, str] = {}
        self.closed = False
        self.counted = False  # how often a document was asked for stands in it
        self.leads: dict[str, str] = {}  # the addresses to which paths are redirected
        self.offers: list[str] = []  # the pages of what a plug-in lists
        self.shown: set[str] = set()  # the paths of pages beside those of its items, without the last slash

    def says(self, **documents: str) -> None:
        """Change what some documents say, by name: a sitemap's, without `.xml`."""
        self.said |= {f"/{name}.xml": text for name, text in documents.items()}

    def asked(self, since: int = 0) -> list[str]:
        """The documents that were asked for, in order."""
        return [one.target for one in self.requests[since:] if ".xml" in one.target or "/feed/" in one.target]

    def fetched(self, path: str) -> int:
        """How many requests there were for a page, with or without the last slash."""
        return sum(one.target.rstrip("/") == path for one in self.requests)

    def link(self, number: int) -> str:
        return str(self.core.views.post(self.site.posts[number])["link"])

    def atom(self, *numbers: int, texts: Mapping[int, str], updated: str = "2024-05-06T07:08:09Z") -> str:
        """An Atom feed of posts, with the text of each."""
        entries = "".join(
            f"<entry><title>{self.site.posts[one].title}</title><link href='{self.link(one)}'/><id>{self.url}?p={one}</id>"
            f"<published>2024-05-06T07:08:09Z</published><updated>{updated}</updated>"
            f"<content type='html'>&lt;p&gt;{texts[one]}&lt;/p&gt;</content></entry>"
            for one in numbers
        )
        return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><id>{self.url}</id>{entries}</feed>'

    def feed(self, *numbers: int, guid: str = "{home}?p={number}", says: str = "Short.") -> str:
        """An RSS feed of posts."""
        items = "".join(
            f"<item><title>{self.site.posts[one].title}</title><link>{self.link(one)}</link>"
            f"<pubDate>Mon, 06 May 2024 07:08:09 +0000</pubDate><guid>{guid.format(home=self.url, number=one)}</guid>"
            f"<description>{says}</description></item>"
            for one in numbers
        )
        return f'<?xml version="1.0"?><rss version="2.0"><channel><link>{self.url}</link>{items}</channel></rss>'


def _said(site: FakeWordPress, _options: object, request: Request, route: str | None) -> Answer | None:
    assert isinstance(site, Surveyed)
    if route == OFFERS and site.offers:
        listed = [{"id": number, "url": url} for number, url in enumerate(site.offers, 1)]
        return Answer(200, [("Content-Type", "application/json")], json.dumps(listed).encode(), listed)
    if route is not None:
        return error(401, "rest_cannot_view", "Closed.") if site.closed else None
    if request.target in site.leads:
        return Answer(301, [("Location", site.leads[request.target])])
    text = site.said.get(request.target)
    if request.target.rstrip("/") in site.shown:
        return Answer(200, [("Content-Type", "text/html")], b"<title>Here</title><p>Here it is.</p>")
    if text is None:
        return None if not request.target.endswith((".xml", "/feed/")) else Answer(404, [("Content-Type", "text/html")])
    if site.counted and text is not None:
        text = text.replace("COUNT", str(len(site.requests)))
    if text == "500":
        return error(500, "broken", "Broken.")
    tag = f'"{md5(text.encode(), usedforsecurity=False).hexdigest()}"'
    headers = [("Content-Type", "text/xml"), ("ETag", tag)]
    return Answer(304, headers) if request.headers.get("if-none-match") == tag else Answer(200, headers, text.encode())


def _offered(site: FakeWordPress, _options: object, _request: Request, _route: str | None, given: Answer) -> Answer:
    assert isinstance(site, Surveyed)
    if site.offers and isinstance(given.document, dict) and "namespaces" in given.document:
        args = {"page": {"type": "integer"}, "per_page": {"type": "integer", "maximum": 10}}
        one = {"methods": ["GET"], "endpoints": [{"methods": ["GET"], "args": args}]}
        given.document["routes"] = {**given.document["routes"], OFFERS: one, OFFERS + "/(?P<id>[\\d]+)": one}
        given.body = site.core.encode(given.document)
    return given


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Surveyed:
    """A site of the test's own; entered by the test."""
    monkeypatch.setitem(FAULTS, "said", Fault(says="", before=_said, after=_offered))
    made = Surveyed(**FEW)
    made.fault("said")
    return made


def urlset(*entries: str | tuple[str, str]) -> str:
    """A sitemap of URLs, some with a date."""
    pairs = [(one, "") if isinstance(one, str) else one for one in entries]
    inner = (f"<url><loc>{url}</loc>{f'<lastmod>{date}</lastmod>' if date else ''}</url>" for url, date in pairs)
    return f"<urlset {NS}>{''.join(inner)}</urlset>"


def index_of(entries: Mapping[str, str]) -> str:
    """An index of sitemaps: URL to date."""
    inner = (
        f"<sitemap><loc>{url}</loc>{f'<lastmod>{date}</lastmod>' if date else ''}</sitemap>"
        for url, date in entries.items()
    )
    return f"<sitemapindex {NS}>{''.join(inner)}</sitemapindex>"


def urls(crawled: Crawled, query: str = UNCOVERED) -> list[str]:
    return [row[0] for row in crawled.rows(query)]


def test_what_no_list_shows_is_named_and_fetched_as_a_page(site: Surveyed, tmp_path: Path) -> None:
    """Spellings of an item's address are that item; other hosts are nobody's; a page is fetched once."""
    with site:
        post, *_ = site.ids("post")
        spelled = site.link(post).rstrip("/") + "?utm_source=map"
        site.shown = {"/landing"}
        site.says(**{"wp-sitemap": index_of({f"{site.url}a.xml": ""})})
        site.says(a=urlset(spelled, f"{site.url}landing/", f"{site.url}landing", "http://elsewhere.test/page/"))
        done = crawl(tmp_path, site.url, settings=WITH_PAGES)
        assert urls(done) == [f"{site.url}landing"]
        assert done.result.report.inventory.uncovered == 1
        assert done.rows("SELECT item FROM inventory WHERE url = ?", spelled) == [
            (f"{done.result.report.site}/post/{post}",)
        ]
        assert site.fetched("/landing") == 1
        again = crawl(tmp_path, site.url, settings=WITH_PAGES)
        assert site.fetched("/landing") == 1
        assert "elsewhere.test" not in " ".join(one.headers.get("host", "") for one in site.requests)
        assert again.code is ExitCode.COMPLETE
    assert list(sound(tmp_path)) == []


def test_the_crawl_and_the_view_count_the_same_pages(site: Surveyed, tmp_path: Path) -> None:
    """Each once, whatever names it; what a plug-in's list holds is in a list; a comment's anchor is no page of its own."""
    with site:
        post, *_ = site.ids("post")
        offer = f"{site.url}offer/one/"
        site.offers = [offer, site.link(post)]
        anchor = f"<item><title>By A</title><link>{site.link(post)}#comment-4711</link></item>"
        site.said["/feed/"] = site.feed(post)
        site.said["/comments/feed/"] = site.feed().replace("</channel>", f"{anchor}</channel>")
        site.says(**{"wp-sitemap": urlset(site.link(post), offer, f"{site.url}landing/", f"{site.url}landing/#map")})
        done = crawl(tmp_path, site.url, settings=SURVEYED)
        assert done.rows("SELECT item FROM inventory WHERE url = ?", offer) == [
            (f"{done.result.report.site}/deals.offers/1",)
        ]
        assert urls(done) == [f"{site.url}landing/"]
        assert done.result.report.inventory.line == (
            "3 read; 3 URLs in what was read; 1 of the site's URLs is in no list of the REST API (view uncovered)"
        )
    assert list(sound(tmp_path)) == []


def test_addresses_that_lead_to_items_are_covered(site: Surveyed, tmp_path: Path) -> None:
    """An old address that redirects to an article is that article's, and so is its short link, which isn't asked for."""
    with site:
        post, other, *_ = site.ids("post")
        old, short, moved = f"{site.url}old/", f"{site.url}?p={other}", f"{site.url}moved/"
        site.leads = {"/old": site.link(post), "/moved": f"{site.url}landing/", "/old/": site.link(post)}
        site.leads["/moved/"] = site.leads["/moved"]
        site.shown = {"/landing"}
        site.says(**{"wp-sitemap": urlset(old, short, moved, f"{site.url}{'gone/'}")})
        done = crawl(tmp_path, site.url, settings=WITH_PAGES)
        assert urls(done) == [moved]
        assert done.result.report.inventory.uncovered == 1
        key = done.result.report.site
        assert done.rows("SELECT url, item FROM inventory WHERE item IS NOT NULL ORDER BY url") == sorted(
            [(old, f"{key}/post/{post}"), (short, f"{key}/post/{other}")]
        )
        assert not any(one.target.endswith(f"?p={other}") for one in site.requests)
        done = crawl(tmp_path, site.url, settings=WITH_PAGES)
        assert done.result.report.inventory.uncovered in (None, 1)
    assert list(sound(tmp_path)) == []


def test_what_a_plug_in_lists_has_its_pages_fetched(site: Surveyed, tmp_path: Path) -> None:
    """Like an article's, as far as its address is a page of the site's own, and only once."""
    with site:
        others = ["http://elsewhere.test/two/", f"{site.url}wp-json/deals/v1/offers/3", f"{site.url}wp-content/a.pdf"]
        site.offers = [f"{site.url}offer/one/", *others]
        site.shown = {"/offer/one"}
        done = crawl(tmp_path, site.url, settings=WITH_PAGES)
        key = f"{done.result.report.site}/deals.offers/1"
        assert done.rows("SELECT url, item, status FROM pages WHERE type = 'deals.offers'") == [
            (site.offers[0], key, 200)
        ]
        assert done.result.report.pages.left == 0
        done = crawl(tmp_path, site.url, settings=WITH_PAGES)
        assert (site.fetched("/offer/one"), done.result.report.pages.left) == (1, 0)
    assert list(sound(tmp_path)) == []


def test_what_only_the_search_lists_is_where_it_says() -> None:
    """Search results name their page `url`."""
    item = Item({"id": 3, "url": "https://site.example/recipe/3/"}, "")
    (found,) = places_of("/wp/v2/search", [item])
    assert found == (place_mark("site.example/recipe/3"), "/wp/v2/search", 3)
    assert list(places_of("/wp/v2/users", [item])) == []


def test_a_sitemap_on_a_host_without_an_address_is_a_gap(site: Surveyed, tmp_path: Path) -> None:
    """Nobody knows which pages it names."""
    with site:
        site.fault("robots", text=f"User-agent: *\nSitemap: {site.url}a.txt\nSitemap: http://nowhere.invalid/b.xml\n")
        site.said["/a.txt"] = f"{site.link(site.ids('post')[0])}\n{site.url}landing/\n"
        done = crawl(tmp_path, site.url, settings=SURVEYED)
        assert done.code is ExitCode.INCOMPLETE
        assert done.rows("SELECT route FROM gaps") == [("http://nowhere.invalid/b.xml",)]
        assert "1 failed" in done.result.report.inventory.line
        assert urls(done) == [f"{site.url}landing/"]
    assert list(sound(tmp_path)) == []


def test_status_says_what_is_held_beyond_the_lists_of_items(site: Surveyed, tmp_path: Path) -> None:
    """Pages, sitemaps and feeds, and plug-ins' lists, in the words of a crawl's last lines; the same to programs."""
    with site:
        post, *_ = site.ids("post")
        site.offers = [f"{site.url}offer/one/"]
        site.shown = {"/landing"}
        site.says(**{"wp-sitemap": index_of({f"{site.url}{name}.xml": "" for name in ("a", "cut")})})
        site.says(a=urlset(site.link(post), f"{site.url}landing/"), cut=urlset(f"{site.url}other/")[:-9])
        site.said["/feed/"] = site.feed(post)
        done = crawl(tmp_path, site.url, settings=WITH_PAGES)
    told = invoke("status", "-a", tmp_path).stdout
    (status,) = json.loads(invoke("status", "--json", "-a", tmp_path).stdout)
    pages = done.result.report.pages.pages
    assert status["pages"] == {"held": pages["fetched"], "missing": pages["missing"]}
    assert f"pages: {pages['fetched']:,} held, {pages['missing']:,} missing\n" in told
    assert status["inventory"] == {"read": 3, "in_part": 1, "failed": 0, "urls": 3, "uncovered": 1}
    assert len(urls(done)) == 1
    assert "sitemaps and feeds: 3 read, 1 not read whole; they name 3 URLs of the site; 1 of the site's URLs is" in told
    assert status["plug_ins"] == {"walked": 1, "skipped": {}}
    assert f"plug-ins' lists: {done.result.report.plug_ins}\n" in told
    assert status["languages"] == [] and "languages:" not in told


def test_neither_pages_nor_inventory_unless_they_are_wanted(site: Surveyed, tmp_path: Path) -> None:
    """`pages = none` names and fetches none; `inventory = false` asks for no sitemap and no feed."""
    with site:
        site.says(**{"wp-sitemap": urlset(f"{site.url}landing/")})
        done = crawl(tmp_path / "none", site.url, settings=SURVEYED)
        assert urls(done) == [f"{site.url}landing/"]
        assert site.fetched("/landing") == 0
        crawl(tmp_path / "none", site.url, settings=WITH_PAGES)  # wanted later, they are made up for
        assert site.fetched("/landing") == 1
        before = len(site.requests)
        crawl(tmp_path / "off", site.url)
        assert site.asked(before) == []


def test_a_run_that_finds_nothing_new_asks_for_what_changed_only(site: Surveyed, tmp_path: Path) -> None:
    """The index and the feeds by their validators; a sitemap again only when its index calls it modified, or on `--full`."""
    with site:
        maps = {f"{site.url}a.xml": "2024-05-06", f"{site.url}b.xml": "2024-05-06"}
        site.says(**{"wp-sitemap": index_of(maps)}, a=urlset(f"{site.url}a/"), b=urlset(f"{site.url}b/"))
        site.said["/feed/"] = site.feed(*site.ids("post")[:3])
        crawl(tmp_path, site.url, settings=SURVEYED)
        assert sorted(site.asked()) == ["/a.xml", "/b.xml", "/comments/feed/", "/feed/", "/wp-sitemap.xml"]
        before = len(site.requests)
        again = crawl(tmp_path, site.url, settings=SURVEYED)
        assert site.asked(before) == ["/wp-sitemap.xml", "/feed/"]
        assert dict(again.result.report.inventory.outcomes) == {"same": 2, "rests": 2, "answered": 1}
        maps[f"{site.url}b.xml"] = "2124-05-06"
        site.says(**{"wp-sitemap": index_of(maps)}, b=urlset(f"{site.url}b/", f"{site.url}new/"))
        before = len(site.requests)
        third = crawl(tmp_path, site.url, settings=SURVEYED)
        assert site.asked(before) == ["/wp-sitemap.xml", "/b.xml", "/feed/"]
        assert urls(third) == [f"{site.url}{name}/" for name in ("a", "b", "new")]
        before = len(site.requests)
        crawl(tmp_path, site.url, settings=SURVEYED, full=True)
        assert sorted(set(site.asked(before))) == ["/a.xml", "/b.xml", "/comments/feed/", "/feed/", "/wp-sitemap.xml"]
    assert list(sound(tmp_path)) == []


def test_a_url_that_its_sitemap_no_longer_names_is_not_uncovered(site: Surveyed, tmp_path: Path) -> None:
    """`inventory` keeps it with the day on which it was last named; so does a sitemap that is gone."""
    with site:
        site.says(**{"wp-sitemap": urlset(f"{site.url}a/", f"{site.url}b/")})
        crawl(tmp_path, site.url, settings=SURVEYED)
        site.says(**{"wp-sitemap": urlset(f"{site.url}b/")})
        done = crawl(tmp_path, site.url, settings=SURVEYED, full=True)
        assert urls(done) == [f"{site.url}b/"]
        assert urls(done, "SELECT url FROM inventory ORDER BY url") == [f"{site.url}a/", f"{site.url}b/"]
    assert list(sound(tmp_path)) == []


def test_a_date_that_can_be_believed_has_an_item_read_again(site: Surveyed, tmp_path: Path) -> None:
    """A silent edit that only a sitemap tells of is observed; where dates are those of the sitemap itself, none is believed."""
    with site:
        posts = site.ids("post")
        site.pass_time(24 * 30)

        def maps(*newer: int) -> str:
            dated = {one: f"{site.site.posts[one].modified_gmt}Z" for one in posts} | dict.fromkeys(newer, "2124-01-01")
            return urlset(*((site.link(one), date) for one, date in dated.items()))

        quiet = {"reread_budget": 0, "fresh_hours": 0, "inventory": True}
        site.says(**{"wp-sitemap": maps()})
        crawl(tmp_path, site.url, changes=quiet)
        site.edit(posts[3], content="<p>Otherwise.</p>", silent=True)
        site.says(**{"wp-sitemap": maps(*posts)})
        done = crawl(tmp_path, site.url, changes=quiet)
        assert done.rows("SELECT wp_id FROM observations") == []
        site.says(**{"wp-sitemap": maps(posts[3])})
        done = crawl(tmp_path, site.url, changes=quiet)
        assert done.rows("SELECT wp_id, change FROM observations") == [(posts[3], "silently_edited")]
    assert list(sound(tmp_path)) == []


def test_indexes_that_lead_in_circles_or_elsewhere_end(site: Surveyed, tmp_path: Path) -> None:
    """Each document is asked for once; other hosts are counted, not asked; a ladder of indexes ends with a named gap."""
    with site:
        ladder = {f"s{step}": index_of({f"{site.url}s{step + 1}.xml": ""}) for step in range(10)}
        site.says(
            **ladder,
            **{"wp-sitemap": index_of({f"{site.url}{one}": "" for one in ("wp-sitemap.xml", "x.xml", "s0.xml")})},
        )
        site.says(
            x=index_of({f"{site.url}wp-sitemap.xml": "", f"{site.url}x.xml": "", "http://elsewhere.test/y.xml": ""})
        )
        done = crawl(tmp_path, site.url, settings=SURVEYED)
        assert len(site.asked()) == len(set(site.asked())) == 2 + 5 + 2
        assert done.result.report.inventory.elsewhere == 1
        assert done.code is ExitCode.INCOMPLETE
        assert [row[0] for row in done.rows("SELECT reason FROM gaps")] == [
            "indexes of sitemaps lie more than 5 deep: the rest isn't read"
        ]
        # What a run left open the next asks for again.
        before = len(site.requests)
        crawl(tmp_path, site.url, settings=SURVEYED)
        assert "/s4.xml" in site.asked(before)
    assert list(sound(tmp_path)) == []


def test_robots_txt_names_sitemaps_and_forbids_them(site: Surveyed, tmp_path: Path) -> None:
    """Those that it names are asked for in place of guesses; one that it forbids is in the table with the reason, and no gap."""
    with site:
        rules = "User-agent: *\nDisallow: /secret\n" + "".join(
            f"Sitemap: {site.url}{one}\n" for one in ("secret.xml", "a.xml")
        )
        site.fault("robots", text=rules)
        site.says(a=urlset(f"{site.url}a/"), secret=urlset(f"{site.url}b/"))
        done = crawl(tmp_path, site.url, settings=SURVEYED)
        assert site.asked() == ["/a.xml", "/feed/", "/comments/feed/"]
        assert done.code is ExitCode.COMPLETE
        assert dict(done.rows("SELECT url, fault FROM inventory_documents WHERE source = 'sitemap'")) == {
            f"{site.url}a.xml": None,
            f"{site.url}secret.xml": "robots.txt of 127.0.0.1",
        }
    assert list(sound(tmp_path)) == []


def test_what_feeds_of_a_closed_site_show_is_held(site: Surveyed, tmp_path: Path) -> None:
    """Every page of the feed is read; rows are partial and say where they come from; later runs read the first page only."""
    with site:
        site.closed = True
        posts = sorted(site.ids("post"), reverse=True)
        for page, at in enumerate(range(0, 12, 5), 1):
            site.said["/feed/" if page == 1 else f"/feed/?paged={page}"] = site.feed(*posts[at : at + 5])
        done = crawl(tmp_path, site.url, settings=SURVEYED)
        assert (done.code, str(done.result.report.state)) == (ExitCode.NO_API, "closed")
        assert "what its feeds show is held" in done.result.report.reason
        rows = done.rows("SELECT wp_id, type, via, partial, excerpt FROM posts ORDER BY wp_id DESC")
        assert rows == [(one, "post", "feed", 1, "Short.") for one in posts]
        assert urls(done) == []
        before = len(site.requests)
        crawl(tmp_path, site.url, settings=SURVEYED)
        assert site.asked(before) == ["/feed/"]
        new = site.add()
        site.said["/feed/"] = site.feed(new, *posts[:4])
        done = crawl(tmp_path, site.url, settings=SURVEYED)
        assert done.number("SELECT count(*) FROM posts") == 13
    assert list(sound(tmp_path)) == []


def test_each_state_that_a_feed_shows_is_kept_as_a_version(site: Surveyed, tmp_path: Path) -> None:
    """What it said is held, with the capture that shows it; an edit that it doesn't date is told after a second reading."""
    with site:
        site.closed = True
        one, other, *_ = site.ids("post")
        site.said["/feed/"] = site.feed(one, other, says="The mayor spoke.")
        crawl(tmp_path, site.url, settings=SURVEYED)
        site.said["/feed/"] = site.feed(one, says="The bishop spoke.").replace(
            "</channel>", site.feed(other, says="The mayor spoke.").partition("</link>")[2]
        )
        done = crawl(tmp_path, site.url, settings=SURVEYED)
        told = (
            "SELECT v.wp_id, v.excerpt, k.kind FROM versions v JOIN captures k USING (capture) ORDER BY 1, v.first_seen"
        )
        mayor, bishop = (f"The {who} spoke." for who in ("mayor", "bishop"))
        assert sorted(done.rows(told)) == sorted([(one, mayor, "feed"), (one, bishop, "feed"), (other, mayor, "feed")])
        assert done.rows("SELECT excerpt, partial FROM posts WHERE wp_id = ?", one) == [(bishop, 1)]
        noticed = (
            "SELECT wp_id, change, a.kind, c.kind FROM observations o JOIN captures a ON a.capture = o.after "
            "JOIN captures c ON c.capture = o.confirmed"
        )
        assert done.rows(noticed) == [(one, "edited", "feed", "confirmation")]
        assert done.number("SELECT count(*) FROM observations") == 1
        said = invoke("history", f"{done.result.report.site}/post/{one}", "-a", tmp_path).stdout
        assert "mayor" in said
        assert "bishop" in said
        key = f"/post/{one}"
        assert key not in invoke("find", "mayor", "-a", tmp_path, "--json").stdout
        assert key in invoke("find", "mayor", "--old", "-a", tmp_path, "--json").stdout
    assert list(sound(tmp_path)) == []


def test_what_a_feed_shows_otherwise_each_time_is_no_edit(site: Surveyed, tmp_path: Path) -> None:
    """Words that two readings seconds apart have differently say nothing; the same line in all articles is the site's doing."""
    with site:
        site.closed = True
        posts = site.ids("post")[:5]
        site.counted = True
        site.said["/feed/"] = site.feed(*posts, says="Fog. Read by COUNT people.")
        crawl(tmp_path, site.url, settings=SURVEYED)
        done = crawl(tmp_path, site.url, settings=SURVEYED)
        assert done.rows("SELECT * FROM observations") == []
        site.said["/feed/"] = site.feed(*posts, says="Fog. Read by COUNT people. Join our club today!")
        done = crawl(tmp_path, site.url, settings=SURVEYED)
        assert done.rows("SELECT DISTINCT change FROM observations") == [("site_changed",)]
    assert list(sound(tmp_path)) == []


def test_an_edit_that_a_feed_dates_is_one(site: Surveyed, tmp_path: Path) -> None:
    """An Atom feed says when an article was modified; one that it leaves out is silent."""
    with site:
        site.closed = True
        one, other, *_ = site.ids("post")
        for text, updated in (("mayor", "06T07:08:09Z"), ("bishop", "06T07:08:09Z"), ("abbot", "07T07:08:09Z")):
            texts = {one: f"The {text} spoke.", other: "Fog."}
            site.said["/feed/"] = site.atom(one, other, texts=texts, updated=f"2024-05-{updated}")
            done = crawl(tmp_path, site.url, settings=SURVEYED)
        said = [(one, "silently_edited"), (one, "edited"), (other, "edited")]
        assert done.rows("SELECT wp_id, change FROM observations ORDER BY wp_id, observed_at") == said
        assert done.number("SELECT count(*) FROM versions WHERE wp_id = ?", one) == 3
    assert list(sound(tmp_path)) == []


def test_a_run_that_was_cut_short_in_a_feed_is_gone_on_with(site: Surveyed, tmp_path: Path) -> None:
    """Pages of a closed site's feed that were never asked for are asked for by the next run, the others are not again."""
    with site:
        site.closed = True
        posts = sorted(site.ids("post"), reverse=True)
        for page, one in enumerate(posts, 1):
            site.said["/feed/" if page == 1 else f"/feed/?paged={page}"] = site.feed(one)
        crawl(tmp_path / "whole", site.url, settings=SURVEYED)
        enough = len(site.requests) - 5
        before = len(site.requests)
        cut = crawl(tmp_path / "cut", site.url, settings=SURVEYED, changes={"max_requests": enough})
        assert (cut.code, cut.number("SELECT count(*) FROM posts") < len(posts)) == (ExitCode.INCOMPLETE, True)
        done = crawl(tmp_path / "cut", site.url, settings=SURVEYED)
        assert done.ids("post") == sorted(posts)
        pages = [one for one in site.asked(before) if "paged" in one]
        assert len(pages) == len(set(pages)) == len(posts)
    assert list(sound(tmp_path / "cut")) == []


def test_a_site_that_opens_its_api_has_each_item_once(site: Surveyed, tmp_path: Path) -> None:
    """Rows of feeds become whole ones, also those whose id no feed told; that is no observation."""
    with site:
        site.closed = True
        posts = site.ids("post")
        site.said["/feed/"] = site.feed(*posts[:4], guid="urn:{number}")
        done = crawl(tmp_path, site.url, settings=SURVEYED)
        assert [row[0] < 0 for row in done.rows("SELECT wp_id FROM posts")] == [True] * 4
        site.closed = False
        done = crawl(tmp_path, site.url, settings=SURVEYED)
        kept = "SELECT count(*) FROM versions v JOIN captures k USING (capture) WHERE k.kind = 'feed' AND v.wp_id > 0"
        assert done.number(kept) == done.number(kept.replace(" AND v.wp_id > 0", "")) == 4
        assert done.rows("SELECT DISTINCT via, gone FROM posts") == [(None, None)]
        assert done.ids("post") == posts
        assert done.rows("SELECT * FROM observations") == []
        assert done.number("SELECT count(*) FROM items WHERE wp_id < 0") == 0
    assert list(sound(tmp_path)) == []


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        ('<!DOCTYPE a [<!ENTITY z "z">]>' + urlset("http://a.test/&z;/"), "it declares entities, which are refused"),
        (urlset("http://a.test/")[:-12], "broken XML"),
        (None, "HTTP 500"),
        ("".join(urlset(*(f"http://a.test/{n}/" for n in range(50_001)))), "more than 50,000 URLs"),
    ],
)
def test_a_document_that_cannot_be_read_is_a_gap_until_it_can(
    site: Surveyed, tmp_path: Path, broken: str | None, fault: str
) -> None:
    """Every run says so, and asks again for that one alone; the others rest."""
    with site:
        names = [f"m{number}" for number in range(9)]
        site.says(**{"wp-sitemap": index_of({f"{site.url}{name}.xml": "2024-01-01" for name in names})})
        site.says(**{name: urlset(f"{site.url}{name}/") for name in names})
        whole = urlset(f"{site.url}m7/", f"{site.url}mended/")
        site.says(m7=broken if broken is not None else "500")
        for run in range(3):
            before = len(site.requests)
            done = crawl(tmp_path, site.url, settings=SURVEYED, changes={"retries": 0})
            assert done.code is ExitCode.INCOMPLETE
            ((where, reason),) = done.rows("SELECT route, reason FROM gaps ORDER BY run DESC LIMIT 1")
            assert (where.endswith("m7.xml"), fault in reason) == (True, True)
            children = {one for one in site.asked(before) if "/m" in one}
            assert run == 0 or children <= {"/m7.xml"}
        site.says(m7=whole)
        site.says(**{"wp-sitemap": index_of({f"{site.url}{name}.xml": "" for name in names})})
        done = crawl(tmp_path, site.url, settings=SURVEYED)
        assert done.code is ExitCode.COMPLETE
        assert f"{site.url}mended/" in urls(done)
    assert list(sound(tmp_path)) == []


def test_pages_that_are_refused_or_gone_take_no_budget_twice(site: Surveyed, tmp_path: Path) -> None:
    """Refused ones take none at all, for nothing is requested; where the site says that there is no page, none is lacking."""
    with site:
        site.said["/robots.txt"] = f"User-agent: *\nDisallow: /closed\nSitemap: {site.url}wp-sitemap.xml\n"
        refused = [f"{site.url}closed/one/", f"{site.url}shop/?add-to-cart=7"]
        there, gone = [f"{site.url}landing/", f"{site.url}other/"], f"{site.url}author/nobody-at-all/"
        dated = [*((url, "2024-05-07") for url in refused), *((url, "2024-05-06") for url in (*there, gone))]
        site.says(**{"wp-sitemap": urlset(*dated)})
        site.shown = {"/landing", "/other"}
        crawl(tmp_path, site.url, settings=WITH_PAGES, changes={"pages_budget": 0})
        before = len(site.requests)
        done = crawl(tmp_path, site.url, settings=WITH_PAGES, changes={"pages_budget": len(site.ids("post")) + 4})
        asked = [one.target for one in site.requests[before:]]
        assert [site.fetched(url.removeprefix(site.url.rstrip("/")).rstrip("/")) for url in (*there, gone)] == [1, 1, 1]
        assert not any("closed" in one or "add-to-cart" in one for one in asked)
        assert done.result.report.pages.left == 0
        for _ in range(2):
            assert urls(done) == sorted((*refused, *there))
            assert done.result.report.inventory.uncovered in (4, None)
            before = len(site.requests)
            done = crawl(tmp_path, site.url, settings=WITH_PAGES)
            assert not {one.target for one in site.requests[before:]} & {
                f"/{url.removeprefix(site.url)}" for url, _ in dated
            }
    assert list(sound(tmp_path)) == []


@pytest.mark.parametrize("broken", ["500", "cut"])
def test_ten_broken_sitemaps_hold_up_no_other(site: Surveyed, tmp_path: Path, broken: str) -> None:
    """They come last, a few of them in a light run, the others in turn; each run says how many, and each has its gap."""
    with site:
        bad, good = [f"b{number}" for number in range(10)], [f"g{number}" for number in range(4)]
        dates = dict.fromkeys((f"{site.url}{name}.xml" for name in bad + good), "2024-05-06")
        site.says(**{"wp-sitemap": index_of(dates)}, **{name: urlset(f"{site.url}{name}/") for name in good})
        site.says(**{name: "500" if broken == "500" else urlset(f"{site.url}{name}/")[:-9] for name in bad})
        turns = []
        for run in range(4):
            if run == 3:  # a good one is modified
                site.says(**{"wp-sitemap": index_of({**dates, f"{site.url}g3.xml": "2124-05-06"})})
                site.says(g3=urlset(f"{site.url}g3/", f"{site.url}new/"))
            before = len(site.requests)
            done = crawl(tmp_path, site.url, settings=SURVEYED, changes={"retries": 0, "concurrency": 1})
            assert done.code is ExitCode.INCOMPLETE
            assert done.number("SELECT count(*) FROM gaps WHERE run = ?", done.result.report.run) == len(bad)
            children = list(dict.fromkeys(one[1:3] for one in site.asked(before) if one[1:3] in (*bad, *good)))
            if run:
                assert children == sorted(children, key=lambda name: name in bad)
                turns.append([name for name in children if name in bad])
        assert f"{site.url}new/" in urls(done)
        line = done.result.report.inventory.line
        if broken == "500":  # what gave no answer at all is asked for each time
            assert turns == [bad] * 3 and " 10 failed" in line
        else:
            assert [len(turn) for turn in turns] == [3, 3, 3] and len({name for turn in turns for name in turn}) == 9
            assert "3 not read whole" in line and " 7 that could not be read before wait their turn" in line


BOMB = f'<!DOCTYPE urlset [<!ENTITY a "ha"><!ENTITY b "{"&a;" * 9}">]>{urlset("https://elsewhere.test/&b;")}'


@pytest.mark.parametrize("what", ["bomb", "cut"])
@pytest.mark.parametrize("named", [True, False])
def test_what_was_not_read_whole_is_not_called_read(site: Surveyed, tmp_path: Path, what: str, *, named: bool) -> None:
    """Nor is a page in a feed's place; each run says so beside its gap, also when the document is unchanged."""
    with site:
        if not named:
            site.said["/robots.txt"] = "User-agent: *\nDisallow: /wp-admin/\n"
        site.said["/feed/"] = "<!DOCTYPE html><html><body>Welcome</body></html>"
        site.says(**{"wp-sitemap": BOMB if what == "bomb" else urlset(f"{site.url}a/")[:-9]})
        for full in (False, False, True):
            done = crawl(tmp_path, site.url, settings=SURVEYED, full=full)
            assert done.code is ExitCode.INCOMPLETE
            line = done.result.report.inventory.line
            assert line.partition(";")[0] == "1 not read whole", line
            assert done.number("SELECT count(*) FROM gaps WHERE run = ?", done.result.report.run) == 1


def test_items_of_other_sites_in_a_feed_are_none_of_this_one(site: Surveyed, tmp_path: Path) -> None:
    """Neither their rows nor their numbers are this site's."""
    with site:
        site.closed = True
        first, second, *_ = site.ids("post")
        foreign = "<item><title>Far</title><link>http://far.test/c/</link><guid>http://far.test/?p=9</guid></item>"
        copied = site.feed(second, guid="http://far.test/?p=8")
        items = copied[copied.index("<item>") : copied.index("</channel>")]
        site.said["/feed/"] = site.feed(first).replace("</channel>", f"{items}{foreign}</channel>")
        done = crawl(tmp_path, site.url, settings=SURVEYED)
        found = dict(done.rows("SELECT link, wp_id FROM posts"))
        assert set(found) == {site.link(first), site.link(second)}
        assert (found[site.link(first)], found[site.link(second)] < 0) == (first, True)
    assert list(sound(tmp_path)) == []
