"""What a site makes up each time is nobody's edit, however it does so; a real edit on top of it is one, and exactly one.

Each row of the table is something that plug-ins put into items. Nothing changed: no observation, in a full run as in a light one.
An edit by SQL, which moves no date: one `silently_edited`, with the captures of both states and of a second reading.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from changing import Crawled

Item = dict[str, Any]
Change = Callable[[Item, int, bool], None]
FEW = {"posts": 12, "media": 2, "comments": 2, "users": 2, "terms": 3, "pages": 2, "books": 0}


def put(html: str) -> Change:
    """Something behind the content; {} is another number in each answer."""

    def change(item: Item, number: int, alone: bool) -> None:
        if item.get("type") == "post":
            item["content"]["rendered"] += html.replace("{}", str(number * 7919))

    return change


def field(item: Item, number: int, alone: bool) -> None:
    item.update(tides=number, acf={"tide": number, "port": "Home"})


def builder(item: Item, number: int, alone: bool) -> None:
    """A page builder renders what stands alone, and leaves lists short."""
    if alone and item.get("type") == "post":
        item["content"]["rendered"] += "<p>More of it where it stands alone.</p>"
        item["comment_status"] = "closed"


MADE_UP: dict[str, Change] = {
    "a random label": put('<form class="contact"><label for="x{}">Leave this empty</label><input name="x{}"></form>'),
    "a counter in plain text": put("<p>Seen {} times.</p>"),
    "a list of other articles": put('<div class="more-of-us"><ul><li><a href="/{}/">Article {}</a></li></ul></div>'),
    "a random id": put('<section id="s{}"><h2>Heading</h2></section>'),
    "unknown fields": field,
    "a page builder": builder,
}


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Crawled]:
    """A tiny fake site that hasn't been crawled yet."""
    with Crawled(tmp_path / "archive", **FEW) as crawled:
        yield crawled


def changes(made: Crawled) -> list[tuple[Any, ...]]:
    return made.rows("SELECT type, wp_id, change, fields FROM observations ORDER BY rowid")


def test_what_is_made_up_is_no_edit_and_an_edit_on_top_is_one(made: Crawled) -> None:
    """Each row has a post of its own."""
    rows = dict(zip(made.quiet, MADE_UP.values(), strict=False))
    assert len(rows) == len(MADE_UP)

    def change(item: Item, number: int, alone: bool) -> None:
        if item.get("type") == "post" and item["id"] in rows:
            rows[item["id"]](item, number, alone)

    made.site.fault("rewritten", change=change)
    made.crawl()
    versions = made.rows("SELECT type, count(*) FROM versions GROUP BY 1")
    for full in (True, True, False):
        made.crawl(full=full)
    assert (changes(made), made.rows("SELECT type, count(*) FROM versions GROUP BY 1")) == ([], versions)
    for number in rows:
        post = made.site.site.posts[number]
        made.site.edit(number, silent=True, content=post.content.replace("</p>", " Quite so.</p>", 1))
    for full in (True, True, False):
        made.crawl(full=full)
    assert changes(made) == [("post", number, "silently_edited", '["content"]') for number in sorted(rows)]
    kinds = made.rows(
        "SELECT DISTINCT b.kind, a.kind, c.kind, c.run = o.run FROM observations o JOIN captures b ON b.capture = o.before "
        "JOIN captures a ON a.capture = o.after JOIN captures c ON c.capture = o.confirmed"
    )
    assert kinds == [("listing", "listing", "confirmation", 1)]
    assert made.equals_rebuilt()


def test_what_comes_alone_is_compared_with_what_came_alone(made: Crawled) -> None:
    """The first reading of a form says nothing of readings of another; an edit is seen in either."""
    made.site.fault("rewritten", change=builder)
    number = made.quiet[0]
    url = made.site.url_of(f"/wp/v2/posts/{number}")
    made.crawl()
    made.crawl(url, scope="post")
    assert changes(made) == []
    made.site.edit(number, silent=True, content="<p>Quietly.</p>\n")
    made.crawl(url, scope="post")
    assert [row[:3] for row in changes(made)] == [("post", number, "silently_edited")]
    assert made.equals_rebuilt()


