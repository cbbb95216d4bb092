"""A text that its site had before is told once: not each time that it is posted again under another id."""

from typing import Any

from archives import World, post
from test_copied import OWN, crawl, fresh, html, sound, told

from wparchive.kinship.candidates import COMMON

ONE, TWO, THREE = "one.test", "two.test", "three.test"
STORY, REST = fresh(81, 8), fresh(82, 8)


def items(world: World) -> list[str]:
    """The items that are told, the oldest first."""
    return [change.item for change in reversed(told(world))]


def settled(world: World) -> None:
    """The sites, of which one has the story in its first run."""
    for site in (TWO, THREE):
        crawl(world, site, *OWN, index=False)
    crawl(world, ONE, post(1, html(*STORY.lines)))


def again(wp_id: int, *lines: str) -> dict[str, Any]:
    return post(wp_id, html(*lines), date_gmt="2026-11-25T02:00:00")


def test_the_same_under_new_ids_is_told_once(world: World) -> None:
    """Whether the old one stays or not, with a line added, or a part alone; another site's is told."""
    settled(world)
    crawl(world, TWO, *OWN, again(5, *STORY.lines))
    crawl(world, TWO, *OWN, again(6, *STORY.lines))
    crawl(world, TWO, *OWN, again(6, *STORY.lines), again(7, *STORY.lines, REST.lines[0]), again(8, *STORY.lines[:4]))
    crawl(world, THREE, *OWN, again(5, *STORY.lines))
    assert items(world) == [f"{TWO}/post/5", f"{THREE}/post/5"]
    sound(world)


def test_an_article_and_its_twin_of_another_type_are_told_once(world: World) -> None:
    """Both came in one run."""
    settled(world)
    crawl(world, TWO, *OWN, again(5, *STORY.lines), again(6, *STORY.lines))
    assert items(world) == [f"{TWO}/post/5"]
    sound(world)


def test_what_has_more_of_it_is_told(world: World) -> None:
    """A paragraph first, then all in another article, then another text of the same article."""
    crawl(world, TWO, *OWN, index=False)
    crawl(world, ONE, post(1, html(*STORY.lines, *REST.lines)))
    crawl(world, TWO, *OWN, again(5, *STORY.lines[:2]))
    crawl(world, TWO, *OWN, again(5, *STORY.lines[:2]), again(6, *STORY.lines))
    crawl(world, TWO, *OWN, again(5, *STORY.lines[:2]), again(6, *STORY.lines), again(7, *REST.lines))
    assert items(world) == [f"{TWO}/post/{number}" for number in (5, 6, 7)]
    sound(world)


def test_what_stands_everywhere_by_that_is_told_as_before(world: World) -> None:
    """The copier posts it so often that its phrases are common: the first stays told, and the others stay untold."""
    settled(world)
    crawl(world, TWO, *OWN, again(5, *STORY.lines))
    crawl(world, TWO, *OWN, *(again(number, *STORY.lines) for number in range(5, 9)))
    (before,) = told(world)
    crawl(world, TWO, *OWN, *(again(number, *STORY.lines) for number in range(5, COMMON + 9)))
    (after,) = told(world)
    assert (after.id, after.item) == (before.id, before.item)
    sound(world)
