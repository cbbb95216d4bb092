"""Finding the REST root: every signal, in the fewest requests, believed only by what it answers, judged by evidence."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wparchive.http1.message import Head
from wparchive.model import Verdict
from wparchive.wordpress.discovery.discovery import Discovery, discover
from wparchive.wordpress.discovery.questions import Answer
from wparchive.wordpress.discovery.signals import read_rsd, read_signals
from wparchive.wordpress.discovery.site_state import SiteState
from wparchive.wordpress.routes import Route

DATA = Path(__file__).parent / "data"
HOME = "https://example.org/"
ROOT = "https://example.org/wp-json/"
INDEX = {
    "name": "Example",
    "home": "https://example.org",
    "url": "https://example.org",
    "namespaces": ["wp/v2"],
    "routes": {},
}
API = '<link rel="https://api.w.org/" href="{}" />'

Page = tuple[int, str, str] | Answer
Web = Mapping[str, Page]


def html(body: str = "", status: int = 200) -> Page:
    return status, "text/html; charset=UTF-8", f"<!DOCTYPE html><html><head>{body}</head><body></body></html>"


def rest(value: object, status: int = 200) -> Page:
    return status, "application/json; charset=UTF-8", json.dumps(value)


def error(code: str, status: int) -> Page:
    return rest({"code": code, "message": "Nein.", "data": {"status": status}}, status)


def head_of(status: int, mime: str, *headers: tuple[str, str]) -> Head:
    return Head(status, "", "HTTP/1.1", (("Content-Type", mime), *headers))


def answer(page: Page | None, url: str) -> Answer:
    if isinstance(page, Answer):
        return page
    status, mime, body = page or html(status=404)
    return Answer(url, head_of(status, mime), body.encode(), capture=f"<{url}>")


def moved_to(url: str, page: Page, *via: str) -> Answer:
    """What following redirects from `via` to `url` gives."""
    status, mime, body = page if not isinstance(page, Answer) else (0, "", "")
    return Answer(url, head_of(status, mime), body.encode(), via, capture=f"<{url}>")


def explore(target: str, web: Web) -> tuple[Discovery, list[str]]:
    """What discovery makes of `web` (URL -> page, 404 where there is none), and the URLs that it asked for."""
    search, asked = discover(target), []
    ask = next(search)
    try:
        while True:
            asked.append(ask.url)
            assert ask.kind in ("home", "index", "rsd")
            assert len(asked) < 40
            key = f"{ask.url} again {ask.again}" if ask.again else ask.url
            ask = search.send(answer(web.get(key, web.get(ask.url)), ask.url))
    except StopIteration as end:
        found: Discovery = end.value
        return found, asked


def real_page(form: str) -> tuple[str, Answer]:
    told = json.loads((DATA / f"article-{form}.json").read_text("utf-8"))
    head = Head(told["status"], "OK", "HTTP/1.1", tuple((name, value) for name, value in told["headers"]))
    return told["url"], Answer(told["url"], head, (DATA / f"article-{form}.html").read_bytes(), capture="page")


@pytest.mark.parametrize(
    ("form", "root", "item"),
    [
        ("pretty", "http://127.0.0.1:8081/wp-json/", "/wp/v2/posts/648"),
        ("plain", "http://127.0.0.1:8083/index.php?rest_route=/", "/wp/v2/posts/648"),
    ],
)
def test_a_real_article_leads_to_its_root_and_item_in_two_requests(form: str, root: str, item: str) -> None:
    """The page's Link headers name root and item; the index confirms the root."""
    url, page = real_page(form)
    found, asked = explore(url, {url: page, root: rest(json.loads((DATA / f"index-{form}.json").read_text("utf-8")))})
    assert asked == [url, root]
    assert (found.state, found.signal, str(found.item)) == (SiteState.OK, "link-header", item)
    assert found.root is not None and found.root.url == root
    assert found.evidence == ("page", f"<{root}>")
    assert found.generator == "WordPress 6.1.9"


