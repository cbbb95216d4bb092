"""What the API says against what the page shows, from stored captures: when it is an observation, and when it never is."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from archives import HOME, SITE, Run, World, exchange, post

from wparchive.ask.changes import Question, changes
from wparchive.ask.presenting.lines import lines
from wparchive.audit import verify
from wparchive.browse.queries.item import item_of
from wparchive.browse.render.page_notice import PageNotice, page_notice
from wparchive.model import Capture, Fetched, Privilege, Target, Verdict

LEAD = (
    "The harbour of Sallow Bay will move to the new quay in May, the council decided on Monday by nine votes to four."
)
COST = "The move costs 12 million crowns, of which the province pays a third and the fishermen's guild a tenth."
OTHER = "Nobody in the council knows what the move will cost, and the province has not been asked for any money so far."
END = "The court will hear the residents on the third of March, two weeks before the first pile is to be driven."
SECRET = "Buy cheap pills from the friendly chemist on the island, shipped to every town of the bay within three days."


def p(*texts: str) -> str:
    return "".join(f"<p>{text}</p>\n" for text in texts)


SAID = p(LEAD, COST, END)


def item(wp_id: int = 7, content: str = SAID, **fields: Any) -> dict[str, Any]:
    return post(wp_id, content, title={"rendered": f"The quay and pier {wp_id}"}, **fields)


def html(content: str = SAID, wp_id: int = 7) -> str:
    return (
        f"<!doctype html><html><head><title>x</title></head><body class='single postid-{wp_id}'><article>"
        f"<h1 class='entry-title'>The quay and pier {wp_id}</h1><div class='entry-content'>{content}</div></article></body>"
    )


class Looks:
    """Runs over one site, one after another: each reads its items, and then looks at pages."""

    def __init__(self, world: World) -> None:
        self.world = world

    def run(
        self,
        items: Sequence[dict[str, Any]],
        pages: dict[int, str],
        *,
        start: dict[str, Any] | None = None,
        **answer: Any,
    ) -> dict[int, Capture]:
        """One run; `items` are those that it reads in full (none: only the pages)."""
        run = self.world.run(start={"mode": "full" if items else "incremental", **(start or {})}).site()
        if items:
            run.proof("/wp/v2/posts", "post", run.get("/wp/v2/posts", items), held=len(items), stated=len(items))
        looked = {wp_id: look(run, self.world, wp_id, page, **answer) for wp_id, page in pages.items()}
        run.end()
        self.world.index()
        return looked

    def told(self) -> list[tuple[Any, ...]]:
        return self.world.rows("SELECT wp_id, before, after, confirmed FROM observations WHERE change = 'page_differs'")

    def agrees(self) -> list[Any]:
        return [one for (one,) in self.world.rows("SELECT agrees FROM pages ORDER BY rowid")]


def look(
    run: Run, world: World, wp_id: int, page: str, *, status: int = 200, cut: str | None = None, final: str = ""
) -> Capture:
    url = f"{HOME}post-{wp_id}/"
    made = exchange(final or url, page.encode(), world.clock(), status=status, mime="text/html; charset=UTF-8", cut=cut)
    about = (("collection", "/wp/v2/posts"), ("id", str(wp_id)), ("type", "post"), ("version", "1"), ("url", url))
    target = Target(url=url, key=f"PAGE {url} 1", kind="page", about=about, privilege=Privilege.ANONYMOUS)
    fetched = Fetched(target=target, verdict=Verdict.ANSWERED, exchanges=(made,))
    return run.store.put(run.store.prepare(fetched))[-1]


@pytest.fixture
def looks(world: World) -> Looks:
    """An empty archive to look into."""
    return Looks(world)


def agree_with_the_warcs(world: World) -> None:
    """Every row follows from the WARCs alone."""
    assert [*verify(world.archive)] == []
    assert world.dump() == world.rebuilt()


CLOAK = html(p(LEAD, OTHER, END))


def test_two_looks_make_an_observation(looks: Looks) -> None:
    """The API first, then both looks; never after the first of them."""
    first = looks.run([item()], {7: CLOAK})
    assert looks.told() == []
    second = looks.run([item()], {7: CLOAK})
    (told,) = looks.told()
    (api,) = looks.world.rows("SELECT capture FROM posts")
    assert told == (7, *api, second[7].capture, first[7].capture)
    assert looks.agrees() == [0, 0]
    found = looks.world.rows("SELECT kind, item_says, page_shows, capture FROM page_differences ORDER BY kind")
    assert found == [("added", "", OTHER, second[7].capture), ("missing", COST, "", second[7].capture)]
    agree_with_the_warcs(looks.world)


def test_what_is_told_of_it(looks: Looks) -> None:
    """Both sides' words, when the page showed so, and three captures that prove it."""
    looks.run([item()], {7: CLOAK})
    looks.run([item()], {7: CLOAK})
    (change,) = changes(looks.world.archive.database, Question(kinds=("page_differs",)))
    shown = "\n".join(lines(change))
    assert "[-The move costs 12 million crowns" in shown and "{+Nobody in the council" in shown
    assert "the page shows other words" in shown and "the page showed so at 2026-11-22T04:" in shown
    assert [name for name, _ in change.evidence] == ["the API", "the page", "the page before"]
    (summary,) = looks.world.rows("SELECT summary FROM observations WHERE change = 'page_differs'")
    assert summary[0].startswith("the page shows other words: +")
    assert not [*changes(looks.world.archive.database, Question(words=("pills",)))]
    assert [*changes(looks.world.archive.database, Question(words=("crowns",), kinds=("page_differs",)))]


