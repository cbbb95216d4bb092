"""URLs to canonical routes and back: one key for every spelling, and nothing that isn't this site's API."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wparchive.wordpress.routes import Root, RootForm, Route, root_at, split_root

PRETTY = Root("https://example.org/wp-json/", RootForm.PRETTY)
INDEX_PHP = Root("https://example.org/index.php/wp-json/", RootForm.INDEX_PHP)
QUERY = Root("https://example.org/index.php?rest_route=/", RootForm.QUERY)
BARE_QUERY = Root("https://example.org/?rest_route=/", RootForm.QUERY)
WPCOM = Root("https://public-api.wordpress.com/wp/v2/sites/example.wordpress.com/", RootForm.WORDPRESS_COM)
BLOG = Root("https://example.org/blog/wp-json/", RootForm.PRETTY)
CUSTOM = Root("https://example.org/api/", RootForm.PRETTY)
ROOTS = [PRETTY, INDEX_PHP, QUERY, BARE_QUERY, WPCOM, BLOG, CUSTOM]

SAME_POST = [
    "https://example.org/wp-json/wp/v2/posts/5",
    "https://example.org/wp-json/wp/v2/posts/5/",
    "https://example.org/wp-json//wp/v2/posts/5",
    "https://example.org/wp-json/WP/V2/Posts/0005",
    "https://example.org/wp-json/wp/v2/posts/5?context=view#top",
    "https://example.org/?rest_route=/wp/v2/posts/5",
    "https://example.org?rest_route=/wp/v2/posts/5",
    "https://example.org/index.php?rest_route=%2Fwp%2Fv2%2Fposts%2F5",
    "https://example.org/index.php?context=view&rest_route=/wp/v2/posts/5/",
    "https://example.org/index.php/wp-json/wp/v2/posts/5",
    "https://EXAMPLE.org:443/wp-json/wp/v2/posts/5",
    "http://example.org/wp-json/wp/v2/posts/5",
    "http://example.org:80/?rest_route=/wp/v2/posts/5",
    "https://example.org./wp-json/wp/v2/posts/5",
    "https://example.org/wp-json/wp/v2/posts/5?_=1700000000&utm_source=x",
]

HOSTILE = [
    "",
    "/wp-json/wp/v2/posts/5",
    "wp-json/wp/v2/posts/5",
    "//example.org/wp-json/wp/v2/posts/5",
    "file:///etc/passwd",
    "javascript:void(0)",
    "ftp://example.org/wp-json/wp/v2/posts/5",
    "data:application/json,{}",
    "https://evil.example/wp-json/wp/v2/posts/5",
    "https://example.org.evil.example/wp-json/wp/v2/posts/5",
    "https://evil.example/https://example.org/wp-json/wp/v2/posts/5",
    "https://example.org@evil.example/wp-json/wp/v2/posts/5",
    "https://user:secret@example.org/wp-json/wp/v2/posts/5",
    "https://@example.org/wp-json/wp/v2/posts/5",
    "https://example.org:8443/wp-json/wp/v2/posts/5",
    "https://example.org:99999999/wp-json/wp/v2/posts/5",
    "https://[::1/wp-json/wp/v2/posts/5",
    "https://example.org\\@evil.example/wp-json/wp/v2/posts/5",
    "https://example.org/wp-json/../wp-admin/",
    "https://example.org/wp-json/%2e%2e/wp-admin/",
    "https://example.org/wp-json/wp/v2/posts/%00",
    "https://example.org/wp-json/wp/v2/posts/5\r\nHost: evil.example",
    "https://example.org/wp-json/wp/v2/ posts/5",
    "https://example.org/WP-JSON/wp/v2/posts/5",
    "https://example.org/wp-jsonx/wp/v2/posts/5",
    "https://example.org/other/wp-json/wp/v2/posts/5",
    "https://example.org/wp-json/wp/v2/font-families/(?P<font_family_id>[\\d]+)/font-faces",
    "https://example.org/wp-json/wp/v2/font-families/(?P%3Cid%3E.+)/font-faces",
    "https://example.org/wp-json/{rel}",
    "https://example.org/wp-json/%7Brel%7D",
    "https://example.org/wp-json/wp/v2/posts/5?rest_route=/wp/v2/posts/4",
    "https://example.org/wp-json/wp/v2/posts/5?rest.route=/wp/v2/posts/4",
    "https://example.org/wp-json/wp/v2/posts/5?rest%5Broute=/wp/v2/posts/4",
    "https://example.org/?rest_route=/wp/v2/posts/5&rest_route=/wp/v2/posts/4",
    "https://example.org/?rest_route[]=/wp/v2/posts/5",
    "https://example.org/?rest_route=wp/v2/posts/5",
    "https://example.org/?rest_route=/../../x",
    "https://example.org/?p=5",
    "https://example.org/some/page/?rest_route=/wp/v2/posts/5",
]


@pytest.mark.parametrize("url", SAME_POST)
@pytest.mark.parametrize("root", [PRETTY, INDEX_PHP, QUERY, BARE_QUERY], ids=lambda root: root.url)
def test_every_spelling_of_a_resource_has_one_route(root: Root, url: str) -> None:
    """Pretty, index.php and both query forms, any scheme, case, port or trailing slash: one canonical key."""
    assert str(root.route_of(url)) == "/wp/v2/posts/5"
    assert root.route_of(url)


@pytest.mark.parametrize("url", HOSTILE)
@pytest.mark.parametrize("root", [PRETTY, INDEX_PHP, QUERY], ids=lambda root: root.form)
def test_what_is_not_of_this_api_has_no_route(root: Root, url: str) -> None:
    """Other hosts, ports and schemes, userinfo, dots, controls, templates and URLs that name two routes are outside."""
    assert root.route_of(url) is None
    assert not root.route_of(url)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("/wp-json/", "/"),
        ("/wp-json", "/"),
        ("/?rest_route=/", "/"),
        ("/wp-json/wp/v2/posts?page=1&per_page=100", "/wp/v2/posts?per_page=100"),
        ("/wp-json/wp/v2/posts?orderby=id&order=asc", "/wp/v2/posts?order=asc&orderby=id"),
        ("/wp-json/wp/v2/posts?order=desc", "/wp/v2/posts"),
        ("/wp-json/wp/v2/tags?order=desc", "/wp/v2/tags?order=desc"),
        ("/wp-json/wp/v2/posts?categories%5B0%5D=1&categories%5B1%5D=4", "/wp/v2/posts?categories=1,4"),
        ("/wp-json/wp/v2/posts?categories[]=1&categories[]=4", "/wp/v2/posts?categories=1,4"),
        ("/wp-json/wp/v2/posts?categories=1%2C4", "/wp/v2/posts?categories=1,4"),
        ("/wp-json/wp/v2/posts?post=1&post=2", "/wp/v2/posts?post=2"),
        ("/wp-json/wp/v2/posts?search=a+b%26c", "/wp/v2/posts?search=a%20b%26c"),
        ("/wp-json/wp/v2/posts?after=2025-07-04T00:00:00%2b02:00", "/wp/v2/posts?after=2025-07-04T00:00:00%2B02:00"),
        ("/?rest_route=/wp-abilities/v1/abilities?category=site", "/wp-abilities/v1/abilities?category=site"),
        ("/wp-json/wp/v2/templates/Twenty//Home", "/wp/v2/templates/Twenty//Home"),
        ("/wp-json/wp/v2/types/a%3Fb", "/wp/v2/types/a%3Fb"),
    ],
)
def test_canonical_text(url: str, text: str) -> None:
    """Parameters sorted, lists folded, defaults and noise left out; template ids verbatim; a second `?` is a query."""
    route = PRETTY.route_of(f"https://example.org{url}")
    assert route is not None
    assert str(route) == text
    assert Route.parse(text) == route


@pytest.mark.parametrize(
    ("root", "url"),
    [
        (PRETTY, "https://example.org/wp-json/wp/v2/posts?per_page=100&page=2"),
        (INDEX_PHP, "https://example.org/index.php/wp-json/wp/v2/posts?per_page=100&page=2"),
        (QUERY, "https://example.org/index.php?rest_route=/wp/v2/posts&per_page=100&page=2"),
        (BARE_QUERY, "https://example.org/?rest_route=/wp/v2/posts&per_page=100&page=2"),
        (WPCOM, "https://public-api.wordpress.com/wp/v2/sites/example.wordpress.com/posts?per_page=100&page=2"),
        (BLOG, "https://example.org/blog/wp-json/wp/v2/posts?per_page=100&page=2"),
        (CUSTOM, "https://example.org/api/wp/v2/posts?per_page=100&page=2"),
    ],
)
def test_url_for_spells_a_route_in_the_sites_own_form(root: Root, url: str) -> None:
    """A query-form URL has one `?`, whatever parameters are added."""
    assert root.url_for("/wp/v2/posts", (("per_page", "100"), ("page", "2"))) == url


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.url)
def test_url_for_the_index_is_the_root(root: Root) -> None:
    """Asking for `/` asks for the root's own URL, and that URL's route is `/`."""
    assert root.url_for("/") == root.url
    assert root.route_of(root.url) == Route("/")


@pytest.mark.parametrize(
    ("root", "spellings"),
    [
        (PRETTY, ["/wp-json/wp/v2/posts", "/?rest_route=/wp/v2/posts", "/index.php?rest_route=/wp/v2/posts"]),
        (QUERY, ["/index.php?rest_route=/wp/v2/posts", "/wp-json/wp/v2/posts", "/?rest_route=/wp/v2/posts"]),
        (BLOG, [f"/blog/{form}/wp/v2/posts" for form in ("wp-json", "?rest_route=", "index.php?rest_route=")]),
        (CUSTOM, ["/api/wp/v2/posts", "/?rest_route=/wp/v2/posts", "/index.php?rest_route=/wp/v2/posts"]),
    ],
)
def test_spellings_name_both_forms_for_robots(root: Root, spellings: list[str]) -> None:
    """robots.txt may forbid one form only, so a route is judged in all; the site's own comes first."""
    plain, encoded = root.spellings("/wp/v2/posts")[:3], root.spellings("/wp/v2/posts")[3:]
    assert list(plain) == [f"https://example.org{spelling}" for spelling in spellings]
    assert [url.partition("?")[2] for url in encoded] == ["rest_route=%2Fwp%2Fv2%2Fposts"] * 2


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://front.example/wp-json/wp/v2/posts/5", True),
        ("http://front.example/?rest_route=/wp/v2/posts/5", True),
        ("https://www.example.org/wp-json/wp/v2/posts/5", True),
        ("https://front.example:8443/wp-json/wp/v2/posts/5", False),
        ("https://other.example/wp-json/wp/v2/posts/5", False),
    ],
)
def test_links_under_an_alias_are_rerooted(url: str, ours: bool) -> None:
    """Links name the index's home or an old host: ours, and fetched from the root that works; other hosts never."""
    root = Root("https://example.org/wp-json/", RootForm.PRETTY, ("https://front.example", "https://www.example.org/"))
    route = root.route_of(url)
    assert (route is not None) == ours
    if route:
        assert root.url_for(route) == "https://example.org/wp-json/wp/v2/posts/5"


