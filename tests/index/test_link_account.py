"""Every `_links` entry of every item ends with an outcome, and with the capture that proves it."""

from typing import Any

import pytest
from archives import ROOT, World, post

from wparchive.model import Verdict

REFUSED = {"code": "rest_cannot_read", "message": "x", "data": {"status": 401}}


def outcomes(world: World) -> dict[str, set[tuple[str, str | None]]]:
    """Relation → outcomes with their evidence."""
    found: dict[str, set[tuple[str, str | None]]] = {}
    for relation, outcome, capture in world.rows("SELECT relation, outcome, capture FROM links"):
        found.setdefault(relation, set()).add((outcome, capture))
    return found


def crawl(world: World, *, refuse_users: bool = True) -> dict[str, str]:
    """A crawl of one post; gives the captures by what they are."""
    run = world.run().site()
    captures = {"posts": run.get("/wp/v2/posts?orderby=id&order=asc", [post(1)])}
    run.proof("/wp/v2/posts", "post", captures["posts"])
    captures["comments"] = run.get("/wp/v2/comments?orderby=id&order=asc", [])
    run.proof("/wp/v2/comments", "comment", captures["comments"], stated=0, held=0)
    captures["media"] = run.get("/wp/v2/media?orderby=id&order=asc", [])
    run.proof("/wp/v2/media", "attachment", captures["media"], stated=0, held=0)
    for name, kind in (("categories", "category"), ("tags", "post_tag")):
        captures[name] = run.get(f"/wp/v2/{name}?orderby=id&order=asc", [])
        run.proof(f"/wp/v2/{name}", kind, captures[name], stated=0, held=0)
    if refuse_users:
        captures["users"] = run.get("/wp/v2/users?orderby=id&order=asc", REFUSED, status=401)
        run.proof("/wp/v2/users", "user", captures["users"], stated=None, held=0, outcome="refused")
    captures["history"] = run.get("/wp/v2/posts/1/revisions", REFUSED, status=401, kind="probe")
    captures["types"] = run.get("/wp/v2/types", {"post": {"slug": "post", "name": "Posts"}}, kind="types")
    run.end()
    world.index()
    return {name: capture.capture for name, capture in captures.items()}


def test_each_relation_ends_as_the_proofs_say(world: World) -> None:
    """Covered by listings, refused by a closed collection or the probe, templates by themselves."""
    captures = crawl(world)
    assert outcomes(world) == {
        "self": {("covered", captures["posts"])},
        "collection": {("covered", captures["posts"])},
        "about": {("covered", captures["types"])},
        "author": {("refused", captures["users"])},
        "replies": {("covered", captures["comments"])},
        "version-history": {("refused", captures["history"])},
        "predecessor-version": {("refused", captures["history"])},
        "wp:attachment": {("covered", captures["media"])},
        "wp:term": {("covered", captures["categories"]), ("covered", captures["tags"])},
        "curies": {("template", None)},
    }
    assert world.rows("SELECT route FROM links WHERE relation = 'author'") == [("/wp/v2/users/1",)]


def test_open_links_are_judged_again_by_the_next_run(world: World) -> None:
    """A link that ended refused, missing or failed is covered as soon as a run holds what it points to."""
    crawl(world, refuse_users=False)
    assert outcomes(world)["author"] == {("failed", None)}
    run = world.run().site()
    user = run.get("/wp/v2/users/1", {"id": 1, "name": "A", "slug": "a", "link": "x", "url": ""}, kind="item")
    run.end()
    world.index()
    assert outcomes(world)["author"] == {("captured", user.capture)}
    stepwise = world.dump()
    assert world.rebuilt() == stepwise


