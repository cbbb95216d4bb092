"""Which collections a site has: every type in any namespace, none twice, none by a hostile document's word."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wparchive.wordpress.discovery.rest_index import RestIndex, wordpress_version
from wparchive.wordpress.kinds import KINDS, PLUG_IN_TABLES, Collection, can_be_asked, collections
from wparchive.wordpress.routes import Root, RootForm, Route
from wparchive.wordpress.unlisted import candidates, needs_a_look, recognised, remembered

DATA = Path(__file__).parent / "data"
ROOTS = {
    "pretty": Root("http://127.0.0.1:8081/wp-json/", RootForm.PRETTY),
    "plain": Root("http://127.0.0.1:8083/index.php?rest_route=/", RootForm.QUERY),
}


def load(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text("utf-8"))


def index_of(value: object) -> RestIndex:
    index = RestIndex.parse(value)
    assert index is not None
    return index


def listed(types: object, taxonomies: object = None) -> dict[str, Collection]:
    found = collections(index_of(load("index-pretty")), types, taxonomies, ROOTS["pretty"])
    assert len({one.route for one in found}) == len(found)
    return {one.route: one for one in found}


@pytest.mark.parametrize("form", ["pretty", "plain"])
def test_a_real_sites_collections(form: str) -> None:
    """WordPress 6.1.9 with two custom types, one in its own namespace: each collection once, in the order to walk."""
    found = collections(index_of(load(f"index-{form}")), load(f"types-{form}"), load(f"taxonomies-{form}"), ROOTS[form])
    walked = [(one.route, one.type, one.kind.name) for one in found if one.skipped is None]
    assert walked == [
        ("/wp/v2/types", "type", "documents"),
        ("/wp/v2/taxonomies", "taxonomy", "documents"),
        ("/wp/v2/statuses", "status", "documents"),
        ("/wp/v2/posts", "post", "posts"),
        ("/wp/v2/pages", "page", "posts"),
        ("/wp/v2/media", "attachment", "media"),
        ("/wp/v2/menu-items", "nav_menu_item", "posts"),
        ("/wp/v2/navigation", "wp_navigation", "posts"),
        ("/wp/v2/books", "book", "posts"),
        ("/lab/v1/events", "event", "posts"),
        ("/wp/v2/categories", "category", "terms"),
        ("/wp/v2/tags", "post_tag", "terms"),
        ("/wp/v2/menus", "nav_menu", "terms"),
        ("/wp/v2/genres", "genre", "terms"),
        ("/wp/v2/mood", "mood", "terms"),
        ("/wp/v2/users", "user", "users"),
        ("/wp/v2/comments", "comment", "comments"),
        ("/wp/v2/menu-locations", "menu_location", "locations"),
    ]
    assert {one.type for one in found if one.skipped} == {"wp_block", "wp_template", "wp_template_part"}


@pytest.mark.parametrize("document", [None, [], {}, "closed", 5, {"code": "rest_forbidden", "data": {"status": 401}}])
def test_without_the_documents_every_cores_collections_are_walked(document: object) -> None:
    """A site that hides its types still has posts, pages, media, categories and tags."""
    routes = listed(document, document)
    assert {"/wp/v2/posts", "/wp/v2/pages", "/wp/v2/media", "/wp/v2/categories", "/wp/v2/tags"} <= routes.keys()


def test_the_link_tells_the_collection_not_the_name() -> None:
    """WooCommerce's base is singular, other types live in other namespaces: `wp:items` says where."""
    routes = listed(
        {
            "product": {"_links": {"wp:items": [{"href": "http://127.0.0.1:8081/wp-json/wc/v3/product"}]}},
            "tome": {"rest_base": "tomes", "rest_namespace": "library/v2", "name": "Tomes"},
            "film": {"rest_base": False, "_links": []},
        }
    )
    assert (routes["/wc/v3/product"].type, routes["/library/v2/tomes"].title) == ("product", "Tomes")
    assert routes["/wp/v2/film"].type == "film"


