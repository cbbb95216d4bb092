"""The account of links: what each relation aims at, what is never followed, and how a link ends."""

import json
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wparchive.wordpress.links.aims import Aim, Link, aim, aim_at, links_of
from wparchive.wordpress.links.decisions import Decision, decide
from wparchive.wordpress.links.link_shapes import LinkShapes
from wparchive.wordpress.relations import RELATIONS, LinkOutcome, Policy, Rule, denied, rule_of
from wparchive.wordpress.routes import Root, RootForm, Route

DATA = Path(__file__).parent / "data"
PRETTY = Root("http://127.0.0.1:8081/wp-json/", RootForm.PRETTY)
PLAIN = Root("http://127.0.0.1:8083/index.php?rest_route=/", RootForm.QUERY)
SITE = Root("https://example.org/wp-json/", RootForm.PRETTY)
API = "https://example.org/wp-json"


class Held:
    """Holdings as plain tables."""

    def __init__(self, **tables: Mapping[Any, Any]) -> None:
        self.tables = tables

    def listing(self, collection: str) -> tuple[str, str | None] | None:
        return self.tables.get("listings", {}).get(collection)

    def item(self, collection: str, item_id: int | str) -> str | None:
        return self.tables.get("items", {}).get((collection, item_id))

    def answer(self, route: str) -> tuple[LinkOutcome, str | None] | None:
        return self.tables.get("answers", {}).get(route)

    def history(self, collection: str) -> tuple[LinkOutcome, str | None] | None:
        return self.tables.get("histories", {}).get(collection)

    def absent(self, collection: str) -> tuple[LinkOutcome, str | None] | None:
        return self.tables.get("absent", {}).get(collection)


def one(relation: str, href: str, root: Root = SITE, **attributes: object) -> Aim:
    return aim(Link(relation, href, {"href": href, **attributes}), root)


def real(name: str) -> list[Link]:
    items = json.loads((DATA / f"links-{name}.json").read_text("utf-8"))
    return [link for item in items.values() for link in links_of(item)]


def test_a_real_post_aims_at_the_same_routes_in_both_forms() -> None:
    """What WordPress 6.1.9 links to under pretty and under plain permalinks comes out as the same routes."""
    pretty, plain = ([aim(link, root) for link in real(name)] for name, root in (("pretty", PRETTY), ("plain", PLAIN)))
    assert pretty == plain
    assert {where.inherent for where in pretty} == {None, LinkOutcome.TEMPLATE}
    assert all(where.route for where in pretty if where.inherent is None)


@pytest.mark.parametrize(
    ("relation", "href", "route", "collection", "item_id"),
    [
        ("self", "/wp/v2/posts/998", "/wp/v2/posts/998", "/wp/v2/posts", 998),
        ("collection", "/wp/v2/posts", "/wp/v2/posts", "/wp/v2/posts", None),
        ("about", "/wp/v2/types/post", "/wp/v2/types/post", "/wp/v2/types", "post"),
        ("about", "/wp/v2/types/book2", "/wp/v2/types/book2", "/wp/v2/types", "book2"),
        ("author", "/wp/v2/users/6", "/wp/v2/users/6", "/wp/v2/users", 6),
        ("replies", "/wp/v2/comments?post=998", "/wp/v2/comments?post=998", "/wp/v2/comments", None),
        ("version-history", "/wp/v2/posts/998/revisions", "/wp/v2/posts/998/revisions", "/wp/v2/posts", 998),
        ("predecessor-version", "/wp/v2/posts/998/revisions/7", "/wp/v2/posts/998/revisions/7", "/wp/v2/posts", 998),
        ("up", "/lab/v1/events/12", "/lab/v1/events/12", "/lab/v1/events", 12),
        ("wp:featuredmedia", "/wp/v2/media/29", "/wp/v2/media/29", "/wp/v2/media", 29),
        ("https://api.w.org/featuredmedia", "/wp/v2/media/29", "/wp/v2/media/29", "/wp/v2/media", 29),
        ("wp:attachment", "/wp/v2/media?parent=9", "/wp/v2/media?parent=9", "/wp/v2/media", None),
        ("wp:term", "/wp/v2/tags?post=9", "/wp/v2/tags?post=9", "/wp/v2/tags", None),
        ("in-reply-to", "/wp/v2/comments/31", "/wp/v2/comments/31", "/wp/v2/comments", 31),
        ("children", "/wp/v2/comments?parent=31", "/wp/v2/comments?parent=31", "/wp/v2/comments", None),
        ("wp:items", "/lab/v1/events", "/lab/v1/events", "/lab/v1/events", None),
        ("self", "/wp/v2/posts/5?lang=de", "/wp/v2/posts/5?lang=de", "/wp/v2/posts", 5),
        ("self", "/wp/v2/posts/0005", "/wp/v2/posts/5", "/wp/v2/posts", 5),
        ("self", "/wp/v2/posts/9007199254740993", "/wp/v2/posts/9007199254740993", "/wp/v2/posts", 9007199254740993),
        ("replies", "/wp/v2/comments?post=5&page=1", "/wp/v2/comments?post=5", "/wp/v2/comments", None),
        ("replies", "/wp/v2/comments?post=5&page=2", "/wp/v2/comments?page=2&post=5", "/wp/v2/comments", None),
    ],
)
def test_each_relation_aims_at_its_route(
    relation: str, href: str, route: str, collection: str, item_id: int | str | None
) -> None:
    """Route, collection and id of every kind of link that core prints."""
    where = one(relation, API + href)
    assert where[1:5] == (route, collection, item_id, None)