@pytest.mark.parametrize("form", ["pretty", "plain"])
def test_every_signal_of_a_real_page(form: str) -> None:
    """Header, HTML link, JSON alternate and oEmbed name one root; the RSD does too."""
    url, page = real_page(form)
    root = "http://127.0.0.1:8081/wp-json/" if form == "pretty" else "http://127.0.0.1:8083/index.php?rest_route=/"
    assert read_signals(url, page.head, b"").roots == (("link-header", root),)
    bodies = {
        "html-link": b'<link rel="https://api.w.org/"',
        "alternate-html": b'<link rel="alternate" type="application/json"',
        "oembed": b'<link rel="alternate" type="application/json+oembed"',
    }
    for name, start in bodies.items():
        tag = next(line for line in page.body.splitlines() if line.startswith(start))
        assert read_signals(url, None, tag).roots == ((name, root),)
    assert read_rsd(url, (DATA / f"rsd-{form}.xml").read_bytes()) == root


@pytest.mark.parametrize(
    ("header", "roots"),
    [
        ('<https://example.org/wp-json/>; rel="https://api.w.org/"', [ROOT]),
        ("<https://example.org/wp-json/>; rel=https://api.w.org/", [ROOT]),
        ('</a>; rel="next", </wp-json/>; title="a, b; c"; rel="shortlink HTTPS://API.W.ORG/"', [ROOT]),
        ('<http://a.b/x>; rel="alternate"; type=text/html, </wp-json/>; rel="https://api.w.org/"', [ROOT]),
        ('<https://example.org/wp-json/>; rel="https://api.w.org/extra"', []),
        ('<javascript:x>; rel="https://api.w.org/"', []),
        ("<<<>;;;==", []),
    ],
)
def test_link_headers_are_read_tolerantly(header: str, roots: list[str]) -> None:
    """Several links in one header, unquoted values with slashes, any case, relative URLs; relations by whole token."""
    signals = read_signals(HOME, head_of(200, "text/html", ("Link", header)), b"")
    assert [url for _, url in signals.roots] == roots


@pytest.mark.parametrize("root", [ROOT, *(f"{HOME}{end}" for end in ("api/", "index.php/wp-json/", "?rest_route=/"))])
def test_any_prefix_and_form_comes_from_the_page(root: str) -> None:
    """A prefix is never assumed: the HTML link (entities decoded) says it."""
    found, asked = explore(HOME, {HOME: html(API.format(root.replace("/", "&#x2F;"))), root: rest(INDEX)})
    assert (found.state, found.root and found.root.url, asked) == (SiteState.OK, root, [HOME, root])


@pytest.mark.parametrize(
    ("target", "root", "item"),
    [
        (ROOT, ROOT, None),
        ("https://example.org/wp-json", ROOT, None),
        ("https://example.org/wp-json/wp/v2/posts/5", ROOT, "/wp/v2/posts/5"),
        ("https://example.org/wp-json/wp/v2/posts?page=2", ROOT, None),
        ("https://example.org/?rest_route=/wp/v2/posts/5", "https://example.org/?rest_route=/", "/wp/v2/posts/5"),
        ("https://example.org/blog/wp-json/wp/v2/pages/7", "https://example.org/blog/wp-json/", "/wp/v2/pages/7"),
        ("https://example.org/api/wp/v2/media/7", "https://example.org/api/", "/wp/v2/media/7"),
    ],
)
def test_a_rest_url_needs_one_request(target: str, root: str, item: str | None) -> None:
    """A REST root or item given as the target needs no page."""
    found, asked = explore(target, {root: rest(INDEX)})
    assert asked == [root]
    assert found.state is SiteState.OK
    assert found.item == (Route.parse(item) if item else None)


def test_a_root_with_an_unknown_prefix_is_known_by_its_answer() -> None:
    """`https://example.org/api/` shows nothing in its URL; its answer is an index."""
    found, asked = explore("https://example.org/api/", {"https://example.org/api/": rest(INDEX)})
    assert (found.state, asked) == (SiteState.OK, ["https://example.org/api/"])
    assert found.root is not None and found.root.url == "https://example.org/api/"


def test_rsd_names_the_root_where_head_links_are_stripped() -> None:
    """Without any REST link, the EditURI link's document is asked before anything is guessed."""
    edit = '<link rel="EditURI" type="application/rsd+xml" href="https://example.org/xmlrpc.php?rsd" />'
    rsd = (200, "text/xml", '<rsd><apis><api name="WP-API" apiLink="https://example.org/wp-json/" /></apis></rsd>')
    found, asked = explore(HOME, {HOME: html(edit), "https://example.org/xmlrpc.php?rsd": rsd, ROOT: rest(INDEX)})
    assert (found.signal, asked) == ("rsd", [HOME, "https://example.org/xmlrpc.php?rsd", ROOT])


