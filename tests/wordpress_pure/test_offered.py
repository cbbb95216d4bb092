"""Which lists of plug-ins a site offers: each is walked or has a reason, and nothing is asked for that may have effects."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from wparchive.http1.message import Head
from wparchive.wordpress.collections.beyond_types import beyond_types
from wparchive.wordpress.collections.offered import judged, kept, narrowed, offered
from wparchive.wordpress.collections.plugins import known_at, plug_in_collection, unversioned
from wparchive.wordpress.collections.versions import Shown, newest_first, same_list, told_apart
from wparchive.wordpress.discovery.rest_index import RestIndex
from wparchive.wordpress.kinds import KINDS, Collection
from wparchive.wordpress.listing import read_reply
from wparchive.wordpress.payload.document import items
from wparchive.wordpress.payload.payload import read

PAGES: dict[str, Any] = {"page": {"type": "integer"}, "per_page": {"type": "integer", "maximum": 100}}


def index_of(routes: dict[str, dict[str, Any]], method: str = "GET") -> RestIndex:
    """An index in which each route takes these parameters."""
    found = {
        route: {"methods": [method], "endpoints": [{"methods": [method], "args": args}]}
        for route, args in routes.items()
    }
    namespaces = sorted({"/".join(route.split("/")[1:3]) for route in routes})
    index = RestIndex.parse({"namespaces": ["wp/v2", *namespaces], "routes": found, "name": "x"})
    assert index is not None
    return index


def found_in(routes: dict[str, dict[str, Any]], listed: Sequence[Collection] = ()) -> dict[str, str | None]:
    return {one.route: one.skipped for one in offered(index_of(routes), listed)}


@pytest.mark.parametrize(
    ("route", "args", "reason"),
    [
        ("/deals/v1/offers", PAGES, None),
        ("/deals/v1/offers", {"limit": {}, "offset": {}}, None),
        ("/deals/v1/quote", {**PAGES, "product": {"required": True}}, "it needs product"),
        ("/wc/v3/orders", PAGES, "readable only with a login"),
        ("/tribe/events/v1/events", PAGES, None),
        ("/wc/store/v1/products/attributes", {}, None),
        ("/wp/v2/search", PAGES, "it finds what other lists hold"),
        ("/wp/v2/pattern-directory/patterns", PAGES, "it makes the site ask wordpress.org"),
    ],
)
def test_each_list_is_walked_or_has_a_reason(route: str, args: dict[str, Any], reason: str | None) -> None:
    """The reason is what its parameters, or the table of known plug-ins, say."""
    assert found_in({route: args}) == {route: reason}


def test_what_is_no_list_of_items_has_no_row() -> None:
    """A route for one item, one without pages, and one that writes what happens to have a size among its fields."""
    assert found_in({"/deals/v1/offers/(?P<id>[\\d]+)": PAGES, "/deals/v1/ping": {}}) == {}
    assert list(offered(index_of({"/deals/v1/options": {"posts_per_page": {}}}, "POST"), ())) == []


_ACTS = (
    "sync flush flush-cache clear clearCache clear_cache clearcache purge reset run run-cron cron trigger trigger-backup "
    "backup send send-mail sendMail mail newsletter/unsubscribe unsubscribe subscribe delete delete-all deleteAll "
    "admin/delete/all remove trash restore import export export-csv logout login register signup vote like track view "
    "hit ping process queue/run regenerate rebuild reindex index update upgrade install activate deactivate cancel "
    "checkout cart cart/empty cart/items order/create create add add-to-cart save submit generate refresh migrate "
    "cleanup publish approve duplicate download-log debug-log batch bulk/posts webhooks"
)


@pytest.mark.parametrize("place", ["/x/v1", "/x/y/v1", "/v1", "/x"])
@pytest.mark.parametrize("name", _ACTS.split())
def test_a_route_whose_name_speaks_of_an_effect_is_never_asked_for(place: str, name: str) -> None:
    """By each word of it, wherever it stands and however it is written, though the route says that it is a list."""
    ((_, skipped),) = found_in({f"{place}/{name}": PAGES}).items()
    assert skipped
    assert skipped.startswith("never asked for: ")
    earlier: dict[str, object] = {"route": f"{place}/{name}".lower(), "type": "x", "table": "entries", "skipped": None}
    assert list(kept([earlier], index_of({f"{place}/{name}": PAGES}))) == []


_LISTS = (
    "posts events exports updates views likes addresses testimonials listings orders tracks settings-guide blog "
    "changelog catalog press-releases imports-of-wine schedule editors processes books stores call-for-papers"
)


@pytest.mark.parametrize("name", _LISTS.split())
def test_ordinary_lists_are_not_taken_for_acts(name: str) -> None:
    """No plural is a verb, and neither is a word that only begins like one; a namespace says nothing of its routes."""
    assert found_in({f"/import-export/v1/{name}": PAGES}) == {f"/import-export/v1/{name}": None}


@pytest.mark.parametrize(
    ("args", "single", "walked"),
    [
        ({"page": {}}, False, False),  # an address to be counted
        ({"number": {}}, False, False),  # a telephone
        ({"limit": {}}, False, False),  # how many to work off
        ({"limit": {}}, True, True),
        ({"page": {}, "limit": {}}, False, True),
        (PAGES, False, True),
    ],
)
def test_only_a_list_for_sure_is_asked_for(args: dict[str, Any], single: bool, walked: bool) -> None:
    """One word for page or size may mean anything; both, or a route for each item, mean a list."""
    found = found_in({"/x/v1/things": args} | ({"/x/v1/things/(?P<id>[\\d]+)": {}} if single else {}))
    assert (found["/x/v1/things"] is None) is walked


def test_a_list_below_single_items_is_told_of() -> None:
    """It isn't read item by item, so what it lists isn't held: that has a row, whatever the group is called."""
    below = "/deals/v1/courses/(?P<id>[\\d]+)/lessons"
    found = found_in({"/deals/v1/courses": PAGES, below: {**PAGES, "id": {"required": True}}, f"{below}/first": {}})
    reason = "a list for each item of /deals/v1/courses, not read item by item"
    assert found == {"/deals/v1/courses": None, "/deals/v1/courses/*/lessons": reason}
    assert beyond_types(found.items()).line == "1 walked, 1 skipped (1 below single items)"
    assert found_in({"/wp/v2/posts/(?P<parent>[\\d]+)/revisions": PAGES}) == {}


def test_a_list_that_is_read_by_post_is_never_sent_one() -> None:
    """Only GET is ever used; that such a list is there is said."""
    (one,) = offered(index_of({"/deals/v1/search": PAGES}, "POST"), ())
    assert one.skipped == "it is not read by GET but by POST"


def test_of_a_known_list_only_the_newest_version_is_walked() -> None:
    """What is documented as the same is read once; where the newest may not be read, the one before it."""
    old, new = "/wc/store/products", "/wc/store/v1/products"
    assert found_in({old: PAGES, new: PAGES}) == {old: f"an older version of {new}", new: None}
    assert found_in({old: PAGES, new: {**PAGES, "key": {"required": True}}}) == {old: None, new: "it needs key"}
    assert unversioned(new) == unversioned(old)


def test_every_version_of_an_unknown_list_is_looked_at() -> None:
    """The newer first (`/v10` is newer than `/v9`, one without a version the oldest), after those that are held."""
    routes = ("/shop/things", "/shop/v9/things", "/shop/v10/things")
    found = offered(index_of(dict.fromkeys(routes, PAGES)), ())
    assert [one.skipped for one in found] == [None] * 3
    assert [one.route for one in newest_first(found, frozenset())] == [*reversed(routes)]
    assert [one.route for one in newest_first(found, {routes[1]})] == [routes[1], routes[2], routes[0]]


def test_versions_that_show_different_items_have_different_types() -> None:
    """Equal ids are different things there; what an earlier run called its items stays."""
    routes = ("/shop/v1/things", "/shop/v2/things")
    found = offered(index_of(dict.fromkeys(routes, PAGES)), ())
    assert [one.type for one in told_apart(found, {})] == ["shop.v1.things", "shop.things"]
    assert [one.type for one in told_apart(found, {routes[0]: found[0]})] == ["shop.things", "shop.v2.things"]


@pytest.mark.parametrize(
    ("ids", "total", "other", "stated", "same"),
    [
        ({1, 2}, 40, {1, 2}, 40, True),
        ({1, 2}, 40, {1, 2}, 41, False),
        ({1, 3}, 40, {1, 2}, 40, False),
        ({1, 2}, None, {1, 2}, None, True),
        ({1, 2}, None, {1, 2, 3}, None, False),
        (set(range(10)), None, set(range(10)), None, False),  # either may go on
        (set(), None, set(), None, False),
    ],
)
def test_versions_are_one_list_only_if_that_is_seen(
    ids: set[int], total: int | None, other: set[int], stated: int | None, same: bool
) -> None:
    """As many items, and the same on the first page; without totals, pages that no server cut."""
    head = replace(JSON, headers=(*JSON.headers, *([("X-WP-Total", str(total))] if total is not None else [])))
    page = read_reply(head, json.dumps([{"id": one} for one in sorted(ids)]).encode(), capture="one")
    assert bool(same_list("/x/v1/a", page, [Shown("/x/v2/a", other, stated)])) is same
    assert same_list("/x/v1/a", page, [Shown("/x/v2/b", other, stated), Shown("/x/v1/a", other, stated)]) is None


def test_terms_that_wordpress_lists_are_not_read_twice() -> None:
    """A shop's categories are the taxonomy's terms, where the site lists that."""
    terms = Collection("/wp/v2/product_cat", "product_cat", KINDS["terms"])
    route = "/wc/store/v1/products/categories"
    assert found_in({route: PAGES}) == {route: None}
    assert found_in({route: PAGES}, [terms]) == {route: "its terms are those of /wp/v2/product_cat"}


def test_ten_thousand_lists_neither_walk_nor_flood() -> None:
    """A hostile index costs at most two hundred looks and a thousand rows, and says so."""
    found = found_in({f"/many/v1/list-{n}": PAGES for n in range(10_000)})
    assert len(found) == 1_000
    assert sum(reason is None for reason in found.values()) == 200
    assert "9,000 more that have no row here" in [*found.values()][-1]


def test_a_list_is_asked_for_in_its_own_words() -> None:
    """Pages by `limit` and `offset` no larger than the route allows; the calendar from the beginning to the end."""
    args = {"limit": {"maximum": 10}, "offset": {}}
    one = plug_in_collection("/deals/v1/offers", index_of({"/deals/v1/offers": args}))
    assert (one.type, one.kind.paging, one.kind.per_page) == ("deals.offers", ("offset", "limit"), 10)
    calendar = "/tribe/events/v1/events"
    dates: dict[str, Any] = {"start_date": {}, "end_date": {}}
    events = plug_in_collection(calendar, index_of({calendar: {**PAGES, **dates}}))
    assert dict(events.kind.params) == {"start_date": "1000-01-02", "end_date": "9999-01-01"}
    assert plug_in_collection(calendar, index_of({calendar: PAGES})).kind.params == ()


def test_what_only_search_finds_is_asked_of_search() -> None:
    """A type that no list is of is found by the search alone, limited to it."""
    args: dict[str, Any] = {**PAGES, "subtype": {"items": {"enum": ["post", "page", "hidden", "any"]}}}
    index = index_of({"/wp/v2/search": args})
    listed = [Collection(f"/wp/v2/{kind}s", kind, KINDS["posts"]) for kind in ("post", "page")]
    (one,) = offered(index, listed)
    assert (one.skipped, one.type) == (None, "wp.search")
    assert dict(narrowed(one, index, listed).kind.params) == {"subtype": "hidden", "type": "post"}


ROUTE = "/deals/v1/offers"
INDEX = index_of({ROUTE: PAGES, f"{ROUTE}/(?P<id>[\\d]+)": {}})
OFFER = plug_in_collection(ROUTE, INDEX)
JSON = Head(200, "OK", "HTTP/1.1", (("Content-Type", "application/json"),))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'[{"id": 1, "title": "a"}]', None),
        (b'{"offers": [{"id": 1}], "total": 1}', None),
        (b"[]", None),
        (b'[{"word": "a"}]', "its items have no number called id"),
        (b'{"pong": true}', "it answers with no list, nor with one list in an envelope that says how it goes on"),
        (b'[{"ID": 1}]', "its items have no number called id"),
        (b'[{"id": "slug-1"}]', "its items have no number called id"),
        (
            b'{"related": [{"id": 1}], "results": [{"id": 2}], "total": 1}',
            "it answers with no list, nor with one list in an envelope that says how it goes on",
        ),
        (b'["a", "b"]', "its items have no number called id"),
    ],
)
def test_the_first_page_shows_whether_it_is_walked(body: bytes, reason: str | None) -> None:
    """Only lists of objects with ids become items."""
    page = read_reply(JSON, body, capture="one")
    assert judged(OFFER, INDEX, page, list(items(read(body))), ()).skipped == reason


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (401, "rest_forbidden", "refused: 401 rest_forbidden"),
        (400, "rest_missing_callback_param", "it takes other parameters: 400 rest_missing_callback_param"),
        (404, "rest_no_route", "refused: 404 rest_no_route"),
        (500, "internal_server_error", "failed: 500 internal_server_error"),
    ],
)
def test_an_error_says_why_it_is_not_walked(status: int, code: str, reason: str) -> None:
    """An error of the server's own may pass: such a list is looked at again."""
    body = f'{{"code": "{code}", "message": "", "data": {{"status": {status}}}}}'.encode()
    page = read_reply(replace(JSON, status=status), body, capture="one")
    assert judged(OFFER, INDEX, page, (), ()).skipped == reason