def test_the_deepest_alias_wins() -> None:
    """With a site at `/` and its files at `/blog/`, a link under `/blog/` isn't read as a path of the outer one."""
    root = Root("https://example.org/wp-json/", RootForm.PRETTY, ("https://example.org/blog/",))
    assert str(root.route_of("https://example.org/blog/wp-json/wp/v2/posts/5")) == "/wp/v2/posts/5"


def test_international_hosts_are_compared_as_a_labels() -> None:
    """`bücher.example` and `xn--bcher-kva.example` are one host."""
    root = root_at("https://bücher.example/wp-json/")
    assert root is not None
    assert root.url == "https://xn--bcher-kva.example/wp-json/"
    assert root.route_of("https://BÜCHER.example/wp-json/wp/v2/posts")


def test_prefix_of_two_parts_is_told_by_the_home() -> None:
    """Only the site's home can tell the prefix `api/v1` from a site in the folder `api`."""
    root = Root("https://example.org/api/v1/", RootForm.PRETTY, ("https://example.org/",))
    assert root.base == "https://example.org/"
    assert root.spellings("/wp/v2/posts")[1] == "https://example.org/?rest_route=/wp/v2/posts"
    assert str(root.route_of("https://example.org/api/v1/wp/v2/posts")) == "/wp/v2/posts"