def test_a_page_without_signals_is_guessed_at() -> None:
    """Cached or cleaned-up heads: the folder of the page and its parents are tried, the files' own folder first."""
    article = "https://example.org/blog/2025/07/story/"
    page = html('<img src="https://example.org/blog/wp-content/uploads/a.png">')
    root = "https://example.org/blog/wp-json/"
    found, asked = explore(article, {article: page, root: rest({**INDEX, "home": "https://example.org/blog"})})
    assert (found.state, found.signal, asked) == (SiteState.OK, "guess", [article, root])


def test_the_home_page_at_wp_json_is_not_a_root() -> None:
    """A plain-permalink site answers `/wp-json/` with 200 and its home page: the query form is tried, and believed."""
    query = "https://example.org/?rest_route=/"
    page = html('<script src="/wp-includes/js/a.js"></script>')
    found, asked = explore(HOME, {HOME: page, ROOT: page, query: rest(INDEX)})
    assert (found.state, asked) == (SiteState.OK, [HOME, ROOT, query])
    assert found.root is not None and found.root.form == "query"


def test_an_advertised_root_that_answers_the_home_page_gives_way_to_the_other_form() -> None:
    """The link names `/wp-json/`, the server sends the home page for it; `?rest_route=` works."""
    query = "https://example.org/?rest_route=/"
    page = html(API.format(ROOT))
    found, _ = explore(HOME, {HOME: page, ROOT: page, query: rest(INDEX)})
    assert found.root is not None and found.root.url == query


def test_rubbish_from_a_cache_is_asked_for_again() -> None:
    """An advertised root that answers HTML twice and then its index is found, by asking anew."""
    page = html(API.format(ROOT))
    found, asked = explore(HOME, {HOME: page, ROOT: page, f"{ROOT} again 2": rest(INDEX)})
    assert found.state is SiteState.OK
    assert asked.count(ROOT) == 3
    found, asked = explore(HOME, {HOME: page, ROOT: page})
    assert found.state is SiteState.BROKEN
    assert asked.count(ROOT) == 3


def test_a_query_root_is_put_at_the_index_own_home() -> None:
    """WordPress takes `rest_route` on any page, so a page's own URL would work and be wrong."""
    page = "https://example.org/2025/story/?rest_route=/"
    found, _ = explore(f"{page}wp/v2/posts/5", {page: rest(INDEX)})
    assert found.root is not None and found.root.url == "https://example.org/?rest_route=/"
    assert found.item == Route("/wp/v2/posts/5")


def test_the_item_is_told_by_the_page_where_no_link_does() -> None:
    """Before 5.5 no JSON link names the page's item: `?p=` and the classes of `<body>` do."""
    article = "https://example.org/story/"
    body = f'<html><head>{API.format(ROOT)}</head><body class="single single-post postid-77">'
    found, _ = explore(article, {article: (200, "text/html", body), ROOT: rest(INDEX)})
    assert found.item == Route("/wp/v2/posts/77")
    found, _ = explore(f"{HOME}?page_id=9", {f"{HOME}?page_id=9": html(API.format(ROOT)), ROOT: rest(INDEX)})
    assert found.item == Route("/wp/v2/pages/9")


def test_a_headless_sites_links_are_ours() -> None:
    """`home` is a front end without REST: it becomes an alias; home and root are what answered."""
    index = {**INDEX, "home": "https://front.example", "url": "https://cms.example.org/wp"}
    found, _ = explore(HOME, {HOME: html(API.format(ROOT)), ROOT: rest(index)})
    assert found.root is not None and (found.home, found.address) == (HOME, HOME)
    assert found.root.aliases == ("https://front.example/", "https://cms.example.org/wp/")
    assert str(found.root.route_of("http://front.example/wp-json/wp/v2/users/1")) == "/wp/v2/users/1"


@pytest.mark.parametrize("home", ["javascript:alert(1)", "", 5, None, "https://a:b@evil.example/", "x" * 100])
def test_a_hostile_home_is_not_adopted(home: object) -> None:
    """What the index calls its home is a claim: only an http(s) URL counts."""
    found, _ = explore(HOME, {HOME: html(API.format(ROOT)), ROOT: rest({**INDEX, "home": home, "url": home})})
    assert (found.state, found.home) == (SiteState.OK, HOME)
    assert found.root is not None and found.root.aliases == ()


