"""An order of two texts is claimed only where it holds: 124 pairs of which the truth is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from wparchive.kinship.claims import Inserted, Named, Side, moment
from wparchive.kinship.precedence import Order, Standing, order_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PROVEN, INDICATED, UNDECIDABLE = Standing
TAKER, SOURCE = "taker.test/post/9", "source.test/post/4"


@dataclass
class World:
    """What truly happened: the source was public at `began`; each maker adds the taker, and crawls that saw both."""

    random: Random
    began: datetime

    def held(self, item: str, public: datetime, crawls: Sequence[datetime], **claims: Any) -> Side:
        """What an archive holds of a text that was public from then on, and that was crawled at these times."""
        seen = min(one for one in crawls if one >= public)
        absent = max((one for one in crawls if one < public), default=None)
        dated = stamp(public)
        about = {"date": dated, "modified": stamp(public + HOUR), "revisions": 2, **claims}
        return Side(item=item, seen_at=stamp(seen), absent_at=absent and stamp(absent), **about)

    def every(self, step: timedelta, count: int = 60) -> list[datetime]:
        """Crawls that began a while before, at some time of the day."""
        start = self.began - 10 * DAY + self.random.random() * step
        return [start + n * step for n in range(count)]

    def once(self) -> list[datetime]:
        """A single crawl, long after all."""
        return [self.began + 400 * DAY]


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


Made = tuple[Side, Side]


def daily_crawls(w: World) -> Made:
    crawls = w.every(DAY)
    return w.held(SOURCE, w.began, crawls), w.held(TAKER, w.began + (2 + 3 * w.random.random()) * DAY, crawls)


def same_day(w: World) -> Made:
    crawls = w.once()
    return w.held(SOURCE, w.began, crawls), w.held(TAKER, w.began + w.random.randint(1, 9) * HOUR, crawls)


def hourly_crawls_same_day(w: World) -> Made:
    crawls = w.every(HOUR, 400)
    return w.held(SOURCE, w.began, crawls), w.held(TAKER, w.began + w.random.randint(3, 9) * HOUR, crawls)


def honest_dates(w: World) -> Made:
    crawls = w.once()
    return w.held(SOURCE, w.began, crawls), w.held(TAKER, w.began + w.random.randint(3, 90) * DAY, crawls)


def back_dated_under_our_eyes(w: World) -> Made:
    """It claims weeks before the source, but its site's listing lacked it then: so does an old article that comes back."""
    crawls = w.every(DAY)
    early = w.began - w.random.randint(20, 50) * DAY
    taker = w.held(TAKER, w.began + 4 * DAY, crawls, date=stamp(early), modified=stamp(early))
    return w.held(SOURCE, w.began, w.once()), taker


def back_dated_ids_tell(w: World) -> Made:
    crawls = w.once()
    early, public = w.began - 30 * DAY, w.began + 5 * DAY
    lower = tuple(stamp(public - n * DAY) for n in range(1, 5))
    taker = w.held(TAKER, public, crawls, date=stamp(early), modified=stamp(early), lower=lower)
    return w.held(SOURCE, w.began, crawls), taker


def back_dated_uploads_tell(w: World) -> Made:
    crawls = w.once()
    early, public = w.began - 90 * DAY, w.began + 5 * DAY
    taker = w.held(TAKER, public, crawls, date=stamp(early), modified=stamp(early), upload=f"{public:%Y-%m}")
    return w.held(SOURCE, w.began, crawls), taker


def back_dated_feed_tells(w: World) -> Made:
    crawls = w.once()
    early, public = w.began - 9 * DAY, w.began + 5 * DAY
    taker = w.held(TAKER, public, crawls, date=stamp(early), stated=(("its feed", stamp(public)),))
    return w.held(SOURCE, w.began, crawls), taker


def imported_with_its_guid(w: World) -> Made:
    """WordPress's importer keeps dates and guid; the guid names the source."""
    crawls = w.once()
    points = ("its guid is that of source.test",)
    taker = w.held(TAKER, w.began + 30 * DAY, crawls, date=stamp(w.began), foreign_guid=True, points=points)
    return w.held(SOURCE, w.began, crawls), taker