HOSTILE = [
    "file:///etc/passwd",
    "javascript:alert(1)",
    "//evil.example/wp-json/wp/v2/posts/5",
    "/\\evil.example/wp-json/wp/v2/posts/5",
    "../../posts/5",
    "../../wp-json/../posts/5",
    "/wp-json/..%2fwp-json/wp/v2/posts/5",
    "/wp-json/wp/v2/posts/5\t",
    " /wp-json/wp/v2/posts/5",
    "https://evil.example/wp-json/wp/v2/posts/5",
    "http://169.254.169.254/latest/meta-data/5",
    "http://127.0.0.1:9/wp-json/wp/v2/posts/5",
    "https://user:secret@example.org/wp-json/wp/v2/posts/5",
    "https://example.org:8443/wp-json/wp/v2/posts/5",
    "ftp://example.org/wp-json/wp/v2/posts/5",
    f"{API}/wp/v2/posts/5?rest_route=/wp/v2/posts/4",
    "https://example.org/?rest_route=/wp/v2/posts/5&rest_route=/wp/v2/posts/4",
    "https://example.org/wp-admin/post.php?post=5",
    f"{API}/../wp-admin/5",
    f"{API}/wp/v2/posts/5\r\nX: 1",
    "",
    "https://[::1/5",
    "https://example.org" + "/5" * 4000,
]


@pytest.mark.parametrize("relation", ["self", "author", "replies", "version-history", "plugin:thing"])
@pytest.mark.parametrize("href", HOSTILE)
def test_hostile_hrefs_are_outside(relation: str, href: str) -> None:
    """Other hosts, schemes and ports, and ambiguous URLs are never asked for, whatever the relation."""
    where = one(relation, href)
    assert where.route == ""
    assert decide(where, Held()) == Decision(LinkOutcome.OUTSIDE, None, False)


LISTING = f"{API}/wp/v2/posts?per_page=100"
OF_THIS_ROOT = [
    "/wp-json/wp/v2/users/7",
    "/wp-json/wp/v2/./users/7",
    "/wp-json/wp/v2/posts/../users/7",
    "/blog/../wp-json/wp/v2/users/7",
    "/../wp-json/wp/v2/users/7",
    "/wp-json/wp/v2/posts/%2e%2E/users/7",
    "/wp-json/wp/v2/posts/.%2e/users/%2e/7",
    "//example.org/wp-json/wp/v2/users/7",
    "http://example.org/wp-json/wp/v2/posts/../users/7",
    f"{API}/wp/v2/posts/../users/7#top",
    "/?rest_route=/wp/v2/users/7",
    "/index.php?rest_route=%2Fwp%2Fv2%2Fusers%2F7",
    "users/7",
    "./users/7",
    "../v2/users/7",
    "../../wp/v2/users/7",
]


@pytest.mark.parametrize("href", OF_THIS_ROOT)
def test_an_href_is_read_against_the_answer_that_it_stands_in(href: str) -> None:
    """A site may write its links as any page may: from the host's root, from where it stands, with dot segments."""
    where = aim(Link("author", href, {}), SITE, LISTING)
    assert (where.route, where.collection, where.item_id) == ("/wp/v2/users/7", "/wp/v2/users", 7)