def test_a_page_that_agrees_says_so(looks: Looks) -> None:
    looks.run([item()], {7: html()})
    looks.run([item()], {7: html()})
    assert looks.told() == [] and looks.agrees() == [1, 1]


def test_what_differs_once_alone_is_none(looks: Looks) -> None:
    """A cache that catches up, an advertisement that changes."""
    looks.run([item()], {7: CLOAK})
    looks.run([item()], {7: html()})
    looks.run([item()], {7: html(p(LEAD, COST, END, SECRET))})
    assert looks.told() == []


def test_not_if_the_item_changed_in_between(looks: Looks) -> None:
    """The page was ahead of the API, or the item was edited without a date: the second reading shows the new words."""
    looks.run([item()], {7: CLOAK})
    looks.run([item(content=p(LEAD, OTHER, END))], {7: CLOAK})
    assert looks.told() == []


def test_not_if_the_api_was_not_read_again(looks: Looks) -> None:
    """What it says now isn't known then: the item may have been edited before the first look."""
    looks.run([item()], {7: CLOAK})
    looks.run([], {7: CLOAK})
    assert looks.told() == []
    looks.run([item()], {7: CLOAK})
    assert len(looks.told()) == 1


def test_twice_in_one_crawl_is_one_look(looks: Looks) -> None:
    """A run that continues another one is no other run."""
    run = looks.world.run().site()
    run.get("/wp/v2/posts", [item()])
    look(run, looks.world, 7, CLOAK)
    look(run, looks.world, 7, CLOAK)
    run.kill()
    looks.world.archive.finish(SITE)
    again = Run(looks.world.archive, looks.world.clock, SITE, None, 10**9)
    again.store.begin({"mode": "full", "settings": {}}, crawl=run.store.crawl)
    again.get("/wp/v2/posts", [item()])
    look(again, looks.world, 7, CLOAK)
    again.end()
    looks.world.index()
    assert looks.told() == []


def test_it_is_told_once(looks: Looks) -> None:
    """As long as it goes on; again when the page had agreed in the meantime, or shows yet other words."""
    for _ in range(4):
        looks.run([item()], {7: CLOAK})
    assert len(looks.told()) == 1
    for _ in range(3):
        looks.run([item()], {7: html(p(LEAD, SECRET, END))})
    assert len(looks.told()) == 2
    looks.run([item()], {7: html()})
    for _ in range(2):
        looks.run([item()], {7: html(p(LEAD, SECRET, END))})
    assert len(looks.told()) == 3
    agree_with_the_warcs(looks.world)


def test_what_several_pages_have_in_common_is_the_sites_doing(looks: Looks) -> None:
    """An advertisement in every article, whichever run saw the other page."""
    ad = "Read the paper of Sallow Bay every morning for only ten crowns a month, and bring the whole family along."
    looks.run([item(), item(8), item(9)], {7: html(p(ad) + SAID)})
    looks.run([item(), item(8), item(9)], {8: html(p(ad) + SAID, 8)})
    looks.run([item(), item(8), item(9)], {7: html(p(ad) + SAID)})
    looks.run([item(), item(8), item(9)], {8: html(p(ad, OTHER, LEAD, END), 8)})
    looks.run([item(), item(8), item(9)], {8: html(p(ad, OTHER, LEAD, END), 8)})
    assert [wp_id for wp_id, *_ in looks.told()] == [8]
    agree_with_the_warcs(looks.world)
    assert ad not in json.dumps(looks.world.rows("SELECT page_shows FROM page_differences"))


