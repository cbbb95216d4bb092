"""Nobody is said to have been first because an archive looked at the wrong item, or while an article was away."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from archives import Run, World, exchange, post
from invented_articles import LANGUAGES, Writer

from wparchive.ask.kinship.flows import edges, pairs_of_sites
from wparchive.ask.kinship.relatives import kin_of
from wparchive.index.database.opening import reading
from wparchive.kinship.claims import Side, contradictions
from wparchive.kinship.precedence import Order, Standing, order_of
from wparchive.model import Fetched, Target, Verdict

WRITER = Writer(LANGUAGES[0], 310)
STORY, OTHER = (WRITER.story(WRITER.topic(), 5) for _ in range(2))
TEXT = "".join(f"<p>{line}</p>" for line in STORY.lines)
MADE, TAKEN = "made.test", "taken.test"
ROUTES = {"post": "/wp/v2/posts", "page": "/wp/v2/pages"}


def article(site: str, wp_id: int, date: str, modified: str = "", content: str = TEXT, **fields: Any) -> dict[str, Any]:
    about = {"date": date, "date_gmt": date, "modified": modified or date, "modified_gmt": modified or date}
    address = {"link": f"https://{site}/{wp_id}/", "guid": {"rendered": f"https://{site}/?p={wp_id}"}}
    return post(wp_id, content, **{**about, **address, **fields})


def filler(site: str) -> dict[str, Any]:
    return article(site, 1, "2024-01-01T10:00:00", content="".join(f"<p>{line}</p>" for line in OTHER.lines))


def crawl(
    world: World,
    site: str,
    *posts: dict[str, Any],
    pages: tuple[dict[str, Any], ...] = (),
    shown: Mapping[int, str] | None = None,
    named: tuple[str, ...] = (),
) -> None:
    """A run a day after the one before, that reads both collections whole, then the pages and the sitemap of the site."""
    world.clock.now += timedelta(days=1)
    run = world.run(site).site(home=f"https://{site}/", root=f"https://{site}/wp-json/", aliases=[f"https://{site}/"])
    for kind, held in (("post", posts), ("page", pages)):
        listing = run.get(ROUTES[kind], list(held))
        run.proof(ROUTES[kind], kind, listing, stated=len(held), held=len(held))
    for wp_id, html in (shown or {}).items():
        url = f"https://{site}/{wp_id}/"
        about = (("collection", "/wp/v2/posts"), ("id", str(wp_id)), ("type", "post"), ("version", "1"), ("url", url))
        put(world, run, Target(url=url, key=f"PAGE {url} 1", kind="page", about=about), html, "text/html")
    if named:
        look_at_sitemap(world, run, site, *named)
    run.end()


def put(world: World, run: Run, target: Target, body: str, mime: str) -> None:
    made = exchange(target.url, body.encode(), world.clock(), mime=mime)
    run.store.put(run.store.prepare(Fetched(target=target, verdict=Verdict.ANSWERED, exchanges=(made,))))


def look_at_sitemap(world: World, run: Run, site: str, *urls: str) -> None:
    url = f"https://{site}/sitemap.xml"
    body = f"<urlset>{''.join(f'<url><loc>{one}</loc></url>' for one in urls)}</urlset>"
    target = Target(url=url, key=f"sitemap {url}", kind="sitemap", about=(("home", f"https://{site}/"),))
    put(world, run, target, body, "application/xml")


def orders(world: World, item: str) -> list[Order]:
    """The orders of an item and its kin on the other site, from both sides."""
    world.index()
    with reading(world.archive.database) as db:
        found = [
            (one.other, one.order) for one in kin_of(db, item) if one.other.partition("/")[0] != item.partition("/")[0]
        ]
        back = [one.order for other, _ in found for one in kin_of(db, other) if one.other == item]
    assert [order and order.first for _, order in found] == [order and order.first for order in back]
    return [order for _, order in found if order]


def not_against(world: World, item: str) -> None:
    """The item's site isn't said to have come second, neither by the pair nor by what pairs come to."""
    (order,) = orders(world, item)
    assert order.first in (None, item)
    with reading(world.archive.database) as db:
        assert all(edge.source != TAKEN and not edge.proven for edge in edges(pairs_of_sites(db, most=9)))


def test_an_article_that_became_a_page_was_held_before(world: World) -> None:
    """It isn't in the lists of pages then, but its text is held."""
    own = article(MADE, 36, "2025-01-02T10:00:00", "2025-01-02T11:00:00")
    crawl(world, MADE, own)
    crawl(world, TAKEN, article(TAKEN, 9, "2025-03-05T10:00:00"))
    crawl(world, MADE, own)
    crawl(world, MADE, pages=({**own, "type": "page"},))
    not_against(world, f"{MADE}/page/36")
    (order,) = orders(world, f"{MADE}/page/36")
    assert any("held since 2026-11-23" in one.text and f"{MADE}/post/36" in one.text for one in order.reasons)


