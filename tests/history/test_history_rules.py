"""The rules of observations on archives written by hand: what makes one, what never does, and what it says."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from archives import Run, World, post

from wparchive.wordpress.changes.differences import compare
from wparchive.wordpress.changes.noise import NOISE

POSTS = "/wp/v2/posts"
LIST = f"{POSTS}?order=asc&orderby=id&per_page=100"
Items = list[dict[str, Any]]
MISSING = {"code": "rest_post_invalid_id", "message": "Invalid post ID.", "data": {"status": 404}}
FORBIDDEN = {"code": "rest_forbidden", "message": "Sorry.", "data": {"status": 401}}


Crawl = tuple[str, Items]


def listed(run: Run, items: Items, **facts: Any) -> str:
    """A whole listing of posts and its proof; gives its capture."""
    capture = run.get(LIST, items)
    run.proof(POSTS, "post", capture, **{"stated": len(items), "held": len(items), **facts})
    return capture.capture


def crawl(
    world: World, items: Items, *, start: dict[str, Any] | None = None, since: Crawl | None = None, **facts: Any
) -> Crawl:
    """A run that lists `items`, and confirms what differs since another did."""
    run = world.run(start=start).site()
    capture = listed(run, items, **facts)
    if since:
        confirm(run, POSTS, "post", since, (capture, items))
    run.end()
    return capture, items


def confirm(
    run: Run, route: str, kind: str, before: Crawl, after: Crawl, table: str = "posts", number: int = 1
) -> None:
    """A second reading, and the fact that it makes."""
    again = run.get(f"{route}?include=1", after[1], kind="confirmation").capture
    told = []
    for old in before[1]:
        for new in (new for new in after[1] if new["id"] == old["id"]):
            found = compare(old, new, NOISE, table)
            captures = {"before": before[0], "after": after[0], "confirmed": again}
            about = {"route": route, "form": "list", "type": kind, "id": old["id"]}
            change = str(found.change) if found.change else None
            told.append({**about, "change": change, "fields": found.fields, "moved": [], **captures})
    run.fact(f"changes:{number:05}", told)


def probed(run: Run, wp_id: int, value: object, status: int, **more: Any) -> None:
    """An answer to a probe of one post."""
    run.get(f"{POSTS}/{wp_id}", value, kind="probe", status=status, **more)


def observed(world: World) -> list[tuple[Any, ...]]:
    """Type, id, change and fields of all observations; and a database made anew says the same."""
    world.index()
    before = world.dump()
    assert world.rebuilt() == before
    found = world.rows("SELECT type, wp_id, change, fields FROM observations ORDER BY rowid")
    return [(kind, wp_id, change, json.loads(fields) if fields else None) for kind, wp_id, change, fields in found]


def gone(world: World, wp_id: int) -> tuple[Any, ...]:
    """What the row of a post says of its absence: gone, and whether its two dates are set."""
    ((what, since, missing),) = world.rows("SELECT gone, gone_since, missing_since FROM posts WHERE wp_id = ?", wp_id)
    return what, since is not None, missing is not None


def test_the_first_run_observes_nothing(world: World) -> None:
    crawl(world, [post(1), post(2)])
    assert observed(world) == []


def test_what_a_complete_listing_lacked_appears(world: World) -> None:
    crawl(world, [post(1)])
    crawl(world, [post(1), post(2)])
    assert observed(world) == [("post", 2, "appeared", None)]


def test_what_may_have_been_in_a_gap_does_not_appear(world: World) -> None:
    crawl(world, [post(1)], outcome="short", gaps=[{"first": 2, "last": 2, "reason": "500"}])
    crawl(world, [post(1), post(2)])
    crawl(world, [post(1), post(2), post(3)])
    assert observed(world) == [("post", 3, "appeared", None)]


def test_a_resumed_first_run_is_still_the_first(world: World) -> None:
    """Runs that share the first crawl id write no `appeared`; the next crawl does."""
    first = world.run().site()
    first.get(f"{LIST}&page=1", [post(1)])
    crawl_id = first.store.crawl
    first.kill()
    second = world.run(start={})
    second.store.begin({"mode": "full", "target": "t", "settings": {}}, crawl=crawl_id)
    second.site()
    listed(second, [post(1), post(2)])
    second.end()
    assert observed(world) == []
    crawl(world, [post(1), post(2), post(3)])
    assert observed(world) == [("post", 3, "appeared", None)]


def test_a_killed_run_and_the_one_that_goes_on_with_it_observe_once(world: World) -> None:
    before = crawl(world, [post(1), post(2)])
    killed = world.run().site()
    silently = [post(1, "<p>Silently.</p>"), post(2)]
    first = killed.get(f"{LIST}&page=1", silently)
    crawl_id = killed.store.crawl
    killed.kill()
    second = world.run()
    second.store.begin({"mode": "full", "target": "t", "settings": {}}, crawl=crawl_id)
    capture = second.site().get(f"{LIST}&page=2", [post(3)])
    second.proof(POSTS, "post", capture, stated=3, held=3)
    confirm(second, POSTS, "post", before, (first.capture, silently))
    second.end()
    assert observed(world) == [("post", 1, "silently_edited", ["content"]), ("post", 3, "appeared", None)]
    assert gone(world, 2) == (None, False, False)


def test_an_item_reached_by_its_id_alone_neither_appears_nor_goes_missing(world: World) -> None:
    """Pingbacks and items of closed parents are in no listing."""
    crawl(world, [post(1)])
    run = world.run().site()
    listed(run, [post(1)])
    run.get(f"{POSTS}/9", post(9), kind="item")
    run.end()
    crawl(world, [post(1)])
    assert observed(world) == []
    assert gone(world, 9) == (None, False, False)


CHANGES: list[tuple[str, dict[str, Any], str | None, list[str]]] = [
    ("modified moved", {"modified_gmt": "2026-02-01T00:00:00"}, "edited", ["modified_gmt"]),
    ("text", {"content": {"rendered": "<p>Other.</p>", "protected": False}}, "silently_edited", ["content"]),
    ("title", {"title": {"rendered": "Other"}}, "silently_edited", ["title"]),
    (
        "text and terms",
        {"tags": [8], "excerpt": {"rendered": "Other", "protected": False}},
        "silently_edited",
        ["excerpt", "tags"],
    ),
    (
        "markup",
        {"content": {"rendered": "<p class='x'>Text of a <b>post</b>.</p>", "protected": False}},
        "markup_changed",
        ["content"],
    ),
    ("terms", {"categories": [3]}, "edited", ["categories"]),
    ("sticky", {"sticky": True}, "edited", ["sticky"]),
    ("picture", {"featured_media": 9}, "edited", ["featured_media"]),
    ("author", {"author": 2}, "edited", ["author"]),
    ("slug", {"slug": "other", "link": "https://example.org/other/"}, "edited", ["link", "slug"]),
    ("address alone", {"link": "https://example.org/new/post-1/"}, "markup_changed", ["link"]),
    ("status", {"status": "archived"}, "edited", ["status"]),
    (
        "password",
        {"content": {"rendered": "", "protected": True}, "excerpt": {"rendered": "", "protected": True}},
        "edited",
        ["content", "excerpt"],
    ),
    (
        "counter",
        {
            "content": {
                "rendered": '<div class="post-views">9</div><p>Text of a post.</p>',
                "protected": False,
            }
        },
        None,
        [],
    ),
    ("noisy field", {"aioseo_notices": ["x"], "class_list": ["y"], "views": 9}, None, []),
    ("a field that a plug-in adds", {"coauthors": [1]}, None, []),
    ("a map that PHP prints as a list", {"meta": {}}, None, []),
]


@pytest.mark.parametrize(("fields", "change", "names"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_each_kind_of_change_is_called_by_its_name(
    world: World, fields: dict[str, Any], change: str | None, names: list[str]
) -> None:
    before = crawl(world, [post(1, meta=[]), post(2, meta=[])])
    crawl(world, [{**post(1, meta=[]), **fields}, post(2, meta=[])], since=before)
    assert observed(world) == ([("post", 1, change, names)] if change else [])


def test_nothing_is_said_of_an_undated_change_that_was_read_once(world: World) -> None:
    """Only what `modified` tells needs no second reading; and a fact without its captures proves nothing."""
    crawl(world, [post(1), post(2), post(3)])
    crawl(world, [post(1, "<p>Other.</p>"), post(2, modified_gmt="2026-02-01T00:00:00"), post(3, tags=[])])
    run = world.run().site()
    capture = listed(run, [post(1, "<p>Another.</p>"), post(2, modified_gmt="2026-02-01T00:00:00"), post(3, tags=[])])
    told = {"route": POSTS, "form": "list", "type": "post", "id": 1, "change": "silently_edited", "fields": ["content"]}
    run.fact("changes:00001", [{**told, "before": capture, "after": capture, "confirmed": "urn:uuid:nowhere"}, "x", {}])
    run.end()
    assert observed(world) == [("post", 2, "edited", ["modified_gmt"])]


def test_a_plug_in_that_goes_takes_its_fields_without_an_edit(world: World) -> None:
    first = crawl(world, [post(1, genres=[1], acf={"a": 1}, meta={"x": 1, "y": 2})])
    second = crawl(world, [post(1, acf=[], meta={"y": 2})], since=first)
    assert observed(world) == []
    crawl(world, [post(1, acf=[], meta={"y": 3})], since=second)
    assert observed(world) == [("post", 1, "fields_changed", ["meta"])]


def test_content_that_flickers_within_a_run_is_no_observation(world: World) -> None:
    """Lists and single items may be rendered differently; only what differs between two runs counts."""
    crawl(world, [post(1)])
    run = world.run().site()
    run.get(f"{POSTS}/1", post(1, "<p>Rendered by itself.</p>"), kind="probe")
    listed(run, [post(1)])
    run.end()
    assert observed(world) == []


def test_captures_before_and_after_prove_a_change(world: World) -> None:
    first = crawl(world, [post(1)])
    crawl(world, [post(1, "<p>Other.</p>")], since=first)
    world.index()
    (proofs,) = world.rows("SELECT before, after, confirmed FROM observations")
    query = "SELECT capture FROM captures WHERE kind IN ('listing', 'confirmation') ORDER BY rowid"
    assert list(proofs) == [row[0] for row in world.rows(query)]


@pytest.mark.parametrize(
    ("value", "status", "change"),
    [
        (MISSING, 404, "deleted"),
        (FORBIDDEN, 401, "unpublished"),
        ({**FORBIDDEN, "data": {"status": 403}}, 403, "unpublished"),
    ],
    ids=["404", "401", "403"],
)
def test_a_probe_tells_deleted_from_unpublished(world: World, value: object, status: int, change: str) -> None:
    crawl(world, [post(1), post(2)])
    run = world.run().site()
    listed(run, [post(1)])
    probed(run, 2, value, status)
    run.end()
    assert observed(world) == [("post", 2, change, None)]
    assert gone(world, 2) == (change, True, True)
    ((kind, held),) = world.rows(
        "SELECT a.kind, b.kind FROM observations o JOIN captures a ON a.capture = o.after JOIN captures b ON b.capture = o.before"
    )
    assert (kind, held) == ("probe", "listing")


NEVER: list[tuple[str, object, int, dict[str, Any]]] = [
    ("no route", {"code": "rest_no_route", "message": "No route.", "data": {"status": 404}}, 404, {}),
    ("HTML", b"<!doctype html><title>Not found</title>", 404, {"mime": "text/html"}),
    ("a firewall", b"<!doctype html><title>Forbidden</title>", 403, {"mime": "text/html"}),
    ("a fault", {"code": "internal_server_error", "message": "x", "data": {"status": 500}}, 500, {}),
    ("a wall around the site", {"code": "rest_login_required", "message": "x", "data": {"status": 401}}, 401, {}),
    ("an error sent as 200", MISSING, 200, {}),
]


@pytest.mark.parametrize(("value", "status", "more"), [row[1:] for row in NEVER], ids=[row[0] for row in NEVER])
def test_other_answers_are_never_a_deletion(world: World, value: object, status: int, more: dict[str, Any]) -> None:
    """Missing since, and confirmed gone, are two facts."""
    crawl(world, [post(n) for n in range(1, 11)])
    run = world.run().site()
    listed(run, [post(n) for n in range(1, 10)])
    probed(run, 10, value, status, **more)
    run.end()
    assert observed(world) == []
    assert gone(world, 10) == ("missing", True, True)


@pytest.mark.parametrize(
    "bare",
    [
        lambda number: {"id": number},
        lambda number: {
            "id": number,
            "type": "post",
            "slug": "a",
            "title": None,
            "content": None,
            "_links": {"self": []},
        },
    ],
    ids=["an id alone", "no field of text"],
)
def test_an_answer_that_hides_texts_takes_nothing_away(world: World, bare: Callable[[int], dict[str, Any]]) -> None:
    """That a plug-in hides what an item says is no state of it: what was held stays in the row, proven by its own capture."""
    crawl(world, [post(1), post(2)])
    columns = "wp_id, title, content, excerpt, slug, author, raw, payload_sha256, text_sha256, capture, gone"
    world.index()
    before = world.rows(f"SELECT {columns} FROM posts ORDER BY wp_id")
    crawl(world, [bare(1), bare(2)])
    crawl(world, [bare(1), bare(2)])
    assert observed(world) == []
    assert world.rows(f"SELECT {columns} FROM posts ORDER BY wp_id") == before
    assert world.rows("SELECT count(*) FROM versions WHERE type = 'post'") == [(2,)]
    crawl(world, [post(1), post(2)])
    assert observed(world) == []


def test_a_text_that_was_null_before_hides_nothing(world: World) -> None:
    """A type without excerpts sends null for ever; what changes beside it goes into the row as always."""
    for number in (1, 2):
        crawl(world, [{**post(1), "excerpt": None, "plug_in": number}])
    assert observed(world) == []
    assert [json.loads(raw)["plug_in"] for (raw,) in world.rows("SELECT raw FROM posts")] == [2]


def test_an_edit_of_what_is_still_shown_is_a_state(world: World) -> None:
    """Beside a text that is hidden now others may be edited: the row says what is shown, and the version before the rest."""
    first = crawl(world, [post(1)])
    shown = {name: value for name, value in post(1).items() if name != "content"}
    crawl(world, [{**shown, "title": {"rendered": "Another title"}}], since=first)
    ((_, _, change, fields),) = observed(world)
    assert (change, fields) == ("silently_edited", ["title"])
    assert world.rows("SELECT title, content FROM posts") == [("Another title", None)]
    assert world.rows("SELECT count(*), count(content) FROM versions WHERE type = 'post'") == [(2, 1)]


def test_a_text_that_is_empty_is_a_state(world: World) -> None:
    """Whoever blanks an article edits it."""
    first = crawl(world, [post(1)])
    blank = {"rendered": "", "protected": False}
    crawl(world, [{**post(1), "title": {"rendered": ""}, "content": blank, "excerpt": blank}], since=first)
    ((_, wp_id, change, _),) = observed(world)
    assert (wp_id, change) == (1, "silently_edited")
    assert world.rows("SELECT title, content FROM posts") == [("", "")]


@pytest.mark.parametrize(("value", "status"), [(MISSING, 404), (FORBIDDEN, 401)], ids=["404", "401"])
@pytest.mark.parametrize("later", [False, True], ids=["before it was seen", "after it was seen"])
def test_a_refusal_out_of_a_cache_counts_from_when_it_was_made(
    world: World, value: object, status: int, later: bool
) -> None:
    """What a cache says of a time before we saw the item is no word on what became of it since."""
    everything = [post(n) for n in range(1, 11)]
    crawl(world, everything)
    world.clock.now += timedelta(hours=30 if later else 3)
    run = world.run().site()
    listed(run, everything[:9])
    probed(run, 10, value, status, headers=[("Age", "86400"), ("X-Cache", "HIT")])
    run.end()
    word = "deleted" if status == 404 else "unpublished"
    assert observed(world) == ([("post", 10, word, None)] if later else [])
    assert gone(world, 10) == (word if later else "missing", True, True)


def test_what_a_probe_shows_is_not_missing(world: World) -> None:
    """Absent from a list and there by itself: the list is stale or filtered."""
    crawl(world, [post(n) for n in range(1, 11)])
    run = world.run().site()
    listed(run, [post(n) for n in range(1, 10)])
    probed(run, 10, post(10), 200)
    run.end()
    assert observed(world) == []
    assert gone(world, 10) == (None, False, False)


def test_a_clock_set_back_while_a_run_goes_on_makes_nothing_missing(world: World) -> None:
    """What the run showed at an earlier time than that at which it says it started was shown by it all the same."""
    everything = [post(n) for n in range(1, 11)]
    crawl(world, everything)
    world.clock.now += timedelta(hours=1)
    run = world.run().site()
    world.clock.now -= timedelta(minutes=10)
    listed(run, everything[:9])
    run.end()
    assert observed(world) == []
    assert world.rows("SELECT wp_id FROM posts WHERE gone IS NOT NULL") == [(10,)]


def test_a_clock_that_was_fast_hides_no_deletion(world: World) -> None:
    """An item that was seen at a time that this run's clock reaches only now wasn't shown again by this run."""
    everything = [post(n) for n in range(1, 11)]
    crawl(world, everything)
    world.clock.now -= timedelta(minutes=1)
    run = world.run().site()
    listed(run, everything[:9])
    probed(run, 10, MISSING, 404)
    world.clock.now += timedelta(minutes=2)
    run.get(f"{POSTS}/9", everything[8], kind="item")
    run.end()
    assert observed(world) == [("post", 10, "deleted", None)]


def test_missing_first_and_confirmed_later(world: World) -> None:
    """The date since when listings lack it stays when a later run learns why."""
    everything = [post(n) for n in range(1, 11)]
    crawl(world, everything)
    crawl(world, everything[:9])
    world.index()
    ((first,),) = world.rows("SELECT missing_since FROM posts WHERE wp_id = 10")
    run = world.run().site()
    listed(run, everything[:9])
    probed(run, 10, MISSING, 404)
    run.end()
    assert observed(world) == [("post", 10, "deleted", None)]
    assert world.rows("SELECT gone, missing_since, gone_since > missing_since FROM posts WHERE wp_id = 10") == [
        ("deleted", first, 1)
    ]


@pytest.mark.parametrize(
    "listing",
    [
        lambda run: listed(run, [post(1)], outcome="short", gaps=[{"first": 2, "last": None, "reason": "500"}]),
        lambda run: run.proof(POSTS, "post", run.get(LIST, FORBIDDEN, status=401), outcome="refused", held=0),
        lambda run: run.proof(POSTS, "post", run.get(LIST, [post(1)]), how="check"),
        lambda run: None,
    ],
    ids=["short", "refused", "only the totals", "no listing: the route is gone"],
)
def test_only_a_complete_listing_lacks_anything(world: World, listing: Callable[[Run], None]) -> None:
    crawl(world, [post(1), post(2)])
    run = world.run().site()
    listing(run)
    run.end()
    assert observed(world) == []
    assert gone(world, 2) == (None, False, False)


def test_a_collapsed_listing_says_nothing(world: World) -> None:
    """More than a fifth lost and nothing confirmed: the list is more likely broken than right."""
    everything = [post(n) for n in range(1, 11)]
    crawl(world, everything)
    crawl(world, everything[:7])
    assert observed(world) == []
    assert gone(world, 10) == (None, False, False)
    crawl(world, everything)
    assert observed(world) == []


def test_restored_when_it_is_shown_again(world: World) -> None:
    crawl(world, [post(1), post(2)])
    run = world.run().site()
    listed(run, [post(1)])
    probed(run, 2, FORBIDDEN, 401)
    run.end()
    crawl(world, [post(1), post(2)])
    assert observed(world) == [("post", 2, "unpublished", None), ("post", 2, "restored", [])]
    assert gone(world, 2) == (None, False, False)


def test_restored_with_changes_is_one_observation(world: World) -> None:
    crawl(world, [post(1), post(2)])
    run = world.run().site()
    listed(run, [post(1)])
    probed(run, 2, FORBIDDEN, 401)
    run.end()
    crawl(world, [post(1), post(2, modified="2026-05-05T00:00:00", tags=[])])
    assert observed(world)[1:] == [("post", 2, "restored", ["modified", "tags"])]


def test_unpublished_then_deleted_is_two_observations_and_a_third_probe_none(world: World) -> None:
    crawl(world, [post(1), post(2)])
    for value, status in ((FORBIDDEN, 401), (FORBIDDEN, 401), (MISSING, 404)):
        run = world.run().site()
        listed(run, [post(1)])
        probed(run, 2, value, status)
        run.end()
    assert [row[2] for row in observed(world)] == ["unpublished", "deleted"]


def test_a_refusal_tells_nothing_once_the_whole_list_is_refused(world: World) -> None:
    """A plug-in that closes the API may answer as core does for one item."""
    crawl(world, [post(n) for n in range(1, 11)])
    run = world.run().site()
    listed(run, [post(n) for n in range(2, 11)])
    run.get(POSTS, FORBIDDEN, status=401)
    probed(run, 1, FORBIDDEN, 401)
    run.end()
    assert observed(world) == []
    assert gone(world, 1) == ("missing", True, True)


def test_what_credentials_show_is_no_public_history(world: World) -> None:
    """A draft that only we may see neither appears nor is edited; it appears when everyone sees it."""
    from wparchive.model import Privilege

    def crawl_with(draft: dict[str, Any], public: Items) -> None:
        run = world.run().site()
        run.get(f"{POSTS}?status=draft", [draft], privilege=Privilege.AUTHENTICATED)
        listed(run, public)
        run.end()

    crawl_with(post(2, status="draft"), [post(1)])
    crawl_with(post(2, "<p>Better.</p>", status="draft"), [post(1)])
    assert observed(world) == []
    crawl(world, [post(1), post(2, "<p>Better.</p>")])
    assert observed(world) == [("post", 2, "appeared", None)]


def test_noise_of_the_configuration_makes_no_version_and_no_observation(world: World) -> None:
    noisy = {"settings": {"noise": ["field:tides", "class:tide-table"]}}

    def item(tide: int) -> dict[str, Any]:
        return post(1, f'<p>Text.</p><div class="tide-table">{tide}</div>', tides=tide)

    crawl(world, [item(1)], start=noisy)
    crawl(world, [item(2)], start=noisy)
    assert observed(world) == []
    assert world.one("SELECT count(*) FROM versions") == 1


def test_noise_that_is_told_of_later_makes_no_version_either(world: World) -> None:
    """The digests of what is held are made anew under the noise of the run; the content is the same."""
    noisy = {"settings": {"noise": ["field:tides"]}}
    crawl(world, [post(1, tides=1)])
    crawl(world, [post(1, tides=2)], start=noisy)
    before = crawl(world, [post(1, tides=3)], start=noisy)
    assert observed(world) == []
    assert world.one("SELECT count(*) FROM versions") == 1
    crawl(world, [post(1, "<p>Other.</p>", tides=3)], start=noisy, since=before)
    assert observed(world) == [("post", 1, "silently_edited", ["content"])]


def test_comments_terms_and_users_are_edited_openly(world: World) -> None:
    """They have no `modified` that could have told."""
    term = {"id": 3, "name": "News", "slug": "news", "taxonomy": "category", "count": 1, "description": ""}
    user = {
        "id": 1,
        "name": "Ann",
        "slug": "ann",
        "link": "x",
        "url": "",
        "description": "",
        "avatar_urls": {"24": "a"},
    }
    comment = {
        "id": 5,
        "post": 1,
        "author": 0,
        "author_name": "B",
        "content": {"rendered": "<p>Hm.</p>"},
        "status": "approved",
    }

    last: dict[str, Crawl] = {}

    def crawl_all(term: dict[str, Any], user: dict[str, Any], comment: dict[str, Any]) -> None:
        run = world.run().site()
        for number, (base, kind, table, item) in enumerate(
            (
                ("categories", "category", "terms", term),
                ("users", "user", "users", user),
                ("comments", "comment", "comments", comment),
            )
        ):
            route = f"/wp/v2/{base}"
            capture = run.get(route, [item])
            run.proof(route, kind, capture)
            if kind in last:
                confirm(run, route, kind, last[kind], (capture.capture, [item]), table, number)
            last[kind] = capture.capture, [item]
        run.end()

    crawl_all(term, user, comment)
    crawl_all({**term, "count": 7}, {**user, "avatar_urls": {"24": "b"}}, comment)
    assert observed(world) == []
    crawl_all({**term, "name": "Old"}, {**user, "name": "Bea"}, {**comment, "content": {"rendered": "<p>Ah.</p>"}})
    assert sorted(observed(world)) == [
        ("category", 3, "edited", ["name"]),
        ("comment", 5, "edited", ["content"]),
        ("user", 1, "edited", ["name"]),
    ]


@pytest.mark.parametrize("number", ["9" * 20, "9" * 5000, "\u0663"])
def test_a_probe_of_a_number_that_no_item_has(world: World, number: str) -> None:
    """WARCs from elsewhere may hold one: it says nothing of anything, and stops nothing."""
    run = world.run().site()
    run.proof(POSTS, "post", run.get(POSTS, [post(1)]))
    run.get(f"{POSTS}/{number}", {"code": "rest_post_invalid_id", "message": "x"}, kind="probe", status=404)
    run.end()
    world.index()
    assert world.rows("SELECT wp_id, gone FROM posts") == [(1, None)]
    assert world.rows("SELECT change FROM observations") == []