@pytest.mark.parametrize(("articles", "told"), [(2, [7, 8]), (3, [])])
@pytest.mark.parametrize("how", ["another passage", "other words in it"])
def test_the_same_correction_on_two_pages_is_told_of_both(
    looks: Looks, how: str, articles: int, told: list[int]
) -> None:
    """The old words are gone and others stand there, which no advertisement does; on a third page it is the site's doing."""
    wp_ids = range(7, 7 + articles)
    said = {one: p(f"{LEAD} {one}", COST, f"{END} {one}") for one in wp_ids}
    instead = OTHER if how == "another passage" else COST.replace("12 million", "19 million")
    for _ in range(2):
        looks.run(
            [item(one, said[one]) for one in (*wp_ids,)] + [item(50 + one) for one in range(4)],
            {one: html(said[one].replace(COST, instead), one) for one in wp_ids}
            | {50 + one: html(SAID, 50 + one) for one in range(4)},
        )
    assert sorted(wp_id for wp_id, *_ in looks.told()) == told
    agree_with_the_warcs(looks.world)


def shortened(wp_ids: Sequence[int]) -> dict[int, str]:
    """Pages that show each its own beginning, with a button that nothing tells from others."""
    return {one: html(p(f"{LEAD} {one}") + "<div class='rest'></div><button>+</button>", one) for one in wp_ids}


def own(wp_id: int) -> dict[str, Any]:
    """An item with words that no other has."""
    return item(wp_id, p(f"{LEAD} {wp_id}", *(f"{text} {word} {wp_id}" for word in ("a", "b") for text in (COST, END))))


@pytest.mark.parametrize(("differing", "whole", "told"), [(3, 0, 0), (2, 1, 2), (3, 2, 0), (3, 4, 3)])
def test_what_most_pages_do_in_one_way_is_the_sites_doing(looks: Looks, differing: int, whole: int, told: int) -> None:
    """A theme that loads the rest of each article, a site that is shown in translation: the words differ, the way doesn't."""
    short, rest = [*range(7, 7 + differing)], [*range(50, 50 + whole)]
    items = [own(one) for one in (*short, *rest)]
    pages = shortened(short) | {one: html(own(one)["content"]["rendered"], one) for one in rest}
    for _ in range(2):
        looks.run(items, pages)
    assert len(looks.told()) == told
    agree_with_the_warcs(looks.world)


def test_a_page_that_came_in_part_lacks_nothing(looks: Looks) -> None:
    for _ in range(2):
        looks.run([item()], {7: html(p(LEAD))[:-40]}, cut="length")
    assert looks.told() == [] and looks.agrees() == [None, None]


def test_a_cache_that_lags_for_two_runs(looks: Looks) -> None:
    """The page goes on showing the version before."""
    old, new = (
        item(),
        item(content=p(LEAD, OTHER, END), modified_gmt="2026-02-01T00:00:00", modified="2026-02-01T01:00:00"),
    )
    looks.run([old], {7: html()})
    looks.run([new], {7: html()})
    assert looks.told() == []
    looks.run([new], {7: html()})
    assert [wp_id for wp_id, *_ in looks.told()] == [7]
    assert (
        looks.world.one("SELECT DISTINCT reason FROM pages WHERE agrees = 0")
        == "the page shows an older version that is held"
    )


def test_a_country_that_is_shut_out(looks: Looks) -> None:
    """Of one article, it is an observation without words; of several, it is the site's doing."""
    shut = html(p("This content is not available in your country."))
    for _ in range(2):
        looks.run([item(), item(8)], {7: shut, 8: html(wp_id=8)})
    assert [wp_id for wp_id, *_ in looks.told()] == [7]
    assert looks.world.rows("SELECT DISTINCT verdict FROM pages WHERE wp_id = 7") == [("geoblock",)]
    looks.run([item(), item(8)], {8: shut})
    looks.run([item(), item(8)], {8: shut})
    assert [wp_id for wp_id, *_ in looks.told()] == [7]