@pytest.mark.parametrize("final", ["https://www.example.org/", "https://example.org/"])
def test_www_and_https_are_the_same_site(final: str) -> None:
    """Redirects between schemes, `www.` and folders don't move a site; the old host stays an alias."""
    target, root = "http://example.org/", f"{final}wp-json/"
    web = {target: moved_to(final, html(API.format(root)), target), root: rest({**INDEX, "home": final})}
    found, asked = explore(target, web)
    assert (found.state, asked) == (SiteState.OK, [target, root])
    assert found.root is not None and found.root.route_of("http://example.org/wp-json/wp/v2/posts/5")


def test_a_site_that_moved_is_followed_and_both_homes_kept() -> None:
    """A redirect to another public host: state moved, the new root in use, the old home an alias."""
    new, root = "https://new.example/", "https://new.example/wp-json/"
    index = {**INDEX, "home": "https://new.example", "url": "https://new.example"}
    found, _ = explore(HOME, {HOME: moved_to(new, html(API.format(root)), HOME), root: rest(index)})
    assert (found.state, found.moved_from, found.home) == (SiteState.MOVED, HOME, new)
    assert found.root is not None and found.root.url == root
    assert found.root.route_of("https://example.org/wp-json/wp/v2/posts/5")


@pytest.mark.parametrize("target", [HOME, ROOT])
def test_a_site_that_moved_to_where_we_may_not_follow(target: str) -> None:
    """The guard refuses the hop: state moved, no root, and nothing more is asked for."""
    hop = "http://10.0.0.7/"
    refused = Answer(hop, head_of(301, "text/html", ("Location", hop)), b"", (target,), Verdict.GUARDED, "c", "private")
    found, asked = explore(target, {target: refused, HOME: refused})
    assert (found.state, found.root, found.moved_from) == (SiteState.MOVED, None, HOME if target == HOME else ROOT)
    assert hop in found.reason and len(asked) <= 2


LINKED = html(API.format(ROOT))
PLAIN_PAGE = html("<title>News</title>")
CHALLENGE = Answer(
    HOME,
    head_of(403, "text/html", ("cf-mitigated", "challenge"), ("Server", "cloudflare"), ("CF-RAY", "x")),
    b"<html><head><title>Just a moment...</title></head></html>",
)
DEAD = Answer(HOME, None, b"", (), Verdict.FAILED, None, "connection refused")


@pytest.mark.parametrize(
    ("state", "web", "requests"),
    [
        ("not-wordpress", {HOME: PLAIN_PAGE}, 3),
        ("not-wordpress", {HOME: PLAIN_PAGE, ROOT: PLAIN_PAGE}, 3),
        ("not-wordpress", {HOME: PLAIN_PAGE, ROOT: html(status=403)}, 3),
        ("not-wordpress", {HOME: PLAIN_PAGE, ROOT: html(status=500)}, 3),
        ("not-wordpress", {}, 3),
        ("closed", {HOME: LINKED, ROOT: error("rest_cannot_access", 401)}, 3),
        ("closed", {HOME: LINKED, ROOT: error("rest_disabled", 403)}, 3),
        ("closed", {HOME: LINKED, ROOT: error("rest_disabled", 404)}, 3),
        ("closed", {HOME: PLAIN_PAGE, ROOT: error("rest_login_required", 401)}, 3),
        ("closed", {HOME: LINKED}, None),
        ("blocked", {HOME: LINKED, ROOT: html(status=403)}, 3),
        ("blocked", {HOME: CHALLENGE}, 1),
        ("blocked", {HOME: LINKED, ROOT: CHALLENGE}, 2),
        ("blocked", {HOME: html(status=403)}, 3),
        ("blocked", {HOME: Answer(HOME, head_of(429, "text/html"), b"", (), Verdict.THROTTLED)}, 1),
        ("blocked", {HOME: LINKED, ROOT: Answer(ROOT, head_of(429, "text/html"), b"", (), Verdict.THROTTLED)}, 2),
        ("closed", {HOME: LINKED, ROOT: Answer(ROOT, verdict=Verdict.ROBOTS)}, None),
        ("broken", {HOME: DEAD}, 1),
        ("broken", {HOME: LINKED, ROOT: html(status=500)}, None),
        ("broken", {HOME: LINKED, ROOT: DEAD}, None),
        ("broken", {HOME: html(status=500)}, 3),
        ("broken", {HOME: LINKED, ROOT: (200, "application/json", '{"name":"cut of')}, None),
        ("no-content-api", {HOME: LINKED, ROOT: rest({**INDEX, "namespaces": ["oembed/1.0"]})}, 3),
        ("no-content-api", {HOME: html('<script src="/wp-includes/a.js"></script>')}, None),
    ],
)
def test_site_states(state: str, web: Web, requests: int | None) -> None:
    """Each state is judged by evidence, in few requests; a wall is not climbed by another spelling."""
    found, asked = explore(HOME, web)
    assert found.state == state, found.reason
    assert found.reason
    assert requests is None or len(asked) == requests
    assert found.root is None


