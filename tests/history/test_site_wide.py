"""The same text in most items at once is one change of the site, and accuses none of them; what was edited besides is an edit."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from changing import Crawled

Item = dict[str, Any]
FEW = {"posts": 12, "media": 2, "comments": 2, "users": 2, "terms": 3, "pages": 2, "books": 0}
NOTICE = "<p>This content isn't available in your country. Log in to read it.</p>"
WALLS: dict[str, Callable[[str], str]] = {
    "before it": lambda text: NOTICE + text,
    "behind it": lambda text: text + NOTICE,
    "in its midst": lambda text: text.replace("</p>", f"</p>{NOTICE}", 1),
    "without an element of its own": lambda text: text.rstrip().removesuffix("</p>") + " Read on in our app.</p>",
    "in its place": lambda _: NOTICE,
    "behind a teaser": lambda text: f"{text[:60]}…</p>{NOTICE}",
}


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Crawled]:
    """A tiny fake site that was crawled once."""
    with Crawled(tmp_path / "archive", full=True, **FEW) as crawled:
        crawled.crawl()
        yield crawled


def wall(made: Crawled, how: str, which: Callable[[int], bool] = lambda _: True) -> None:
    """From now on posts and pages stand behind a wall."""

    def change(item: Item, number: int, alone: bool) -> None:
        if item.get("type") in ("post", "page") and which(item["id"]) and item["content"]["rendered"]:
            item["content"]["rendered"] = WALLS[how](item["content"]["rendered"])

    made.site.fault("rewritten", change=change)


def told(made: Crawled) -> dict[str, set[int]]:
    """The ids by what the last run observed of them."""
    found: dict[str, set[int]] = {}
    for _, wp_id, change in made.observed():
        found.setdefault(change, set()).add(wp_id)
    return found


def readable(made: Crawled) -> set[int]:
    """The posts and pages that show a text."""
    query = "SELECT wp_id FROM posts WHERE type IN ('post', 'page') AND json_extract(raw, '$.content.rendered') != ''"
    return {wp_id for (wp_id,) in made.rows(query)}


@pytest.mark.parametrize("how", WALLS)
def test_a_wall_is_the_sites_doing_when_it_comes_and_when_it_goes(how: str, made: Crawled) -> None:
    """Every item has its row with its captures; none is said to be edited. Pages too few to tell by are behind the same wall."""
    all_of_them = readable(made)
    wall(made, how)
    made.crawl()
    assert told(made) == {"site_changed": all_of_them}
    assert made.rows("SELECT DISTINCT fields, confirmed IS NULL FROM observations") == [('["content"]', 0)]
    made.crawl()
    assert told(made) == {}
    made.site.mend()
    made.crawl()
    assert told(made) == {"site_changed": all_of_them}
    assert made.equals_rebuilt()


@pytest.mark.parametrize("how", ["before it", "behind it", "in its midst"])
def test_an_edit_beside_the_notice_is_an_edit(how: str, made: Crawled) -> None:
    """Exactly one is accused."""
    number = made.quiet[0]
    all_of_them = readable(made)
    wall(made, how)
    post = made.site.site.posts[number]
    made.site.edit(number, silent=True, content=post.content + "<p>The minister denies it.</p>\n")
    made.crawl()
    assert told(made) == {"site_changed": all_of_them - {number}, "silently_edited": {number}}
    made.site.edit(number, silent=True, content=post.content.replace("The minister denies it.", ""))
    made.site.mend()
    made.crawl()
    assert told(made) == {"site_changed": all_of_them - {number}, "silently_edited": {number}}


def test_a_text_that_went_while_a_notice_came_is_an_edit(made: Crawled) -> None:
    """A notice that stands beside the texts of the others took none away."""
    number = made.quiet[0]
    wall(made, "behind it")
    made.site.edit(number, silent=True, content="<p>Nothing to see.</p>\n")
    made.crawl()
    assert told(made)["silently_edited"] == {number}


def test_the_same_edit_of_a_few_is_an_edit_of_each(made: Crawled) -> None:
    """Five of twelve posts aren't the site."""
    chosen = set(made.quiet[:5])
    wall(made, "behind it", chosen.__contains__)
    made.crawl()
    assert told(made) == {"silently_edited": chosen}


def test_edits_of_all_that_have_nothing_in_common_are_edits(made: Crawled) -> None:
    """Each of them says something else."""
    for number in made.quiet:
        made.site.edit(number, silent=True, content=f"<p>Number {number * 7919} it is.</p>\n")
    made.crawl()
    assert told(made) == {"silently_edited": set(made.quiet)}
