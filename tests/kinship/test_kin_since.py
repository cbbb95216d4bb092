"""What `kin` says beside the pair: what became of it since, what more articles share, and what wasn't compared at all."""

import json
from pathlib import Path
from typing import Any

import pytest
from archives import World, post
from invented_articles import LANGUAGES, Writer
from reading import PREFIX, Reading
from test_kin_command import crawl, dated, kin

from wparchive.export.publish import publish

WRITER = Writer(LANGUAGES[0], 330)
STORY, OTHER = (WRITER.story(WRITER.topic(), 5) for _ in range(2))
SOURCE, TAKER = "source.test/post/4", "taker.test/post/9"
DATE = "2026-11-21T10:00:00"


def taken(lines: list[str], modified: str = DATE) -> dict[str, Any]:
    return dated(9, "taker.test", lines, DATE, modified=modified, modified_gmt=modified)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (OTHER.lines, "nothing is shared"),
        ([*STORY.lines[:2], *OTHER.lines], "rewritten, "),
        (STORY.lines, None),
        ([*STORY.lines, "So it is."], None),
    ],
)
def test_a_text_that_was_edited_away_is_said_to_be(world: World, lines: list[str], said: str | None) -> None:
    """The pair stays, with the captures that hold it; what stands there now is another thing. A word more changes nothing."""
    crawl(world, "source.test", dated(4, "source.test", STORY.lines, DATE))
    crawl(world, "taker.test", taken(STORY.lines))
    crawl(world, "taker.test", taken(lines, "2026-11-23T10:00:00"))
    world.index()
    text = kin(world.archive.root, TAKER)
    (pair,) = json.loads(kin(world.archive.root, TAKER, "--json"))["kin"]
    assert pair["kind"] == "copy"
    with Reading(world.archive.database) as room:
        page = room.get(f"{PREFIX}/item/{TAKER}/kin").text
    shown = [one for one in (text, page) if "ound in earlier versions; as both were read last:" in one]
    if said is None:
        assert not shown
        assert pair["latest"] is None
        return
    assert len(shown) == 2
    assert f"as both were read last: {said}" in text
    assert pair["latest"]["kind"] == (None if said.startswith("nothing") else "rewritten")


def test_a_published_copy_says_the_same(world: World, tmp_path: Path) -> None:
    """It has none of the sketches that an indexing keeps."""
    short = post(5, "<p>Far too few of them.</p>", link="https://source.test/5/")
    crawl(world, "source.test", dated(4, "source.test", STORY.lines, DATE), short)
    crawl(world, "taker.test", taken(STORY.lines))
    crawl(world, "taker.test", taken([*STORY.lines[:3], *OTHER.lines], "2026-11-22T10:00:00"))
    crawl(world, "taker.test", taken(OTHER.lines, "2026-11-23T10:00:00"))
    world.index()
    publish(world.archive, tmp_path / "public.db")
    said = []
    for database in (world.archive.database, tmp_path / "public.db"):
        with Reading(database) as room:
            pages = [room.get(f"{PREFIX}/item/{item}/kin").text for item in (TAKER, SOURCE, "source.test/post/5")]
        said.append([page.partition('class="cards"')[2].partition("</main>")[0] for page in pages])
    assert said[0] == said[1]
    assert "as both were read last: nothing is shared" in said[0][0]
    assert "Not compared: 5 words" in said[0][2]


def test_how_many_articles_share_text_with_both_is_said(world: World) -> None:
    """Reports after one pattern share its wording with each other: who reads of two is told of all."""
    frame = [" ".join(line.split()[:20]) for line in STORY.lines]
    for site in range(4):
        own = WRITER.story(WRITER.topic(), 5).lines
        mixed = [f"{part} {' '.join(rest.split()[:25])}" for part, rest in zip(frame, own, strict=True)]
        crawl(world, f"p{site}.test", dated(4, f"p{site}.test", mixed, DATE))
    world.index()
    text = kin(world.archive.root, "p0.test/post/4")
    assert text.count("rewritten: ") == 3
    assert text.count("2 more articles share text with both: it may be the wording of one pattern") == 3
    assert [one["with_both"] for one in json.loads(kin(world.archive.root, "p0.test/post/4", "--json"))["kin"]] == [
        2
    ] * 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<p>Far too few of them.</p>", "5 words; a text is known by 20 or more"),
        ("<p>Gone</p>", "1 word; a text is known by 20 or more"),
        ("<script>one two</script>", "no words; a text is known by 20 or more"),
    ],
)
def test_a_short_article_was_not_compared(world: World, content: str, said: str) -> None:
    """Nothing was looked for, so "none" would be no answer: a file with the same words is refused in these words."""
    crawl(world, "source.test", post(4, content, excerpt={"rendered": content, "protected": False}))
    world.index()
    text = kin(world.archive.root, SOURCE)
    assert f"not compared: {said}" in text
    assert "no article that shares" not in text
    assert json.loads(kin(world.archive.root, SOURCE, "--json"))["not_compared"] == said
    with Reading(world.archive.database) as room:
        assert f"Not compared: {said}." in room.get(f"{PREFIX}/item/{SOURCE}/kin").text


def test_what_is_no_article_was_not_compared(world: World) -> None:
    """A person has no text; an article that is alone has been compared."""
    run = world.run("source.test").site(home="https://source.test/", root="https://source.test/wp-json/")
    run.get("/wp/v2/posts", [dated(4, "source.test", STORY.lines, DATE)])
    run.get("/wp/v2/users", [{"id": 3, "name": "Anna", "link": "https://source.test/author/anna/", "slug": "anna"}])
    run.end()
    world.index()
    assert "not compared: it is no article that strangers are shown" in kin(world.archive.root, "source.test/user/3")
    assert "no article that shares text" in kin(world.archive.root, SOURCE)