def test_what_was_learnt_costs_no_second_reading_again(made: Crawled) -> None:
    """A label in a form of its own class is known by its place; the next runs ask as much as on a quiet site."""
    quiet = [made.crawl(full=full).tally.requests for full in (True, True, False)][1:]
    made.site.fault("rewritten", change=MADE_UP["a random label"])
    made.crawl(full=True)
    made.crawl(full=True)
    learnt = made.rows("SELECT type, entry FROM _wparchive_volatile ORDER BY 1, 2")
    assert learnt == [("post", "place:form.contact input@name"), ("post", "place:form.contact label@for")]
    before = made.rows("SELECT count(*) FROM versions")
    assert [made.crawl(full=full).tally.requests for full in (True, False)] == quiet
    assert made.rows("SELECT count(*) FROM versions") == before
    assert made.equals_rebuilt()


def test_plug_in_fields_are_no_edit_and_one_that_always_moves_is_not_told_of_for_ever(made: Crawled) -> None:
    """Between two readings it stands still, from run to run it doesn't: after three versions in a row it is learnt."""
    post = made.site.site.posts[made.quiet[0]]
    post.extra["tides"], post.extra["port"] = 0, "Home"
    made.crawl()
    for tide in range(1, 6):
        post.extra["tides"] = tide
        made.crawl(full=True)
    told = ("post", post.id, "fields_changed", '["tides"]')
    assert changes(made) == [told, told]
    post.extra["port"] = "Away"
    made.crawl(full=True)
    assert changes(made)[2:] == [("post", post.id, "fields_changed", '["port"]')]
    assert made.equals_rebuilt()


def test_what_could_not_be_read_twice_is_accused_of_nothing_until_it_was(made: Crawled) -> None:
    """The state before stays what later ones are compared with, also when the memory is lost in between."""
    made.crawl(media="none")
    number = made.quiet[0]
    just = made.crawl(full=True, media="none").tally.requests
    made.site.edit(number, silent=True, content="<p>Quietly.</p>\n")
    assert made.crawl(full=True, media="none", max_requests=just).outcome == "incomplete"
    assert (changes(made), made.rows("SELECT content FROM posts WHERE wp_id = ?", number)) == (
        [],
        [("<p>Quietly.</p>\n",)],
    )
    for path in made.archive.root.glob("*/frontier.db*"):
        path.unlink()
    made.crawl(media="none")
    assert changes(made) == [("post", number, "silently_edited", '["content"]')]
    assert made.equals_rebuilt()


def test_what_a_run_cannot_read_twice_is_said(made: Crawled) -> None:
    """A site that refuses the second reading: nobody is accused, and the run says so."""
    asked: set[str] = set()

    def refuse(params: dict[str, Any], route: str) -> None:
        again = f"{route} {sorted(params.items())}"
        if "include" in params or ("page" in params and again in asked):
            params["per_page"] = "0"
        asked.add(again)

    made.crawl()
    made.site.edit(made.quiet[0], silent=True, content="<p>Quietly.</p>\n")
    made.site.fault("asked", change=refuse)
    assert made.crawl(full=True).outcome == "complete"
    assert (changes(made), [event for event, _ in made.events].count("notice")) == ([], 1)
    made.site.mend()
    made.crawl()
    assert [row[:3] for row in changes(made)] == [("post", made.quiet[0], "silently_edited")]


def test_a_site_that_does_not_understand_include_is_read_by_its_pages(made: Crawled) -> None:
    made.crawl()
    made.site.fault("asked", change=lambda params, route: params.pop("include", None) and params.update(per_page="1"))
    made.site.edit(made.quiet[0], silent=True, content="<p>Quietly.</p>\n")
    made.crawl(full=True)
    assert changes(made) == [("post", made.quiet[0], "silently_edited", '["content"]')]


def test_a_memory_of_an_earlier_version_is_learnt_again(made: Crawled) -> None:
    """Made before states were remembered: the same ones are compared."""
    made.crawl()
    (folder,) = made.archive.sites()
    with closing(sqlite3.connect(folder.frontier)) as db:
        db.execute("DROP TABLE states")
    made.site.edit(made.quiet[0], silent=True, content="<p>Quietly.</p>\n")
    made.crawl(full=True)
    assert changes(made) == [("post", made.quiet[0], "silently_edited", '["content"]')]
