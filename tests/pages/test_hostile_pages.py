"""Pages and stylesheets that mean harm cost a bounded number of requests and bytes, and never lead where nobody may go."""

from collections.abc import Callable
from pathlib import Path

from fakewp.simulator.http import Answer, Request
from fakewp.simulator.server import Handler
from pagekit import PageSite, asked, crawl_pages, html, paths

LONGEST = 8 << 20
NOWHERE = (
    "file:///etc/passwd",
    "data:image/png;base64,AAAA",
    "javascript:alert(1)",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/a.png",
    "http://[::1]:9/a.png",
    "http://0x7f.1:9/a.png",
    "gopher://127.0.0.1/x",
    "//user:secret@127.0.0.1:9/a.png",
    "http://127.0.0.1:99999/a.png",
    "http://a\x00b/c.png",
    "http://",
    "",
)


def test_a_page_without_end_is_cut_and_still_read(site: PageSite, tmp_path: Path) -> None:
    """A hundred megabytes aren't taken; what its beginning names is."""
    (number,) = site.ids("post")
    sent = [0]

    def endless(handler: Handler, _request: Request) -> None:
        handler.wfile.write(handler.head(200, [("Content-Type", "text/html"), ("Connection", "close")]))
        handler.close_connection = True
        try:
            handler.wfile.write(html("<link rel=stylesheet href=/style.css>")[:-20].encode())
            while sent[0] < 100 << 20:
                handler.wfile.write(b"<p>" + b"more " * 200_000)
                sent[0] += 1_000_003
        except OSError:
            pass

    site.put(site.path_of(number), endless)
    site.put("/style.css", "p {}")
    crawled = crawl_pages(tmp_path / "a", site)
    assert crawled.code == 0
    assert sent[0] < LONGEST + (16 << 20)
    assert site.count("/style.css") == 1
    (size,) = paths(crawled, "SELECT payload_size FROM captures WHERE kind = 'page' AND truncated IS NOT NULL")
    assert size <= LONGEST
    assert crawl_pages(tmp_path / "a", site).code == 0
    assert site.count(site.path_of(number)) == 1


def test_redirects_in_a_circle_end(site: PageSite, tmp_path: Path) -> None:
    """Of pages and of files; a later run tries again, but not for ever."""
    (number,) = site.ids("post")
    path = site.path_of(number)
    for here, there in ((path, "/round/"), ("/round/", path), ("/a.css", "/b.css"), ("/b.css", "/a.css")):
        location = [("Location", f"{site.url.rstrip('/')}{there}")]
        site.put(here, lambda handler, _request, location=location: handler.send(Answer(302, location)))  # type: ignore[misc]
    site.put("/page-1/", html("<link rel=stylesheet href=/a.css>"), "text/html")
    for _ in range(5):
        before = len(site.requests)
        crawled = crawl_pages(tmp_path / "a", site)
        assert crawled.code == 0
    assert asked(site, before) == ["/robots.txt", "/"]
    assert len(site.requests) < 200
    assert paths(crawled, "SELECT DISTINCT verdict FROM pages WHERE wp_id = ?", number)


def test_stylesheets_that_import_each_other_are_read_once(site: PageSite, tmp_path: Path) -> None:
    """In a circle, or ever deeper: each is asked for once, and a chain is followed five deep."""
    (number,) = site.ids("post")
    site.show(number, "<link rel=stylesheet href=/1.css><link rel=stylesheet href=/round.css>")
    site.put("/round.css", "@import '/back.css';")
    site.put("/back.css", "@import '/round.css'; @import url(/back.css);")
    for depth in range(1, 12):
        site.put(f"/{depth}.css", f"@import url('/{depth + 1}.css');")
    crawl_pages(tmp_path / "a", site)
    assert [site.count(name) for name in ("/round.css", "/back.css")] == [1, 1]
    assert sum(site.count(f"/{depth}.css") for depth in range(1, 12)) == 6


def test_a_page_of_ten_thousand_files_has_a_limit(site: PageSite, tmp_path: Path) -> None:
    """Of one srcset a hundred are taken, of one page a thousand; the rest is counted."""
    (number,) = site.ids("post")
    sizes = ", ".join(f"/s{one}.png {one}w" for one in range(1, 10_001))
    crowd = "".join(f"<img src=/i{one}.png>" for one in range(10_000))
    site.show(number, "", f"<img srcset='{sizes}'>{crowd}")
    report = crawl_pages(tmp_path / "a", site, concurrency=4).result.report
    got = [one for one in asked(site) if one.endswith(".png")]
    assert sum(one.startswith("/s") for one in got) == 100
    assert len(got) == 1000
    assert report.pages.requisites["limited"] == 9100 + 1