def test_what_stands_alone_aims_alike_in_every_answer() -> None:
    """An href without a path of its own depends on the answer; what was learnt of one never decides another."""
    root = Root(SITE.url, SITE.form)
    bases = (LISTING, f"{API}/wp/v2/posts/3", f"{API}/wp/v2/pages/9")
    hrefs = ("7", "users/7", "/wp-json/wp/v2/users/7")
    found = {href: [aim(Link("author", href, {}), root, base).route for base in bases] for href in hrefs}
    assert found == {
        "7": ["/wp/v2/7", "/wp/v2/posts/7", "/wp/v2/pages/7"],
        "users/7": ["/wp/v2/users/7", "/wp/v2/posts/users/7", "/wp/v2/pages/users/7"],
        "/wp-json/wp/v2/users/7": ["/wp/v2/users/7"] * 3,
    }


@pytest.mark.parametrize(
    ("relation", "href", "attributes"),
    [
        ("curies", "https://api.w.org/{rel}", {"templated": True}),
        ("self", f"{API}/wp/v2/posts/{{id}}", {}),
        ("self", f"{API}/wp/v2/posts/%7Bid%7D", {}),
        ("wp:items", f"{API}/wp/v2/font-families/(?P<font_family_id>[\\d]+)/font-faces", {}),
        ("self", f"{API}/wp/v2/posts/5", {"templated": True}),
    ],
)
def test_templates_are_never_fetched(relation: str, href: str, attributes: dict[str, object]) -> None:
    """curies, braces and a route's own regex end as `template`."""
    assert decide(one(relation, href, **attributes), Held()) == Decision(LinkOutcome.TEMPLATE, None, False)


DENIED = [
    "/batch/v1",
    "/wp/v2/settings",
    "/wp/v2/users/me",
    "/wp/v2/users/me?context=edit",
    "/wp/v2/users/5/application-passwords",
    "/wp/v2/block-renderer/core/archives",
    "/wp-block-editor/v1/url-details?url=http://169.254.169.254/",
    "/wp-block-editor/v1/export",
    "/oembed/1.0/proxy?url=http://127.0.0.1/",
    "/wp-site-health/v1/tests/loopback-requests",
    "/wp-abilities/v1/abilities/core/get-site-info/run",
    "/wp/v2/themes/twenty/export",
    "/wp/v2/media/5/edit",
    "/wp/v2/posts/5?_method=DELETE",
    "/wp/v2/posts/5?.method=DELETE",
    "/wp/v2/posts/5?_envelope=1",
    "/wp/v2/posts/5?_jsonp=x",
    "/wp/v2/posts/5?id=6",
    "/wp/v2/comments?post=5&_method=DELETE",
]


@pytest.mark.parametrize("relation", [*RELATIONS, "unknown", "wp:action-publish"])
@pytest.mark.parametrize("route", DENIED)
def test_denied_routes_are_skipped_whatever_the_relation(relation: str, route: str) -> None:
    """Routes and parameters that act, fetch, export or show the owner's own are never asked for, in either form."""
    query = "https://example.org/index.php?rest_route=" + route.replace("?", "&")
    for href in (API + route, query):
        decided = decide(one(relation, href), Held())
        assert decided.outcome in (LinkOutcome.SKIPPED, LinkOutcome.TEMPLATE)
        assert not decided.fetch


def test_a_content_type_may_be_called_run() -> None:
    """`/wp/v2/run` and its items are content; only a deeper `run` is an action."""
    assert not denied(Route.of("/wp/v2/run"))
    assert not denied(Route.of("/wp/v2/run/5"))
    assert denied(Route.of("/wp/v2/jobs/run"))


@pytest.mark.parametrize("relation", ["plugin:thing", "wp:action-publish", "wp:export-theme", "wp:action-run", "next"])
def test_unknown_and_acting_relations_are_skipped(relation: str) -> None:
    """Only the allow-list is followed, even to a route that another relation could name."""
    assert rule_of(relation).policy is Policy.SKIP
    assert decide(one(relation, f"{API}/wp/v2/posts/5"), Held()) == Decision(LinkOutcome.SKIPPED, None, False)


def test_no_relation_is_fetched_that_has_no_policy() -> None:
    """Each row of the table is a rule; what is skipped or templated may not be fetched."""
    for rule in RELATIONS.values():
        assert isinstance(rule, Rule)
        assert not (rule.fetch and rule.policy in (Policy.SKIP, Policy.TEMPLATE))


