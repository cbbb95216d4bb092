"""Which pages a run asks for, what it fetches to show them, and that it asks for nothing twice."""

from pathlib import Path

import pytest
from crawlkit import PLAIN, crawl
from fakewp.simulator.http import Answer
from mediakit import png
from pagekit import PageSite, asked, crawl_pages, html, paths

from wparchive.urls import origin

CHALLENGE = (
    b"<html><head><title>Just a moment...</title></head><body><script src='/cdn-cgi/challenge-platform/x.js'></script>"
)
VERDICTS = "SELECT url, status, verdict FROM pages ORDER BY captured_at"


def test_a_page_brings_all_that_shows_it_and_nothing_is_asked_for_twice(site: PageSite, tmp_path: Path) -> None:
    """Stylesheets and what they import and name, scripts, fonts, every size of a picture, the icon: once, however often named."""
    (number,) = site.ids("post")
    fonts = "@font-face { src: url(f.woff2#x) }"
    site.put("/look/style.css", f'@import url("print.css"); {fonts} h1 {{ background: url(top.png) }}')
    site.put("/look/print.css", "@import 'style.css'; p { background: url(/look/top.png) }")
    for name in ("/look/f.woff2", "/look/top.png", "/small.png", "/large.png", "/run.js", "/icon.png", "/inline.png"):
        site.put(name, png(len(name)), "image/png")
    head = '<link rel="stylesheet" href="/look/style.css?ver=1&amp;x=2"><link rel=icon href=/icon.png><script src="/run.js">'
    body = "<img src=/small.png srcset='/small.png 1x, /large.png 2x'><p style='background:url(/inline.png)'>"
    path = site.show(number, f"{head}</script>", body)
    crawled = crawl_pages(tmp_path / "a", site)
    wanted = [
        "/favicon.ico",
        "/icon.png",
        "/inline.png",
        "/large.png",
        "/look/f.woff2",
        "/look/print.css",
        "/look/style.css",
    ]
    wanted += ["/look/style.css?ver=1&x=2", "/look/top.png", "/run.js", "/small.png"]
    assert sorted(set(asked(site)) - {"/", "/robots.txt", path, "/page-1/"}) == wanted
    assert all(site.count(one) == 1 for one in (path, *wanted))
    query = "SELECT replace(url, ?, '/'), role FROM page_files WHERE page LIKE ? AND capture IS NOT NULL"
    named = paths(crawled, query, site.url, f"%{path}")
    assert {("/large.png", "image"), ("/icon.png", "icon"), ("/look/style.css?ver=1&x=2", "stylesheet")} <= {*named}
    since = len(site.requests)
    assert crawl_pages(tmp_path / "a", site).code == 0
    assert asked(site, since) == ["/robots.txt", "/"]


def test_a_new_version_brings_its_page_again_and_its_files_not(site: PageSite, tmp_path: Path) -> None:
    """With or without a new modification time; what the archive holds by then is left."""
    (number,) = site.ids("post")
    site.put("/style.css", "p {}")
    path = site.show(number, "<link rel=stylesheet href=/style.css>")
    crawl_pages(tmp_path / "a", site)
    for full, silent in ((False, False), (True, True)):
        site.edit(number, content=f"<p>It was otherwise, {'silently' if silent else 'openly'}.</p>", silent=silent)
        site.show(number, "<link rel=stylesheet href=/style.css>")
        since = len(site.requests)
        crawled = crawl_pages(tmp_path / "a", site, full=full)
        assert asked(site, since).count(path) == 1
        assert "/style.css" not in asked(site, since)
    versions = crawled.rows("SELECT payload_sha256 FROM pages WHERE wp_id = ? ORDER BY captured_at", number)
    assert len(set(versions)) == 3
    query = "SELECT payload_sha256 FROM versions WHERE wp_id = ? AND type = 'post'"
    assert {*versions} == {*crawled.rows(query, number)}


def test_a_budget_takes_the_newest_first_and_later_runs_make_up(tmp_path: Path) -> None:
    """What is left is said; once nothing is, a run asks for no page."""
    with PageSite(posts=6, pages=0) as site:
        newest = [
            site.path_of(one) for one in sorted(site.ids("post"), key=lambda one: site.site.posts[one].modified_gmt)
        ][::-1]
        got: list[str] = []
        for left in (4, 2, 0, 0):
            since = len(site.requests)
            report = crawl_pages(tmp_path / "a", site, pages_budget=2, concurrency=1).result.report
            got += [one for one in asked(site, since) if one in newest]
            assert report.pages.left == left
            assert (f"{left} more pages are left for later runs" in report.pages.line) == (left > 0)
        assert got == newest