POSTS_ROUTE = f"{ROOT}wp/v2/posts?per_page=1"
POST = {"id": 5, "slug": "a", "type": "post", "_links": {}}
HIDDEN = {
    "401": error("rest_cannot_access", 401),
    "403": error("rest_forbidden", 403),
    "404": error("rest_no_route", 404),
    "403 by a web server": html(status=403),
    "404 by a web server": html(status=404),
    "HTML": html("<title>News</title>"),
    "{}": rest({}),
    "[]": rest([]),
    "null": rest(None),
    "no routes": rest({"name": "Example", "namespaces": ["wp/v2"]}),
    "no namespaces": rest({"name": "Example", "home": "https://example.org", "routes": {}}),
    "emptied": rest({**INDEX, "namespaces": [], "routes": {}}),
    "cut off": (200, "application/json", '{"name":"cut of'),
    "robots.txt": Answer(ROOT, verdict=Verdict.ROBOTS),
}


@pytest.mark.parametrize("target", [HOME, ROOT, f"{ROOT}wp/v2/posts/5"])
@pytest.mark.parametrize("index", HIDDEN)
def test_a_root_that_hides_its_index_is_found_by_its_content(index: str, target: str) -> None:
    """Before a site is called closed, its posts are asked for: many close the index alone."""
    found, asked = explore(target, {HOME: LINKED, ROOT: HIDDEN[index], POSTS_ROUTE: rest([POST])})
    assert (found.state, found.root and found.root.url) == (SiteState.OK, ROOT), found.reason
    assert "content" in found.reason and found.index is not None and found.index.has_content
    assert POSTS_ROUTE in asked and len(asked) <= 8
    if target.endswith("5"):
        assert found.item == Route("/wp/v2/posts/5")


@pytest.mark.parametrize(
    "content",
    [
        {f"{ROOT}wp/v2/pages?per_page=1": rest([POST])},
        {f"{ROOT}wp/v2/types": rest({"post": {"slug": "post", "name": "Posts", "_links": {}}})},
    ],
    ids=["pages", "types"],
)
def test_closed_posts_do_not_close_a_site_either(content: Web) -> None:
    """As long as WordPress says no to what was asked, the next content route is tried."""
    closed = error("rest_forbidden", 401)
    routes = (POSTS_ROUTE, f"{ROOT}wp/v2/pages?per_page=1", f"{ROOT}wp/v2/types", ROOT)
    found, _ = explore(HOME, {HOME: LINKED, **dict.fromkeys(routes, closed), **content})
    assert (found.state, found.root and found.root.url) == (SiteState.OK, ROOT)


@pytest.mark.parametrize("value", [[], {}, [1], [{"id": 5}], {"data": [POST]}, "posts", None, {"a": {"slug": "a"}}])
def test_json_that_is_not_wordpresss_is_no_content(value: object) -> None:
    """Another program's lists at the same address make no WordPress of it."""
    found, _ = explore(HOME, {HOME: LINKED, ROOT: rest({}), POSTS_ROUTE: rest(value)})
    assert found.root is None


def test_a_site_without_a_trace_of_wordpress_is_not_asked_for_posts() -> None:
    """What a mere guess doesn't find costs no more than before."""
    _, asked = explore(HOME, {HOME: PLAIN_PAGE, ROOT: PLAIN_PAGE})
    assert not [url for url in asked if "posts" in url]