def test_nothing_leads_out_of_what_may_be_asked(site: PageSite, elsewhere: PageSite, tmp_path: Path) -> None:
    """Other schemes, private addresses and hosts, broken URLs: of pages, files, stylesheets and redirects."""
    (number, *_), trap = site.ids("post"), elsewhere.put("/trap.css", "p {}")
    site.put(
        "/style.css", "".join(f"@import url('{url}'); p {{ background: url('{url}') }}" for url in (*NOWHERE, trap))
    )
    site.put("/away.png", lambda handler, _request: handler.send(Answer(302, [("Location", trap)])))
    shown = "<img src='{0}'><link rel=stylesheet href='{0}'><script src='{0}'></script>"
    tags = "".join(map(shown.format, (*NOWHERE, trap)))
    site.show(number, "<link rel=stylesheet href=/style.css>", f"{tags}<img src=/away.png>")
    crawled = crawl_pages(tmp_path / "a", site)
    assert crawled.code == 0
    assert asked(elsewhere) == []
    strange = crawled.rows("SELECT url FROM captures WHERE url NOT LIKE ? AND status IS NOT NULL", f"{site.url}%")
    assert strange == []


def test_an_article_may_say_that_it_is_anywhere(site: PageSite, elsewhere: PageSite, tmp_path: Path) -> None:
    """A site names private addresses as its articles' own: none is asked for, in no run, and the archive says so."""
    links = {"post": elsewhere.put("/inside", "secret"), "page": "javascript:1"}
    site.core.urls.post = lambda post: links[post.type]  # type: ignore[method-assign]
    for _ in range(2):
        crawled = crawl_pages(tmp_path / "a", site)
        assert crawled.code == 0
    assert asked(elsewhere) == []
    assert sorted(crawled.rows("SELECT verdict, capture FROM pages")) == [("guarded", None), ("unaskable", None)]


def test_many_files_of_one_strange_host_are_limited(site: PageSite, elsewhere: PageSite, tmp_path: Path) -> None:
    """A page can't have an archive flood another host."""
    (number,) = site.ids("post")
    names = [elsewhere.put(f"/{one}.png", "x", "image/png") for one in range(20)]
    site.show(number, "", "".join(f"<img src={name}>" for name in names))
    allowed = (elsewhere.url.rstrip("/"),)
    report = crawl_pages(tmp_path / "a", site, allow_origin=allowed, linked_per_host=5).result.report
    assert len([one for one in asked(elsewhere) if one.endswith(".png")]) == 5
    assert report.pages.requisites["limited"] == 15


def test_nothing_is_asked_for_that_a_site_may_act_upon(site: PageSite, tmp_path: Path) -> None:
    """As a file of a page, as a page that a sitemap names, or by a redirect of either; each refusal is told."""
    (number,) = site.ids("post")
    base = site.url.rstrip("/")
    acting = (
        "/wp-json/cache/v1/purge",
        "/?rest_route=/cache/v1/purge",
        "/wp-cron.php?doing_wp_cron",
        "/x?action=trash",
    )
    files = [f"<script src='{base}{target}&amp;file=1'></script>" for target in acting]
    site.show(number, f"{''.join(files)}<link rel=stylesheet href=/moved.css>")
    site.put("/moved.css", _moved(f"{base}/wp-admin/admin-ajax.php?action=x"))
    site.put("/moved/", _moved(f"{base}/cart/?add-to-cart=5"))
    site.robots = f"Sitemap: {base}/map.xml"
    named = "".join(f"<url><loc>{base}{target}</loc></url>" for target in (*acting, "/moved/"))
    site.put("/map.xml", f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{named}</urlset>', "text/xml")
    crawled = crawl_pages(tmp_path / "a", site, inventory=True)
    assert crawled.code == 0
    targets = [one.target for one in site.requests]
    assert not [one for one in targets if any(part in one for part in ("purge", "cron", "action", "add-to"))]
    assert site.count("/moved.css") == site.count("/moved/") == 1
    refused = paths(crawled, "SELECT url FROM pages WHERE verdict = 'guarded'")
    assert {one.removeprefix(base) for one in refused} == {*acting, "/moved/"}
    assert crawled.result.report.pages.requisites["refused"] == len(files) + 1


def _moved(there: str) -> Callable[[Handler, Request], None]:
    return lambda handler, _request: handler.send(Answer(302, [("Location", there)]))