def inserted_by_an_importer(w: World) -> Made:
    """With a date of its own making, before the source's: it has no revisions, and was never modified."""
    crawls = w.once()
    early = stamp(w.began - 20 * DAY)
    return w.held(SOURCE, w.began, crawls), w.held(
        TAKER, w.began + DAY, crawls, date=early, modified=early, revisions=0
    )


def canonical_link(w: World) -> Made:
    crawls = w.once()
    taker = w.held(TAKER, w.began + HOUR, crawls, points=("its canonical link is source.test's",))
    return w.held(SOURCE, w.began, crawls), taker


def reprint_that_the_source_links_to(w: World) -> Made:
    """The source's author adds a link to where it was reprinted: that doesn't make the reprint first."""
    crawls = w.once()
    source = w.held(SOURCE, w.began, crawls, points=("links to taker.test",))
    return source, w.held(TAKER, w.began + 6 * DAY, crawls)


def inserted_into_an_old_article(w: World) -> Made:
    """An article of last year got the text by an edit between two of our captures."""
    crawls = w.every(DAY)
    old = stamp(w.began - 300 * DAY)
    taker = replace(w.held(TAKER, w.began + 5 * DAY, crawls, date=old), came_by_edit=True)
    return w.held(SOURCE, w.began, crawls), taker


def inserted_unseen(w: World) -> Made:
    """The same, but nobody held the article before: its date is older than the text, its modification later."""
    crawls = w.once()
    taker = w.held(TAKER, w.began + 5 * DAY, crawls, date=stamp(w.began - 300 * DAY))
    return w.held(SOURCE, w.began, crawls), replace(taker, modified=stamp(w.began + 5 * DAY))


def clock_in_a_wrong_zone(w: World) -> Made:
    crawls = w.once()
    public = w.began + w.random.randint(1, 3) * HOUR
    return w.held(SOURCE, w.began, crawls), w.held(TAKER, public, crawls, date=stamp(public - 11 * HOUR))


def back_dated_rss_tells(w: World) -> Made:
    crawls = w.once()
    early, public = w.began - 9 * DAY, w.began + 5 * DAY
    feed = Named("feed", stamp(crawls[0]), published=stamp(public))
    return w.held(SOURCE, w.began, crawls), w.held(TAKER, public, crawls, date=stamp(early), named=(feed,))


def inserted_and_only_its_sitemap_tells(w: World) -> Made:
    """Past WordPress, so that its dates are those of last year; a plug-in's sitemap has the time of the edit."""
    crawls = w.once()
    old = stamp(w.began - 300 * DAY)
    sitemap = Named("sitemap", stamp(crawls[0]), modified=stamp(w.began + w.random.randint(1, 30) * DAY))
    return w.held(SOURCE, w.began, crawls), w.held(
        TAKER, w.began + DAY, crawls, date=old, modified=old, named=(sitemap,)
    )


def away_when_the_listing_was_read(w: World) -> Made:
    """The source was a draft for a while, and got a new date when it came back; a sitemap had named it before."""
    crawls = w.every(DAY)
    back = w.began + 9 * DAY
    source = w.held(SOURCE, back, crawls, named=(Named("sitemap", stamp(w.began + HOUR)),))
    return source, w.held(TAKER, w.began + w.random.randint(2, 6) * DAY, crawls)


def redated_after_its_sitemap_named_it(w: World) -> Made:
    """Seen once, with the new date of the source: its sitemap had named it before what it is dated now."""
    crawls = w.once()
    named = (Named("sitemap", stamp(w.began + HOUR), modified=stamp(w.began + 40 * DAY)),)
    source = w.held(SOURCE, w.began, crawls, date=stamp(w.began + 40 * DAY), modified=stamp(w.began + 40 * DAY))
    return replace(source, named=named), w.held(TAKER, w.began + w.random.randint(2, 9) * DAY, crawls)


def copier_names_its_address_ahead(w: World) -> Made:
    """Its sitemap has the address long before there is a text, and its article is dated so: that proves nothing."""
    crawls = w.every(DAY)
    early = stamp(w.began - 8 * DAY)
    taker = w.held(TAKER, w.began + 3 * DAY, crawls, date=early, modified=early, named=(Named("sitemap", early),))
    return w.held(SOURCE, w.began, crawls), taker


