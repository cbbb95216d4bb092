"""The URL that an item was asked for with is the same whatever it looked like; another's stays what it is."""

import pytest

from wparchive.wordpress.changes.own_url import MARK, own_of, without_own


def seen(text: str, collection: str) -> str:
    """`text` of the item 5 of a collection, its own requests marked."""
    return without_own(text, own_of({"id": 5, "_links": {"collection": [{"href": collection}]}}))


ROOTS = (
    "https://example.org/wp-json/wp/v2/posts",
    "http://127.0.0.1:8081/wp-json/wp/v2/posts",
    "https://www.example.org/blog/index.php/wp-json/wp/v2/posts",
    "https://example.org/api/wp/v2/posts",
    "https://example.org/?rest_route=/wp/v2/posts",
    "https://example.org/index.php?rest_route=%2Fwp%2Fv2%2Fposts",
    "https://public-api.wordpress.com/wp/v2/sites/12/posts",
    "https://shop.example/wp-json/wc/v3/products",
)


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("item", ["", "/5", "/5/revisions", "/5/revisions/77"])
def test_every_spelling_of_an_own_request_is_one(root: str, item: str) -> None:
    route = f"{root}{item.replace('/', '%2F') if '%2F' in root else item}"
    asked = f"{route}{'&' if '?' in route else '?'}per_page=100&page=2"
    coded = asked.replace("%", "%25").replace(":", "%3A").replace("/", "%2F").replace("?", "%3F")
    coded = coded.replace("&", "%26").replace("=", "%3D")
    for url in (route, asked, asked.replace("&", "&amp;"), asked.replace("&", "&#038;")):
        assert seen(f'<a href="{url}#top">', root) == f'<a href="{MARK}#top">'
    escaped = asked.replace("/", "\\/")
    assert seen(f"x=&quot;{escaped}&quot;", root) == f"x=&quot;{MARK}&quot;"
    assert seen(f"'https://a.example/?u={coded}&amp;t=x'", root) == f"'https://a.example/?u={MARK}&amp;t=x'"
    twice = coded.replace("%", "%25")
    assert seen(f"'https://a.example/?u={twice}&amp;t=x'", root) == f"'https://a.example/?u={MARK}&amp;t=x'"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/wp-json/wp/v2/posts/6",
        "https://example.org/wp-json/wp/v2/posts/55",
        "https://example.org/wp-json/wp/v2/pages",
        "https://example.org/wp-json/wp/v2/posts-of-old",
        "https://other.example/wp-json/wp/v2/posts?page=2",
        "https://other.example/?u=https%3A%2F%2Fthird.example%2Fwp-json%2Fwp%2Fv2%2Fposts",
        "https://example.org/?rest_route=/wp/v2/posts/6",
    ],
)
def test_another_address_stays(url: str) -> None:
    assert seen(f'<a href="{url}">', ROOTS[0]) == f'<a href="{url}">'


def test_without_links_the_type_and_the_address_tell() -> None:
    own = own_of({"id": 5, "type": "page", "link": "https://example.org/about/"})
    assert without_own("<a href='/wp-json/wp/v2/pages?page=2'>", own) == f"<a href='{MARK}'>"
    assert without_own("<a href='/?rest_route=/wp/v2/pages/5'>", own) == f"<a href='{MARK}'>"


@pytest.mark.parametrize(
    "links", [None, [], {"collection": []}, {"self": [{"href": 5}]}, {"self": [{"href": "http://[x"}]}]
)
def test_links_of_any_shape_are_borne(links: object) -> None:
    assert (
        without_own("/wp-json/wp/v2/posts", own_of({"_links": links, "id": [], "type": 1, "link": 2}))
        == "/wp-json/wp/v2/posts"
    )