def test_one_odd_entry_spoils_no_other() -> None:
    """Entries of a wrong type are left out; the types around them stay."""
    routes = listed(
        {"a": None, "b": [], "": {}, "c": {"name": 5, "_links": {"wp:items": [None]}}, "post": {"rest_base": "posts"}}
    )
    assert routes["/wp/v2/posts"].type == "post"
    assert routes["/wp/v2/c"].title == "c"


@pytest.mark.parametrize(
    "href",
    [
        "http://127.0.0.1:8081/wp-json/wp/v2/font-families/(?P<font_family_id>[\\d]+)/font-faces",
        "https://evil.example/wp-json/wp/v2/posts",
        "http://127.0.0.1:8081/wp-json/wp/v2/settings",
        "http://127.0.0.1:8081/wp-json/batch/v1/x",
        "http://127.0.0.1:8081/wp-json/wp/v2/posts?_method=DELETE",
        "http://127.0.0.1:8081/wp-json/",
        "file:///etc/passwd",
    ],
)
def test_a_hostile_or_templated_collection_is_not_walked(href: str) -> None:
    """`wp:items` that isn't a readable collection of this root is passed over for the type's own base."""
    routes = listed({"odd": {"rest_base": "odd/(?P<x>.+)", "_links": {"wp:items": [{"href": href}]}}})
    assert routes["/wp/v2/odd"].skipped == "it names no collection that may be read"
    routes = listed({"odd": {"rest_base": "odds", "_links": {"wp:items": [{"href": href}]}}})
    assert routes["/wp/v2/odds"].skipped is None


def test_a_type_can_not_take_another_kinds_collection() -> None:
    """A document that gives `/wp/v2/comments` to a post type doesn't turn comments into posts, nor posts into terms."""
    hostile = {"rest_base": "comments"}
    routes = listed(
        {"post": {"rest_base": "posts"}, "x": hostile, "y": {"rest_base": "posts"}}, {"z": {"rest_base": "posts"}}
    )
    assert routes["/wp/v2/comments"].kind is KINDS["comments"]
    assert routes["/wp/v2/posts"].type == "post"


def test_every_paged_kind_of_items_is_walked_by_id() -> None:
    """Any other order loses rows with equal times."""
    for kind in KINDS.values():
        assert kind.params == ((("orderby", "id"), ("order", "asc")) if kind.paged and kind.name != "revisions" else ())
        assert kind.table in {"posts", "media", "comments", "terms", "users", "revisions", "other", *PLUG_IN_TABLES}


def test_capabilities_are_read_from_the_index() -> None:
    """Parameters, their choices and limits come from `args`, never by trying: core ignores unknown ones in silence."""
    index = index_of(load("index-pretty"))
    assert index.supports("/wp/v2/posts", "modified_after")
    assert not index.supports("/wp/v2/comments", "modified_after")
    assert "id" in index.choices("/wp/v2/posts", "orderby")
    assert index.has("/wp/v2/posts/5/revisions") and index.has("/wp/v2/posts/5") and not index.has("/wp/v2/nothing")
    assert (index.name, index.home, index.timezone) == ("Lab Блог 实验室", "http://127.0.0.1:8081", "Europe/Kyiv")


@pytest.mark.parametrize(
    ("value", "zone"),
    [
        ({"timezone_string": "Asia/Tokyo", "gmt_offset": 9}, "Asia/Tokyo"),
        ({"timezone_string": "", "gmt_offset": "5.75"}, "UTC+5.75"),
        ({"timezone_string": "", "gmt_offset": "-3"}, "UTC-3"),
        ({"gmt_offset": 0}, "UTC"),
        ({"gmt_offset": "0"}, "UTC"),
        ({"gmt_offset": "x"}, ""),
        ({"gmt_offset": 1e300, "timezone_string": 5}, ""),
        ({"gmt_offset": "nan"}, ""),
        ({}, ""),
    ],
)
def test_the_time_zone_wobbles(value: dict[str, object], zone: str) -> None:
    """`gmt_offset` is a number or a string, `timezone_string` may be empty: no value loses the site."""
    assert index_of({"namespaces": ["wp/v2"], "routes": {}, **value}).timezone == zone


