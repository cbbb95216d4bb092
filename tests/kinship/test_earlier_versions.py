"""An earlier version is said to have lacked a text, or to have had it, by that text alone: an order is proven by it."""

from typing import Any

import pytest
from archives import World
from invented_articles import LANGUAGES, Writer
from test_false_firsts import MADE, TAKEN, article, crawl, filler, not_against, orders

from wparchive.ask.kinship.relatives import kin_of
from wparchive.index.database.opening import reading

WRITER = Writer(LANGUAGES[0], 320)
LINES = WRITER.story(WRITER.topic(), 48).lines
EDITED = "2026-11-27T01:00:00"


def html(*lines: str) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def made(*lines: str, modified: str = "") -> dict[str, Any]:
    return article(MADE, 36, "2026-11-20T10:00:00", modified, html(*lines))


def edited_after(world: World, before: dict[str, Any], taken: dict[str, Any], after: dict[str, Any]) -> None:
    """The one site has an article, then the other has what it took, then the article is edited."""
    crawl(world, MADE, filler(MADE), before)
    crawl(world, TAKEN, filler(TAKEN), taken)
    crawl(world, MADE, filler(MADE), before)
    crawl(world, MADE, filler(MADE), after)


@pytest.mark.parametrize("added", ["", " Updated.", " More soon.", " Corrected twice."])
def test_a_short_text_that_was_reworded_all_over_was_there_before(world: World, added: str) -> None:
    """Every fifth word is another: no seven stand together, and yet each version is the same text."""
    words = " ".join(LINES[:5]).split()[:60]
    taken = " ".join(f"x{at}" if at % 5 == 4 else word for at, word in enumerate(words))
    text = " ".join(words)
    edited_after(
        world,
        made(text),
        article(TAKEN, 9, "2026-11-22T10:00:00", content=html(taken)),
        made(f"{text}.{added}", modified=EDITED),
    )
    not_against(world, f"{MADE}/post/36")


def test_a_long_article_that_was_cut_down_had_the_text_before(world: World) -> None:
    """What the other took is too small a part of both to make them kin; of what is left it is a third."""
    text = LINES[:3]
    edited_after(
        world,
        made(*LINES[3:25], *text),
        article(TAKEN, 9, "2026-11-23T01:00:00", content=html(*LINES[25:47], *text)),
        made(*LINES[3:6], *text, modified=EDITED),
    )
    not_against(world, f"{MADE}/post/36")


NOTICE = " ".join(" ".join(Writer(LANGUAGES[0], 321).story(WRITER.topic(), 24).lines).split()[:480])


def noticed(site: str, seed: int) -> list[dict[str, Any]]:
    """Six articles with a long notice below."""
    writer = Writer(LANGUAGES[0], seed)
    stories = [writer.story(writer.topic(), 3).lines for _ in range(6)]
    return [
        article(site, at, f"2026-09-0{at}T10:00:00", content=html(*lines, NOTICE))
        for at, lines in enumerate(stories, 1)
    ]


def test_whoever_had_the_notice_below_a_text_had_not_the_text(world: World) -> None:
    """Both sites have it below all articles: an article that is edited into the other's is no older for it."""
    own, others = noticed(TAKEN, 322), noticed(MADE, 323)
    stood = article(TAKEN, 50, "2026-11-15T10:00:00", content=html(*LINES[10:14], NOTICE))
    taken = article(TAKEN, 50, "2026-11-15T10:00:00", EDITED, html(*LINES[:2], NOTICE))
    crawl(world, TAKEN, *own, stood)
    crawl(world, MADE, *others)
    crawl(world, MADE, *others, article(MADE, 36, "2026-11-25T01:00:00", content=html(*LINES[:2], NOTICE)))
    crawl(world, TAKEN, *own, stood)
    crawl(world, TAKEN, *own, taken)
    (order,) = orders(world, f"{MADE}/post/36")
    assert order.first in (None, f"{MADE}/post/36")


def test_another_article_with_the_notice_is_not_the_text(world: World) -> None:
    """It shares a line with the other's, and the notice; the text itself its site has later."""
    own, others = noticed(TAKEN, 324), noticed(MADE, 325)
    beside = article(TAKEN, 40, "2026-11-10T10:00:00", content=html(LINES[0], NOTICE))
    crawl(world, TAKEN, *own, beside)
    crawl(world, MADE, *others)
    crawl(world, MADE, *others, article(MADE, 36, "2026-11-24T10:00:00", content=html(*LINES[:6], NOTICE)))
    crawl(world, TAKEN, *own, beside)
    taken = article(TAKEN, 50, "2026-11-26T10:00:00", content=html(*LINES[:6], NOTICE))
    crawl(world, TAKEN, *own, beside, taken)
    world.index()
    with reading(world.archive.database) as db:
        (order,) = [one.order for one in kin_of(db, f"{MADE}/post/36") if one.other == f"{TAKEN}/post/50"]
    assert order and order.first in (None, f"{MADE}/post/36")
