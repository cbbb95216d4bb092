"""A pair that was told is told anew when much more of a text is taken than was told; not at each edit, and not for less."""

from typing import Any

from archives import World, post
from test_copied import OWN, crawl, fresh, html, sound, told

ONE, TWO = "one.test", "two.test"
STORY, REST = fresh(61, 8), fresh(62, 8)


def dated(day: int, *lines: str, wp_id: int = 2) -> dict[str, Any]:
    return post(wp_id, html(*lines), modified_gmt=f"2026-02-{day:02}T02:04:05")


def shares(world: World) -> list[tuple[str, str, int, int | None]]:
    """What is told, the oldest first: the item, what it is, how much of it, and how much when it was told before."""
    return world.rows("SELECT item, kind, share, share_before FROM copied ORDER BY observed_at")


def settled(world: World) -> None:
    """Both sites, of which one has the story in its first run."""
    crawl(world, TWO, *OWN, index=False)
    crawl(world, ONE, post(1, html(*STORY.lines)))


def test_a_paragraph_that_becomes_the_whole_is_told_twice(world: World) -> None:
    """The first change stays as it is, with its id; the second is of the edit, and says how much was told before."""
    settled(world)
    crawl(world, TWO, *OWN, dated(3, *REST.lines[:2], STORY.lines[0]))
    (first,) = told(world)
    crawl(world, TWO, *OWN, dated(4, *STORY.lines))
    second, same = told(world)
    assert (same.id, same.reason) == (first.id, first.reason)
    assert second.kin and (second.kin.kind, second.kin.share, second.kin.others) == ("copy", 100, 0)
    assert shares(world)[0][2:] == (second.kin.share_before, None)
    assert f"100 % of it stands in {ONE}/post/1 too (copy)" in second.reason
    assert f"; of what it was when that was told before, {second.kin.share_before} % did" in second.reason
    sound(world)


def test_what_a_first_run_had_a_little_of_is_told_when_it_takes_all(world: World) -> None:
    """What it had then is never noticed; the edit is."""
    crawl(world, ONE, post(1, html(*STORY.lines)))
    crawl(world, TWO, *OWN, dated(3, *REST.lines[:2], STORY.lines[0]))
    assert told(world) == []
    crawl(world, TWO, *OWN, dated(4, *STORY.lines))
    (change,) = told(world)
    assert change.kin and change.kin.kind == "copy"
    sound(world)


def test_a_quotation_is_not_told_and_the_copy_after_it_is(world: World) -> None:
    """Once, without a word of before."""
    settled(world)
    crawl(world, TWO, *OWN, dated(3, *REST.lines[:4], f"“{STORY.lines[0]}”"))
    assert told(world) == []
    crawl(world, TWO, *OWN, dated(4, *STORY.lines))
    assert shares(world) == [(f"{TWO}/post/2", "copy", 100, None)]
    sound(world)


def test_edits_to_and_fro_are_told_once(world: World) -> None:
    """Neither what was told already, taken out and put in again, nor a little more each time, nor own words left out."""
    settled(world)
    crawl(world, TWO, *OWN, dated(3, *REST.lines, *STORY.lines[:5]))
    texts = [
        (*REST.lines,),
        (*REST.lines, *STORY.lines[:5]),
        (*REST.lines, *STORY.lines[:6]),
        (*REST.lines[:3], *STORY.lines[1:6]),
        STORY.lines[:5],
        (*REST.lines, *STORY.lines[:4]),
    ]
    for day, lines in enumerate(texts, 4):
        crawl(world, TWO, *OWN, dated(day, *lines))
        assert len(told(world)) == 1
    sound(world)


def test_a_page_that_takes_another_article_each_day_is_told_each_day(world: World) -> None:
    """Both sites keep one address for what is new: that they shared the text of yesterday says nothing of today's."""
    stories = [fresh(number) for number in range(64, 68)]
    crawl(world, TWO, *OWN, dated(1, *fresh(63).lines))
    for day, story in enumerate(stories, 2):
        crawl(world, ONE, dated(day, *story.lines, wp_id=1))
        crawl(world, TWO, *OWN, dated(day, *story.lines))
        assert len(told(world)) == day - 1
    assert {kind for _, kind, _, _ in shares(world)} == {"copy"}
    sound(world)


def test_the_other_way_round_is_another_change(world: World) -> None:
    """One takes a paragraph, the other all the rest of it: each change is of who took, at the time."""
    settled(world)
    crawl(world, TWO, *OWN, dated(3, *REST.lines, *STORY.lines[:3]))
    crawl(world, ONE, dated(4, *STORY.lines, *REST.lines, wp_id=1))
    assert [item for item, *_ in shares(world)] == [f"{TWO}/post/2", f"{ONE}/post/1"]
    sound(world)


def test_a_page_of_many_versions_is_told_of_when_it_takes_a_text(world: World) -> None:
    """However many others came before."""
    settled(world)
    for day in range(70):
        line = (
            f"On day {day} there were {day * 7} boats, {day * 3} gulls and not a single word of news from anybody here"
        )
        lines = [f"{line}, said {word}." for word in ("Anna", "Bert", "Cleo")]
        crawl(
            world,
            TWO,
            *OWN,
            post(2, html(*lines), modified_gmt=f"2026-02-01T02:{day // 60:02}:{day % 60:02}"),
            index=False,
        )
    crawl(world, TWO, *OWN, dated(4, *STORY.lines))
    (change,) = told(world)
    assert change.kin and change.kin.kind == "copy"
    sound(world)