def test_a_news_article_that_is_not_wordpress_costs_few_requests() -> None:
    """Page, its folder and the parents: never more than eight requests."""
    article = "https://news.example/2025/07/04/world/some-story-77.html"
    found, asked = explore(article, {article: PLAIN_PAGE})
    assert found.state is SiteState.NOT_WORDPRESS
    assert len(asked) <= 8


def test_the_index_with_junk_around_it_is_believed() -> None:
    """A BOM and a PHP warning before the JSON don't hide the site."""
    body = "\ufeff<br />\nWarning: x in y.php\n" + json.dumps(INDEX) + "<!-- cached -->"
    found, _ = explore(HOME, {HOME: LINKED, ROOT: (200, "text/html", body)})
    assert found.state is SiteState.OK


def test_wordpress_com_sites_are_found_at_the_public_api() -> None:
    """Without an API of its own, a wordpress.com site is asked for at the public one; its number is an alias."""
    home, root = "https://a.wordpress.com/", "https://public-api.wordpress.com/wp/v2/sites/a.wordpress.com/"
    own = {"self": [{"href": "https://public-api.wordpress.com/wp/v2/sites/4711/posts"}]}
    index = {"namespace": "wp/v2", "routes": {"/wp/v2/sites/4711/posts": {"_links": own}}}
    found, _ = explore(home, {home: html('<link href="/wp-content/x.css">'), root: rest(index)})
    assert found.root is not None and found.root.form == "wordpress.com"
    assert str(found.root.route_of("https://public-api.wordpress.com/wp/v2/sites/4711/posts/3")) == "/wp/v2/posts/3"


answers = st.builds(
    Answer,
    st.sampled_from([HOME, ROOT, "https://new.example/", "http://[::1", "", "file:///x"]),
    st.none()
    | st.builds(
        head_of, st.sampled_from([0, 200, 301, 401, 404, 429, 500]), st.sampled_from(["text/html", "application/json"])
    ),
    st.binary(max_size=60)
    | st.sampled_from(
        [json.dumps(INDEX), '{"code":"x","message":"y"}', '{"routes":', API.format("http://["), API.format(ROOT)]
    ).map(str.encode),
    st.sampled_from([(), (HOME,), ("http://[::1",)]),
    st.sampled_from(list(Verdict)),
)


@given(
    target=st.sampled_from([HOME, ROOT, f"{HOME}a/b/c/d/e/f/g/h.html", "https://a.wordpress.com/x/"]),
    replies=st.lists(answers, max_size=30),
)
def test_no_answer_raises_and_every_search_ends(target: str, replies: list[Answer]) -> None:
    """Whatever comes back, discovery ends with a state, within a few dozen requests."""
    search = discover(target)
    ask, count = next(search), 0
    try:
        while True:
            ask = search.send(replies[count % len(replies)] if replies else Answer(ask.url))
            count += 1
            assert count < 60
    except StopIteration as end:
        assert isinstance(end.value, Discovery)


@pytest.mark.usefixtures("must_end")
def test_a_hostile_page_is_read_to_its_end() -> None:
    """Patterns over HTML are linear: with any other, a megabyte made to trip them would take hours."""
    for piece in (
        b"<link " + b"a" * 8000,
        b"<meta " + b"a=" * 4000,
        b"/wp" * 3000,
        b"http://" * 1000,
        b"<" * 8000,
        b"a-" * 4000,
    ):
        read_signals(HOME, head_of(200, "text/html", ("Link", piece.decode() * 4)), piece * (1_000_000 // len(piece)))


@pytest.mark.parametrize("address", ["http://[/wp-content/x", "//[/wp-includes/x", "http://[x]/oembed/1.0/embed?url="])
def test_an_address_that_makes_no_sense_is_passed_over(address: str) -> None:
    """In the page's head, in its text, and in its RSD document."""
    link = f'<{address}>; rel="https://api.w.org/"'
    page = f'<html><link rel="alternate" type="application/json" href="{address}"><img src="{address}"></html>'
    assert read_signals(HOME, Head(200, "OK", "HTTP/1.1", (("Link", link),)), page.encode()).roots == ()
    assert not read_rsd(HOME, f'<api name="WP-API" apiLink="{address}"/>'.encode())