POST, LISTED = ("/wp/v2/posts", 5), "/wp/v2/posts"
CAPTURED = (LinkOutcome.CAPTURED, "own")
REFUSED = (LinkOutcome.REFUSED, "no")
FETCH = Decision(LinkOutcome.FAILED, None, True)


@pytest.mark.parametrize(
    ("relation", "route", "held", "decided"),
    [
        ("self", "posts/5", {"items": {POST: "c"}}, Decision(LinkOutcome.COVERED, "c", False)),
        ("up", "posts/5", {"items": {POST: "c"}, "answers": {"/wp/v2/posts/5": CAPTURED}}, Decision(*CAPTURED, False)),
        (
            "up",
            "posts/5",
            {"items": {POST: "c"}, "answers": {"/wp/v2/posts/5": (LinkOutcome.FAILED, "x")}},
            Decision(LinkOutcome.COVERED, "c", False),
        ),
        ("up", "posts/5", {"answers": {"/wp/v2/posts/5": REFUSED}}, Decision(*REFUSED, False)),
        ("up", "posts/5", {"listings": {LISTED: ("refused", "l")}}, Decision(LinkOutcome.REFUSED, "l", False)),
        ("up", "posts/5", {"listings": {LISTED: ("complete", "l")}}, FETCH),
        ("up", "posts/5", {"listings": {LISTED: ("short", "l")}}, FETCH),
        ("up", "posts/5", {"listings": {LISTED: ("skipped", None)}}, Decision(LinkOutcome.SKIPPED, None, False)),
        (
            "author",
            "users/5",
            {"listings": {"/wp/v2/users": ("missing", "l")}},
            Decision(LinkOutcome.MISSING, "l", False),
        ),
        ("up", "posts/5", {}, FETCH),
        (
            "author",
            "users/5",
            {"listings": {"/wp/v2/users": ("complete", "l")}, "absent": {"/wp/v2/users": REFUSED}},
            Decision(*REFUSED, False),
        ),
        (
            "author",
            "users/5",
            {"listings": {"/wp/v2/users": ("short", "l")}, "absent": {"/wp/v2/users": REFUSED}},
            FETCH,
        ),
        ("about", "types/post", {"items": {("/wp/v2/types", "post"): "t"}}, Decision(LinkOutcome.COVERED, "t", False)),
        ("about", "types/post", {}, FETCH),
        (
            "replies",
            "comments?post=5",
            {"listings": {"/wp/v2/comments": ("complete", "l")}},
            Decision(LinkOutcome.COVERED, "l", False),
        ),
        (
            "replies",
            "comments?post=5",
            {"listings": {"/wp/v2/comments": ("refused", "l")}},
            Decision(LinkOutcome.REFUSED, "l", False),
        ),
        (
            "replies",
            "comments?post=5",
            {"listings": {"/wp/v2/comments": ("short", "l")}},
            Decision(LinkOutcome.FAILED, "l", True),
        ),
        (
            "replies",
            "comments?post=5",
            {"listings": {"/wp/v2/comments": ("changed", "l")}},
            Decision(LinkOutcome.FAILED, "l", True),
        ),
        ("replies", "comments?post=5", {"answers": {"/wp/v2/comments?post=5": CAPTURED}}, Decision(*CAPTURED, False)),
        ("replies", "comments?post=5", {}, FETCH),
        (
            "wp:post_type",
            "posts?tags=5",
            {"listings": {LISTED: ("complete", "l")}},
            Decision(LinkOutcome.COVERED, "l", False),
        ),
        (
            "wp:post_type",
            "posts?tags=5",
            {"listings": {LISTED: ("short", "l")}},
            Decision(LinkOutcome.FAILED, "l", False),
        ),
        ("wp:post_type", "posts?tags=5", {}, Decision(LinkOutcome.SKIPPED, None, False)),
        ("collection", "posts", {"listings": {LISTED: ("complete", "l")}}, Decision(LinkOutcome.COVERED, "l", False)),
        ("collection", "posts", {"listings": {LISTED: ("short", "l")}}, Decision(LinkOutcome.FAILED, "l", False)),
        ("collection", "posts", {}, FETCH),
        ("collection", "posts", {"answers": {LISTED: CAPTURED}}, Decision(*CAPTURED, False)),
        ("version-history", "posts/5/revisions", {"histories": {LISTED: REFUSED}}, Decision(*REFUSED, False)),
        (
            "version-history",
            "posts/5/revisions",
            {"answers": {"/wp/v2/posts/5/revisions": CAPTURED}},
            Decision(*CAPTURED, False),
        ),
        ("version-history", "posts/5/revisions", {"items": {POST: "c"}}, FETCH),
        ("predecessor-version", "posts/5/revisions/7", {"histories": {LISTED: REFUSED}}, Decision(*REFUSED, False)),
        (
            "predecessor-version",
            "posts/5/revisions/7",
            {"answers": {"/wp/v2/posts/5/revisions": CAPTURED}},
            Decision(LinkOutcome.CAPTURED, "own", False),
        ),
        ("predecessor-version", "posts/5/revisions/7", {}, Decision(LinkOutcome.FAILED, None, False)),
        ("author", "users", {}, Decision(LinkOutcome.SKIPPED, None, False)),
        (
            "replies",
            "comments",
            {"listings": {"/wp/v2/comments": ("complete", "l")}},
            Decision(LinkOutcome.COVERED, "l", False),
        ),
        ("up", "", {}, Decision(LinkOutcome.SKIPPED, None, False)),
    ],
)
def test_how_a_link_ends(relation: str, route: str, held: dict[str, Any], decided: Decision) -> None:
    """Held items are covered, views follow their listing's proof, refusals pass on, the undecided is asked for."""
    assert decide(one(relation, f"{API}/wp/v2/{route}"), Held(**held)) == decided