def test_wordpress_com_routes_have_the_namespace_inside_the_root() -> None:
    """`/wp/v2/posts/5` lies at `/wp/v2/sites/SITE/posts/5`; no other SITE is ours but the number we were told."""
    base = "https://public-api.wordpress.com/wp/v2/sites"
    assert str(WPCOM.route_of(f"{base}/example.wordpress.com/posts/5")) == "/wp/v2/posts/5"
    assert WPCOM.route_of(f"{base}/other.wordpress.com/posts/5") is None
    assert WPCOM.route_of(f"{base}/4711/posts/5") is None
    told = Root(WPCOM.url, WPCOM.form, (f"{base}/4711/",))
    assert str(told.route_of(f"{base}/4711/posts/5")) == "/wp/v2/posts/5"
    assert (
        told.url_for("/lab/v1/events") == "https://public-api.wordpress.com/lab/v1/sites/example.wordpress.com/events"
    )


@pytest.mark.parametrize(
    ("url", "root", "form", "route"),
    [
        ("https://example.org/wp-json/wp/v2/posts/5", "https://example.org/wp-json/", "pretty", "/wp/v2/posts/5"),
        ("https://example.org/blog/wp-json", "https://example.org/blog/wp-json/", "pretty", "/"),
        ("https://example.org/index.php/wp-json/", "https://example.org/index.php/wp-json/", "index.php", "/"),
        ("https://example.org/?rest_route=/lab/v1/x/5", "https://example.org/?rest_route=/", "query", "/lab/v1/x/5"),
        ("http://example.org/b/index.php?rest_route=%2F", "http://example.org/b/index.php?rest_route=/", "query", "/"),
        ("https://example.org/api/wp/v2/media/7", "https://example.org/api/", "pretty", "/wp/v2/media/7"),
        ("https://example.org/wp-json/lab/v1/events/7", "https://example.org/wp-json/", "pretty", "/lab/v1/events/7"),
        (
            "https://public-api.wordpress.com/wp/v2/sites/a.wordpress.com/posts/3",
            "https://public-api.wordpress.com/wp/v2/sites/a.wordpress.com/",
            "wordpress.com",
            "/wp/v2/posts/3",
        ),
    ],
)
def test_split_root_reads_a_rest_url(url: str, root: str, form: str, route: str) -> None:
    """A REST URL shows its root and route without any request."""
    found = split_root(url)
    assert found is not None
    assert (found[0].url, found[0].form, str(found[1])) == (root, form, route)


