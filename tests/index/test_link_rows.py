"""Rows of links made from what was learnt of their shape equal those of links that are read one by one."""

import json
from collections.abc import Mapping

import pytest
from archives import ROOT, post
from hypothesis import given
from hypothesis import strategies as st

from wparchive.index.items.catalogue import Identity
from wparchive.index.items.items import Source, find
from wparchive.index.items.link_rows import LinkRow, LinkRows
from wparchive.wordpress.changes.noise import NOISE
from wparchive.wordpress.links.aims import aim, links_of
from wparchive.wordpress.links.decisions import decide, is_open
from wparchive.wordpress.payload.document import Item
from wparchive.wordpress.relations import LinkOutcome
from wparchive.wordpress.routes import Root, RootForm

NUMBERS = st.one_of(st.integers(0, 12), st.integers(0, 10**20))


class Held:
    """Holdings: even ids are held, pages are refused, each third history was asked for."""

    def listing(self, collection: str) -> tuple[str, str | None] | None:
        return {
            "/wp/v2/posts": ("complete", "p"),
            "/wp/v2/comments": ("complete", "c"),
            "/wp/v2/pages": ("refused", "r"),
        }.get(collection)

    def item(self, collection: str, item_id: int | str) -> str | None:
        return f"{collection} {item_id}" if isinstance(item_id, int) and not item_id % 2 else None

    def answer(self, route: str) -> tuple[LinkOutcome, str | None] | None:
        digits = route.removesuffix("/revisions").rpartition("/")[2]
        return (LinkOutcome.CAPTURED, route) if digits.isdecimal() and not int(digits) % 3 else None

    def history(self, collection: str) -> tuple[LinkOutcome, str | None] | None:
        return (LinkOutcome.REFUSED, "h") if collection == "/wp/v2/posts" else None

    def absent(self, collection: str) -> tuple[LinkOutcome, str | None] | None:
        return None


def one_by_one(wp_id: int, links: str, root: Root, *, chosen: bool) -> list[LinkRow]:
    """What each link by itself comes to."""
    rows: list[LinkRow] = []
    for link in links_of({"_links": json.loads(links)}):
        where = aim(link, root)
        found = decide(where, Held())
        outcome = LinkOutcome.SKIPPED if chosen and is_open(found) else found.outcome
        rows.append(("s", "post", wp_id, link.relation, link.href, where.route or None, str(outcome), found.capture))
    return rows


def written(value: object) -> str:
    """As core writes it."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/")


def links(one: int, other: int, root: str) -> Mapping[str, object]:
    """Links as core's and plug-ins' are, with two numbers in all sorts of places."""
    return {
        "self": [{"href": f"{root}/wp/v2/posts/{one}", "targetHints": {"allow": ["GET"]}}],
        "collection": [{"href": f"{root}/wp/v2/posts"}],
        "about": [{"href": f"{root}/wp/v2/types/post"}],
        "author": [{"embeddable": True, "href": f"{root}/wp/v2/users/{other}"}],
        "replies": [
            {"href": f"{root}/wp/v2/comments?post={one}"},
            {"href": f"{root}/wp/v2/comments?post={one}&page={other}"},
        ],
        "up": [{"href": f"{root}/wp/v2/pages/{other}"}, {"href": f"{root}/wp/v2/pages/{one}?per_page={other}"}],
        "version-history": [{"count": other, "href": f"{root}/wp/v2/posts/{one}/revisions"}],
        "predecessor-version": [{"id": other, "href": f"{root}/wp/v2/posts/{one}/revisions/{other}"}],
        "wp:featuredmedia": [{"href": f"{root}/wp/v2/media/{one}%2F{other}"}],
        f"x:/{one}": [{"href": f"{root}/x/v1/{other}/posts/{one}"}],
        "alternate": [{"href": f"https://example.net/{one}?50%25={other}"}],
        "curies": [{"name": "wp", "href": "https://api.w.org/{rel}", "templated": True}],
    }


@pytest.mark.parametrize(
    ("url", "form"), [(ROOT, RootForm.PRETTY), ("https://example.org/?rest_route=", RootForm.QUERY)]
)
@given(
    pairs=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=6),
    chosen=st.booleans(),
    left=st.sets(st.integers(0, 11)),
)
def test_rows_by_shape_equal_rows_one_by_one(
    url: str, form: RootForm, pairs: list[tuple[int, int]], chosen: bool, left: set[int]
) -> None:
    """Whatever the numbers are, and whichever links an item has."""
    root = Root(f"{ROOT}/" if form is RootForm.PRETTY else "https://example.org/", form)
    made = LinkRows("s", root, Held(), chosen=chosen)
    for one, other in pairs:
        entries = [entry for place, entry in enumerate(links(one, other, url).items()) if place not in left]
        text = written(dict(entries))
        assert made.of("post", 5, text, "") == one_by_one(5, text, root, chosen=chosen)


@pytest.mark.parametrize(
    "odd",
    [
        {"_links": {"a": [{"_links": {"b": 1}}]}},
        {"acf": {"x": 1, "_links": {"nested": 2}}, "_links": {"self": [{"href": "x"}]}},
        {"_links": {"self": [{"href": "x"}]}, "after": 1},
        {"_links": {"self": [{"href": "a\u0001b"}]}},
    ],
)
def test_links_that_wait_are_the_items_own_and_plain_json(odd: dict[str, object]) -> None:
    """Wherever `_links` stands in the item's own text, and whatever only the tolerant reader takes."""
    item = {"id": 1, **odd}
    text = json.dumps(item, separators=(",", ":"), ensure_ascii=False).replace("\\u0001", "\1")
    found = find(Identity("posts", "post", 1), Item(item, text), Source("c", "s"), NOISE)
    assert found.links is not None
    assert json.loads(found.links) == item["_links"]


def test_a_post_as_core_writes_it() -> None:
    """Its `_links` are taken as they stand."""
    item = post(1)
    text = written(item)
    found = find(Identity("posts", "post", 1), Item(item, text), Source("c", "s"), NOISE)
    assert found.links is not None
    assert json.loads(found.links) == item["_links"]


@pytest.mark.usefixtures("must_end")
def test_many_links_in_one_item_cost_their_number_and_not_its_square() -> None:
    """They are read one by one: to look for each number in each of 40,000 links would take a quarter of an hour."""
    root, many = Root(f"{ROOT}/", RootForm.PRETTY), 40_000
    hrefs = [{"href": f"{ROOT}/wp/v2/users/{number}"} for number in range(1, many + 1)]
    links = json.dumps({"author": hrefs}, separators=(",", ":"))
    rows = LinkRows("s", root, Held(), chosen=False).of("post", 1, links, "")
    assert (len(rows), len(set(rows))) == (many, many)