@pytest.mark.parametrize(
    "value", [None, [], "x", {}, {"namespaces": []}, {"routes": {}}, {"code": "x", "message": "y"}]
)
def test_what_is_not_an_index(value: object) -> None:
    """An index is an object with a list of namespaces and a map of routes, whatever status it came with."""
    assert RestIndex.parse(value) is None


def test_an_index_of_wrong_types_reads_as_an_empty_one() -> None:
    """Every field may be of any type."""
    index = index_of(
        {"namespaces": [5, None, "wp/v2"], "routes": {"/a": 5, "/b": {"endpoints": {"x": 1}}}, "name": ["x"]}
    )
    assert (index.namespaces, index.name, index.home) == (("wp/v2",), "", "")
    assert index.has("/a") and not index.supports("/a", "x") and not index.supports("/b", "x")
    odd = {
        "endpoints": [
            {"methods": {"GET": True}, "args": {"p": {"maximum": "100", "enum": [1, "a"], "type": ["a", "b"]}}}
        ]
    }
    index = index_of({"namespaces": [], "routes": {"/c": odd, "/(((": odd}})
    assert index.choices("/c", "p") == ("a",)
    assert index_of({"namespaces": ["wp/v2"], "routes": []}).has_content


def test_wordpress_com_routes_are_read_without_the_site() -> None:
    """The namespace's own index of a WordPress.com site lists routes with the site in them."""
    route = {"endpoints": [{"methods": ["GET"], "args": {"page": {}}}]}
    index = index_of({"namespace": "wp/v2", "routes": {"/wp/v2/sites/(?P<wpcom_site>[\\w.:-]+)/posts": route}})
    assert index.supports("/wp/v2/posts", "page")
    assert index.has_content


@pytest.mark.parametrize(
    ("change", "sample", "generator", "version"),
    [
        ({}, {}, "WordPress 6.1.9", "6.1.9"),
        ({}, {}, None, "≥ 6.1"),
        ({"page_on_front": 0}, {}, None, "≥ 6.8"),
        ({"page_on_front": 0}, {}, "WordPress 5.0", "≥ 6.8"),
        ({}, {"class_list": []}, None, "≥ 6.6"),
        ({}, {"_links": {"self": [{"href": "x", "targetHints": {"allow": ["GET"]}}]}}, None, "≥ 6.7"),
        ({}, {}, "Joomla", "≥ 6.1"),
        ({"routes": {}}, {}, None, "≥ 6.1"),
        ({"routes": load("index-pretty")["routes"], "site_icon_url": ""}, {}, "WordPress 6", "≥ 6.1"),
    ],
)
def test_the_version_is_inferred_and_never_overstated(
    change: dict[str, object], sample: dict[str, object], generator: str | None, version: str
) -> None:
    """A generator is believed unless the features prove a later release; else the newest feature seen is the least."""
    index = index_of({**load("index-pretty"), **change})
    assert wordpress_version(index, [sample, None], None, generator) == version


def test_no_version_without_evidence() -> None:
    """An index that shows nothing says nothing."""
    assert wordpress_version(index_of({"namespaces": ["oembed/1.0"], "routes": {}})) is None


GET = {"endpoints": [{"methods": ["GET"], "args": {"per_page": {}}}]}
ITEM = {"endpoints": [{"methods": ["GET"], "args": {"id": {}}}]}


def index_with(*routes: str, **entries: object) -> RestIndex:
    """An index that lists `routes` as collections with items of their own."""
    listed = dict.fromkeys(routes, GET) | {rf"{route}/(?P<id>[\d]+)": ITEM for route in routes}
    return index_of({"namespaces": ["wp/v2"], "routes": {**listed, **entries}})


def test_the_index_tells_collections_that_no_document_lists() -> None:
    """What has pages and items by id, in any namespace; not what is known, what acts, or what has only one of the two."""
    index = index_with(
        *("/wp/v2/posts", "/wp/v2/books", "/shop/things", "/lab/v1/deep/things", "/wp/v2/users", "/batch/v1/x"),
        **{
            "/wp/v2/search": GET,
            "/wp/v2/settings": GET,
            "/wp/v2/sidebars": {},
            r"/wp/v2/sidebars/(?P<id>[\w-]+)": ITEM,
        },
        **{
            r"/wp/v2/books/(?P<parent>[\d]+)/revisions": GET,
            r"/wp/v2/books/(?P<parent>[\d]+)/revisions/(?P<id>\d+)": ITEM,
        },
    )
    found = candidates(index, ["/wp/v2/posts", "/wp/v2/users"])
    assert list(found) == ["/wp/v2/books", "/shop/things", "/lab/v1/deep/things"]