def test_an_article_that_was_posted_again_was_held_before(world: World) -> None:
    """Under a new id, with a new date."""
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-01-02T10:00:00"))
    crawl(world, TAKEN, article(TAKEN, 9, "2025-03-05T10:00:00", "2025-03-06T10:00:00"))
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-01-02T10:00:00"))
    crawl(world, MADE, filler(MADE), article(MADE, 38, "2026-11-26T02:00:00"))
    not_against(world, f"{MADE}/post/38")


def test_an_article_that_was_a_draft_for_a_while_may_be_older(world: World) -> None:
    """Whoever publishes it again modifies it: that the list lacked it says nothing of the time before."""
    crawl(world, TAKEN, article(TAKEN, 9, "2025-03-05T10:00:00"))
    crawl(world, MADE, filler(MADE))
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2024-02-02T10:00:00", "2026-11-25T01:00:00"))
    not_against(world, f"{MADE}/post/36")


def test_an_absence_proves_with_dates_that_agree(world: World) -> None:
    """Held on one site, then lacking on the other, and dated and modified there later: that is proven."""
    crawl(world, MADE, article(MADE, 36, "2025-01-02T10:00:00"))
    crawl(world, TAKEN, filler(TAKEN))
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2026-11-25T01:00:00"))
    (order,) = orders(world, f"{MADE}/post/36")
    assert (order.first, order.standing) == (f"{MADE}/post/36", Standing.PROVEN)


HOURS = (
    "<p>The harbour office of Marling is open from Monday to Friday between nine and five and can be reached by telephone "
    "under 555 0134 or by letter to Bridge Street 12, and on Saturdays from ten to twelve at the fish market.</p>"
)
DULL = f"<p>{OTHER.lines[0]}</p>"


def test_a_part_that_was_held_before_is_not_the_text(world: World) -> None:
    """Both end with the opening hours of an office: who had these first hadn't the article."""
    crawl(world, MADE, filler(MADE))
    crawl(world, TAKEN, article(TAKEN, 9, "2026-11-22T10:00:00", content=DULL + HOURS))
    crawl(world, MADE, filler(MADE))
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2026-11-26T01:00:00", content=TEXT + HOURS))
    crawl(world, TAKEN, article(TAKEN, 9, "2026-11-22T10:00:00", "2026-11-27T02:00:00", TEXT + HOURS))
    not_against(world, f"{MADE}/post/36")


def test_a_part_on_another_page_is_not_the_text(world: World) -> None:
    """A page had one paragraph before, and has the rest since the article was published."""
    part = {**article(TAKEN, 50, "2025-10-01T10:00:00", content=DULL + HOURS), "type": "page"}
    crawl(world, MADE, filler(MADE))
    crawl(world, TAKEN, filler(TAKEN), pages=(part,))
    crawl(world, MADE, filler(MADE))
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2026-11-26T01:00:00", content=TEXT + HOURS))
    taken = article(TAKEN, 9, "2026-11-26T10:00:00", content=TEXT + HOURS)
    whole = {**article(TAKEN, 50, "2025-10-01T10:00:00", "2026-11-27T02:00:00", TEXT + HOURS), "type": "page"}
    crawl(world, TAKEN, filler(TAKEN), taken, pages=(whole,))
    world.index()
    with reading(world.archive.database) as db:
        found = [(one.other, one.order) for one in kin_of(db, f"{MADE}/post/36")]
    assert {other for other, _ in found} >= {f"{TAKEN}/post/9"}
    assert all(order is None or order.first in (None, f"{MADE}/post/36") for _, order in found)


def test_a_text_after_many_versions_came_with_the_one_that_has_it(world: World) -> None:
    """A page of the day has another text each time; that of an article came in the last."""
    crawl(world, MADE, filler(MADE))
    for day in range(44):
        words = (
            f"<p>Today, on day {day}, there is nothing new from here but {day * 7} boats and {day * 3} gulls.</p>" * 6
        )
        crawl(
            world, TAKEN, article(TAKEN, 9, "2025-03-05T10:00:00", f"2026-11-2{1 + day % 9}T0{day // 9}:00:00", words)
        )
    crawl(world, MADE, filler(MADE))
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2027-01-07T01:00:00"))
    crawl(world, TAKEN, article(TAKEN, 9, "2025-03-05T10:00:00", "2027-01-09T01:00:00"))
    not_against(world, f"{MADE}/post/36")