WALLS = {
    "paywall": (200, html(p(LEAD) + "<div class='paywall'>Subscribe to continue reading</div>")),
    "login": (401, "<html><body><form><input type=password></form></body></html>"),
    "missing": (404, "<html><body>no such page, dear reader</body></html>"),
    "error": (500, "<html><body>oops, that went wrong</body></html>"),
    "soft-404": (200, "<html><body class='error404'><p>Not here</p></body></html>"),
    "protected": (
        200,
        "<html><body class='postid-7'><form class='post-password-form'><p>secret</p></form></body></html>",
    ),
}


@pytest.mark.parametrize("verdict", WALLS)
def test_what_came_instead_of_the_page(looks: Looks, verdict: str) -> None:
    """It is named, and nothing is said of what the page shows."""
    status, page = WALLS[verdict]
    for _ in range(2):
        looks.run([item()], {7: page}, status=status)
    assert looks.told() == [] and looks.agrees() == [None, None]
    assert looks.world.rows("SELECT DISTINCT verdict FROM pages") == [(verdict,)]


def test_where_it_was_led_to(looks: Looks) -> None:
    looks.run([item()], {7: "<html><body><p>Welcome to our paper</p></body></html>"}, final=f"{HOME}home/")
    assert looks.world.rows("SELECT verdict, reason FROM pages") == [("redirect", "it ended at example.org/home/")]


def test_the_same_as_before_is_a_second_look(looks: Looks) -> None:
    """A server that says 304 says that the page still shows what it showed."""
    looks.run([item()], {7: CLOAK})
    looks.run([item()], {7: ""}, status=304)
    assert len(looks.told()) == 1


def test_a_page_of_no_item_is_judged_too(looks: Looks) -> None:
    """It has a verdict, and the digest of its words; nothing to agree with."""
    run = looks.world.run().site()
    url = f"{HOME}about/"
    made = exchange(url, html().encode(), looks.world.clock(), mime="text/html")
    fetched = Fetched(
        target=Target(url=url, key=f"PAGE {url}", kind="page"), verdict=Verdict.ANSWERED, exchanges=(made,)
    )
    run.store.put(run.store.prepare(fetched))
    run.end()
    looks.world.index()
    ((verdict, agrees, digest),) = looks.world.rows("SELECT verdict, agrees, text_sha256 FROM pages")
    assert (verdict, agrees, len(digest)) == (None, None, 64)


def test_pages_that_are_older_than_what_the_item_says_now(looks: Looks) -> None:
    """As in what other tools captured long ago, and was imported late: the item may have said the same then."""
    run = looks.world.run().site()
    url = f"{HOME}post-7/"
    early = looks.world.clock.now
    looks.world.clock.now = early + timedelta(days=1)
    run.get("/wp/v2/posts", [item()])
    run.end()
    for _ in range(2):
        late, looks.world.clock.now = looks.world.clock.now, early
        made = exchange(url, CLOAK.encode(), early, mime="text/html; charset=UTF-8")
        looks.world.clock.now = late
        run = looks.world.run().site()
        run.get("/wp/v2/posts", [item()])
        target = Target(url=url, key=f"PAGE {url} 1", kind="page", about=(("id", "7"), ("type", "post"), ("url", url)))
        run.store.put(run.store.prepare(Fetched(target=target, verdict=Verdict.ANSWERED, exchanges=(made,))))
        run.end()
    looks.world.index()
    assert looks.world.one("SELECT count(*) FROM pages WHERE type = 'post' AND agrees IS NULL") == 2
    assert looks.told() == []


def test_the_reading_room_says_it_above_the_article(looks: Looks) -> None:
    """As long as it stands: a look that finds them alike takes it back."""
    for _ in range(2):
        looks.run([item()], {7: CLOAK})
    notice = shown(looks)
    assert notice is not None
    assert notice.reason == "the page shows other words" and notice.more == 0
    assert "<ins>" in str(notice.passages) and [name for name, _ in notice.proofs] == [
        "the API",
        "the page",
        "the page before",
    ]
    looks.run([item()], {7: html()})
    assert shown(looks) is None


def shown(looks: Looks) -> PageNotice | None:
    with closing(sqlite3.connect(looks.world.archive.database)) as conn:
        conn.row_factory = sqlite3.Row
        found = item_of(conn, SITE, "post", "7", private=False)
        assert found
        return page_notice(conn, found)