def test_a_history_without_revisions_is_judged_as_a_history() -> None:
    """`count: 0` proves nothing that we could show: the type's probe decides it too."""
    where = one("version-history", f"{API}/wp/v2/posts/5/revisions", count=0)
    assert decide(where, Held(histories={LISTED: REFUSED})) == Decision(*REFUSED, False)


def test_links_under_an_alias_are_aimed_at_the_root_that_works() -> None:
    """A headless site's links name its front end: they are this API's resources."""
    root = Root("https://cms.example/wp-json/", RootForm.PRETTY, ("https://front.example/",))
    where = one("author", "http://front.example/wp-json/wp/v2/users/6", root)
    assert root.url_for(where.route) == "https://cms.example/wp-json/wp/v2/users/6"


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        (None, []),
        ([], []),
        ("self", []),
        ({"self": "https://example.org/"}, [("self", "https://example.org/")]),
        ({"self": {"href": "https://example.org/"}}, [("self", "https://example.org/")]),
        ({"self": [{"href": 5}, {}, None, 7]}, [("self", ""), ("self", ""), ("self", "")]),
        ({"wp:term": [{"href": "a"}, {"href": "b"}]}, [("wp:term", "a"), ("wp:term", "b")]),
    ],
)
def test_odd_links_are_read_without_fear(links: object, expected: list[tuple[str, str]]) -> None:
    """Entries of a wrong type are kept in the account with an empty href, and never raise."""
    found = list(links_of({"_links": links}))
    assert [(link.relation, link.href) for link in found] == expected
    assert all(decide(aim(link, SITE), Held()).outcome for link in found)


hrefs = st.one_of(
    st.text(max_size=40),
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(
            [API, "https://example.org/index.php?rest_route=", "http://www.example.org/wp-json", "https://evil.example"]
        ),
        st.sampled_from(
            ["/wp/v2/posts/", "/wp/v2/comments?post=", "/wp/v2/types/a", "/wp/v2/posts?page=", "/wp/v2/x?id=", "/v"]
        ),
        st.sampled_from(
            ["0", "1", "7", "0007", "918273645", "918273645564738291", str(10**18), str(10**25), "٣", "1.5"]
        ),
        st.sampled_from(
            [
                "",
                "/",
                "/revisions",
                "/revisions/",
                "/revisions/12",
                "/revisions/918273645",
                "/run",
                "&page=1",
                "?page=2",
            ]
        ),
    ),
)


@given(relation=st.sampled_from([*RELATIONS, "unknown"]), hrefs=st.lists(hrefs, min_size=1, max_size=4))
def test_what_is_remembered_of_a_shape_never_changes_an_aim(relation: str, hrefs: list[str]) -> None:
    """An aim is the same whether its URL's shape was met before or not, and no href raises."""
    shared = Root(SITE.url, SITE.form, ("https://www.example.org/",))
    shapes = LinkShapes(shared)
    for href in hrefs:
        learnt = shapes.aim(Link(relation, href, {"href": href}))
        assert learnt == one(relation, href, shared)
        assert learnt == shapes.aim(Link(relation, href, {"href": href}))
        if learnt.route and learnt.inherent is None:
            assert str(shared.route_to(href)) == learnt.route


