"""Nobody who came second is called the first, whatever a site does to look older, or an archive to see it late."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from archives import ROOT, World
from test_false_firsts import MADE, STORY, TAKEN, TEXT, article, crawl, filler, orders

from wparchive.kinship.claims import Side
from wparchive.kinship.precedence import Standing, order_of

SOURCE = f"{MADE}/post/36"
OTHER = "".join(f"<p>{line[::-1]}</p>" for line in STORY.lines)


def row(site: str, wp_id: int, date: str) -> dict[str, Any]:
    """An article that says of ids what it can, and shares nothing."""
    words = " ".join(f"{site}{wp_id}word{n}" for n in range(40))
    return article(site, wp_id, date, content=f"<p>{words}</p>")


def test_a_cache_that_shows_an_earlier_text_is_not_believed(world: World) -> None:
    """The site states that the edit came before the text without it was last shown; the copy was held between."""
    before = article(MADE, 36, "2026-11-20T10:00:00", content=OTHER)
    crawl(world, MADE, filler(MADE), before)
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2026-11-24T02:00:00"))
    crawl(world, MADE, filler(MADE), before)
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2026-11-20T10:00:00", "2026-11-23T20:00:00"))
    (order,) = orders(world, SOURCE)
    assert order.first is None
    assert any("a cache may have shown it" in one.text for one in order.reasons)


def test_an_edit_that_is_not_stated_still_came_after_what_was_held(world: World) -> None:
    """Past WordPress, with the old dates kept: the earlier text was held after the source."""
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2026-11-20T10:00:00"))
    old = "2025-05-05T10:00:00"
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, old, content=OTHER))
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, old))
    (order,) = orders(world, SOURCE)
    assert (order.first, order.standing) == (SOURCE, Standing.INDICATED)


@pytest.mark.parametrize("again", ["2026-11-24T02:00:00", "2026-11-25T01:00:00"])
def test_an_article_is_as_old_as_its_id(world: World, again: str) -> None:
    """The source was away for some days, or dated anew: articles with higher ids are dated before the copy."""
    since = [row(MADE, n, f"2026-11-{n - 20}T10:00:00") for n in (37, 38, 39)]
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2026-11-21T10:00:00"))
    crawl(world, MADE, filler(MADE), *since)
    crawl(world, MADE, filler(MADE), article(MADE, 36, again, link=f"https://{MADE}/harbour/"), *since)
    (order,) = orders(world, SOURCE)
    assert order.first is None
    assert any("began" in one.text or "begun" in one.text for one in order.reasons)


def test_one_article_that_is_dated_back_makes_none_old(world: World) -> None:
    """Ids are in order but for one: what came after the source stays proven."""
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2026-11-20T10:00:00"))
    crawl(world, TAKEN, filler(TAKEN))
    late = article(TAKEN, 9, "2026-11-25T01:00:00")
    crawl(world, TAKEN, filler(TAKEN), late, row(TAKEN, 10, "2019-01-01T10:00:00"))
    (order,) = orders(world, SOURCE)
    assert (order.first, order.standing) == (SOURCE, Standing.PROVEN)


def comment(wp_id: int, post: int, date: str) -> dict[str, Any]:
    href = f"{ROOT}/wp/v2/posts/{post}"
    return {
        "id": wp_id,
        "post": post,
        "parent": 0,
        "author": 0,
        "author_name": "A reader",
        "date": date,
        "date_gmt": date,
        "content": {"rendered": "<p>Well told.</p>"},
        "link": f"https://{MADE}/{post}/#comment-{wp_id}",
        "status": "approved",
        "type": "comment",
        "_links": {"up": [{"href": href, "post_type": "post"}]},
    }


@pytest.mark.parametrize("date", ["2026-11-10T10:00:00", "2026-11-25T03:00:00"])
def test_an_article_is_as_old_as_what_readers_said_of_it(world: World, date: str) -> None:
    """Dated anew, or away while its list was read: comments on it were written before the copy."""
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2026-11-21T10:00:00"))
    crawl(world, MADE, filler(MADE))
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2026-11-25T01:00:00"))
    run = world.run(MADE).site(home=f"https://{MADE}/", root=f"https://{MADE}/wp-json/", aliases=[f"https://{MADE}/"])
    run.get("/wp/v2/comments", [comment(5, 36, date)])
    run.end()
    (order,) = orders(world, SOURCE)
    assert order.first == (None if date < "2026-11-20" else f"{TAKEN}/post/9")
    assert any("commented on" in one.text for one in order.reasons) == (date < "2026-11-20")


def test_a_link_to_where_the_other_was_before_it_moved(world: World) -> None:
    """A credit keeps the old address; the site was seen to move from there."""
    credited = TEXT + '<p>Source: <a href="https://old-made.test/2026/harbour/">Made</a></p>'
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2026-11-22T10:00:00", content=credited))
    crawl(world, MADE, filler(MADE))
    run = world.run(MADE).site(
        home=f"https://{MADE}/", root=f"https://{MADE}/wp-json/", moved_from="https://old-made.test/"
    )
    run.end()
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2026-11-25T01:00:00"))
    (order,) = orders(world, SOURCE)
    assert order.first is None


@pytest.mark.parametrize("hours", [1, 24])
def test_who_is_looked_at_more_often_is_not_first_for_that(world: World, hours: int) -> None:
    """The copier is read each hour, the source once a week: that it was held first proves nothing."""
    crawl(world, MADE, filler(MADE))
    dated = "2026-11-25T10:00:00"
    for at in range(6):
        world.clock.now += timedelta(hours=hours - 24)
        held = [article(TAKEN, 9, dated)] if at > 2 else []
        crawl(world, TAKEN, filler(TAKEN), *held)
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2026-11-25T08:00:00"))
    (order,) = orders(world, SOURCE)
    assert order.first in (None, SOURCE)


@pytest.mark.parametrize(("by", "standing"), [((), "proven"), (("seen",), "indicated"), (("absent",), "indicated")])
def test_another_tools_clock_proves_nothing(by: tuple[str, ...], standing: str) -> None:
    """A file that somebody gave us may state any time: what rests on it is told, and no more than indicated."""
    first = Side(item="a/post/1", seen_at="2026-03-01T00:00:00Z", date="2026-03-01T00:00:00")
    dates = {"date": "2026-03-09T00:00:00", "modified": "2026-03-09T00:00:00"}
    late = Side(item="b/post/1", seen_at="2026-03-10T00:00:00Z", absent_at="2026-03-08T00:00:00Z", **dates)
    sides = (replace(first, by_others=frozenset(by) & {"seen"}), replace(late, by_others=frozenset(by) & {"absent"}))
    order = order_of(*sides)
    assert (order.first, order.standing) == ("a/post/1", standing)
    assert any("by another tool's clock" in one.text for one in order.reasons) == bool(by)


def test_a_site_is_where_it_answered_not_what_it_claims(world: World) -> None:
    """The source moved, and kept its guids; the copier calls that domain its own, and has the guid and an earlier date."""
    guid = {"rendered": "https://old-made.test/2025/harbour/"}
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-01-02T10:00:00", guid=guid))
    world.clock.now += timedelta(days=1)
    about = {"aliases": ["https://old-made.test/", f"https://{MADE}/"]}
    run = world.run(TAKEN).site(home=f"https://{TAKEN}/", root=f"https://{TAKEN}/wp-json/", **about)
    run.get("/wp/v2/posts", [article(TAKEN, 9, "2025-01-01T10:00:00", "2025-01-03T10:00:00", guid=guid)])
    run.end()
    (order,) = orders(world, SOURCE)
    assert order.first is None


def test_a_copier_can_not_call_the_source_its_own_address(world: World) -> None:
    """Else a guid of the source's would be one of its own, and the date that it puts back believed."""
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-01-02T10:00:00"))
    world.clock.now += timedelta(days=1)
    run = world.run(TAKEN).site(
        home=f"https://{TAKEN}/", root=f"https://{TAKEN}/wp-json/", aliases=[f"https://{MADE}/"]
    )
    guid = {"rendered": f"https://{MADE}/?p=36"}
    run.get("/wp/v2/posts", [article(TAKEN, 9, "2024-06-01T10:00:00", guid=guid)])
    run.end()
    (order,) = orders(world, SOURCE)
    assert order.first is None
