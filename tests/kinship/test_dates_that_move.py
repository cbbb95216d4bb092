"""What a site stated of an article when that was first held isn't unsaid by what it states later."""

import pytest
from archives import World
from test_false_firsts import MADE, STORY, TAKEN, TEXT, article, crawl, filler, orders

from wparchive.kinship.precedence import Standing

SOURCE = f"{MADE}/post/36"


def told(world: World, words: str) -> bool:
    (order,) = orders(world, SOURCE)
    return any(words in one.text for one in order.reasons)


def test_a_date_that_is_raised_later_leaves_the_first_one(world: World) -> None:
    """The source is dated anew when it is put on the front page again: it was dated before the copy when it was held."""
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2025-01-05T10:00:00", "2025-01-05T11:00:00"))
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-01-02T10:00:00", "2025-01-02T10:10:00"))
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2026-11-24T10:00:00", "2026-11-24T11:00:00"))
    (order,) = orders(world, SOURCE)
    assert (order.first, order.standing) == (SOURCE, Standing.INDICATED)
    assert told(world, "dated 2026-11-24T10:00:00 since 2026-11-25")


@pytest.mark.parametrize("modified", ["2026-11-10T11:00:00", "2026-11-18T11:00:00", "2026-11-25T11:00:00"])
def test_a_date_that_is_put_back_later_makes_nobody_first(world: World, modified: str) -> None:
    """Whatever else it states: the copy was dated after the source when it was first held."""
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2026-11-15T10:00:00", "2026-11-15T10:10:00"))
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2026-11-18T10:00:00", "2026-11-10T11:00:00"))
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2026-11-10T10:00:00", modified))
    (order,) = orders(world, SOURCE)
    assert order.first is None
    assert told(world, "dated 2026-11-10T10:00:00 since 2026-11-25")
    assert told(world, "but 2026-11-18T10:00:00 before")


def test_an_old_date_that_is_put_back_unsays_a_proof(world: World) -> None:
    """The source was away while its list was read, came back with a new date, and got its old one again."""
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2025-01-05T10:00:00", "2025-01-05T11:00:00"))
    crawl(world, MADE, filler(MADE))
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2026-11-25T01:00:00", "2026-11-25T01:10:00"))
    (order,) = orders(world, SOURCE)
    assert order.standing == Standing.PROVEN
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2024-05-02T10:00:00", "2026-11-26T01:10:00"))
    (order,) = orders(world, SOURCE)
    assert order.first is None


def test_a_date_that_is_moved_by_hours_is_none_that_is_put_back(world: World) -> None:
    """A wrong clock that is put right: the day stays."""
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-01-02T20:00:00", "2025-01-02T20:10:00"))
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-01-02T10:00:00", "2025-01-02T20:10:00"))
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2025-01-05T10:00:00", "2025-01-05T11:00:00"))
    (order,) = orders(world, SOURCE)
    assert (order.first, order.standing) == (SOURCE, Standing.INDICATED)


@pytest.mark.parametrize("words", [9, 40])
def test_a_text_that_came_without_a_word_is_not_as_old_as_its_date(world: World, words: int) -> None:
    """The copier's article was a few words before, of the same or others; the edit that brought the text isn't stated."""
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2026-11-15T10:00:00"))
    few = f"<p>{' '.join(STORY.lines[0].split()[:words])} …</p>"
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2026-11-10T10:00:00", content=few))
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2026-11-10T10:00:00"))
    (order,) = orders(world, SOURCE)
    assert order.first is None
    assert told(world, "have a part of it, or too little to tell")


def test_a_part_of_the_first_does_not_keep_it_from_being_first(world: World) -> None:
    """It is dated and held whole before the copy is dated: that it was opened late takes nothing from that."""
    few = f"<p>{' '.join(STORY.lines[0].split()[:9])} …</p>"
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2026-11-15T10:00:00", content=few))
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2026-11-15T10:00:00"))
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2026-11-25T02:00:00"))
    (order,) = orders(world, SOURCE)
    assert (order.first, order.standing) == (SOURCE, Standing.INDICATED)


@pytest.mark.parametrize("guid", [f"https://{TAKEN}/?p=36", f"https://{TAKEN}/2022/harbour/"])
def test_a_guid_points_to_nothing_that_was_imported_under_it(world: World, guid: str) -> None:
    """The source moved, and kept its guids; who bought its old domain imports its articles, guids and dates included."""
    own = {"guid": {"rendered": guid}}
    crawl(world, MADE, filler(MADE), article(MADE, 9, "2022-02-01T02:00:00", "2022-02-01T02:10:00", **own))
    crawl(world, TAKEN, filler(TAKEN))
    bought = article(TAKEN, 77, "2022-02-01T02:00:00", "2026-11-24T02:10:00", **own)
    crawl(world, TAKEN, filler(TAKEN), bought)
    (order,) = orders(world, f"{MADE}/post/9")
    assert order.first is None


@pytest.mark.parametrize("number", [9, 36])
def test_a_guid_that_has_another_id_is_not_the_articles(world: World, number: int) -> None:
    """WordPress writes an article's id into it: one with its own id is of a site that moved, whoever has its domain now."""
    own = article(MADE, 36, "2025-01-02T10:00:00", guid={"rendered": f"https://{TAKEN}/?p={number}"})
    crawl(world, MADE, filler(MADE), own)
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2025-01-01T10:00:00", "2025-01-02T10:00:00"))
    (order,) = orders(world, SOURCE)
    assert order.first == (f"{TAKEN}/post/9" if number == 9 else None)


def test_a_guid_that_named_the_other_and_was_changed_is_remembered(world: World) -> None:
    """Held first, with the other's guid; a later version has one of its own."""
    dates = "2026-11-22T02:00:00", "2026-11-22T03:10:00"
    copied = article(TAKEN, 9, *dates, guid={"rendered": f"https://{MADE}/?p=38"})
    crawl(world, TAKEN, filler(TAKEN), copied)
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, *dates, TEXT))
    crawl(world, MADE, filler(MADE))
    crawl(world, MADE, filler(MADE), article(MADE, 38, "2026-11-26T01:00:00", "2026-11-26T02:00:00"))
    (order,) = orders(world, f"{MADE}/post/38")
    assert order.first is None


@pytest.mark.parametrize(("of_utc", "own"), [("2025-01-01", "2025-01-18"), ("2025-01-18", "2025-01-01")])
def test_two_dates_of_one_article_that_differ_make_nobody_first(world: World, of_utc: str, own: str) -> None:
    """Whoever sets one of them back leaves the other: which is true isn't known, nor is anything proven by it."""
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-01-10T10:00:00"))
    taken = article(TAKEN, 9, f"{of_utc}T10:00:00")
    crawl(world, TAKEN, filler(TAKEN), {**taken, "date": f"{own}T10:00:00", "modified": f"{own}T10:00:00"})
    (order,) = orders(world, SOURCE)
    assert order.first is None
    assert told(world, f"dated {of_utc}T10:00:00, but {own}T10:00:00 by the site's own clock")


def test_a_clock_of_another_zone_is_no_other_date(world: World) -> None:
    """Nor is one at either end of the world."""
    source = article(MADE, 36, "2025-01-02T10:00:00")
    crawl(world, MADE, filler(MADE), {**source, "date": "2025-01-03T00:00:00"})
    crawl(world, TAKEN, filler(TAKEN), {**article(TAKEN, 9, "2025-01-05T10:00:00"), "date": "2025-01-04T22:00:00"})
    (order,) = orders(world, SOURCE)
    assert (order.first, order.standing) == (SOURCE, Standing.INDICATED)