@pytest.mark.parametrize(
    "url",
    ["https://example.org/", "https://example.org/2025/07/story/", "https://example.org/?p=5", "no url", "https://["],
)
def test_split_root_leaves_other_urls_alone(url: str) -> None:
    """A page's URL, and what isn't one, shows no root."""
    assert split_root(url) is None


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.url)
def test_a_root_is_rebuilt_from_its_three_values(root: Root) -> None:
    """The run's facts keep url, form and aliases: the root made from them is equal and answers alike."""
    again = Root(root.url, RootForm(str(root.form)), root.aliases)
    assert again == root and hash(again) == hash(root)
    assert root_at(root.url) == root


names = st.sampled_from(["page", "per_page", "include[]", "a[0]", "after", "search", "order", "_fields", "lang"])
values = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12).filter(
    lambda value: not set(value) & set("{}") and "(?P<" not in value.upper()
)
slugs = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789_-é% +&=#", min_size=1, max_size=10)


@given(
    root=st.sampled_from(ROOTS),
    path=st.lists(slugs, min_size=1, max_size=4),
    pairs=st.lists(st.tuples(names, values), max_size=4),
)
def test_spelling_a_route_and_reading_it_again_gives_the_route(
    root: Root, path: list[str], pairs: list[tuple[str, str]]
) -> None:
    """For every root form: route -> URL -> route, and route -> text -> route, are the identity."""
    route = Route.of("/wp/v2/" + "/".join(path), pairs)
    assert root.route_of(root.url_for(route)) == route
    assert Route.parse(str(route)) == route
    assert all(root.route_of(url) == route for url in root.spellings(route))


@given(st.text(max_size=60) | st.sampled_from([f"{a}{b}" for a, b in product(SAME_POST, HOSTILE[:20])]))
def test_no_url_raises(url: str) -> None:
    """Whatever a response names, reading it gives a route or None."""
    for root in ROOTS:
        root.route_of(url)
    split_root(url)
    root_at(url)