@pytest.mark.parametrize(("policy", "times"), [("none", 0), ("changed", 1), ("all", 2)])
def test_the_policy_says_which_pages(site: PageSite, tmp_path: Path, policy: str, times: int) -> None:
    """None at all, those of new versions, or every page in every run, by its validators."""
    (number,) = site.ids("post")
    path = site.show(number)
    for _ in range(2):
        crawled = crawl_pages(tmp_path / "a", site, policy)
    assert site.count(path) == times
    statuses = paths(crawled, "SELECT status FROM pages WHERE wp_id = ? ORDER BY captured_at", number)
    assert statuses == [200, 304][:times]
    assert len(set(crawled.rows("SELECT verdict, text_sha256 FROM pages WHERE wp_id = ?", number))) == min(times, 1)


def test_files_of_another_host_obey_its_robots_and_the_guard(
    site: PageSite, elsewhere: PageSite, tmp_path: Path
) -> None:
    """A CDN that the operator allows is asked, what its robots.txt forbids is not; an address that isn't public never is."""
    (number,) = site.ids("post")
    elsewhere.robots = "User-agent: *\nDisallow: /private/\n"
    urls = [elsewhere.put("/cdn/a.css", "p {}"), elsewhere.put("/private/b.css", "p {}")]
    site.show(number, "".join(f"<link rel=stylesheet href={url}>" for url in urls))
    guarded = crawl_pages(tmp_path / "guarded", site).result.report.pages
    assert asked(elsewhere) == []
    assert "2 refused (2 guarded)" in guarded.line
    crawled = crawl_pages(tmp_path / "allowed", site, allow_origin=(origin(elsewhere.url),))
    assert "1 refused (1 robots)" in crawled.result.report.pages.line
    assert asked(elsewhere) == ["/robots.txt", "/cdn/a.css"]
    held = crawled.rows("SELECT url, capture IS NOT NULL FROM page_files WHERE role = 'stylesheet' ORDER BY url")
    assert held == [(urls[0], 1), (urls[1], 0)]


def test_media_that_the_archive_holds_are_not_fetched_for_pages(site: PageSite, tmp_path: Path) -> None:
    """A page points at the capture of the media file."""
    with PageSite(media=1) as site:
        (number,) = site.ids("post")
        file = site.site.posts[site.ids("attachment")[0]].file
        url = f"{site.url}wp-content/uploads/{file}"
        site.show(number, "", f"<img src='{url}'>")
        crawled = crawl_pages(tmp_path / "a", site, media="originals")
        assert site.count(f"/wp-content/uploads/{file}") == 1
        query = "SELECT f.capture = m.capture FROM page_files f JOIN media_files m USING (url) WHERE f.url = ?"
        assert crawled.rows(query, url) == [(1,)]


def test_a_page_that_came_again_as_it_was_is_a_revisit(site: PageSite, tmp_path: Path) -> None:
    """Where a server has no validators, the bytes tell; what the page is stands with the second capture too."""
    (number,) = site.ids("post")
    path = site.show(number)
    site.plays[path].validators = False  # type: ignore[attr-defined]
    for _ in range(2):
        crawled = crawl_pages(tmp_path / "a", site, "all")
    query = "SELECT record_type FROM captures JOIN pages p USING (capture) WHERE p.wp_id = ? ORDER BY p.captured_at"
    assert paths(crawled, query, number) == ["response", "revisit"]
    assert len(set(crawled.rows("SELECT verdict, text_sha256 FROM pages WHERE wp_id = ?", number))) == 1


def test_a_crawl_of_one_post_brings_its_page_alone(tmp_path: Path) -> None:
    """Those of other posts are left to a run over the site."""
    with PageSite(posts=3) as site:
        first, *others = site.ids("post")
        address = f"{site.url.rstrip('/')}{site.path_of(first)}"
        crawled = crawl(tmp_path / "a", address, settings=PLAIN, changes={"pages": "changed"}, scope="post")
        assert paths(crawled, "SELECT wp_id FROM pages") == [first]
        assert not any(site.count(site.path_of(one)) for one in others)


