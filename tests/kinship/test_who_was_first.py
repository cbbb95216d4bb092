"""An order of two texts is claimed only where it holds: sixty pairs of which the truth is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from wparchive.kinship.claims import Side, moment
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
    """It claims weeks before the source, but its site's listing lacked it then."""
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


CASES: dict[Callable[[World], Made], Standing] = {
    daily_crawls: PROVEN,
    same_day: UNDECIDABLE,
    hourly_crawls_same_day: PROVEN,
    honest_dates: INDICATED,
    back_dated_under_our_eyes: INDICATED,
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