def test_a_teaser_does_not_show_that_the_text_was_lacking(world: World) -> None:
    """What subscribers alone could read was opened later, by an edit."""
    teaser = f"<p>{' '.join(STORY.lines[0].split()[:9])}</p><p>For subscribers until Friday.</p>"
    crawl(world, MADE, article(MADE, 36, "2026-11-20T10:00:00", content=teaser))
    crawl(world, TAKEN, article(TAKEN, 9, "2026-11-21T10:00:00"))
    crawl(world, MADE, article(MADE, 36, "2026-11-20T10:00:00", "2026-11-26T01:00:00"))
    not_against(world, f"{MADE}/post/36")


def test_a_link_to_the_other_is_no_source(world: World) -> None:
    """Whoever was copied says so, and links to it."""
    link = f'<p>Copied without asking by <a href="https://{TAKEN}/9/">these people</a>.</p>'
    crawl(world, MADE, article(MADE, 36, "2024-02-02T10:00:00", "2024-06-01T10:00:00", TEXT + link))
    crawl(world, TAKEN, article(TAKEN, 9, "2024-03-05T10:00:00"))
    not_against(world, f"{MADE}/post/36")


@pytest.mark.parametrize(("date", "first"), [("2025-03-05T10:00:00", None), ("2025-01-02T10:00:00", f"{TAKEN}/post/9")])
def test_a_guid_of_a_domain_that_another_bought_is_no_source(world: World, date: str, first: str | None) -> None:
    """It is a pointer only to what is dated no later, and one fact then, not two."""
    bought = {"rendered": f"https://{TAKEN}/?p=9"}
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-01-02T10:00:00", guid=bought))
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, date))
    (order,) = orders(world, f"{MADE}/post/36")
    assert (order.first, order.standing) == (first, Standing.INDICATED if first else Standing.UNDECIDABLE)
    assert sum("guid" in one.text for one in order.reasons) == 1


def test_structure_does_not_decide_against_an_earlier_date() -> None:
    """Edited or not: a canonical link can be set by whoever bought a domain, or by mistake."""
    seen = "2026-03-05T00:00:00Z"
    one = Side(item="a/post/1", seen_at=seen, date="2024-01-01T00:00:00", points=("its canonical link",))
    other = Side(item="b/post/1", seen_at=seen, date="2024-01-01T09:00:00")
    for modified in (None, "2026-01-01T00:00:00"):
        assert order_of(replace(one, modified=modified), other).first is None
    assert order_of(other, replace(one, date="2024-01-01T10:00:00")).first == other.item


def test_what_was_scheduled_is_no_contradiction() -> None:
    """Cron publishes it at its date, without modifying it."""
    side = Side(
        item="a/post/1", seen_at="2026-03-05T00:00:00Z", date="2026-03-02T08:00:00", modified="2026-02-20T08:00:00"
    )
    assert list(contradictions(side)) == []


def test_what_a_sitemap_named_may_have_been_away(world: World) -> None:
    """A list that lacked an article doesn't prove that it is newer, if a sitemap had named it before that."""
    world.clock.now += timedelta(days=1)
    run = world.run(MADE).site(home=f"https://{MADE}/", root=f"https://{MADE}/wp-json/", aliases=[f"https://{MADE}/"])
    look_at_sitemap(world, run, MADE, f"http://www.{MADE}/36", f"https://{MADE}/1/")
    run.end()
    crawl(world, TAKEN, article(TAKEN, 9, "2026-11-24T01:00:00"))
    crawl(world, MADE, filler(MADE))
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2026-11-26T01:00:00"))
    not_against(world, f"{MADE}/post/36")
    (order,) = orders(world, f"{MADE}/post/36")
    assert any("named its address at 2026-11-23" in one.text for one in order.reasons)


def test_what_another_site_names_is_not_heard(world: World) -> None:
    """A copier can list whose addresses it likes; nothing follows for them."""
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-01-02T10:00:00"))
    crawl(world, TAKEN, article(TAKEN, 9, "2025-03-05T10:00:00"), named=(f"https://{MADE}/36/", f"https://{TAKEN}/9/"))
    (order,) = orders(world, f"{MADE}/post/36")
    assert (order.first, order.standing) == (f"{MADE}/post/36", Standing.INDICATED)
    assert [one.item for one in order.reasons if "named its address" in one.text] == [f"{TAKEN}/post/9"]


