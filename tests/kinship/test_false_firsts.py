"""Nobody is said to have been first because an archive looked at the wrong item, or while an article was away."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from archives import World, post
from invented_articles import LANGUAGES, Writer

from wparchive.ask.kinship.flows import edges, pairs_of_sites
from wparchive.ask.kinship.relatives import kin_of
from wparchive.index.database.opening import reading
from wparchive.kinship.claims import Side, contradictions
from wparchive.kinship.precedence import Order, Standing, order_of

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


def crawl(world: World, site: str, *posts: dict[str, Any], pages: tuple[dict[str, Any], ...] = ()) -> None:
    """A run that reads both collections whole, a day after the one before."""
    world.clock.now += timedelta(days=1)
    run = world.run(site).site(home=f"https://{site}/", root=f"https://{site}/wp-json/", aliases=[f"https://{site}/"])
    for kind, held in (("post", posts), ("page", pages)):
        listing = run.get(ROUTES[kind], list(held))
        run.proof(ROUTES[kind], kind, listing, stated=len(held), held=len(held))
    run.end()


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


def test_a_link_to_the_other_is_no_source(world: World) -> None:
    """Whoever was copied says so, and links to it."""
    link = f'<p>Copied without asking by <a href="https://{TAKEN}/9/">these people</a>.</p>'
    crawl(world, MADE, article(MADE, 36, "2024-02-02T10:00:00", "2024-06-01T10:00:00", TEXT + link))
    crawl(world, TAKEN, article(TAKEN, 9, "2024-03-05T10:00:00"))
    not_against(world, f"{MADE}/post/36")


def test_a_guid_of_a_domain_that_another_bought_is_no_source(world: World) -> None:
    """It is a pointer only to what is dated no later, and one fact then, not two."""
    bought = {"rendered": f"https://{TAKEN}/?p=36"}
    crawl(world, MADE, filler(MADE), article(MADE, 36, "2025-01-02T10:00:00", guid=bought))
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2025-03-05T10:00:00"))
    not_against(world, f"{MADE}/post/36")
    crawl(world, TAKEN, filler(TAKEN), article(TAKEN, 9, "2025-01-02T10:00:00"))
    (order,) = orders(world, f"{MADE}/post/36")
    assert (order.first, order.standing) == (f"{TAKEN}/post/9", Standing.INDICATED)
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
