"""What two sites both repeat was taken by neither from the other: notices below articles, the wording of weather."""

import shutil
from random import Random
from typing import Any

from archives import World, post
from invented_articles import LANGUAGES, Writer
from test_kin_rows import crawl, fresh, html, pairs, rows, sound

from wparchive.kinship.comparison import Noise, Text, compare

NOTICE = " ".join(fresh(30, 2).text.split()[:46])


def noticed(site: int, count: int, first: int = 1) -> list[dict[str, Any]]:
    """Short articles of their own, each with the notice below."""
    return [post(n, html(fresh(1000 + 100 * site + n, 1).lines[0], NOTICE)) for n in range(first, first + count)]


def across(world: World) -> int:
    return int(world.one("SELECT count(*) FROM kinship WHERE item_site != other_site"))


def test_a_notice_below_short_articles_of_some_sites_makes_none_kin(world: World) -> None:
    """It is noise from five articles of each site on; when one site has fewer again, it could have been taken."""
    for site in range(3):
        crawl(world, f"s{site}.test", *noticed(site, 4))
    assert across(world) == 48
    for site in range(3):
        crawl(world, f"s{site}.test", *noticed(site, 2, 7))
    assert across(world) == 0
    assert world.rows("SELECT * FROM copied") == []
    sound(world)
    shutil.rmtree(world.archive.site("s1.test").path)
    crawl(world, "s1.test", *noticed(1, 4))
    assert across(world) == 2 * 4 * 6
    sound(world)


def test_a_copy_with_the_notices_of_both_is_one(world: World) -> None:
    """What is repeated is in no share; what one site alone repeats, the other has taken with the article."""
    story = fresh(31, 3)
    crawl(world, "one.test", *noticed(1, 6), post(20, html(*story.lines, NOTICE)))
    crawl(
        world, "two.test", post(5, html(*story.lines, NOTICE)), *[post(n, html(*fresh(1600 + n).lines)) for n in (6, 7)]
    )
    ((share, common),) = world.rows("SELECT share, common FROM kinship WHERE other = 'two.test/post/5' AND share > 60")
    assert (share, common) == (100, 0)
    crawl(world, "two.test", *noticed(2, 6, 30))
    ((item, kind, share, common),) = world.rows(
        "SELECT item, kind, share, common FROM kinship WHERE item_site != other_site"
    )
    assert (item, kind, share) == ("one.test/post/20", "copy", 100)
    assert common > 40
    sound(world)


def test_the_weather_of_two_sites(world: World) -> None:
    """One service's wording with other numbers each day: a series of each site, and no kin across."""
    words = Writer(LANGUAGES[0], 77)
    frame = [" ".join(line.split()[:9]) for line in words.story(words.topic(), 5).lines]
    for site in range(2):
        days = Random(site)
        made = [post(n, html(" ".join(f"{part} {days.randint(1, 99)} degrees" for part in frame))) for n in range(1, 9)]
        crawl(world, f"w{site}.test", *made)
    assert across(world) == 0
    assert world.rows("SELECT kind, size, sites, count(*) FROM clusters GROUP BY 1, 2, 3") == [("series", 8, 1, 16)]
    sound(world)


def test_a_turn_of_phrase_in_forty_articles_does_not_unmake_a_copy(world: World) -> None:
    """Texts of a language have common phrases in every line: only what hardly has others is a notice."""
    turns = ["as a matter of fact", "it goes without saying", "on the other hand of course"]
    lines = [f"{turn} {line}" for turn, line in zip(turns, fresh(32, 3).lines, strict=True)]
    crawl(world, "many.test", *[post(n, html(*turns, *fresh(1700 + n, 2).lines)) for n in range(1, 45)])
    crawl(world, "one.test", post(1, html(*lines)))
    crawl(world, "two.test", post(2, html(*lines)))
    assert rows(world)["_wparchive_frequent"]
    assert pairs(world) == {("one.test/post/1", "two.test/post/2", "copy")}
    assert world.one("SELECT share FROM kinship") == 100
    sound(world)


def test_what_varies_within_a_pattern_makes_no_copy(world: World) -> None:
    """A report of each day has one of three wordings in each line, between figures in words: few have it, and it is no news."""
    words = Writer(LANGUAGES[0], 79)
    frame = [" ".join(line.split()[:9]) for line in words.story(words.topic(), 4).lines]
    varied = [" ".join(fresh(1800 + at, 1).text.split()[:9]) for at in range(3)]

    def line(site: int, n: int, at: int) -> str:
        figure = f"one{site}{n}{at}"
        return f"{frame[at]} {figure} {varied[(n + at) % 3]} {figure} {frame[at + 1]}"

    for site in range(2):
        crawl(
            world, f"p{site}.test", *[post(n, html(*(line(site, n, at) for at in range(0, 4, 2)))) for n in range(1, 7)]
        )
    assert across(world) == 0
    sound(world)


def test_no_more_than_all_of_a_text_stands_in_another() -> None:
    """The first has a line once that the other has twice: in its article, and below it as a notice."""
    notice, before, behind = (" ".join(fresh(at, 2).text.split()[:30]) for at in (33, 34, 35))
    one, other = Text(f"{before} {notice} {behind}"), Text(f"{notice}\n{before} {notice} {behind}")
    noise = Noise({*Text(notice).phrased.phrases}, {*one.phrased.phrases})
    for first, second in ((one, other), (other, one)):
        kin = compare(first, second, noise)
        assert kin is not None
        assert max(kin.share, kin.other_share) <= 100