PAGE = "<!doctype html><html><head><title>x</title>{}</head><body class='single postid-9'><h1>Post 9</h1>{}{}</body></html>"


@pytest.mark.parametrize(
    ("head", "body", "first", "told"),
    [
        ("<link rel='canonical' href='https://made.test/36/?utm_source=x'>", "", f"{MADE}/post/36", True),
        ("<link rel='canonical' href='https://made.test/35/'>", "", None, True),
        ("", "<p><link rel='canonical' href='https://made.test/36/'></p>", None, False),
        (
            "<link rel=canonical href=https://made.test/36/><link rel=canonical href=https://taken.test/9/>",
            "",
            None,
            False,
        ),
        ("<link rel='canonical' href='//made.test:99999/36/'>", "", None, False),
    ],
)
def test_a_page_names_the_source_as_its_canonical(
    world: World, head: str, body: str, first: str | None, *, told: bool
) -> None:
    """Its exact address, in the head and alone: what stands in a text, or anywhere else on that site, decides nothing."""
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-01-02T10:00:00"))
    shown = {9: PAGE.format(head, TEXT, body)}
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2025-01-02T19:00:00"), shown=shown)
    (order,) = orders(world, f"{MADE}/post/36")
    assert order.first == first
    assert order.standing == (Standing.INDICATED if first else Standing.UNDECIDABLE)
    assert any("canonical link of its page, captured at 2026-11-24" in one.text for one in order.reasons) == told


def test_a_canonical_link_that_was_taken_back_names_nobody(world: World) -> None:
    """The newest page counts, and a page that is another thing (a wall, an error) says nothing."""
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-01-02T10:00:00"))
    head = f"<link rel='canonical' href='https://{MADE}/36/'>"
    for said, first in ((head, f"{MADE}/post/36"), ("", None)):
        own = article(TAKEN, 9, "2025-01-02T19:00:00")
        crawl(world, TAKEN, filler(TAKEN), own, shown={9: PAGE.format(said, TEXT, "")})
        (order,) = orders(world, f"{MADE}/post/36")
        assert order.first == first


def test_a_site_that_moved_did_not_take_its_articles(world: World) -> None:
    """Its old pages name the new ones, which have the same ids and dates."""
    page = PAGE.replace("9", "36").format(f"<link rel='canonical' href='https://{TAKEN}/36/'>", TEXT, "")
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-01-02T10:00:00"), shown={36: page})
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 36, "2025-01-02T10:00:00"))
    not_against(world, f"{MADE}/post/36")
    (order,) = orders(world, f"{MADE}/post/36")
    assert any("a site that moved" in one.text for one in order.reasons)


def test_one_account_that_has_all_copies_may_write_any_date(world: World) -> None:
    """What several wrote on one site, one account has on the other, where others write too: its dates aren't believed."""
    *stories, alone = ["".join(f"<p>{line}</p>" for line in WRITER.story(WRITER.topic(), 4).lines) for _ in range(7)]
    early, late = "2025-01-02T10:00:00", "2025-03-05T10:00:00"
    made = [article(MADE, 30 + at, late, content=text, author=1 + at % 3) for at, text in enumerate(stories)]
    taken = [article(TAKEN, 10 + at, early, "2025-01-09T10:00:00", text, author=7) for at, text in enumerate(stories)]
    crawl(world, MADE, filler(MADE), *made)
    crawl(world, TAKEN, article(TAKEN, 1, early, content=alone, author=2), *taken)
    (order,) = orders(world, f"{MADE}/post/30")
    assert order.first is None
    assert any("one account (7) has all 6 of its site's articles" in one.text for one in order.reasons)


def test_one_author_on_both_sides_is_no_importer(world: World) -> None:
    """Whoever is copied by one account, alone or as one of several authors, keeps the date."""
    stories = ["".join(f"<p>{line}</p>" for line in WRITER.story(WRITER.topic(), 4).lines) for _ in range(6)]
    made = [article(MADE, 30 + at, "2025-01-02T10:00:00", content=text, author=4) for at, text in enumerate(stories)]
    taken = [article(TAKEN, 10 + at, "2025-03-05T10:00:00", content=text, author=7) for at, text in enumerate(stories)]
    crawl(world, MADE, filler(MADE), *made)
    crawl(world, TAKEN, filler(TAKEN), *taken)
    (order,) = orders(world, f"{MADE}/post/30")
    assert (order.first, order.standing) == (f"{MADE}/post/30", Standing.INDICATED)
