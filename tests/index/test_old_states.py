"""An answer out of a cache is told by its headers, flagged on its capture, and never takes the place of what is newer."""

from collections.abc import Iterable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from archives import World, post

from wparchive.http1.message import Head
from wparchive.wordpress.age import Ages, in_words

DAY = 86400
Headers = Iterable[tuple[str, str]]
LISTING = "/wp/v2/posts?orderby=id&order=asc"


def date(world: World, seconds: float) -> tuple[str, str]:
    """A Date so many seconds before now."""
    return "Date", format_datetime(world.clock.now - timedelta(seconds=seconds), usegmt=True)


def state(content: str, modified: str = "03") -> list[dict[str, Any]]:
    return [
        post(
            1, f"<p>{content}</p>", modified=f"2026-01-{modified}T03:04:05", modified_gmt=f"2026-01-{modified}T02:04:05"
        )
    ]


def show(world: World, *answers: tuple[object, Headers], skew: float = 0, **facts: Any) -> None:
    """A run that gets some fresh answers, of a server whose clock is off by `skew`, and then these."""
    run = world.run().site(**facts)
    for name in ("types", "taxonomies", "statuses"):
        run.get(f"/wp/v2/{name}", {}, headers=[date(world, skew)])
    for value, headers in answers:
        capture = run.get(LISTING, value, headers=headers)
        run.proof("/wp/v2/posts", "post", capture)
    run.end()
    world.index()


def content(world: World) -> list[tuple[str, str | None]]:
    return world.rows("SELECT substr(content, 4, 3), gone FROM posts")


def changes(world: World) -> list[str]:
    return [change for (change,) in world.rows("SELECT change FROM observations ORDER BY rowid")]


OLD: dict[str, Any] = {
    "Age": lambda _: [("Age", str(9 * DAY))],
    "Age and X-Cache": lambda _: [("Age", str(9 * DAY)), ("X-Cache", "HIT")],
    "Date": lambda world: [date(world, 9 * DAY)],
    "Date and X-Cache": lambda world: [date(world, 9 * DAY), ("X-Cache", "HIT from cache.example")],
    "Age beside a fresh Date": lambda world: [("Age", str(9 * DAY)), date(world, 0)],
}


@pytest.mark.parametrize("headers", OLD)
def test_an_older_state_never_replaces_a_newer_one(world: World, headers: str) -> None:
    """Row and history stay; the capture says that it is old, and how old; a rebuild finds the same."""
    show(world, (state("new", "05"), [date(world, 0)]))
    show(world, (state("old", "03"), OLD[headers](world)))
    assert (content(world), changes(world)) == ([("new", None)], [])
    flags, age = world.rows("SELECT flags, age FROM captures WHERE route LIKE '/wp/v2/posts%' ORDER BY rowid")[1]
    assert "stale" in flags and abs(age - 9 * DAY) < 60
    stepwise = world.dump()
    assert world.rebuilt() == stepwise


@pytest.mark.parametrize("skew", [9 * DAY, -9 * DAY, 3600, 0], ids=str)
def test_a_clock_that_is_wrong_makes_nothing_old(world: World, skew: float) -> None:
    """The server's or ours: as long as all answers are off by as much, an edit is an edit."""
    show(world, (state("one", "03"), [date(world, skew)]), skew=skew)
    show(world, (state("two", "05"), [date(world, skew + 20)]), skew=skew)
    assert (content(world), changes(world)) == ([("two", None)], ["edited"])
    assert world.rows("SELECT 1 FROM captures WHERE flags LIKE '%stale%'") == []


@pytest.mark.parametrize("skew", [9 * DAY, -9 * DAY], ids=str)
def test_an_old_answer_of_a_server_with_a_wrong_clock_is_old_all_the_same(world: World, skew: float) -> None:
    show(world, (state("new", "05"), [date(world, skew)]), skew=skew)
    show(world, (state("old", "03"), [date(world, skew + DAY), ("X-Cache", "HIT")]), skew=skew)
    assert (content(world), changes(world)) == ([("new", None)], [])


def test_one_server_of_many_that_is_ahead_makes_the_others_not_old(world: World) -> None:
    show(world, (state("one"), [date(world, -30 * DAY)]), (state("two", "05"), [date(world, 0)]))
    assert world.rows("SELECT 1 FROM captures WHERE flags LIKE '%stale%'") == []


def test_an_answer_that_is_younger_than_the_row_is_news_however_old(world: World) -> None:
    """Two days ago the site had another state than what a cache of nine days had shown."""
    show(world, (state("old", "03"), [("Age", str(9 * DAY))]))
    show(world, (state("new", "05"), [("Age", str(2 * DAY))]))
    assert (content(world), changes(world)) == ([("new", None)], ["edited"])


def test_what_was_modified_later_is_later_whatever_its_age_claims(world: World) -> None:
    show(world, (state("one", "03"), [date(world, 0)]))
    show(world, (state("two", "05"), [("Age", str(9 * DAY))]))
    assert content(world) == [("two", None)]


def test_an_old_answer_is_better_than_none(world: World) -> None:
    """What was never seen before is held, and in the same run what is fresh takes its place without a word."""
    show(world, (state("old", "03"), [("Age", str(9 * DAY))]), (state("new", "05"), [date(world, 0)]))
    assert (content(world), changes(world)) == ([("new", None)], [])


def test_an_old_answer_brings_nothing_back(world: World) -> None:
    """A post that WordPress says is deleted isn't restored by a list from before that."""
    show(world, (state("new", "05"), [date(world, 0)]))
    run = world.run().site()
    capture = run.get(LISTING, [], headers=[date(world, 0)])
    run.proof("/wp/v2/posts", "post", capture, stated=0, held=0)
    gone = {"code": "rest_post_invalid_id", "message": "x", "data": {"status": 404}}
    run.get("/wp/v2/posts/1", gone, status=404, kind="probe", headers=[date(world, 0)])
    run.end()
    world.index()
    assert content(world) == [("new", "deleted")]
    show(world, (state("new", "05"), [("Age", str(9 * DAY))]))
    assert (content(world), changes(world)) == ([("new", "deleted")], ["deleted"])


def test_an_item_that_only_an_old_list_shows_is_not_missing(world: World) -> None:
    """A cached list says nothing of what is there now, so nothing that it shows vanishes by it."""
    show(world, (state("new", "05"), [date(world, 0)]))
    show(world, (state("old", "03"), [("Age", str(9 * DAY))]))
    assert world.rows("SELECT gone, missing_since FROM posts") == [(None, None)]


@pytest.mark.parametrize("age", ["-1", "x", "", "1e9", "9" * 11, "9" * 40, "\u0665", "5, 6"])
def test_an_age_that_is_none_makes_nothing_old(age: str) -> None:
    head = Head(200, "OK", "HTTP/1.1", (("Age", age),))
    assert Ages().take(head, "2026-01-01T00:00:00.000000Z") == 0


@pytest.mark.parametrize("text", ["", "yesterday", "Thu, 99 Foo 2026", "Thu, 01 Jan 1970 00:00:00 GMT", "0"])
def test_a_date_that_is_none_makes_nothing_old(text: str) -> None:
    head = Head(200, "OK", "HTTP/1.1", (("Date", text), ("X-Cache", "HIT")))
    assert Ages().take(head, "2026-01-01T00:00:00.000000Z") == 0


def test_ages_in_words() -> None:
    assert [in_words(age) for age in (3600, 7300, DAY, 9 * DAY + 5)] == ["1 hour", "2 hours", "1 day", "9 days"]