def test_an_index_that_lists_without_end_is_read_to_a_bound() -> None:
    assert len(list(candidates(index_with(*(f"/wp/v2/x{number}" for number in range(500))), ()))) == 60


BOOK = {"id": 5, "type": "book", "slug": "b", "title": {"rendered": "B"}, "link": "https://example.org/b/"}


@pytest.mark.parametrize(
    ("route", "shown", "expected"),
    [
        ("/wp/v2/books", [BOOK], ("book", "posts")),
        ("/wp/v2/files", [{**BOOK, "type": "attachment"}], ("attachment", "media")),
        ("/wp/v2/genres", [{"id": 1, "taxonomy": "genre", "slug": "g"}], ("genre", "terms")),
        ("/lab/v1/events", [BOOK], ("book", "posts")),
        ("/wp/v2/books", [], ("books", "posts")),
        ("/wp/v2/books", [{"id": 5}, {"type": 7}], ("books", "posts")),
        ("/wc/v3/orders", [], None),
        ("/wc/store/v1/products", [{"id": 5, "type": "simple", "name": "P"}], None),
    ],
)
def test_an_item_tells_what_its_collection_holds(
    route: str, shown: list[dict[str, object]], expected: tuple[str, str] | None
) -> None:
    """By the type or taxonomy that it names; what shows nothing counts only in core's own namespace."""
    assert needs_a_look(route)
    found = recognised(index_with(route), route, shown)
    assert (found and (found.type, found.kind.table)) == expected


def test_parameters_tell_terms_that_show_nothing() -> None:
    entry = {"endpoints": [{"methods": ["GET"], "args": {"per_page": {}, "hide_empty": {}}}]}
    found = recognised(index_with("/wp/v2/moods", **{"/wp/v2/moods": entry}), "/wp/v2/moods", [])
    assert found and (found.type, found.kind) == ("moods", KINDS["terms"])


def test_what_core_keeps_for_itself_is_skipped_without_its_list_too() -> None:
    found = recognised(index_with("/wp/v2/blocks"), "/wp/v2/blocks", [])
    assert found and (found.type, bool(found.skipped)) == ("wp_block", True)
    assert not needs_a_look("/wp/v2/blocks")


ODD = [
    "/wp/v2/http://x/%2f..%2f",
    "/wp/v2/a%2e",
    "/wp/v2/..",
    "/wp/v2/a?b",
    "/wp/v2/a#b",
    "/wp/v2/\0",
    "/wp/v2/\ud800",
    "x/y/z",
]


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.sampled_from(ODD), st.text(st.characters(codec=None), max_size=12).map("/wp/v2/{}".format)))
def test_what_can_be_asked_means_the_same_in_a_url(path: str) -> None:
    """Whatever a site calls a type: what passes can be asked for in every form of URL, read back as that very route."""
    if not can_be_asked(path):
        return
    for root in ROOTS.values():
        assert root.url_for(path)
    assert Route.parse(path) == Route.of(path)


@pytest.mark.parametrize("path", ODD)
def test_what_cannot_be_asked_is_not_remembered_and_no_candidate(path: str) -> None:
    """A type of an impossible name stands in the record as one that isn't walked; it isn't walked in the next run either."""
    assert not can_be_asked(path)
    assert list(remembered([{"route": path, "type": "x", "table": "posts", "skipped": "its name"}])) == []
    list_args = {"page": {}, "per_page": {}}
    routes = {path: {"methods": ["GET"], "endpoints": [{"methods": ["GET"], "args": list_args}]}}
    assert list(candidates(index_of({"namespaces": ["wp/v2"], "routes": routes}), ())) == []