@pytest.mark.parametrize(
    "links",
    [
        '{"self":[{"href":"API/posts/%s"}],"author":[{"href":"API/users/%s"}]}',
        '{"up":[{"href":"API/posts/%s\\u0031"}]}',  # another digit, escaped
        '{"up":[{"href":"API/posts/%s\u0663"}]}',  # a digit of another script
        '{"about":[{"href":"API/types/%s"}]}',  # a name made of digits
        '{"x/%s":[{"href":"API/posts/1"}]}',
        '{"replies":[{"href":"API/comments?post=%s\\u0026page=%s"}]}',
        '{"replies":[{"href":"API/comments?page=%s"}]}',
        '{"up":[{"href":"API/%s/posts/%s"}]}',
        '{"up":[{"href":"API/posts/%s","href":"API/pages/%s"}]}',
        '{"up":[{"href":"posts/%s"}]}',  # hangs on where it stands
        '{"predecessor-version":[{"id":%s,"href":"API/posts/7/revisions/%s"}],"up":[]}',
        '{"up":["API/posts/%s",null,5]}',
        '{"up":[{"href":"API/posts/%s","templated":%s}]}',
        '{"up":[{"href":"API/posts/9000000000000000%s"}]}',
        '{"up":[{"href":"API/posts/%s/50%%25/x"}]}',
    ],
)
def test_numbers_mean_what_they_mean_where_each_link_is_read(links: str) -> None:
    """What is learnt of a shape counts only where the numbers alone tell its links apart, however the links are written."""
    shapes = LinkShapes(SITE)
    for numbers in ((5, 6), (1, 1), (13, 4), (10**17, 8), (6, 5)):
        text = links.replace("API", f"{API}/wp/v2") % numbers[: links.replace("%%", "").count("%s")]
        value, base = json.loads(text), f"{API}/wp/v2/pages"
        expected = [(link.relation, link.href, aim(link, SITE, base)) for link in links_of({"_links": value})]
        shape, found = shapes.take_apart(text)
        read = shapes.read(value, base)
        assert [(*link[:2], where) for link, where in read] == expected
        assert shape.links is None or [link.read(found) for link in shape.links] == expected
        shapes.learn(shape, found, read)


def test_links_as_core_writes_them_are_learnt_from_the_first_item() -> None:
    """Of all further ones only the numbers are looked at."""
    shapes = LinkShapes(SITE)
    text = f'{{"self":[{{"href":"{API}/wp/v2/posts/%d"}}],"replies":[{{"href":"{API}/wp/v2/comments?post=%d"}}]}}'
    shape, numbers = shapes.take_apart(text % (5, 5))
    shapes.learn(shape, numbers, shapes.read(json.loads(text % (5, 5)), ""))
    again, numbers = shapes.take_apart(text % (7, 7))
    assert again is shape
    assert shape.links is not None
    assert [link.read(numbers)[2].item_id for link in shape.links] == [7, None]


def test_memory_for_shapes_is_bounded() -> None:
    """A hostile site with a new shape in every link can't fill the memory."""
    shapes = LinkShapes(SITE)
    tracemalloc.start()
    for number in range(2500):
        shapes.aim(Link("self", f"{API}/wp/v2/{'x' * 900}{number}x/5", {}))
    for number in range(6000):
        taken = [shapes.take_apart(f'{{"self":[{{"href":"/{number}x/5"}}],"{"y" * 400}":[]}}')[0] for _ in range(2)]
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert taken[0] is not taken[1]
    assert kept < 24 << 20


@pytest.mark.parametrize("policy", ["item", "history", "template", "skip", "", None, 5, ["item"]])
@pytest.mark.parametrize(
    "route", ["x", "/a/../b", "/wp/v2/posts/..", "/batch/v1", "/wp/v2/users/me", "\ud800", None, 5]
)
def test_what_is_no_link_on_record_is_none(policy: object, route: object) -> None:
    """A record that was damaged, or crafted, costs nothing and asks for nothing."""
    assert aim_at(policy, route) is None


def test_a_link_on_record_is_what_it_was() -> None:
    found = aim_at("item", "/wp/v2/posts/4")
    assert found is not None
    assert (found.collection, found.item_id, found.fetch) == ("/wp/v2/posts", 4, True)