def test_a_list_of_posts_is_held_once() -> None:
    """What shows the posts of a list that is walked anyway is no list of its own."""
    body = b'[{"id": 1, "type": "post", "title": {"rendered": "a"}, "slug": "a", "status": "publish", "link": "https://x/"}]'
    posts = Collection("/wp/v2/posts", "post", KINDS["posts"])
    one = judged(OFFER, INDEX, read_reply(JSON, body, capture="one"), list(items(read(body))), [posts])
    assert one.skipped == "its items are those of /wp/v2/posts"


def test_what_a_run_decided_is_remembered() -> None:
    """The next run walks and skips the same, whatever else stands in the recorded rows."""
    rows: list[dict[str, object]] = [
        {"route": ROUTE, "type": "deals.offers", "table": "entries", "skipped": None},
        {
            "route": "/deals/v1/words",
            "type": "deals.words",
            "table": "entries",
            "skipped": "its items have no number called id",
        },
        {"route": "/wp/v2/posts", "type": "post", "table": "posts", "skipped": None},
        {"route": "/wp/v2/settings", "type": "x", "table": "entries", "skipped": None},
        {"route": 7, "type": None, "table": "entries", "skipped": 1},
    ]
    assert {one.route: one.skipped for one in kept(rows, INDEX)} == {
        ROUTE: None,
        "/deals/v1/words": "its items have no number called id",
    }


def test_one_line_says_what_became_of_them() -> None:
    """Counted by what their reasons come to; what every WordPress has and nobody misses isn't told."""
    routes = {
        ROUTE: PAGES,
        "/wc/v3/orders": PAGES,
        "/wc/store/v1/products": PAGES,
        "/wc/store/products": PAGES,
        "/deals/v1/quote": {**PAGES, "product": {"required": True}},
        "/wp/v2/search": PAGES,
    }
    line = beyond_types((one.route, one.skipped) for one in offered(index_of(routes), ())).line
    assert line == "2 walked, 3 skipped (1 closed, 1 held by other lists, 1 in need of parameters)"
    unlisted = {"subtype": {"items": {"enum": ["post", "notice", "any"]}}}
    for search in (PAGES, {**PAGES, **unlisted}):
        found = offered(index_of({"/wp/v2/search": search}), ())
        assert beyond_types((one.route, one.skipped) for one in found).line == ""


@pytest.mark.parametrize("route", ["/TRIBE/events/v1/events", "/wc/store/v1/products/1", "/", "", "//", "/v1/v1/v1"])
def test_an_odd_route_is_of_no_known_plug_in(route: str) -> None:
    """Only the very place counts."""
    assert known_at(route) is None
