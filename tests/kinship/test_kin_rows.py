"""The tables `kinship` and `clusters` are a function of the versions that are held, however those came."""

import json
import shutil
from typing import Any

from archives import World, post
from invented_articles import LANGUAGES, Story, Writer

from wparchive.audit.finding import Tally
from wparchive.audit.verify import verify
from wparchive.kinship.candidates import COMMON
from wparchive.model import Privilege

ENGLISH, JAPANESE = LANGUAGES[0], LANGUAGES[7]
TABLES = ("kinship", "clusters", "_wparchive_sketches", "_wparchive_frequent", "_wparchive_repeated")


def html(*lines: str) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def crawl(world: World, site: str, *posts: dict[str, Any], **options: Any) -> None:
    """A run in which these posts were read; the archive is indexed then."""
    run = world.run(site).site()
    run.get("/wp/v2/posts", list(posts), **options)
    run.end()
    world.index()


def fresh(number: int, paragraphs: int = 5, language: Any = ENGLISH) -> Story:
    writer = Writer(language, number)
    return writer.story(writer.topic(), paragraphs)


def rows(world: World) -> dict[str, list[tuple[Any, ...]]]:
    return {name: sorted(world.rows(f"SELECT * FROM {name}")) for name in TABLES}


def pairs(world: World) -> set[tuple[str, str, str]]:
    return set(world.rows("SELECT item, other, kind FROM kinship"))


def sound(world: World) -> None:
    """What came step by step equals a rebuild."""
    stepwise = rows(world)
    world.index(rebuild=True)
    assert rows(world) == stepwise


def test_pairs_come_with_the_captures_of_both(world: World) -> None:
    """A copy on another site, found when it comes; both captures and the passages are in the row."""
    story = fresh(1)
    crawl(world, "one.test", post(1, html(*story.lines)), post(2, html(*fresh(2).lines)))
    assert pairs(world) == set()
    crawl(world, "two.test", post(7, html(*story.lines, *fresh(3, 4).lines)))
    assert pairs(world) == {("one.test/post/1", "two.test/post/7", "excerpt")}
    ((capture, other, share, passages),) = world.rows("SELECT capture, other_capture, share, passages FROM kinship")
    captures = dict(world.rows("SELECT capture, site FROM captures"))
    assert (captures[capture], captures[other]) == ("one.test", "two.test")
    assert share == 100
    assert json.loads(passages)[0][0] == 0
    assert world.rows("SELECT kind, size, sites FROM clusters") == [("kin", 2, 2)] * 2
    sound(world)


def test_the_two_versions_that_are_nearest_are_compared(world: World) -> None:
    """An article that was taken and then edited stays kin by the version that was taken."""
    story = fresh(4)
    edited = fresh(5)
    crawl(world, "one.test", post(1, html(*story.lines)))
    crawl(world, "one.test", post(1, html(*edited.lines), modified_gmt="2026-02-03T02:04:05"))
    crawl(world, "two.test", post(2, html(*story.lines)))
    assert pairs(world) == {("one.test/post/1", "two.test/post/2", "copy")}
    version = world.one("SELECT version FROM kinship")
    first, *_ = world.rows(
        "SELECT substr(payload_sha256, 1, 16) FROM versions WHERE item = ? ORDER BY first_seen LIMIT 1",
        "one.test/post/1",
    )
    assert (version,) == first
    sound(world)


def test_what_nobody_else_is_shown_has_no_kin(world: World) -> None:
    """Neither what was read with credentials, nor a template that a theme brings; an excerpt stands for what is hidden."""
    story = fresh(6)
    crawl(world, "one.test", post(1, html(*story.lines)), post(3, "", excerpt={"rendered": html(*story.lines)}))
    crawl(world, "two.test", post(2, html(*story.lines)), privilege=Privilege.AUTHENTICATED)
    run = world.run("two.test").site()
    run.get("/wp/v2/blocks", [post(9, html(*story.lines), type="wp_block")])
    run.end()
    world.index()
    assert pairs(world) == {("one.test/post/1", "one.test/post/3", "copy")}
    sound(world)


def test_a_phrase_that_becomes_common_and_ceases_to_be(world: World) -> None:
    """A notice below each article makes kin of short ones until it is common; when its site goes, it makes kin again."""
    notice = fresh(10, 1).lines[0]
    for site, start, count in (("one.test", 20, 3), ("two.test", 30, COMMON)):
        made = [post(n, html(fresh(100 + start + n, 1).lines[0][:80], notice)) for n in range(1, count + 1)]
        crawl(world, site, *made)
        if site == "one.test":
            assert len(pairs(world)) == 3
    assert pairs(world) == set()
    assert {kind for (kind,) in world.rows("SELECT kind FROM clusters")} == {"common"}
    sound(world)
    shutil.rmtree(world.archive.site("two.test").path)
    world.index()
    assert len(pairs(world)) == 3
    assert world.rows("SELECT * FROM _wparchive_frequent") == []
    sound(world)


def test_series_and_what_everybody_prints_are_named(world: World) -> None:
    """A horoscope is one site's series; a press release stands on five sites; both are named as such."""
    horoscope, release = fresh(50, 4), fresh(51, 4)
    daily = [post(n, html(*horoscope.lines[: 3 + n % 2], f"Day {n} of the stars")) for n in range(1, 7)]
    crawl(world, "stars.test", *daily)
    for n in range(1, 7):
        crawl(world, f"press{n}.test", post(n, html(*release.lines)))
    kinds = world.rows("SELECT kind, count(*), max(sites) FROM clusters GROUP BY 1 ORDER BY 1")
    assert kinds == [("everybody", 6, 6), ("series", 6, 1)]
    sound(world)


def test_steps_in_any_order_make_the_same_rows(world: World, tmp_path: Any) -> None:
    """Sites that are indexed one by one, in another order, or edited in between give equal rows; `verify` compares them."""
    stories = [fresh(60 + n, 4, (ENGLISH, JAPANESE)[n % 2]) for n in range(6)]

    def posts(shift: int) -> list[dict[str, Any]]:
        return [post(n + 1, html(*stories[(n + shift) % 6].lines[: 2 + n % 3])) for n in range(4)]

    for shift, site in enumerate(("a.test", "b.test", "c.test")):
        crawl(world, site, *posts(shift))
    crawl(world, "b.test", post(2, html(*stories[0].lines), modified_gmt="2026-03-03T02:04:05"))
    sound(world)
    whole = rows(world)
    assert len(whole["kinship"]) > 5
    tally = Tally()
    assert list(verify(world.archive, tally)) == []
    assert tally.compared["kinship"] == len(whole["kinship"])
    world.index(sites=["a.test"], rebuild=True)
    assert rows(world) == whole
    world.index(sites=["c.test"], rebuild=True)
    assert rows(world) == whole