def sitemap_says_what_the_api_says(w: World) -> Made:
    """The ordinary case: it contradicts nothing."""
    crawls = w.once()
    named = (Named("feed", stamp(crawls[0]), published=stamp(w.began)), Named("sitemap", stamp(crawls[0])))
    return w.held(SOURCE, w.began, crawls, named=named), w.held(TAKER, w.began + 9 * DAY, crawls)


def canonical_of_its_page(w: World) -> Made:
    crawls = w.once()
    points = ("the canonical link of its page is the other's address",)
    return w.held(SOURCE, w.began, crawls), w.held(TAKER, w.began + HOUR, crawls, points=points)


def canonical_of_somewhere_else(w: World) -> Made:
    """A copier can write what it likes there; it names no source."""
    crawls = w.once()
    noted = ("the canonical link of its page is another address of source.test",)
    return w.held(SOURCE, w.began, crawls), w.held(TAKER, w.began + 2 * HOUR, crawls, noted=noted)


def one_account_has_all_copies(w: World) -> Made:
    """It puts back dates, and edits, so that nothing else gives it away."""
    crawls = w.once()
    early = w.began - w.random.randint(20, 200) * DAY
    dates = {"date": stamp(early), "modified": stamp(early + DAY)}
    return w.held(SOURCE, w.began, crawls), w.held(TAKER, w.began + DAY, crawls, **dates, inserted=Inserted(12, 7, 4))


def one_author_whom_others_copy(w: World) -> Made:
    """The same is seen where a source's columnist is printed elsewhere under several names: it isn't said to have come second."""
    crawls = w.once()
    source = w.held(SOURCE, w.began, crawls, inserted=Inserted(12, 7, 4))
    return source, w.held(TAKER, w.began + 30 * DAY, crawls)


def own_archive_comes_late(w: World) -> Made:
    """The source's site brings back its articles of years ago, when the taker's was held already."""
    crawls = w.every(DAY)
    old = w.began - w.random.randint(300, 900) * DAY
    source = w.held(SOURCE, w.began + 20 * DAY, crawls, date=stamp(old), modified=stamp(old))
    return source, w.held(TAKER, w.began, crawls)


def listing_out_of_a_cache(w: World) -> Made:
    """It lacked the source's article for some hours after that was public."""
    absent = w.began + w.random.randint(2, 9) * HOUR
    source = w.held(SOURCE, w.began, [w.began + 12 * HOUR], modified=stamp(w.began + HOUR))
    return replace(source, absent_at=stamp(absent)), w.held(TAKER, w.began + HOUR, w.once())


def redated(w: World) -> Made:
    """The source's article of years ago went away and came back with a new date; ids and address are of that time."""
    crawls = w.every(DAY)
    back = w.began + 6 * DAY + w.random.random() * DAY
    higher = tuple(stamp(w.began - n * 200 * DAY) for n in range(5, 1, -1))
    return w.held(SOURCE, back, crawls, higher=higher), w.held(TAKER, w.began, crawls)


def redated_but_not_its_address(w: World) -> Made:
    crawls = w.every(DAY)
    back = w.began + 6 * DAY + w.random.random() * DAY
    day = f"{w.began - 900 * DAY:%Y-%m-%d}"
    return w.held(SOURCE, back, crawls, address=day), w.held(TAKER, w.began, crawls)


def published_anew_under_our_eyes(w: World) -> Made:
    """The taker, who was held first, names the source's address as that of its text."""
    crawls = w.every(DAY)
    source = w.held(SOURCE, w.began + 6 * DAY + w.random.random() * DAY, crawls)
    return source, w.held(TAKER, w.began, crawls, points=("its canonical link is the other's address",))


def long_a_draft(w: World) -> Made:
    """The source's article was begun, and had its id, days before it was published."""
    crawls = w.every(DAY)
    higher = tuple(stamp(w.began - n * DAY) for n in range(9, 3, -1))
    day = f"{w.began:%Y-%m-%d}"
    source = w.held(SOURCE, w.began, crawls, higher=higher, address=day)
    return source, w.held(TAKER, w.began + 6 * DAY, crawls)