def test_every_entry_of_every_item_is_there_once(world: World) -> None:
    """Hostile, odd and repeated entries too; none is left without an outcome."""
    item = post(1)
    item["_links"] |= {
        "x:odd": [{"href": "javascript:alert(1)"}, {"href": 5}, "https://evil.test/", None, {"nope": 1}],
        "wp:action-run": [{"href": f"{ROOT}/wp/v2/posts/1/run"}],
        "up": [{"href": "http://169.254.169.254/latest"}, {"href": "http://169.254.169.254/latest"}],
        "replies": {"href": f"{ROOT}/wp/v2/comments?post=1"},
        "\ud800": [{"href": "\udfff"}],
    }
    run = world.run().site()
    run.get("/wp/v2/posts", [item])
    run.end()
    world.index()
    assert world.one("SELECT count(*) FROM links WHERE outcome IS NULL") == 0
    found = outcomes(world)
    assert {outcome for outcome, _ in found["x:odd"]} == {"outside"}
    assert found["up"] == {("outside", None)}
    assert {outcome for outcome, _ in found["wp:action-run"]} == {"skipped"}
    assert "replies" in found


def test_a_changed_item_has_the_links_that_it_has_now(world: World) -> None:
    """Links that a new version lacks are gone from the account; those of other items stay."""
    run = world.run().site()
    run.get("/wp/v2/posts", [post(1), post(2)])
    run.end()
    world.index()
    changed = post(1, "<p>New</p>")
    del changed["_links"]["author"]
    later = world.run().site()
    later.get("/wp/v2/posts/1", changed, kind="item")
    later.end()
    world.index()
    assert world.rows("SELECT wp_id FROM links WHERE relation = 'author'") == [(2,)]
    assert world.one("SELECT outcome FROM links WHERE relation = 'self' AND wp_id = 1") == "captured"


def test_routes_that_were_never_asked_end_as_the_run_says(world: World) -> None:
    """robots.txt and the guard leave no capture; the fact `answers` tells how links there end."""
    run = world.run().site()
    run.get("/wp/v2/posts", [post(1)])
    run.fact("answers", {"/wp/v2/users/1": "refused"})
    run.end()
    world.index()
    assert outcomes(world)["author"] == {("refused", None)}


USER = {"id": 1, "name": "A", "slug": "a", "link": "x", "url": ""}


@pytest.mark.parametrize(
    "how", [{"verdict": Verdict.FAILED}, {"cut": "disconnect"}, {"verdict": Verdict.FAILED, "cut": "time"}], ids=str
)
def test_what_did_not_come_whole_is_not_captured(world: World, how: dict[str, Any]) -> None:
    """Though what came can be read: the run counts it as a failure, and so does the account, until it comes whole."""
    run = world.run().site()
    run.get("/wp/v2/posts", [post(1)])
    cut = run.get("/wp/v2/users/1", USER, kind="item", **how)
    run.end(outcome="incomplete", exit_code=3)
    world.index()
    assert outcomes(world)["author"] == {("failed", cut.capture)}
    later = world.run().site()
    whole = later.get("/wp/v2/users/1", USER, kind="item")
    later.end()
    world.index()
    assert outcomes(world)["author"] == {("captured", whole.capture)}
    stepwise = world.dump()
    assert world.rebuilt() == stepwise


def test_what_a_cut_list_shows_covers_nothing(world: World) -> None:
    """Of a page that broke off nobody knows what else it would have said: what it shows is asked for by itself."""
    run = world.run().site()
    run.get("/wp/v2/posts", [post(1)])
    run.get("/wp/v2/users", [USER], verdict=Verdict.FAILED, cut="disconnect")
    run.end(outcome="incomplete", exit_code=3)
    world.index()
    assert outcomes(world)["author"] == {("failed", None)}


def test_plain_and_pretty_spellings_are_one_route(world: World) -> None:
    """A link in plain form on another scheme is covered by what was fetched in pretty form."""
    item = post(1)
    item["_links"]["up"] = [{"href": "http://example.org/index.php?rest_route=%2Fwp%2Fv2%2Fposts%2F2"}]
    run = world.run().site()
    held = run.get("/wp/v2/posts", [item, post(2)])
    run.end()
    world.index()
    expected = [("/wp/v2/posts/2", "covered", held.capture)]
    assert world.rows("SELECT route, outcome, capture FROM links WHERE relation = 'up'") == expected