def test_an_answer_is_asked_for_once_and_a_wall_again(tmp_path: Path) -> None:
    """A 404 is what readers get; before a wall nobody knows."""
    with PageSite(posts=2, pages=0) as site:
        gone, walled = (site.path_of(one) for one in site.ids("post"))
        site.put(
            gone,
            lambda handler, _: handler.send(Answer(404, [("Content-Type", "text/html")], b"<h1>Nothing here</h1>")),
        )
        headers = [("Content-Type", "text/html"), ("cf-mitigated", "challenge"), ("Server", "cloudflare")]
        site.put(walled, lambda handler, _: handler.send(Answer(403, headers, CHALLENGE)))
        for _ in range(2):
            crawled = crawl_pages(tmp_path / "a", site)
        assert (site.count(gone), site.count(walled)) == (1, 2)
        assert {row[1:] for row in crawled.rows(VERDICTS)} == {(404, "missing"), (403, "challenge")}
        assert crawled.code == 0


def test_a_run_that_was_cut_short_goes_on_where_it_was(tmp_path: Path) -> None:
    """What was fetched isn't asked for again, and the rest is."""
    with PageSite(posts=5, pages=0) as site:
        site.put("/style.css", "p {}")
        shown = [site.show(one, "<link rel=stylesheet href=/style.css>") for one in site.ids("post")]
        crawl_pages(tmp_path / "whole", site, concurrency=1)
        before = len(site.requests)
        crawl_pages(tmp_path / "a", site, concurrency=1, max_requests=before - 4)
        assert 0 < sum(one in shown for one in asked(site, before)) < len(shown)
        crawled = crawl_pages(tmp_path / "a", site, concurrency=1)
        again = asked(site, before)
        assert all(again.count(path) == 1 for path in (*shown, "/style.css"))
        assert crawled.number("SELECT count(*) FROM pages WHERE verdict IS NULL") == len(shown)


def test_pages_of_a_sitemap_that_cannot_be_had_are_given_up(site: PageSite, tmp_path: Path) -> None:
    """One that nobody may ask for, and one that never comes, cost no requests in the end; one that came is asked for once."""
    home = site.url.rstrip("/")
    site.robots = f"User-agent: *\nDisallow: /forbidden/\nSitemap: {home}/wp-sitemap.xml\n"
    urls = "".join(f"<url><loc>{home}{path}</loc></url>" for path in ("/extra/", "/forbidden/", "/round/"))
    sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'
    site.put("/wp-sitemap.xml", sitemap, "application/xml")
    site.put("/extra/", html("", "<h1>Not in the API</h1>"), "text/html")
    site.put("/round/", lambda handler, _request: handler.send(Answer(302, [("Location", f"{home}/round/")])))
    for _ in range(5):
        since = len(site.requests)
        crawled = crawl_pages(tmp_path / "a", site, inventory=True)
    assert {"/extra/", "/forbidden/", "/round/"}.isdisjoint(asked(site, since))
    assert (site.count("/extra/"), site.count("/forbidden/")) == (1, 0)
    rows = dict(crawled.rows("SELECT replace(url, ?, ''), verdict FROM pages WHERE wp_id IS NULL", home))
    assert rows.keys() == {"/extra/", "/forbidden/", "/round/"}
    assert (rows["/extra/"], rows["/forbidden/"]) == (None, "robots")


def test_the_line_names_each_outcome_for_what_it_is(site: PageSite, tmp_path: Path) -> None:
    """What is not there is missing; any other error isn't called that."""
    (number,) = site.ids("post")
    site.show(number, "<link rel=stylesheet href=/none.css><link rel=stylesheet href=/closed.css>")
    site.put("/closed.css", lambda handler, _: handler.send(Answer(403, [("Content-Type", "text/css")], b"No.")))
    site.put("/page-1/", lambda handler, _: handler.send(Answer(404, [("Content-Type", "text/html")], b"None.")))
    report = crawl_pages(tmp_path / "a", site).result.report.pages
    assert "answered" not in report.line
    assert report.line == "1 fetched, 1 missing; files to show them: 1 error, 2 missing"