CASES: dict[Callable[[World], Made], Standing] = {
    daily_crawls: PROVEN,
    same_day: UNDECIDABLE,
    hourly_crawls_same_day: PROVEN,
    honest_dates: INDICATED,
    back_dated_under_our_eyes: UNDECIDABLE,
    back_dated_ids_tell: UNDECIDABLE,
    back_dated_uploads_tell: UNDECIDABLE,
    back_dated_feed_tells: UNDECIDABLE,
    imported_with_its_guid: INDICATED,
    inserted_by_an_importer: UNDECIDABLE,
    canonical_link: INDICATED,
    reprint_that_the_source_links_to: UNDECIDABLE,
    inserted_into_an_old_article: PROVEN,
    inserted_unseen: UNDECIDABLE,
    clock_in_a_wrong_zone: UNDECIDABLE,
    back_dated_rss_tells: UNDECIDABLE,
    inserted_and_only_its_sitemap_tells: UNDECIDABLE,
    away_when_the_listing_was_read: UNDECIDABLE,
    redated_after_its_sitemap_named_it: UNDECIDABLE,
    copier_names_its_address_ahead: UNDECIDABLE,
    sitemap_says_what_the_api_says: INDICATED,
    canonical_of_its_page: INDICATED,
    canonical_of_somewhere_else: UNDECIDABLE,
    one_account_has_all_copies: UNDECIDABLE,
    one_author_whom_others_copy: UNDECIDABLE,
    own_archive_comes_late: UNDECIDABLE,
    listing_out_of_a_cache: UNDECIDABLE,
    redated: UNDECIDABLE,
    redated_but_not_its_address: UNDECIDABLE,
    published_anew_under_our_eyes: UNDECIDABLE,
    long_a_draft: PROVEN,
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("made", CASES, ids=lambda one: one.__name__)
def test_none_is_claimed_wrong(made: Callable[[World], Made], seed: int) -> None:
    """The source is named where captures or uncontradicted statements tell, and nobody where nothing does."""
    world = World(Random(f"{made.__name__} {seed}"), datetime(2026, 3, 5 + seed, 11, tzinfo=UTC))
    source, taker = made(world)
    for order in (order_of(source, taker), order_of(taker, source)):
        assert order.standing == CASES[made]
        assert order.first == (None if order.standing == UNDECIDABLE else SOURCE)


@pytest.mark.parametrize(
    "made",
    [
        inserted_and_only_its_sitemap_tells,
        away_when_the_listing_was_read,
        redated_after_its_sitemap_named_it,
        one_account_has_all_copies,
    ],
    ids=lambda one: one.__name__,
)
def test_without_its_trace_the_wrong_one_would_be_named(made: Callable[[World], Made]) -> None:
    """Each of these traces is what keeps the taker from being called the first."""
    blind = [
        replace(side, named=(), inserted=None) for side in made(World(Random(3), datetime(2026, 3, 5, tzinfo=UTC)))
    ]
    assert order_of(*blind).first == TAKER


def bases(order: Order) -> set[str]:
    return {reason.basis for reason in order.reasons}


def test_an_order_comes_with_reasons_of_both_sides() -> None:
    """What was held and when, what is claimed and what contradicts that, and what structure says."""
    world = World(Random(1), datetime(2026, 3, 5, tzinfo=UTC))
    order = order_of(*back_dated_under_our_eyes(world))
    assert {reason.item for reason in order.reasons} == {SOURCE, TAKER}
    assert bases(order) >= {"captures", "dates"}
    assert any("whole listing lacked it" in reason.text for reason in order.reasons)
    assert "structure" in bases(order_of(*inserted_by_an_importer(world)))


@pytest.mark.parametrize(
    "date", ["", "yesterday", "0001-01-01T00:00:00", "9999-12-31T23:59:59-12:00", "2026-13-45", "1e9"]
)
def test_a_date_that_is_none_claims_nothing(date: str) -> None:
    """Whatever a site writes as a date, the order rests on captures alone then."""
    assert moment(date) is None
    sides = (
        Side(item=SOURCE, seen_at="2026-03-05T00:00:00Z", date=date),
        Side(item=TAKER, seen_at="2026-03-01T00:00:00Z"),
    )
    assert order_of(*sides).standing == UNDECIDABLE


def test_a_date_before_wordpress_claims_nothing() -> None:
    """Some sites date articles by what they tell of."""
    old = Side(item=TAKER, seen_at="2026-03-09T00:00:00Z", date="1944-06-06T00:00:00", modified="2026-03-01T00:00:00")
    assert order_of(old, Side(item=SOURCE, seen_at="2026-03-05T00:00:00Z", date="2026-01-05T00:00:00")).first is None
